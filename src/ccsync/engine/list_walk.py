"""Who was put on a list that goes to Membrain, or taken off, by a hand that no time of change shows.

Whether a change of lists moves a contact's ``updated_at`` is not documented. As long as it is not known to, the number
of a list's members, which the service tells with its lists for one request, gives it away: when that has moved, the
list is walked. One who came and one who left between two runs stay unseen until the next sweep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.engine.pull_constant_contact import LIST_CHANGES_SHOW, YES

if TYPE_CHECKING:
    from ccsync.engine.context import Context
    from ccsync.engine.pull_constant_contact import ContactReader
    from ccsync.sync.records import ListId

COUNT = "constant_contact.members"
"""The facts how many members a list had when it was last read whole: this, and its id."""


def walk_moved_lists(context: Context, reader: ContactReader) -> None:
    """Read the lists that go to Membrain whose number of members is another one than when they were read last."""
    lists = context.lists_to_membrain()
    progress = context.store.progress
    if not lists or progress.fact(LIST_CHANGES_SHOW) == YES:
        return
    counts = {row["list_id"]: str(row.get("membership_count", "")) for row in context.constant_contact.lists()}
    for list_id in sorted(lists & counts.keys()):
        if not context.read_whole and progress.fact(f"{COUNT}.{list_id}") != counts[list_id]:
            _walk(context, reader, list_id)
        progress.set_fact(f"{COUNT}.{list_id}", counts[list_id])


def _walk(context: Context, reader: ContactReader, list_id: ListId) -> None:
    context.progress.phase("reading a list")
    seen: set[str] = set()
    for page in context.constant_contact.contacts(lists=[list_id]):
        seen.update(contact.id for contact in reader.store(page))
        context.progress.advance(len(page))
    reader.left(sorted(context.store.mirror.members(list_id) - seen), list_id)
