"""What people read of one person: the answer first, and for one sync no more than a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.cli import words
from ccsync.cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccsync.cli.output import Output

_LABEL = 18
_EVENTS = 2
_FIELDS = 9
_FROM_LIST = "constant-contact-to-membrain"
_HEADINGS = ("Field", "Membrain", "Agreed", "Const. Contact", "Rule")
_DIFFERENCES = 12
_MAILED = {
    "explicit": "may be mailed, by their own consent (explicit)",
    "implicit": "may be mailed (implicit)",
    "not_set": "not set: nobody has asked them yet",
    "pending_confirmation": "asked, and has not answered yet (pending_confirmation)",
    "temp_hold": "on hold by Constant Contact (temp_hold)",
}
_RULES = {
    "new-person": "new there",
    "first-meeting": "first meeting",
    "source-changed": "changed",
    "source-cleared": "emptied",
}


def render(output: Output, *, data: Mapping[str, Any], command: str) -> None:
    """Write everything about one person; ``command`` asks the services as well."""
    for line in _answers(data):
        output.paragraph(line, hanging="  ")
    if data["people"]:
        output.line()
        _person(output, data["people"][0], data["contact"])
    for person in data["people"][1:]:
        _another(output, person)
    _runs(output, data)
    if data["live"] is not None:
        _live(output, data["live"], known=data["known"])
    _basis(output, data, command)


def _answers(data: Mapping[str, Any]) -> Iterator[str]:
    who = data["contact"]
    if data["forgotten"]:
        when = data["forgotten"][:10]
        yield f"{who} was forgotten on {when}: ccsync keeps a mark and nothing else, and leaves them out"
    elif not data["read_up_to"]:
        yield f"Nothing has been read yet, so nothing is known of {who}"
    elif not data["known"]:
        yield f"Neither ccsync's copy of Membrain nor that of Constant Contact knows {who}"
    for one in data["answers"]:
        sync = f" [{one['sync']}]" if len(data["answers"]) > 1 else ""
        yield f"{who} {one['answer']}{sync}"


def _person(output: Output, person: Mapping[str, Any], asked: str) -> None:
    """Write the pair that takes part; ``asked`` is the address that need not be said again."""
    _row(output, "Membrain", _membrain(person["membrain"], asked) or "nobody")
    _row(output, "Constant Contact", _contact(person, asked) or "nobody")
    if person["constant_contact"]:
        _row(output, "Consent", _consent(person["constant_contact"]))
    for sync in person["syncs"]:
        if len(person["syncs"]) > 1:
            output.line()
            output.line(f"Sync {sync['sync']}")
        _sync(output, sync, person)


def _another(output: Output, person: Mapping[str, Any]) -> None:
    """Write who else has the address, and why they take no part."""
    who = _membrain(person["membrain"], "") or f"{_contact(person, '')} (Constant Contact)"
    _row(output, "Also", who)
    for sync in person["syncs"]:
        named = f" [{sync['sync']}]" if len(person["syncs"]) > 1 else ""
        _row(output, "", sync["answer"] + named)


def _membrain(record: Mapping[str, Any] | None, asked: str) -> str:
    if record is None:
        return ""
    parts = [record["name"] or "(no name)", record["company"], _unless_asked(record["email"] or "no address", asked)]
    parts += [record["gone"], f"changed {record['changed'][:10]}" if record["changed"] else ""]
    return ", ".join(part for part in parts if part)


def _contact(person: Mapping[str, Any], asked: str) -> str:
    contact = person["constant_contact"]
    if contact is None:
        return ""
    state = "deleted" if contact["deleted"] else "erased" if contact["erased"] else ""
    parts = [contact["name"] or "(no name)", _unless_asked(contact["email"], asked), state]
    parts += [_lists(contact), "" if person["linked"] else "not met yet"]
    return ", ".join(part for part in parts if part)


def _lists(contact: Mapping[str, Any]) -> str:
    more = f"{contact['other_lists']} other lists" if contact["other_lists"] > 1 else "1 other list"
    found = [*contact["lists"], *([more] if contact["other_lists"] else [])]
    return f"on {' and '.join(found)}" if found else "on no list"


def _unless_asked(address: str, asked: str) -> str:
    return "" if address.casefold() == asked.casefold() else address


def _consent(contact: Mapping[str, Any]) -> str:
    if contact["permission"] == "unsubscribed":
        reason = f": {contact['opt_out_reason']}" if contact["opt_out_reason"] else ""
        return f"opted out{' on ' + contact['opt_out_date'][:10] if contact['opt_out_date'] else ''}{reason}"
    return _MAILED.get(contact["permission"], contact["permission"] or "not known")


def _sync(output: Output, sync: Mapping[str, Any], person: Mapping[str, Any]) -> None:
    if sync["direction"] != _FROM_LIST:
        _row(output, "Filter", _filter(sync["filter"]))
    if sync["filter"]["matches"] is not True:
        for clause in sync["filter"]["clauses"]:
            _row(output, "", _clause(clause))
    _row(output, "List", _list(sync))
    for wait in sync["waiting"]:
        field = f"{wait['field']}: " if wait["field"] else ""
        detail = f" ({wait['detail']})" if wait["detail"] else ""
        since = f", since {wait['since'][:10]}" if wait["since"] else ""
        _row(output, "Waits", f"{field}{words.reason(wait['reason'])}{detail}{since}")
    asked = [one["operation"] for one in person["on_the_way"] if one["sync"] == sync["sync"]]
    if asked:
        _row(output, "On the way", f"{', '.join(asked)}: asked for, and not seen yet")
    _row(output, "Next run", _next(sync["next"], looked_at=person["looked_at_next"]))
    fields, same = _folded(sync["fields"])
    if fields:
        output.print(table(_HEADINGS, map(_field, fields), fixed=("Rule",)))
    if same:
        output.paragraph(f"unchanged: {', '.join(same)}", hanging="  ")


def _folded(fields: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return the fields to show, and of a long map the names of those where nothing has moved."""
    if len(fields) <= _FIELDS:
        return list(fields), []
    moved = [field for field in fields if field["outcome"] != "unchanged"]
    return moved, [field["constant_contact"] for field in fields if field["outcome"] == "unchanged"]


