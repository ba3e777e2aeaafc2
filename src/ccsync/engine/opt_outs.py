"""Opt-outs, told to Membrain before anything else of a run can fail: a quota, a reading, a guard.

All that is needed lies in the state: the opt-outs were read a moment ago, and the rest is as the last run left it. So
Constant Contact is not asked again, and of Membrain only the rows of those who opted out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.engine.refusals import try_outdated_again
from ccsync.engine.rules import consent_rules
from ccsync.engine.subjects import subjects
from ccsync.sync.plan import plan_person

if TYPE_CHECKING:
    from collections.abc import Collection

    from ccsync.engine.bind import Names
    from ccsync.engine.context import Context
    from ccsync.engine.first_run import FirstRun
    from ccsync.engine.pull_membrain import MembrainReader
    from ccsync.engine.push_membrain import MembrainPush
    from ccsync.sync.mapping import Rulebook
    from ccsync.sync.records import ContactId, MembrainId

ROUNDS = 2
"""Whoever changed in Membrain since the last run is seen in the first round, and written in the second."""


class OptOuts:
    """Writes the consent of people who opted out to Membrain, for all syncs: what --sync names narrows nothing here.

    Whoever is not linked to anybody in Membrain yet is met in the course of the run, and so is everybody in a sync that
    somebody has yet to approve.
    """

    def __init__(
        self, context: Context, names: Names, first_run: FirstRun, reader: MembrainReader, push: MembrainPush
    ) -> None:
        self._context = context
        self._names = names
        self._first_run = first_run
        self._reader = reader
        self._push = push

    def tell(self, contacts: Collection[ContactId]) -> None:
        """Tell Membrain how these contacts stand, unless it knows; a dry run tells nothing."""
        context = self._context
        if context.options.dry_run:
            return
        self._push.settle_consent()
        people = list(context.store.agreement.linked_to(contacts).values())
        if not people:
            return
        unapproved = self._first_run.unapproved(sync.name for sync in context.config.sync)
        rules = consent_rules(context, self._names, self._reader.known_catalogue(), unapproved)
        for _ in range(ROUNDS):
            count = self._plan(people, rules)
            if not count:
                return
            context.progress.phase("telling Membrain of opt-outs", count)
            self._push.send_consent()

    def _plan(self, people: Collection[MembrainId], rules: Rulebook) -> int:
        """Plan what Membrain is to be told of these people; return of how many it is anything."""
        context, count = self._context, 0
        with context.counted():
            try_outdated_again(context.store, people)
            for subject in subjects(context.store, people):
                decision = plan_person(subject, rules)
                consent = [intent for intent in decision.inward if intent.is_consent]
                if consent:
                    context.store.inward.plan_membrain(consent)
                    context.tally.planned(decision, consent)
                    count += 1
        return count
