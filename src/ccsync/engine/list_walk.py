"""Who was put on a list that goes to Membrain, or taken off, by a hand that no time of change shows.

Whether a change of lists moves a contact's ``updated_at`` is not documented. As long as it is not known to, the number
of a list's members, which the service tells with its lists for one request, gives it away: when that differs from what
the mirror knows by then, the list is walked. One who came and one who left between two runs stay unseen until the next
sweep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.engine.pull_constant_contact import LIST_CHANGES_SHOW, YES

if TYPE_CHECKING:
    from ccsync.engine.context import Context
    from ccsync.engine.pull_constant_contact import ContactReader
    from ccsync.sync.records import ListId

COUNTED_MORE = "constant_contact.counted_more"
"""The facts by how many members the service's number was greater than the mirror's after a list's last walk: this, and
the list's id. Its number may count otherwise for good; then a walk brings nothing until the difference is another one.
"""

ASKED_FOR = 20
"""So many who are missing on a list are asked for by id; more are left to the sweep."""


def walk_moved_lists(context: Context, reader: ContactReader) -> None:
    """Read the lists that go to Membrain whose number of members the reading by change time does not explain."""
    lists = context.lists_to_membrain()
    progress, mirror = context.store.progress, context.store.mirror
    if not lists or context.read_whole or progress.fact(LIST_CHANGES_SHOW) == YES:
        return
    counts = {row["list_id"]: int(row.get("membership_count") or 0) for row in context.constant_contact.lists()}
    for list_id in sorted(lists & counts.keys()):
        fact = f"{COUNTED_MORE}.{list_id}"
        if counts[list_id] - mirror.list_size(list_id) != int(progress.fact(fact) or 0):
            _walk(context, reader, list_id)
            progress.set_fact(fact, str(counts[list_id] - mirror.list_size(list_id)))


def _walk(context: Context, reader: ContactReader, list_id: ListId) -> None:
    """Read a list; whoever is not shown is asked for, as the index behind a filtered reading may lag."""
    context.progress.phase("reading a list")
    seen: set[str] = set()
    for page in context.heeding(context.constant_contact.contacts(lists=[list_id])):
        seen.update(contact.id for contact in reader.store(page))
        context.progress.advance(len(page))
    missing = sorted(context.store.mirror.members(list_id) - seen)
    if len(missing) <= ASKED_FOR:
        reader.ask_for(missing)
