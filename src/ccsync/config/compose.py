"""The text of a new configuration: what was answered as values, and what may be changed later as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_COLUMN = 42  # where a note beside a setting begins

_HEAD = (
    "# ccsync: who goes on which list, and which fields travel. Made by `ccsync init`.",
    "#",
    '# Lines that begin with "#" are notes, or settings with the value they have anyway: take "#" away to change one.',
    "# After an edit, `ccsync config check` says whether everything is right, and on which line it is not.",
    "# Keys and passwords never stand in this file: `ccsync auth login ...` asks for them and keeps them safe.",
    "",
    "# A short name of your own: it names the folders with the state and the logs, and the stored logins.",
)
_SANDBOX = (
    "# The sandbox plays both services on this computer. Nothing leaves it, and no login is needed.",
    "# For your own people: ccsync init --real --force",
)
_MEMBRAIN = (
    '# time_zone = "UTC"                      # the zone of Membrain\'s times, for example "Europe/Stockholm"',
    "# requests_per_minute = 0                # 0: no limit from our side",
)
_CONSTANT_CONTACT = (
    "# redirect_port = 8765                   # register http://localhost:8765/callback with the application",
    "# requests_per_second = 3.5              # Constant Contact allows 4",
    "# requests_per_day = 10000               # calls from midnight to midnight, UTC",
    "# opt_out_reserve = 500                  # of these, kept for opt-outs; at most a tenth of the day",
)
_SAFETY = (
    "# A run stops before it writes when more people than this would leave a list. Both must be exceeded.",
    "[guard]",
    "max_removals = 20",
    "max_removal_share = 0.1                  # a tenth of the list",
)
_PEOPLE = (
    "# One [[sync]] matches people in Membrain with one list in Constant Contact. Repeat it for more lists.",
    "[[sync]]",
)
_LATER = (
    '# conflict = "membrain"                  # who decides when both sides changed',
    "# create_companies = true                # has an effect towards Membrain only",
    '# project = "newest-open"                # which project speaks when a company has several; or "newest"',
)
_FIELDS = (
    "# Which fields travel: on the left Membrain, on the right Constant Contact. The e-mail address always travels.",
    "# A person's own fields begin with contact, those of their company with company, of its project with project.",
    "# `ccsync map fields` lists what both sides offer, `ccsync map add` and `ccsync map remove` edit the pairs below.",
)
_NOTES = {
    "instance": "the part before .membrain.com",
    "client_id": "the API key of your application (not a secret)",
    "list": "made in Constant Contact when it is not there",
    "when_leaving": 'somebody no longer matches: or "keep" them on the list',
}
_TABLES = (("membrain", _MEMBRAIN), ("constant_contact", _CONSTANT_CONTACT), ("credentials", ()))


def compose(tables: Mapping[str, Any]) -> str:
    """Return the text of a configuration with these tables, in the order and with the notes of the example file."""
    lines = [*_HEAD, *_settings({"account": tables["account"]}), ""]
    if "sandbox" in tables:
        lines += [*_SANDBOX, "[sandbox]", *_settings(tables["sandbox"]), ""]
    for name, notes in _TABLES:
        if name in tables:
            lines += [f"[{name}]", *_settings(tables[name]), *notes, ""]
    lines += [*_SAFETY, ""]
    for sync in tables["sync"]:
        lines += _sync(sync)
    return "\n".join(lines).rstrip("\n") + "\n"


def _sync(sync: Mapping[str, Any]) -> Iterator[str]:
    yield from _PEOPLE
    yield from _settings({name: sync[name] for name in ("name", "direction")})
    yield from ("", *_about_filter(sync), "")
    yield from (*_settings({name: sync[name] for name in ("list", "when_leaving")}), *_LATER, "", *_FIELDS)
    for field in sync.get("field", ()):
        yield from ("", "[[sync.field]]", *_settings(field))


def _about_filter(sync: Mapping[str, Any]) -> Sequence[str]:
    notes = (
        "# Who takes part. Without a filter: everybody with an e-mail address. The parts: == equal, != not equal,",
        '# && and, || or, in [...] one of. Your own Membrain fields are written contact.custom["Name of the field"].',
    )
    return (*notes, *_settings({"filter": sync.get("filter", "")}))


def _settings(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        note = f"# {_NOTES[name]}" if name in _NOTES else ""
        line = _setting(name, value)
        yield f"{line.ljust(_COLUMN - 1)}{note}" if note else line


def _setting(name: str, value: Any) -> str:
    """Write a text with quotes in it as people do, in single ones; everything else as tomli-w does."""
    if isinstance(value, str) and '"' in value and "'" not in value and value.isprintable():
        return f"{name} = '{value}'"
    if isinstance(value, dict):
        pairs = ", ".join(tomli_w.dumps({key: inner}).rstrip("\n") for key, inner in value.items())
        return f"{name} = {{ {pairs} }}"
    return tomli_w.dumps({name: value}).rstrip("\n")
