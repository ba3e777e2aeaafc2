"""Whether somebody's consent is safe from a PUT.

A PUT of ours never names a permission. What it then does to the present one is not documented, so it is found out: on
people who may be mailed anyway, and from the answer to each PUT. Nobody else is written to that way before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.errors import Stopped
from ccsync.sync.records import Permission

if TYPE_CHECKING:
    from ccsync.engine.context import Context
    from ccsync.sync.operations import Intent
    from ccsync.sync.records import Contact, ContactId

PUT_KEEPS_PERMISSION = "constant_contact.put_keeps_permission"
YES, NO = "yes", "no"
MAILED_ANYWAY = frozenset({Permission.IMPLICIT.value, Permission.EXPLICIT.value})


def by_put(intent: Intent) -> bool:
    """Tell whether only a PUT carries an intent: values or an address of somebody whose lists stay as they are."""
    return (
        intent.contact_id is not None and bool(intent.changes or intent.old_email) and not (intent.add or intent.keep)
    )


class Consent:
    """Tells for whom a PUT is safe, and learns from every one that was sent."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def risk(self, contact_id: ContactId | None) -> str:
        """Return why a PUT must not be sent to a contact, in words; empty when it is safe."""
        learnt = self._context.store.progress.fact(PUT_KEEPS_PERMISSION)
        if learnt == YES or contact_id is None:
            return ""
        known = self._context.store.mirror.contacts([contact_id]).get(contact_id)
        permission = known.permission if known else ""
        if learnt is None and permission in MAILED_ANYWAY:
            return ""
        return f'writing it might change the permission to send, which is "{permission}"'

    def learn(self, before: Contact, after: Contact) -> None:
        """Compare the permission before a PUT and after it; Stopped when it moved by more than an opt-out."""
        progress = self._context.store.progress
        if after.permission == before.permission:
            if before.permission == Permission.EXPLICIT and progress.fact(PUT_KEEPS_PERMISSION) is None:
                progress.set_fact(PUT_KEEPS_PERMISSION, YES)
        elif not after.opted_out:
            progress.set_fact(PUT_KEEPS_PERMISSION, NO)
            raise Stopped(
                f"{after.email}: Constant Contact changed the permission to send from {before.permission!r} to "
                f"{after.permission!r} when other values were written; nobody is written to that way any more",
                hint="set it right in Constant Contact; ccsync status shows who waits",
                code="permission_changed",
            )
