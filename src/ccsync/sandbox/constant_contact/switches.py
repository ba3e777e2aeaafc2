"""What is not known about Constant Contact, as switches: one field per unknown, the default is the likelier reading.

The points come from the table of undocumented points in the project's Constant Contact reference (section 21); limits
that are documented are here too, so that a test can lower them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Switches:
    """How the simulated Constant Contact behaves. Replaced as a whole, never changed in place."""

    # Limits (documented numbers; 0 turns one off)
    throttle_per_second: int = 4
    """Requests in any second per API key; more answer 429 ``throttled``."""
    daily_quota: int = 10_000
    """Requests per UTC day and API key; more answer 429 ``quota_exceeded``."""
    quota_counts_429: bool = True
    """Whether a request answered with 429 counts against the day. Not documented."""
    token_requests_per_second: int = 1
    """Requests in any second at the token endpoint; more answer 429."""
    import_bytes: int = 4_000_000
    """Encoded size of an import; rows beyond it are dropped in silence."""
    import_rows: int = 40_000
    """Rows of an import; rows beyond are dropped in silence."""
    activity_queue: int = 1_000
    """Unfinished activities per account; more answer 429."""
    activity_queue_error_key: str = "activities.api.queue_full"
    """The ``error_key`` of that 429. Not documented."""

    # Login
    refresh: Literal["rotating", "long_lived", "long_lived_unsaid"] = "rotating"
    """``rotating``: each refresh makes a new refresh token and ends the old ones. ``long_lived``: the same value comes
    back. ``long_lived_unsaid``: it stays valid but the answer does not repeat it."""
    refresh_grace_seconds: int = 0
    """For how long a rotated refresh token still works."""
    refresh_token_seconds: int = 180 * 86_400
    """An unused refresh token dies after this."""
    access_token_seconds: int = 86_400
    """Life of an access token."""
    code_seconds: int = 300
    """Life of an authorization code."""
    device_code_seconds: int = 600
    """Life of a device code."""
    device_interval_seconds: int = 5
    """How often a device may ask whether the person has agreed."""
    device_gives_refresh_token: bool = True
    """The guide says a device login can be refreshed; another source says not."""
    refuse_urllib: bool = True
    """The token endpoint answers Python urllib's own User-Agent with 403 and an HTML page, as was seen."""

    # The account
    role: Literal["owner", "manager", "campaign_creator"] = "owner"
    """Role of the person who logs in. A campaign creator can neither read nor write contacts."""
    confirmed_opt_in: bool = False
    """The account's setting: sign-ups wait as ``pending_confirmation``."""

    # Reading
    visibility_lag_seconds: float = 0.0
    """How long a write to a contact stays out of GET answers."""
    updated_after_bound: Literal["at_or_after", "after"] = "at_or_after"
    """Whether ``updated_after``, ``created_after`` and ``optout_after`` include their own second."""
    cursor: Literal["stable", "shifts", "expires"] = "stable"
    """``stable``: continues after the last row whatever changes. ``shifts``: a row number, so that changes during a
    walk move rows across pages. ``expires``: 400 after ``cursor_seconds``."""
    cursor_seconds: float = 60.0
    """Life of a cursor when cursors expire."""
    list_change_moves_updated_at: bool = False
    """Whether joining or leaving a list moves the contact's ``updated_at``."""
    delete_moves_updated_at: bool = True
    """Whether deleting a contact moves its ``updated_at``."""
    import_of_same_values_moves_updated_at: bool = False
    """Whether an import row that changes no value moves ``updated_at``."""

    # PUT and POST
    put_list_array: Literal["replace", "merge"] = "replace"
    """What ``list_memberships`` in a PUT does to the lists the contact is on."""
    put_without_email: Literal["keeps", "nulls"] = "keeps"
    """What a PUT without ``email_address`` does to the address."""
    put_without_permission: Literal["keeps", "implicit", "not_set"] = "keeps"
    """What a PUT with an address but without ``permission_to_send`` does to the permission."""
    conflict_message: Literal["names_contact", "not_unique"] = "names_contact"
    """Wording of the 409 for a taken address: today's with the contact's id, or the one seen in 2019."""

    # Import
    empty_in_import: Literal["ignored", "clears"] = "ignored"
    """What an empty text in an import row does to a value."""
    long_email_in_import: Literal["accepted", "row_error"] = "accepted"
    """Addresses of 51 to 80 characters: the import schema says 50, all others 80."""
    long_text_in_import: Literal["row_error", "truncated"] = "row_error"
    """What happens to text longer than its field."""
    unknown_field_in_import: Literal["ignored", "row_error"] = "ignored"
    """What a ``cf:`` key without such a custom field does."""
    duplicate_in_import: Literal["last_wins", "first_wins", "row_error"] = "last_wins"
    """One address twice in an import."""
    foreign_phone_in_import: Literal["accepted", "row_error", "dropped"] = "accepted"
    """Numbers from outside North America: the text says they are not supported."""
    person_count_in_import: Literal["imported", "all"] = "imported"
    """Whether ``person_count`` counts the rows that landed or all rows: the text says "contacts in the import file"."""
    select_in_import: Literal["label", "id"] = "label"
    """How a choice is named by an import."""
    import_revives_deleted: bool = True
    """Whether importing a deleted contact brings it back."""
    import_adds_account_opt_outs: bool = False
    """Whether an import puts people on a list whom the account itself had unsubscribed."""

    # Activities
    activity_seconds: float | None = None
    """None: an activity takes effect when somebody first looks at it. A number: so many seconds after it was posted."""
    timed_out_import_applies: Literal["nothing", "half"] = "nothing"
    """What an import has done when it times out."""

    # Custom fields
    field_name: Literal["lower", "as_label"] = "lower"
    """How ``name`` is derived from ``label`` beside blanks becoming underscores."""
    renaming_moves_field_name: bool = False
    """Whether a new ``label`` changes ``name``."""

    # The sandbox itself
    validate_answers: bool = True
    """Whether each answer is checked against the schemas before it is sent."""


SWITCH_NAMES = frozenset(field.name for field in fields(Switches))


def switches_from(values: dict[str, Any]) -> Switches:
    """Make switches from stored values; names that no longer exist are left out."""
    return Switches(**{name: value for name, value in values.items() if name in SWITCH_NAMES})


def with_changes(switches: Switches, changes: dict[str, Any]) -> Switches:
    """Return switches with some changed. Raises ValueError for a name or a value that does not exist."""
    hints = get_type_hints(Switches)
    for name, value in changes.items():
        if name not in hints:
            raise ValueError(f"no switch is called {name!r}; there are {', '.join(sorted(hints))}")
        choices = get_args(hints[name]) if get_origin(hints[name]) is Literal else ()
        if choices and value not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")
    return replace(switches, **changes)
