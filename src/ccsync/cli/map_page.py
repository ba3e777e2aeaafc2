"""What people read of the field map."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from ccsync.cli import words
from ccsync.cli.tables import table
from ccsync.config.report import as_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccsync.cli.output import Output

_LISTS = {
    "contacts": "contacts",
    "companies": "companies",
    "opportunities": "sales projects",
    "accountGrowthItems": "account growth projects",
    "prospects": "prospects",
    "constant_contact": "contacts of Constant Contact",
}
_TO_MEMBRAIN = "constant-contact-to-membrain"
_LONGEST_NAME = 36  # a longer one is cut, so that the rest of the table is seen
_SETTINGS = ("direction", "values", "default", "clear", "when_too_long")
_USUAL = {"clear": False, "when_too_long": "reject"}


def render_list(output: Output, *, data: Mapping[str, Any]) -> None:
    """Write the map of each sync, what differs from the usual below."""
    for number, sync in enumerate(data["syncs"]):
        if number:
            output.line()
        output.line(f"Sync {sync['name']}: {sync['direction'].replace('-', ' ')}, list {sync['list']}")
        output.paragraph(_who(sync), hanging="  ")
        if not sync["fields"]:
            which = f" --sync {shlex.quote(sync['name'])}" if len(data["syncs"]) > 1 else ""
            output.way_on(f"No fields yet: ccsync map suggest{which}")
            continue
        output.line()
        rows = [(one["membrain"], one["constant_contact"]) for one in sync["fields"]]
        output.print(_named(("Membrain", "Constant Contact"), rows))
        notes = [(one["constant_contact"], note) for one in sync["fields"] for note in _settings(one)]
        for name, note in notes:
            output.paragraph(f"  {name}: {note}", hanging="    ")


def _who(sync: Mapping[str, Any]) -> str:
    if sync["direction"] == _TO_MEMBRAIN:
        return "People: the members of the list"
    return f"Filter: {sync['filter'] or 'none, everybody with an e-mail address'}"


def _settings(field: Mapping[str, Any]) -> Iterator[str]:
    for key in _SETTINGS:
        if field[key] and field[key] != _USUAL.get(key):
            yield f"{key} = {as_toml(field[key])}"


def render_fields(output: Output, *, data: Mapping[str, Any], word: str) -> None:
    """Write a table for each side."""
    for side, title in (("membrain", "Membrain"), ("constant_contact", "Constant Contact")):
        offers = data[side]
        if not offers:
            output.line(f'{title}: no field with "{word}" in its name')
            continue
        limits = ("Limit",) if side == "constant_contact" else ()
        rows = [_field(one, limits) for one in offers]
        output.print(_named((title, "Type", *limits, "Filled", "Example"), rows, numbers=(*limits, "Filled")))
        output.line()
    if data["left_out"]:
        output.line(f"Left out: {_counted(len(data['left_out']), 'id or other mark')} of Membrain; --all shows them")
    output.way_on("* stands in the map; ccsync map add MEMBRAIN CONSTANT_CONTACT adds a pair")
    _basis(output, data["basis"])


def _field(one: Mapping[str, Any], limits: Sequence[str]) -> tuple[str, ...]:
    kind = "read only" if one["read_only"] else one["type"].replace("_", " ")
    shown = ", ".join(one["options"]) or one["example"]
    mark = " *" if one["mapped_to"] else ""
    limit = [str(one["limit"] or "-")] if limits else []
    return f"{one['name']}{mark}", kind, *limit, words.share(one["share"]), shown


def render_suggest(output: Output, *, data: Mapping[str, Any], new: bool, several: bool) -> None:
    """Write each pair with its reasons, and how to take it over."""
    found = data["suggestions"]
    for one in found:
        example = f"   {one['example']}" if one["example"] else ""
        output.line(f"{one['membrain']}  ->  {one['constant_contact']}{example}")
        output.paragraph(f"    {'; '.join(one['reasons'])}", hanging="    ")
    if found:
        output.line()
    else:
        more = "" if new else "; --new proposes new custom fields, too"
        output.line(f"Nothing to propose for sync {data['sync']}: what goes together is in the map{more}")
    _basis(output, data["basis"])
    if data["undo"]:
        output.line(f"Added {_counted(len(found), 'pair')} to sync {data['sync']}; the file of before: {data['undo']}")
        output.way_on("Then: ccsync map check")
    elif found:
        sync = f" --sync {shlex.quote(data['sync'])}" if several else ""
        output.way_on(f"Take them over: ccsync map suggest{sync}{' --new' if new else ''} --apply")
        for one in [one for one in found if not any(key in one for key in _SETTINGS)][:1]:
            pair = f"{shlex.quote(one['membrain'])} {shlex.quote(one['constant_contact'])}"
            output.way_on(f"Only one of them: ccsync map add {pair}{sync}")


def render_edit(output: Output, *, data: Mapping[str, Any], done: str) -> None:
    """Say what was changed, and where the file of before lies."""
    field = data["field"]
    output.line(f"{done}: {field['membrain']}  ->  {field['constant_contact']}, in sync {data['sync']}")
    output.line(f"the file of before: {data['undo']}")
    if data["warning"]:
        output.paragraph(f"warning: {data['warning']}", hanging="  ")


def render_check(output: Output, *, data: Mapping[str, Any]) -> None:
    """Write the findings of each sync, the worst first, and what they rest on."""
    several = len(data["syncs"]) > 1
    order = ("error", "warning", "note")
    for finding in sorted(data["findings"], key=lambda one: order.index(one["level"])):
        sync = f"[{finding['sync']}] " if several else ""
        hint = f"  ({finding['hint']})" if finding["hint"] else ""
        output.paragraph(f"{finding['level']:<8} {sync}{sentence(finding)}{hint}", hanging=" " * 9)
    if data["findings"]:
        output.line()
    counts = [_counted(data["counts"][level], level) for level in order if data["counts"][level]]
    fields = _counted(sum(sync["fields"] for sync in data["syncs"]), "field")
    output.line(f"{', '.join(counts) if counts else 'OK'}: {fields}")
    whose = "who match the filter" if data["matching_only"] else "whether or not they match the filter"
    for sync in data["syncs"]:
        name = f"[{sync['sync']}] " if several else ""
        if sync["direction"] == _TO_MEMBRAIN:
            output.paragraph(f"{name}No values of Membrain travel: none were looked at", hanging="  ")
            continue
        output.paragraph(f"{name}Looked at the values of {sync['people']:,} people, {whose}", hanging="  ")
    _basis(output, data["basis"])


def sentence(finding: Mapping[str, Any]) -> str:
    """Say a finding: which pair, how many values, what, and one of them masked."""
    pair = f"{finding['membrain']} -> {finding['constant_contact']}: " if finding["membrain"] else ""
    if finding["count"] is None:
        return f"{pair}{finding['message']}"
    share = words.share(finding["count"] / finding["of"])
    example = f", such as {finding['example']}" if finding["example"] else ""
    return f"{pair}{finding['count']:,} of {finding['of']:,} values ({share}) {finding['message']}{example}"


def render_filter(output: Output, *, data: Mapping[str, Any]) -> None:
    """Write how many match, how many each clause lets through, and some people."""
    output.paragraph(f"Filter: {data['expression'] or 'none, everybody with an e-mail address'}", hanging="  ")
    for one in data["unknown"]:
        close = f" (did you mean {' or '.join(one['suggestions'])}?)" if one["suggestions"] else ""
        output.paragraph(f"warning: Membrain has no {one['name']}, which counts as not set{close}", hanging="  ")
    output.line()
    output.line(
        f"{data['matches']:,} of {data['people']:,} people match, {data['take_part']:,} of them would take part"
    )
    for why in ("no_email", "user_of_membrain", "duplicate_address"):
        if data["left_out"][why]:
            output.line(f"  {data['left_out'][why]:,} x {why}: {words.reason(why)}")
    if data["failed"]:
        output.paragraph(f"  {data['failed']:,} x filter_error, and held: {data['failure']}", hanging="    ")
    if data["clauses"]:
        output.line()
        output.line("Each clause alone")
        width = max(len(f"{one['matches']:,}") for one in data["clauses"])
        for one in data["clauses"]:
            output.paragraph(f"  {one['matches']:>{width},}  {one['expression']}", hanging=" " * (width + 4))
    if data["shown"]:
        output.line()
        rows = [(one["name"] or "-", one["email"]) for one in data["shown"]]
        output.print(table(("Name", "E-mail"), rows))
    output.line()
    moment = f"as the last run read them, {words.moment(data['read_up_to'])}" if data["read_up_to"] else "read just now"
    output.line(f"People of Membrain, {moment}")


def _named(headings: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = ()) -> Any:
    """Return a table whose names keep their width unless one of them is very long."""
    longest = max(cell_len(row[0]) for row in rows)
    fixed = [headings[0]] if longest <= _LONGEST_NAME else []
    return table(headings, rows, numbers=numbers, fixed=[*fixed, *(("Type",) if "Type" in headings else ())])


def _basis(output: Output, basis: Mapping[str, Any]) -> None:
    """Say how many rows the shares rest on, and from when they are."""
    mirror = [(name, one) for name, one in basis.items() if one["source"] == "mirror"]
    live = [(name, one) for name, one in basis.items() if one["source"] == "live"]
    if mirror:
        oldest = min(one["read_up_to"] for _, one in mirror)
        rows = ", ".join(_rows(name, one) for name, one in mirror)
        output.paragraph(f"From the last run, {words.moment(oldest)}: {rows}", hanging="  ")
    if live:
        rows = ", ".join(_rows(name, one) for name, one in live)
        output.paragraph(f"Read just now, the first page: {rows}", hanging="  ")


def _rows(name: str, one: Mapping[str, Any]) -> str:
    of = f" of {one['total']:,}" if one["total"] not in (None, one["rows"]) else ""
    return f"{one['rows']:,}{of} {_LISTS[name]}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
