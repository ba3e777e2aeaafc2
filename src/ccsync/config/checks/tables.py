"""The tables that stand once: which service, which login, how many calls."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.config.checks.reading import table
from ccsync.config.lines import KeyPath, spell
from ccsync.config.model import ConstantContact, Credentials, Membrain, Sandbox, Service
from ccsync.config.values import format_duration
from ccsync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.config.source import Document

_DAY = timedelta(days=1)
_CALLS_OF_AN_IDLE_RUN = 2  # a run with nothing to do asks for changed contacts and for opt-outs


def tables_alone(document: Document) -> Iterator[Problem]:
    """Yield the mistakes within the tables that stand once."""
    sandbox = table(Sandbox, document.tables, "sandbox")
    real = sandbox is not None and not sandbox.enabled
    yield from _membrain(document, real=real)
    yield from _constant_contact(document, real=real)
    yield from _credentials(document)
    yield from _service(document)


def budget_warnings(document: Document) -> Iterator[Problem]:
    """Yield a warning when looking alone would spend the calls of a day."""
    service = table(Service, document.tables, "service")
    budget = table(ConstantContact, document.tables, "constant_contact")
    if service is None or budget is None:
        return
    calls = math.ceil(_DAY / service.interval) * _CALLS_OF_AN_IDLE_RUN
    free = budget.requests_per_day - budget.opt_out_reserve
    if calls > free > 0:
        shortest = timedelta(seconds=math.ceil(_DAY.total_seconds() * _CALLS_OF_AN_IDLE_RUN / free))
        yield _problem(
            document,
            ("service", "interval"),
            f"every {format_duration(service.interval)} takes {calls:,} calls a day to Constant Contact "
            f"for looking alone, and {free:,} are there",
            f'interval = "{format_duration(shortest)}" is the shortest that fits',
        )


def _problem(document: Document, path: KeyPath, message: str, hint: str) -> Problem:
    return Problem(spell(path), document.lines.nearest(path), message, hint)


def _membrain(document: Document, *, real: bool) -> Iterator[Problem]:
    membrain = table(Membrain, document.tables, "membrain")
    if membrain is None:
        return
    if membrain.instance and membrain.url:
        yield _problem(document, ("membrain", "url"), "instance and url exclude each other", "take one of them out")
    elif real and not membrain.base_url:
        yield _problem(document, ("membrain",), "neither instance nor url is given", 'instance = "acme"')


def _constant_contact(document: Document, *, real: bool) -> Iterator[Problem]:
    service = table(ConstantContact, document.tables, "constant_contact")
    if service is None:
        return
    if real and not service.client_id:
        hint = "copy the API key from the application's page, My Applications"
        yield _problem(document, ("constant_contact", "client_id"), "the key client_id is missing", hint)
    most = service.requests_per_day // 10
    if service.opt_out_reserve > most:
        default = "" if "opt_out_reserve" in service.model_fields_set else ", its default,"
        yield _problem(
            document,
            ("constant_contact", "opt_out_reserve" if not default else "requests_per_day"),
            f"opt_out_reserve = {service.opt_out_reserve}{default} is more than a tenth of requests_per_day",
            f"opt_out_reserve = {most} or less",
        )


def _credentials(document: Document) -> Iterator[Problem]:
    credentials = table(Credentials, document.tables, "credentials")
    if credentials is None:
        return
    given = [key for key in ("key_file", "key_command") if getattr(credentials, key) is not None]
    if credentials.store == "keyring":
        for key in given:
            hint = f'store = "encrypted-file", or take {key} out'
            yield _problem(document, ("credentials", key), f"{key} has no effect with the keyring", hint)
    elif len(given) > 1:
        message = "key_file and key_command exclude each other"
        yield _problem(document, ("credentials", "key_command"), message, "take one of them out")


def _service(document: Document) -> Iterator[Problem]:
    service = table(Service, document.tables, "service")
    if service is not None and service.sweep < service.interval:
        yield _problem(
            document,
            ("service", "sweep" if "sweep" in service.model_fields_set else "interval"),
            "the sweep is more frequent than the runs",
            f'sweep = "{format_duration(service.interval)}" or longer',
        )
