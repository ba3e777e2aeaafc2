"""The answer in one sentence: why somebody is, or is not, on the list of a sync, or in Membrain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ccsync.sync.mapping import Direction
from ccsync.sync.operations import Operation, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ENTERS = (Operation.CREATE, Operation.ADD_TO_LIST)
_BECAUSE: Final[Mapping[str, str]] = {
    Reason.NO_EMAIL: "they have no address in Membrain",
    Reason.NO_NAME: "they have no name, and Membrain takes nobody without one",
    Reason.NO_COMPANY: "they have no company, and Membrain takes nobody without one",
    Reason.OPTED_OUT: "they opted out of mail in Constant Contact",
    Reason.REMOVED_BY_HAND: "somebody took them off the list in Constant Contact, and ccsync never puts them back",
    Reason.DELETED: "they were deleted, and ccsync revives nobody",
    Reason.DUPLICATE_ADDRESS: "another contact of Membrain with this address takes part",
    Reason.ADDRESS_TAKEN: "their address belongs to another contact of Constant Contact",
    Reason.BAD_VALUE: "their address cannot be used",
    Reason.REFUSED: "a service refused them as they are; they are tried again when something about them changes",
    Reason.FILTER_ERROR: "the filter cannot be evaluated for them, so that they neither enter nor leave",
    Reason.USER_OF_MEMBRAIN: "they log in to Membrain, and users belong on no list",
    Reason.HELD: "something else has to happen first",
}


def answer(person: Mapping[str, Any], sync: Mapping[str, Any]) -> tuple[str, str]:
    """Return a stable code and a sentence without its subject: ``is not on the list "Customers": ...``."""
    if gone := sync["left_out"]:
        what = "list" if gone["kind"] == "list" else "custom field"
        return "sync_stopped", f'the sync is left out: the {what} "{gone["name"]}" was deleted in Constant Contact'
    if sync["direction"] == Direction.TO_MEMBRAIN.value:
        return _in_membrain(person, sync)
    return _on_the_list(person, sync)


def _on_the_list(person: Mapping[str, Any], sync: Mapping[str, Any]) -> tuple[str, str]:
    listed = f'the list "{sync["list"]}"'
    if sync["on_list"]:
        return _stays(person, sync, listed)
    return next(_why_off(person, sync, f"is not on {listed}"))


def _why_off(person: Mapping[str, Any], sync: Mapping[str, Any], off: str) -> Iterator[tuple[str, str]]:
    """Yield why somebody is not on a list, the first reason first; there is always one."""
    if any(one["operation"] in _ENTERS and one["sync"] == sync["sync"] for one in person["on_the_way"]):
        yield "on_the_way", f"{off} yet: Constant Contact was asked to put them there, and it has not been seen so far"
    for wait in sync["waiting"]:
        if not wait["field"]:
            yield wait["reason"], f"{off}: {_because(wait, person)}"
    yield from _why_off_by_membrain(person, off)
    if sync["filter"]["matches"] is False:
        yield "filter", f"{off}: {_no_match(sync['filter'])}"
    if any(step["operation"] in _ENTERS for step in sync["next"]):
        when = "the next run puts them there" if person["looked_at_next"] else "a run puts them there when they change"
        yield "next_run", f"{off} yet: {when}"
    yield "not_on_list", f"{off}, and nothing says that they should be"


def _why_off_by_membrain(person: Mapping[str, Any], off: str) -> Iterator[tuple[str, str]]:
    record = person["membrain"]
    if record is None:
        yield "not_in_membrain", f"{off}: Membrain has nobody with this address"
    elif record["gone"]:
        yield "gone", f"{off}: they are {_gone(record['gone'])} in Membrain"
    elif person["user_of_membrain"]:
        yield "user_of_membrain", f"{off}: {_BECAUSE[Reason.USER_OF_MEMBRAIN]}"
    elif person["instead"]:
        yield "duplicate_address", f"{off}: {_instead(person)}"


def _stays(person: Mapping[str, Any], sync: Mapping[str, Any], listed: str) -> tuple[str, str]:
    by = "ccsync put them there" if sync["standing"] == "placed" else "they were put there by another hand"
    if any(step["operation"] == Operation.REMOVE_FROM_LIST for step in sync["next"]):
        record = person["membrain"]
        gone = f"they are {_gone(record['gone'])} in Membrain" if record and record["gone"] else ""
        return "leaves", f"is on {listed}, and the next run takes them off: {gone or _no_match(sync['filter'])}"
    if sync["filter"]["matches"] is False:
        return "on_list", f"is on {listed}, where they stay: {by}; by now {_no_match(sync['filter'])}"
    return "on_list", f"is on {listed}: {by}"


def _in_membrain(person: Mapping[str, Any], sync: Mapping[str, Any]) -> tuple[str, str]:
    return next(_why_there(person, sync))


def _why_there(person: Mapping[str, Any], sync: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield why somebody is, or is not, in Membrain, the first reason first; there is always one."""
    record, contact = person["membrain"], person["constant_contact"]
    for wait in sync["waiting"]:
        if not wait["field"]:
            yield wait["reason"], f"does not come to Membrain: {_because(wait, person)}"
    if record is not None and not record["gone"]:
        listed = "and on" if sync["on_list"] else "but not on"
        yield "in_membrain", f'is in Membrain as "{record["name"]}", {listed} the list "{sync["list"]}"'
    if any(step["operation"] == Operation.CREATE for step in sync["next"]):
        when = "the next run makes" if person["looked_at_next"] else "when they change, a run makes"
        yield "next_run", f"is not in Membrain yet: {when} them there"
    if record is not None:
        yield "gone", f"is {_gone(record['gone'])} in Membrain, and ccsync revives nobody"
    if contact and contact["permission"] == "unsubscribed":
        yield "opted_out", f"does not come to Membrain: {_BECAUSE[Reason.OPTED_OUT]}"
    yield "not_on_list", f'is not in Membrain: they are not on the list "{sync["list"]}", from which people come'


def _because(wait: Mapping[str, Any], person: Mapping[str, Any]) -> str:
    contact = person["constant_contact"]
    if wait["reason"] == Reason.OPTED_OUT and contact and contact["opt_out_date"]:
        reason = f", saying {contact['opt_out_reason']!r}" if contact["opt_out_reason"] else ""
        return f"{_BECAUSE[Reason.OPTED_OUT]} on {contact['opt_out_date'][:10]}{reason}"
    if wait["reason"] == Reason.DUPLICATE_ADDRESS and person["instead"]:
        return _instead(person)
    said = _BECAUSE.get(wait["reason"], wait["reason"])
    tells_more = wait["reason"] in (Reason.HELD, Reason.FILTER_ERROR, Reason.REFUSED, Reason.BAD_VALUE, Reason.DELETED)
    return f"{said} ({wait['detail']})" if tells_more and wait["detail"] else said


def _instead(person: Mapping[str, Any]) -> str:
    other = person["instead"]
    return f'"{other["name"]}" ({other["id"]}), another contact of Membrain with this address, takes part'


def _no_match(said: Mapping[str, Any]) -> str:
    """Return which parts of the filter are not met, with the values that they ask for."""
    failing = [one for one in said["clauses"] if one["matches"] is False]
    values = [f'{name} is "{value}"' for one in failing for name, value in one["values"].items()]
    return "the filter does not take them" + (f", as {' and '.join(dict.fromkeys(values))}" if values else "")


def _gone(word: str) -> str:
    return {"missing": "not to be found any more"}.get(word, word)
