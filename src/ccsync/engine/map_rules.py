"""A sync of the configuration as rules to look with: bound to what Membrain shows, and to no list or field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.config.checks.filters import point_at
from ccsync.engine.pull_membrain import PROJECT_KINDS
from ccsync.errors import ConfigError, UsageError
from ccsync.sync.catalogue import Scope
from ccsync.sync.fields import target_field
from ccsync.sync.filters import FilterSyntaxError, compile_filter
from ccsync.sync.mapping import FieldRule, SyncRules
from ccsync.sync.records import ListId

if TYPE_CHECKING:
    from ccsync.config.model import Config, Field, Sync
    from ccsync.sync.catalogue import Resolution
    from ccsync.sync.filters import Filter
    from ccsync.sync.records import Resource


def chosen(config: Config, name: str | None) -> Sync:
    """Return the sync that is meant; UsageError when it is not named and there are several, or when there is none."""
    known = ", ".join(f'"{sync.name}"' for sync in config.sync)
    if name is None and len(config.sync) > 1:
        raise UsageError(f"there are several syncs: {known}", hint=f'ccsync map ... --sync "{config.sync[0].name}"')
    found = next((sync for sync in config.sync if name in (None, sync.name)), None)
    if found is None:
        raise UsageError(f'there is no sync called "{name}"; there is {known}', hint="ccsync map list")
    return found


def kinds_of_project(sync: Sync) -> tuple[Resource, ...]:
    """Return the lists of projects that a sync looks at."""
    return tuple(PROJECT_KINDS[kind] for kind in sync.projects)


def rules_of(sync: Sync, matcher: Filter | None = None) -> SyncRules:
    """Return what decides which company and project speak for a person, with another filter when one is given."""
    if matcher is None:
        matcher = _filter_of(sync)
    return SyncRules(
        name=sync.name,
        list_id=ListId(""),
        filter=matcher,
        fields=(),
        keep_on_leaving=sync.when_leaving == "keep",
        projects=frozenset(kinds_of_project(sync)),
        open_projects_only=sync.project == "newest-open",
    )


def _filter_of(sync: Sync) -> Filter:
    try:
        return compile_filter(sync.filter)
    except FilterSyntaxError as error:
        message = f'the filter of sync "{sync.name}": {error.message}\n{point_at(sync.filter, error.offset)}'
        raise ConfigError(message, hint="ccsync config check") from error


def rule_of(field: Field, resolution: Resolution) -> FieldRule:
    """Return how one field travels."""
    target = target_field(field.constant_contact)
    if target is None:
        raise ConfigError(f"{field.constant_contact} is no field of Constant Contact", hint="ccsync config check")
    return FieldRule(
        membrain=field.membrain,
        field=field.constant_contact,
        path=field.constant_contact,
        scope=Scope(field.membrain.partition(".")[0]),
        properties={resource: one.name for resource, one in resolution.properties.items()},
        target=target,
        values=dict(field.values),
        default=field.default or "",
        clear=field.clear,
        truncate=field.when_too_long == "truncate",
    )
