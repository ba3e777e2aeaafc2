"""The syncs of the configuration as rules: bound to what exists for a run, or to nothing, just to look."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.config.checks.filters import point_at
from ccsync.engine.bound import Bound
from ccsync.engine.pull_membrain import CATALOGUE, PROJECT_KINDS, users
from ccsync.errors import ConfigError, UsageError
from ccsync.sync.canonical import yes_no
from ccsync.sync.catalogue import Catalogue, Found, PropertyType, Scope
from ccsync.sync.fields import target_field
from ccsync.sync.filters import FilterSyntaxError, compile_filter
from ccsync.sync.mapping import COMPANY_NAME, Conflict, Direction, FieldRule, Rulebook, SyncRules
from ccsync.sync.records import ListId

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from ccsync.config.model import Config, Field, Sync
    from ccsync.engine.bind import Names
    from ccsync.engine.context import Context
    from ccsync.state.store import Progress
    from ccsync.sync.catalogue import Resolution
    from ccsync.sync.fields import TargetField
    from ccsync.sync.filters import Filter
    from ccsync.sync.records import Resource

RULES = "rules"
"""The fact what the syncs were when everybody was last touched for them."""


def rulebook(context: Context, names: Names, catalogue: Catalogue) -> Rulebook:
    """Return the config, bound; whoever an edited config may concern is touched."""
    wanted = context.options.sync
    if wanted is not None and wanted not in {sync.name for sync in context.config.sync}:
        known = ", ".join(f'"{sync.name}"' for sync in context.config.sync)
        raise ConfigError(f'there is no sync called "{wanted}"; there are {known}', hint="ccsync config show")
    user_ids, user_emails = users(context.store.progress)
    rules = Rulebook(
        syncs=tuple(_sync(names, catalogue, sync, context.zone, context.warn) for sync in context.config.sync),
        catalogue=catalogue,
        user_ids=user_ids,
        user_emails=user_emails,
        only=wanted,
        stopped=frozenset(names.left_out()),
    )
    _touch_when_edited(context)
    return rules


def remembered_rules(progress: Progress, config: Config, zone: tzinfo) -> Rulebook:
    """Return the config, bound to what the state remembers: nobody is asked, warned or touched."""
    names, text = Bound(progress, config), progress.fact(CATALOGUE)
    catalogue = Catalogue.from_json(text) if text else Catalogue()
    user_ids, user_emails = users(progress)
    return Rulebook(
        syncs=tuple(_sync(names, catalogue, sync, zone, _unheard) for sync in config.sync),
        catalogue=catalogue,
        user_ids=user_ids,
        user_emails=user_emails,
        stopped=frozenset(names.left_out()),
    )


def _unheard(_warning: str) -> None:
    """Say nothing: a run tells it."""


def consent_rules(context: Context, names: Names, catalogue: Catalogue, unapproved: frozenset[str]) -> Rulebook:
    """Return what the config says of consent alone, bound to what is remembered: nobody is asked, warned or touched.

    Every sync acts that is not ``unapproved``: an opt-out counts whatever a run is narrowed to, and whatever became of
    a list.
    """
    user_ids, user_emails = users(context.store.progress)
    return Rulebook(
        syncs=tuple(_consent_of(context, names, catalogue, sync) for sync in context.config.sync),
        catalogue=catalogue,
        user_ids=user_ids,
        user_emails=user_emails,
        stopped=unapproved,
    )


def _consent_of(context: Context, names: Names, catalogue: Catalogue, sync: Sync) -> SyncRules:
    projects = kinds_of_project(sync)
    rules = (rule_of(sync, field, catalogue.resolve(field.membrain, projects)) for field in sync.field)
    fields = tuple(replace(rule, zone=context.zone) for rule in rules if rule.is_consent)
    return replace(rules_of(sync), list_id=names.list_id(sync.list), fields=fields)


def _sync(names: Bound, catalogue: Catalogue, sync: Sync, zone: tzinfo, warn: Callable[[str], None]) -> SyncRules:
    rules = rules_of(sync)
    for unknown in rules.filter.unknown(catalogue, kinds_of_project(sync)):
        warn(f'sync "{sync.name}": Membrain shows no {unknown.name}, which counts as not set')
    fields = tuple(_field(names, catalogue, sync, field, zone=zone, warn=warn) for field in sync.field)
    return replace(
        rules,
        list_id=names.list_id(sync.list),
        fields=tuple(_for_pairs(field) for field in fields if _has_a_way(sync, field)),
        new_company=tuple(field for field in fields if _tells_of_company(field)),
    )


def _field(
    names: Bound, catalogue: Catalogue, sync: Sync, field: Field, *, zone: tzinfo, warn: Callable[[str], None]
) -> FieldRule:
    resolution = catalogue.resolve(field.membrain, kinds_of_project(sync))
    if resolution.found is Found.AMBIGUOUS:
        raise ConfigError(
            f'sync "{sync.name}": two custom fields are called like {field.membrain}',
            hint="write one of them by its id: " + ", ".join(resolution.suggestions),
        )
    if resolution.found is Found.UNKNOWN:
        like = f" (did you mean {', '.join(resolution.suggestions)}?)" if resolution.suggestions else ""
        warn(f'sync "{sync.name}": Membrain shows no {field.membrain}, which counts as not set{like}')
    shown = bool(resolution.properties)  # what Membrain does not show is not a value that became blank
    rule = rule_of(sync, field, resolution)
    default = rule.default if shown else ""
    path = names.path(rule.path)
    target = names.target(path, rule.target)
    clear = rule.clear and shown
    return replace(rule, path=path, target=target, default=default, clear=clear, zone=zone)


def _tells_of_company(field: FieldRule) -> bool:
    """Tell whether a field may travel to Membrain as a value of a company, which is only written when it is made."""
    return field.scope is Scope.COMPANY and field.membrain != COMPANY_NAME and field.direction.fills_membrain


def _for_pairs(field: FieldRule) -> FieldRule:
    """Return a field as it travels between two people who exist: a company is not changed for one of its people."""
    return replace(field, direction=Direction.TO_CONSTANT_CONTACT) if _tells_of_company(field) else field


def _has_a_way(sync: Sync, field: FieldRule) -> bool:
    """Tell whether a field has anything to do with two people who exist, in the direction of its sync."""
    towards_them = Direction(sync.direction).fills_constant_contact
    return towards_them or not (_tells_of_company(field) or field.direction.fills_constant_contact)


def direction_of(sync: Sync, field: Field, target: TargetField) -> Direction:
    """Return which way a field travels: its own within its sync's, consent to Membrain, projects to Constant Contact.

    Values of a company other than its name travel to Constant Contact as well as they can; Membrain gets them with a
    new company.
    """
    if not target.writable:
        return Direction.TO_MEMBRAIN
    if Scope(field.membrain.partition(".")[0]) is Scope.PROJECT:
        return Direction.TO_CONSTANT_CONTACT
    whole = Direction(sync.direction)
    return Direction(field.direction) if field.direction and whole is Direction.BOTH else whole


def fills_constant_contact(sync: Sync, field: Field) -> bool:
    """Tell whether a field has a way to Constant Contact."""
    target = target_field(field.constant_contact)
    return target is not None and direction_of(sync, field, target).fills_constant_contact


def edited(context: Context) -> bool:
    """Tell whether a sync was edited since the last run."""
    return edited_since(context.store.progress, context.config)


def edited_since(progress: Progress, config: Config) -> bool:
    """Tell whether a sync was edited since everybody was last looked at for it."""
    return progress.fact(RULES) != _digest(config)


def _touch_when_edited(context: Context) -> None:
    """Touch everybody when a sync was edited: its filter speaks about all of them."""
    if edited(context):
        with context.store.transaction():
            context.touch_everyone()
            context.store.progress.set_fact(RULES, _digest(context.config))


def _digest(config: Config) -> str:
    text = "\n".join(sync.model_dump_json() for sync in config.sync)
    return hashlib.sha256(text.encode()).hexdigest()


def chosen(config: Config, name: str | None) -> Sync:
    """Return the sync that is meant; UsageError when it is not named and there are several, or when there is none."""
    known = ", ".join(f'"{sync.name}"' for sync in config.sync)
    if name is None and len(config.sync) > 1:
        raise UsageError(f"there are several syncs: {known}", hint=f'ccsync map list --sync "{config.sync[0].name}"')
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
        direction=Direction(sync.direction),
        conflict=Conflict(sync.conflict),
        create_companies=sync.create_companies,
    )


def _filter_of(sync: Sync) -> Filter:
    try:
        return compile_filter(sync.filter)
    except FilterSyntaxError as error:
        message = f'the filter of sync "{sync.name}": {error.message}\n{point_at(sync.filter, error.offset)}'
        raise ConfigError(message, hint="ccsync config check") from error


def rule_of(sync: Sync, field: Field, resolution: Resolution) -> FieldRule:
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
        values=_words(field, resolution),
        default=field.default or "",
        clear=field.clear,
        truncate=field.when_too_long == "truncate",
        kind=resolution.type,
        direction=direction_of(sync, field, target),
        options=tuple(dict.fromkeys(label for one in resolution.properties.values() for _, label in one.options)),
    )


def _words(field: Field, resolution: Resolution) -> dict[str, str]:
    """Return the table of words; a yes/no is written as a marketer expects it, and not as ``true`` and ``false``."""
    if resolution.type is not PropertyType.YES_NO:
        return dict(field.values)
    said = {yes_no(word) or word: theirs for word, theirs in field.values.items()}
    return {"true": "Yes", "false": "No"} | said
