"""One pass over both sides, in the order that keeps every promise.

pull opt-outs → tell Membrain of them → settle → pull Constant Contact → pull Membrain → (plan → guard → ask before a
first time → push → verify), again while something had to wait for something else → advance. A dry run goes as far as
the guard, and then everything it learned is taken back.
"""

from __future__ import annotations

import traceback
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ccsync.engine import remaining
from ccsync.engine.activities import Activities
from ccsync.engine.again import compare_again
from ccsync.engine.bind import Names
from ccsync.engine.clocks import doubt_own_clock
from ccsync.engine.first_run import FirstRun
from ccsync.engine.forgotten import left_out_for_good
from ccsync.engine.instance import check_instance
from ccsync.engine.inward_outcomes import InwardOutcomes
from ccsync.engine.left_out import tell_left_behind, tell_left_out
from ccsync.engine.list_walk import walk_moved_lists
from ccsync.engine.opt_outs import OptOuts
from ccsync.engine.options import PlanLine, Result, RunReport
from ccsync.engine.outcomes import Outcomes
from ccsync.engine.planning import Planning
from ccsync.engine.pull_constant_contact import ContactReader
from ccsync.engine.pull_membrain import MembrainReader, resources
from ccsync.engine.push import Push
from ccsync.engine.push_membrain import MembrainPush
from ccsync.engine.review import Review, lines
from ccsync.engine.rules import edited, rulebook
from ccsync.engine.streams import CONTACTS, unmark
from ccsync.engine.verify import Verify
from ccsync.errors import CcsyncError, ExitCode, Interrupted, LoginNeeded, Stopped, TryLater, Unreachable
from ccsync.logs.events import Event
from ccsync.state.values import RunRecord, Timestamp
from ccsync.stopping import StopAsked
from ccsync.sync.operations import IntentState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.engine.context import Context
    from ccsync.sync.catalogue import Catalogue
    from ccsync.sync.mapping import Rulebook

ROUNDS = 3
"""So often a run plans: a value that no import carries follows in the second, a freed address is taken in the third."""

ACCOUNT = "constant_contact.account"
ACCOUNT_NAME = "constant_contact.account_name"
SWEPT = "swept"


