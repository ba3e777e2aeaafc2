"""The filters of ``GET /contacts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import errors
from ccsync.sandbox.constant_contact.contact_rules import normal_address
from ccsync.sandbox.constant_contact.contact_table import Criteria
from ccsync.sandbox.constant_contact.times import seconds_of
from ccsync.sandbox.validation import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.sandbox.constant_contact.switches import Switches

STATUSES = ("all", "active", "deleted", "not_set", "pending_confirmation", "temp_hold", "unsubscribed")
INCLUDES = ("custom_fields", "list_memberships", "phone_numbers", "street_addresses", "taggings", "notes")
TIME_COLUMNS = {"updated": "updated", "created": "created", "optout": "opted_out"}
MAX_LISTS = 25


def includes(values: Mapping[str, str]) -> frozenset[str]:
    """Return the subresources asked for. Raises Refusal (400) for one that does not exist."""
    return frozenset(_words(values, "include", INCLUDES))


def criteria(account: str, values: Mapping[str, str], switches: Switches) -> Criteria:
    """Return the condition for these filters. Raises Refusal (400) when a value is not valid."""
    parts: list[tuple[str, dict[str, Any]]] = [("c.account = :account", {"account": account}), *_status(values)]
    if "email" in values:
        parts.append(("c.email = :email", {"email": normal_address(values["email"])}))
    if "lists" in values:
        parts.append(_lists(values["lists"]))
    after = ">=" if switches.updated_after_bound == "at_or_after" else ">"
    for name, column in TIME_COLUMNS.items():
        parts += _times(name, column, values, after)
    return Criteria(tuple(sql for sql, _ in parts), {key: value for _, each in parts for key, value in each.items()})


def _status(values: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    wanted = set(_words(values, "status", STATUSES))
    if "all" in wanted:
        return []
    if not wanted:
        return [("c.state <> 'deleted'", {})]
    if "active" in wanted:
        wanted = (wanted - {"active"}) | {"explicit", "implicit"}
    return [("c.state IN ({})".format(", ".join(f"'{state}'" for state in sorted(wanted))), {})]


def _lists(text: str) -> tuple[str, dict[str, Any]]:
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    if not wanted or len(wanted) > MAX_LISTS:
        raise errors.invalid(f"lists must name 1 to {MAX_LISTS} lists")
    if any(not FORMATS["uuid"].fullmatch(list_id) for list_id in wanted):
        raise errors.invalid("lists does not have a valid value")
    parameters = {f"list{number}": list_id.lower() for number, list_id in enumerate(wanted)}
    names = ", ".join(f":{name}" for name in parameters)
    return f"c.row IN (SELECT row FROM memberships WHERE list_id IN ({names}))", parameters  # noqa: S608 - names only


def _times(name: str, column: str, values: Mapping[str, str], after: str) -> list[tuple[str, dict[str, Any]]]:
    parts: list[tuple[str, dict[str, Any]]] = []
    for ending, operator in (("after", after), ("before", "<")):
        key = f"{name}_{ending}"
        if key not in values:
            continue
        try:
            parts.append((f"c.{column} {operator} :{key}", {key: seconds_of(values[key])}))
        except ValueError as error:
            raise errors.invalid(f"{key} does not have a valid value") from error
    return parts


def _words(values: Mapping[str, str], name: str, known: tuple[str, ...]) -> list[str]:
    words = [word.strip() for word in values.get(name, "").split(",") if word.strip()]
    if any(word not in known for word in words):
        raise errors.invalid(f"{name} does not have a valid value")
    return words
