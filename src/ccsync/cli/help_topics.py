"""The topics of ``ccsync help``: pages that are written, and lists made of what the program itself uses."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "settings": "every key of the configuration, and its value when not set",
        "filters": "how a filter says who takes part, with examples",
        "reasons": "why somebody, or one field of somebody, is left as it is",
        "exit-codes": "what the number means with which a command ends",
        "events": "what stands in the logs",
        "places": "files, folders and variables of the environment",
        "troubleshooting": "what to do when something is wrong, by symptom",
    }
)

EXIT_CODES: Mapping[ExitCode, str] = MappingProxyType(
    {
        ExitCode.DONE: "done, or nothing to do; people who are skipped by a rule are no failure",
        ExitCode.BUG: "a bug in ccsync",
        ExitCode.USAGE: "the command line is wrong",
        ExitCode.STOPPED: "a guard stopped the run before it wrote, a list or field was deleted, or a service refused "
        "somebody: `ccsync status` says whom",
        ExitCode.UNREACHABLE: "a service cannot be reached, or answers nonsense; the next run goes on",
        ExitCode.LOCAL: "this computer: a full disk, a missing permission, a damaged file, no keyring or key",
        ExitCode.TRY_LATER: "try later: another run is on, the service runs, or today's calls are spent",
        ExitCode.LOGIN_NEEDED: "not logged in, or the login has ended: the command to type is printed",
        ExitCode.CONFIG: "the configuration is wrong",
        ExitCode.INTERRUPTED: "interrupted by Ctrl-C; everything so far is kept",
        ExitCode.TERMINATED: "ended by a signal, as by `kill` or systemd; everything so far is kept",
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no_email": "Membrain has no e-mail address, or one that cannot be: correct it there",
        "no_name": "Membrain wants a name for a contact: fill it in in Constant Contact",
        "no_company": "Membrain wants a company for a contact: fill it in in Constant Contact",
        "opted_out": "they opted out of mail; nothing is pushed any more until they opt in again themselves",
        "removed_by_hand": "somebody took them off the list in Constant Contact; ccsync never puts them back",
        "deleted": "they were deleted on one side; ccsync revives nobody",
        "duplicate_address": "two Membrain contacts share the address: the one created first takes part; merge them",
        "address_taken": "the new address belongs to another contact: nothing changes until one of the two does",
        "too_long": 'a value is longer than the field takes: shorten it, or allow `when_too_long = "truncate"`',
        "bad_value": "a value does not fit the field, such as a word where a date belongs",
        "refused": "the service refused the write; the detail has its words",
        "filter_error": "the filter cannot be evaluated for them: they neither enter nor leave",
        "user_of_membrain": "a colleague with a login to Membrain, not a contact to write to",
        "held": "what was written has not been seen yet; the next run looks again",
        "forgotten": "they were erased with `ccsync forget`: ccsync keeps nothing of them and writes nothing to them",
        "kept_edit": "somebody edited the field over there: that is kept until the source changes",
    }
)

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "run.started": "a run begins, with its switches",
        "run.finished": "it has ended, with the result, the counts and the calls",
        "run.warning": "something that the operator should know and that stops nothing",
        "stream.pulled": "one list was read by change time, or whole",
        "http.request": "one request: service, method, path, status, milliseconds, attempt",
        "record.created": "somebody was created",
        "record.updated": "fields of somebody were written, with old and new value",
        "record.skipped": "somebody, or a field, was left as it is, with the reason",
        "record.failed": "a write was refused",
        "record.conflict": "both sides had a value; the one that lost is here",
        "list.added": "somebody was put on a list",
        "list.removed": "somebody was taken off a list",
        "consent.changed": "an opt-out or opt-in was read, or written to Membrain",
        "activity.posted": "a bulk job was sent to Constant Contact",
        "activity.finished": "it has ended, with its counters",
        "timestamp.moved": "a stream was read further, or its timestamp was set by hand: old and new",
        "guard.stopped": "a guard stopped a run before it wrote",
        "auth.refreshed": "a new access token was fetched",
        "person.forgotten": "somebody was forgotten with `ccsync forget`: how much was removed, and a keyed mark",
    }
)


def text(topic: str) -> str:
    """Return a topic's text, in Markdown."""
    made = {
        "settings": lambda: "\n".join(_settings()),
        "exit-codes": lambda: _table("Code", "Means", ((str(int(code)), said) for code, said in EXIT_CODES.items())),
        "reasons": lambda: _table("Reason", "Means", ((f"`{word}`", said) for word, said in REASONS.items())),
        "events": lambda: _table("Event", "Says", ((f"`{name}`", said) for name, said in EVENTS.items())),
    }
    return made[topic]() if topic in made else _page(topic)


def _page(topic: str) -> str:
    from importlib.resources import files

    return files("ccsync.cli").joinpath("pages", f"{topic}.md").read_text("utf-8")


def _table(first: str, second: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {first} | {second} |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {one} | {two} |" for one, two in rows)])


def _settings() -> Iterator[str]:
    """Write every key of every table of the configuration, out of the schema that editors use as well."""
    from ccsync.config.model import Config

    schema = Config.model_json_schema(mode="serialization")
    models, top = schema["$defs"], schema["properties"]
    yield from ("The configuration is a TOML file; `ccsync config path` says which.", "")
    yield from ("| Key | Means |", "| --- | --- |")
    for name, about in top.items():
        if "$ref" in about:
            yield from _keys(f"[{name}] ", models[about["$ref"].rpartition("/")[2]])
        elif "items" not in about:
            yield from _keys("", {"properties": {name: about}})
    yield from _keys("[[sync]] ", models["Sync"])
    yield from _keys("[[sync.field]] ", models["Field"])


def _keys(heading: str, model: Mapping[str, Any]) -> Iterator[str]:
    from ccsync.config.report import as_toml

    for key, about in model["properties"].items():
        if "items" in about and "$ref" in about["items"]:
            continue  # a table of its own
        default = about.get("default")
        value = f" = {as_toml(default)}" if default not in (None, {}, "") else ""
        yield f"| `{heading}{key}{value}` | {about['description']} |"
