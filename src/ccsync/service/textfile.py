"""Numbers for Prometheus, in the file of ``[notify] textfile`` that its node_exporter reads.

The text format is Prometheus' exposition format, version 0.0.4: a HELP and a TYPE line for each name, then its values,
and no times, which node_exporter refuses. The numbers are those of ``status --json``.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccsync.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_PUBLIC = 0o644  # node_exporter is another user
_RESULTS = ("success", "partial", "stopped", "failed", "interrupted")
_PEOPLE = ("created", "updated", "added", "removed", "unchanged", "skipped", "failed")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Sample = tuple["Mapping[str, str]", float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One name with its values; all are gauges."""

    name: str
    help: str
    samples: tuple[Sample, ...]


def page(status: Mapping[str, Any], *, running: bool, version: str) -> str:
    """Return the whole file for the data of ``status --json``; ``running`` when a run is on now."""
    account = {"account": status["account"]}
    written: list[str] = []
    for metric in _metrics(status, running=running, version=version):
        if not metric.samples:
            continue
        written += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge"]
        for labels, value in metric.samples:
            written.append(f"{metric.name}{_labels({**account, **labels})} {_number(value)}")
    return "\n".join(written) + "\n"


def _metrics(status: Mapping[str, Any], *, running: bool, version: str) -> Iterator[Metric]:
    service, budget, last = status["service"], status["budget"], status["service"]["last_ended"]
    yield Metric("ccsync_info", "The version of ccsync that wrote this file.", (({"version": version}, 1),))
    yield Metric("ccsync_run_in_progress", "1 while a run is on.", (({}, running),))
    yield Metric(
        "ccsync_switched_off", "1 when the service was stopped on purpose.", (({}, service["off_since"] is not None),)
    )
    yield Metric("ccsync_last_run_timestamp_seconds", "When the last run that has ended began.", _time(last, "started"))
    yield Metric(
        "ccsync_last_success_timestamp_seconds",
        "When the last run ended that went through, if need be without single people who were refused.",
        _moment(service["last_success"]),
    )
    if last is not None:
        seconds = _seconds(last["finished"]) - _seconds(last["started"])
        results = tuple(({"result": one}, last["result"] == one) for one in _RESULTS)
        people = tuple(({"outcome": name}, last[name]) for name in _PEOPLE)
        calls = tuple(({"service": name}, count) for name, count in last["calls"].items())
        yield Metric("ccsync_last_run_duration_seconds", "How long the last run took.", (({}, seconds),))
        yield Metric("ccsync_last_run_result", "1 for the result of the last run, 0 for the others.", results)
        yield Metric("ccsync_last_run_people", "People of the last run, by what happened to them.", people)
        yield Metric("ccsync_last_run_requests", "Requests of the last run, by service.", calls)
    yield Metric("ccsync_failing_runs", "Runs that failed in a row, 0 when all is well.", (({}, _failing(service)),))
    yield Metric("ccsync_calls_used", "Calls to Constant Contact since 00:00 UTC.", (({}, budget["used"]),))
    yield Metric("ccsync_calls_limit", "Calls to Constant Contact that a day allows.", (({}, budget["limit"]),))
    yield Metric("ccsync_calls_reserved", "Of these, kept for opt-outs.", (({}, budget["reserved"]),))
    yield Metric("ccsync_waiting", "People and fields that wait, by sync and reason.", _waiting(status["waiting"]))


def write(path: Path, text: str) -> None:
    """Put the file in place in one go, readable for everybody. LocalError when that cannot be."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")  # only names that end in .prom are read
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _PUBLIC)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), _PUBLIC)  # whatever the umask, which is 077 under systemd
            file.write(text)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise LocalError(
            f"[notify] textfile {path} cannot be written: {error.strerror}",
            hint=f"ls -ld {path.parent}",
            code="textfile",
        ) from error


def _failing(service: Mapping[str, Any]) -> int:
    return 0 if service["failing"] is None else int(service["failing"]["runs"])


def _waiting(waiting: Iterable[Mapping[str, Any]]) -> tuple[Sample, ...]:
    counted = Counter((entry["sync"] or "", entry["reason"]) for entry in waiting)
    return tuple(({"sync": sync, "reason": reason}, count) for (sync, reason), count in sorted(counted.items()))


def _time(run: Mapping[str, Any] | None, key: str) -> tuple[Sample, ...]:
    return () if run is None else _moment(run[key])


def _moment(iso: str | None) -> tuple[Sample, ...]:
    return () if iso is None else (({}, _seconds(iso)),)


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items()) + "}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 3))