class Run:
    """One run of one account; the caller holds the account's lock."""

    def __init__(self, context: Context, account: tuple[str, str], calls: Callable[[], Mapping[str, int]]) -> None:
        """``account`` is the id and the name of the Constant Contact account that the login opens."""
        self._context = context
        self._account_id, self._account_name = account
        self._calls = calls
        self._names = Names(context)
        self._outcomes = Outcomes(context)
        self._activities = Activities(context)
        self._plan: list[PlanLine] = []
        self._review = Review(context)
        self._first_run = FirstRun(context, self._review)

    def execute(self) -> RunReport:
        """Run, and answer how it went; errors that a user can mend become part of the answer, bugs pass through.

        Whoever asks for an end has the record in hand finished, and everything saved.
        """
        with self._context.stop.gently():
            return self._execute()

    def _execute(self) -> RunReport:
        context, options = self._context, self._context.options
        context.log.event(
            Event.RUN_STARTED,
            "dry run started" if options.dry_run else "run started",
            dry_run=options.dry_run,
            full=options.full,
            sync=options.sync,
            allow_removals=options.allow_removals,
        )
        if not options.dry_run:
            context.store.history.put_run(RunRecord(context.run, context.started))
        ended: KeyboardInterrupt | CcsyncError | None = None
        try:
            with context.store.rehearsal() if options.dry_run else nullcontext():
                self._pass()
                report = self._report(None)
        except (KeyboardInterrupt, CcsyncError) as reason:
            ended = reason
        except Exception:
            self._bug()
            raise
        with context.stop.untorn():
            if ended is not None:
                report = self._report(self._error(ended))
            self._close(report)
        return report

    def _error(self, ended: KeyboardInterrupt | CcsyncError) -> CcsyncError:
        """Return how a run ends: interrupted, too, when a service left it alone and it was to end anyway."""
        if isinstance(ended, Unreachable | TryLater):
            try:
                self._context.stop.heed()
            except StopAsked as stop:
                self._context.warn(ended.message)
                ended = stop
        if isinstance(ended, CcsyncError):
            return ended
        code = getattr(ended, "exit_code", ExitCode.INTERRUPTED)
        return Interrupted(remaining.words(self._context.store), exit_code=code)

    def _bug(self) -> None:
        """Close a run that a bug has ended: what it did so far stays."""
        context, words = self._context, "ended by a bug in ccsync"
        context.log.event(Event.RUN_FINISHED, f"run {words}", level="error", traceback=traceback.format_exc())
        if not context.options.dry_run:
            counts, syncs = context.tally.everybody, dict(context.tally.syncs)
            ended = RunRecord(context.run, context.started, context.clock.now(), Result.FAILED.value, counts, syncs)
            context.store.history.put_run(replace(ended, message=words))

    def _pass(self) -> None:
        context = self._context
        self._check_account()
        check_instance(context)
        opted_out = ContactReader(context, self._names).pull_opt_outs()
        membrain = MembrainReader(context)
        to_membrain = MembrainPush(context, membrain, InwardOutcomes(context, self._outcomes))
        OptOuts(context, self._names, self._first_run, membrain, to_membrain).tell(opted_out)
        self._settle()
        context.whole = self._sweep_is_due()
        self._names.find()
        reader = ContactReader(context, self._names)
        reader.pull()
        walk_moved_lists(context, reader)
        membrain.pull(resources(context.config), new_names=edited(context))
        doubt_own_clock(context)
        compare_again(context, reader, membrain)
        verify = Verify(context, self._names, reader, self._outcomes)
        verify.settle()
        to_membrain.settle()
        if context.options.full:
            context.touch_everyone()
        try:
            self._bring_together(membrain, reader, verify, to_membrain)
        except Stopped:
            self._advance()
            raise
        self._advance()
        tell_left_out(context, self._names)

    def _bring_together(
        self, membrain: MembrainReader, reader: ContactReader, verify: Verify, to_membrain: MembrainPush
    ) -> None:
        context = self._context
        push = Push(context, self._names, reader, self._activities, self._outcomes)
        for _ in range(ROUNDS):
            rules = self._planned(membrain.known_catalogue(), reader)  # what was written shows properties
            if rules is None:
                return
            if context.options.dry_run:
                self._plan = list(lines(context.store))
            elif not self._first_run.is_due(sync.name for sync in rules.acting):
                to_membrain.send_consent()
            self._review.check(rules)
            if context.options.dry_run:
                return
            self._first_run.ask((sync.name for sync in rules.acting), lines(context.store))
            self._names.confirm()
            to_membrain.send()
            began = context.clock.now()
            push.send()
            self._activities.wait()
            verify.read_back(began)
            context.store.work.touch(context.unfinished)
            context.tally.finishing.update(context.unfinished)
            context.unfinished.clear()

    def _planned(self, catalogue: Catalogue, reader: ContactReader) -> Rulebook | None:
        """Plan everybody; once more when it turns out that a sync has to be left out. None when nothing is to do."""
        context = self._context
        if edited(context):
            tell_left_behind(context, self._names)
        while True:
            rules = rulebook(context, self._names, catalogue)  # anew: stand-ins have become lists and fields
            planning = Planning(context, rules)
            if planning.asks_for_something():
                if self._names.look_for_deleted():
                    continue
                if stale := planning.stale():
                    reader.refresh(stale)
            planning.plan()
            if not context.store.work.intent_count(IntentState.PLANNED) + context.store.inward.membrain_intent_count(
                sent=False
            ):
                return None
            if not self._names.look_for_deleted():
                return rules
            self._review.forget_plan()

    def _check_account(self) -> None:
        """Refuse to go on against another Constant Contact account than the one whose people are in the state."""
        progress = self._context.store.progress
        known = progress.fact(ACCOUNT)
        if known is not None and known != self._account_id:
            raise LoginNeeded(
                f"the login is for Constant Contact account {self._account_id}, but this state belongs to {known}: "
                "nothing was read or written",
                hint="ccsync auth login constant-contact, as before; or with --switch-account to start afresh",
                code="other_account",
            )
        progress.set_fact(ACCOUNT, self._account_id)
        progress.set_fact(ACCOUNT_NAME, self._account_name)

    def _settle(self) -> None:
        """Look after what an earlier run left: jobs that were on, and plans that never left this machine."""
        context, work = self._context, self._context.store.work
        if work.batches():
            context.progress.phase("looking after earlier jobs")
            self._activities.look()
        open_batches = {batch.id for batch in work.batches()}
        after = 0
        while page := work.intents(IntentState.PLANNED, IntentState.SENDING, after=after):
            after = page[-1].number
            unsent = [one for one in page if one.state is IntentState.PLANNED]
            lost = [one for one in page if one.state is IntentState.SENDING and one.batch not in open_batches]
            with context.store.transaction():
                work.touch(one.intent.membrain_id for one in unsent)
                work.drop_intents(one.number for one in unsent)
                work.mark((one.number for one in lost), IntentState.LOST)

    def _sweep_is_due(self) -> bool:
        context = self._context
        swept = context.store.progress.fact(SWEPT)
        timestamps = context.store.progress.timestamps()
        return (
            context.options.full
            or swept is None
            or CONTACTS not in timestamps
            or any(stamp.read_up_to > context.started for stamp in timestamps.values())  # the clock ran ahead
            or not context.started - context.config.service.sweep < datetime.fromisoformat(swept) <= context.started
        )

    def _advance(self) -> None:
        """Move the timestamps: all that was read is in the mirror, and whoever it concerns is touched or planned."""
        context = self._context
        if context.options.dry_run:
            return
        context.store.forgotten.keep()
        moved_at = context.clock.now()
        before = context.store.progress.timestamps()
        pulled = tuple(context.advances)
        if context.store.work.intent_count(IntentState.SENDING, IntentState.SENT, IntentState.UNVERIFIED):
            context.advances.pop(CONTACTS, None)  # what is still to be seen must be read by the next run, however late
        for stream, stamp in before.items():
            if (
                stream in context.advances and stamp.read_up_to <= moved_at
            ):  # one wrong date of an answer moves none back
                context.advances[stream] = max(context.advances[stream], stamp.read_up_to)
        with context.store.transaction():
            unmark(context.store.progress, pulled)
            for stream, read_up_to in context.advances.items():
                context.store.progress.set_timestamp(Timestamp(stream, read_up_to, moved_at))
            if context.whole:
                context.store.progress.set_fact(SWEPT, context.started.isoformat())
        for stream, read_up_to in context.advances.items():
            old = before.get(stream)
            context.log.event(
                Event.TIMESTAMP_MOVED,
                f"{stream}: read up to {read_up_to:%Y-%m-%d %H:%M:%S} UTC",
                stream=stream,
                old=old.read_up_to.isoformat() if old else None,
                new=read_up_to.isoformat(),
            )

    def _report(self, error: CcsyncError | None) -> RunReport:
        context = self._context
        context.tally.close()
        waiting = left_out_for_good(context)
        failed = context.tally.everybody.failed
        result, exit_code = _result(error, failed)
        message, hint = (error.message, error.hint) if error else ("", "")
        if not error and failed:
            message = f"{failed} people could not be written as planned"
            hint = f"ccsync status, or ccsync logs show {context.run}"
        return RunReport(
            id=context.run,
            result=result,
            started=context.started,
            finished=context.clock.now(),
            exit_code=exit_code,
            message=message,
            hint=hint,
            code=error.code if error else "record_failed" if failed else "",
            counts=context.tally.everybody,
            syncs=dict(context.tally.syncs),
            calls=dict(self._calls()),
            plan=tuple(self._plan),
            waiting=waiting,
            warnings=tuple(context.warnings),
        )

    def _close(self, report: RunReport) -> None:
        context = self._context
        if not context.options.dry_run:
            with context.store.transaction():
                context.store.history.put_run(
                    RunRecord(
                        report.id,
                        report.started,
                        report.finished,
                        report.result.value,
                        report.counts,
                        report.syncs,
                        report.calls,
                        report.message,
                    )
                )
                context.store.history.count_fields(report.id, *context.tally.take_fields(), report.finished)
        context.log.event(
            Event.RUN_FINISHED,
            f"run finished: {report.result.value}" + (f", {report.message}" if report.message else ""),
            level="info" if report.exit_code is ExitCode.DONE else "error",
            result=report.result.value,
            exit_code=int(report.exit_code),
            summary={
                "counts": {name: getattr(report.counts, name) for name in report.counts.__slots__},
                "calls": dict(report.calls),
                "seconds": round((report.finished - report.started).total_seconds(), 3),
            },
        )


def _result(error: CcsyncError | None, failed: int) -> tuple[Result, ExitCode]:
    if error is None:
        return (Result.PARTIAL, ExitCode.STOPPED) if failed else (Result.SUCCESS, ExitCode.DONE)
    match error:
        case Interrupted():
            return Result.INTERRUPTED, error.exit_code
        case Stopped():
            return Result.STOPPED, error.exit_code
        case _:
            return Result.FAILED, error.exit_code