def _filter(said: Mapping[str, Any]) -> str:
    if not said["expression"].strip():
        return "none: takes everybody with an address"
    outcome = {True: "takes them", False: "does not take them", None: "not asked"}[said["matches"]]
    if said["detail"]:
        outcome = f"has no answer: {said['detail']}"
    return outcome


def _clause(clause: Mapping[str, Any]) -> str:
    outcome = {True: "yes", False: "no ", None: "?  "}[clause["matches"]]
    values = ", ".join(f'"{value}"' for value in clause["values"].values())
    return f"{outcome} {clause['expression']}" + (f": it is {values}" if values else "")


def _list(sync: Mapping[str, Any]) -> str:
    standing = {
        "placed": "put there by ccsync",
        "theirs": "put there by another hand",
        "taken-off": "taken off by hand, and never put back",
        None: "" if sync["on_list"] or sync["direction"] == _FROM_LIST else "ccsync has never put them there",
    }[sync["standing"]]
    on = "on" if sync["on_list"] else "not on"
    return f'{on} "{sync["list"]}"' + (f", {standing}" if standing else "")


def _next(steps: Sequence[Mapping[str, Any]], *, looked_at: bool) -> str:
    if not steps:
        return "nothing to do"
    said = ", ".join(words.step(step["operation"], step["side"]) for step in steps)
    return said if looked_at else f"{said}, once something about them changes"


def _field(field: Mapping[str, Any]) -> tuple[str, ...]:
    base = field["base"]
    agreed = "-" if base is None else base["constant_contact"] or "(empty)"
    return (
        field["constant_contact"],
        field["in_membrain"] or "(empty)",
        agreed,
        field["in_constant_contact"] or "(empty)",
        _rule(field),
    )


def _rule(field: Mapping[str, Any]) -> str:
    if field["reason"]:
        return str(field["reason"])
    if field["outcome"] == "write":
        way = "<-" if field["towards"] == "membrain" else "->"
        return f"{way} {_RULES.get(field['rule'], field['rule'])}"
    return "takes no part" if field["outcome"] == "not-compared" else str(field["outcome"])


def _runs(output: Output, data: Mapping[str, Any]) -> None:
    for number, run in enumerate(data["runs"]):
        told = [str(event.get("message", event["event"])) for event in run["events"]]
        said = [text.removeprefix(f"{data['contact']}: ") for text in told]
        more = f" and {len(said) - _EVENTS} more" if len(said) > _EVENTS else ""
        _row(output, "" if number else "Runs", f"{run['run']}: {'; '.join(said[:_EVENTS])}{more}")
    if not data["runs"] and data["known"] and not data["all_read"]:
        _row(output, "Runs", f"none of the last {data['logs_read']} did anything to them")


def _live(output: Output, live: Mapping[str, Any], *, known: bool) -> None:
    output.line()
    if not known:
        for record in live["membrain"]:
            _row(output, "Membrain now", _membrain(record, ""))
        for contact in live["constant_contact"]:
            shown = _contact({"constant_contact": contact, "linked": True}, "")
            _row(output, "C. Contact now", f"{shown}, {_consent(contact)}")
    if not (known and live["differs"]):
        if not (live["membrain"] or live["constant_contact"]):
            output.line("Asked now: neither service knows the address")
        elif known:
            output.line("Asked now: both services show just what ccsync's copy has")
        return
    output.line("Asked now: this differs from ccsync's copy")
    for one in live["differs"][:_DIFFERENCES]:
        what = f"{one['field']}: " if one["field"] else ""
        was, now = one["state"] or "(empty)", one["now"] or "(empty)"
        output.paragraph(f"  {words.SIDES[one['side']]}  {what}{was} -> {now}", hanging="    ")
    if len(live["differs"]) > _DIFFERENCES:
        output.line(f"  and {len(live['differs']) - _DIFFERENCES} more: --json has them all")


def _basis(output: Output, data: Mapping[str, Any], command: str) -> None:
    if data["forgotten"]:
        return
    last = data["last_run"]
    if last and last["result"] not in ("success", "partial", ""):
        output.paragraph(f"The last run ended as {last['result']}: {last['message']}", hanging="  ")
    if data["read_up_to"]:
        read = words.moment(min(data["read_up_to"].values()))
        output.line(f"As read up to {read}" + ("; --live asks both services now" if data["live"] is None else ""))
    elif data["live"] is None:
        output.way_on(f"Type ccsync run --once, or ask both services: {command}")


def _row(output: Output, label: str, text: str) -> None:
    output.paragraph(f"{label:<{_LABEL}}{text}", hanging=" " * _LABEL)
