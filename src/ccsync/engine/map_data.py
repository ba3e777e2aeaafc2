"""What ``ccsync map`` answers: the field map, what both sides offer, proposals, and what is wrong with it today."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from ccsync.config.checks.fields import MOST_CUSTOM_FIELDS
from ccsync.config.sides import parts_of
from ccsync.engine.rules import chosen, kinds_of_project, rule_of, rules_of
from ccsync.engine.streams import stream
from ccsync.sync.catalogue import Found, Scope
from ccsync.sync.fields import CUSTOM_PREFIX, FieldKind, target_field
from ccsync.sync.filters import FilterFailed
from ccsync.sync.map_check import Finding, Level, check_filter, check_rule, measure, typed_rule
from ccsync.sync.mapping import Direction
from ccsync.sync.masking import mask
from ccsync.sync.offers import Offer, of_constant_contact, of_membrain
from ccsync.sync.records import Resource
from ccsync.sync.suggest import Suggestion, new_fields, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccsync.config.model import Config, Sync
    from ccsync.engine.survey import Records, Survey
    from ccsync.sync.catalogue import Catalogue
    from ccsync.sync.mapping import SyncRules
    from ccsync.sync.offers import CustomField

MOST_PEOPLE = 20_000
"""So many people of the mirror are looked at by ``map check``: enough for a share, and a few seconds."""

_OPTIONS_SHOWN = 12


def list_data(config: Config) -> dict[str, Any]:
    """Return the field map as the configuration has it."""
    return {"syncs": [_sync(sync) for sync in config.sync]}


def _sync(sync: Sync) -> dict[str, Any]:
    return {
        "name": sync.name,
        "direction": sync.direction,
        "list": sync.list,
        "filter": sync.filter,
        "fields": [field.model_dump(mode="json") for field in sync.field],
    }


def fields_data(config: Config, survey: Survey, word: str = "", *, everything: bool = False) -> dict[str, Any]:
    """Return what each side offers; with ``word`` only the fields that have it in their name.

    Membrain's own bookkeeping is left out, unless ``everything`` or a word is asked for, or it is mapped.
    """
    lefts, rights = _offers(config, survey)
    mapped = {(field.membrain, field.constant_contact) for sync in config.sync for field in sync.field}
    wanted = word.casefold()

    def shown(offers: Iterable[Offer], place: int) -> list[dict[str, Any]]:
        partners = {pair[place]: pair[1 - place] for pair in sorted(mapped, reverse=True)}
        return [_offer(one, partners.get(one.path)) for one in offers if wanted in one.path.casefold()]

    mapped_lefts = {left for left, _ in mapped}
    hidden = [] if everything or word else [one for one in lefts if one.bookkeeping and one.path not in mapped_lefts]
    return {
        "membrain": shown((one for one in lefts if one not in hidden), 0),
        "constant_contact": shown(rights, 1),
        "left_out": [one.path for one in hidden],
        "basis": _basis(survey),
    }


def suggest_data(config: Config, survey: Survey, sync: Sync, *, new: bool) -> dict[str, Any]:
    """Return pairs that could be added to a sync; with ``new`` also custom fields that would have to be made.

    One field is filled from one place: what another sync maps is proposed as it is there, with the same settings.
    """
    lefts, rights = _offers(config, survey)
    mapped = [(field.membrain, field.constant_contact) for one in config.sync for field in one.field]
    direction = Direction(sync.direction)
    found = list(suggest(lefts, rights, mapped, direction))
    if new:
        taken = [*mapped, *((one.membrain, one.constant_contact) for one in found)]
        more = new_fields(lefts, rights, taken, direction)
        custom = [field for field in sync.field if field.constant_contact.startswith(CUSTOM_PREFIX)]
        found += more[: max(0, MOST_CUSTOM_FIELDS - len(custom))]
    entries = [*_of_other_syncs(config, sync), *((_entry(one, direction), one.reasons) for one in found)]
    examples = {offer.path: mask(offer.values[0]) for offer in lefts if offer.values}
    suggestions = [
        {**entry, "reasons": list(reasons), "example": examples.get(entry["membrain"], ""), "entry": entry}
        for entry, reasons in entries
    ]
    return {"sync": sync.name, "suggestions": suggestions, "basis": _basis(survey)}


def _entry(one: Suggestion, direction: Direction) -> dict[str, Any]:
    """Return what stands in the file; a day without its year is no date of Membrain's, and travels one way."""
    entry = {"membrain": one.membrain, "constant_contact": one.constant_contact}
    target = target_field(one.constant_contact)
    one_way = direction is Direction.BOTH and target is not None and target.kind is FieldKind.MONTH_DAY
    return {**entry, "direction": Direction.TO_CONSTANT_CONTACT.value} if one_way else entry


def _of_other_syncs(config: Config, sync: Sync) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield what other syncs map into fields that this one does not fill, with the settings that they have to share."""
    filled = {part for field in sync.field for part in parts_of(field.constant_contact)}
    for other in config.sync:
        for field in other.field:
            if other is not sync and not filled.intersection(parts_of(field.constant_contact)):
                filled.update(parts_of(field.constant_contact))
                yield field.model_dump(mode="json", exclude_defaults=True), (f"as in sync {other.name}",)


def doubt(survey: Survey, sync: Sync, left: str) -> str:
    """Return why a left side may be misspelt, as far as the last run can tell; empty when there is no doubt."""
    if survey.mirrored(stream(Resource.CONTACTS)) is None:
        return ""
    resolution = survey.known_catalogue().resolve(left, kinds_of_project(sync))
    if resolution.found is Found.YES:
        return ""
    hint = f": did you mean {' or '.join(resolution.suggestions)}?" if resolution.suggestions else ""
    return f"the last run saw no {left} in Membrain{hint}"


def check_data(config: Config, survey: Survey, only: str | None) -> dict[str, Any]:
    """Return what is wrong, or would go wrong today, in the field map of every sync, or of ``only`` one."""
    syncs = [chosen(config, only)] if only is not None else list(config.sync)
    fields = survey.custom_fields()
    checked = [_check(survey, sync, fields) for sync in syncs]
    findings = [
        {"sync": sync.name, **asdict(one)} for sync, (_, found) in zip(syncs, checked, strict=True) for one in found
    ]
    counts = {level.value: sum(one["level"] == level for one in findings) for level in Level}
    people = [
        {"sync": sync.name, "direction": sync.direction, "fields": len(sync.field), "people": count}
        for sync, (count, _) in zip(syncs, checked, strict=True)
    ]
    matching = survey.mirrored(stream(Resource.CONTACTS)) is not None
    return {
        "findings": findings,
        "counts": counts,
        "syncs": people,
        "matching_only": matching,
        "basis": _basis(survey),
    }


def _check(survey: Survey, sync: Sync, fields: tuple[CustomField, ...]) -> tuple[int, list[Finding]]:
    rules = rules_of(sync)
    people = _people(survey, rules) if rules.direction.fills_constant_contact else []
    catalogue, projects = survey.catalogue(), kinds_of_project(sync)
    resolutions = [catalogue.resolve(field.membrain, projects) for field in sync.field]
    bound = [
        typed_rule(rule_of(sync, field, resolution), fields)
        for field, resolution in zip(sync.field, resolutions, strict=True)
    ]
    count, measured = measure(bound, people)
    findings = [*check_filter(rules.filter, catalogue, projects), *_deleted(survey, sync, fields)]
    for rule, resolution, seen in zip(bound, resolutions, measured, strict=True):
        findings += check_rule(rule, resolution, fields, seen)
    return count, findings


def _people(survey: Survey, rules: SyncRules) -> Iterable[Records]:
    """Return whom to look at: those of the mirror who take part, else a sample of all."""
    if survey.mirrored(stream(Resource.CONTACTS)) is None:
        return list(survey.sampled_people(rules))
    return _taking_part(islice(survey.everybody(rules), MOST_PEOPLE), rules, survey.known_catalogue())


def _taking_part(people: Iterable[Records], rules: SyncRules, catalogue: Catalogue) -> Iterator[Records]:
    for records in people:
        contact = records[Scope.CONTACT]
        if contact is None or not contact.email:
            continue
        try:
            matches = rules.filter.matches(contact, records[Scope.COMPANY], records[Scope.PROJECT], catalogue)
        except FilterFailed:
            continue
        if matches:
            yield records


def _deleted(survey: Survey, sync: Sync, fields: tuple[CustomField, ...]) -> Iterator[Finding]:
    gone = {f"{CUSTOM_PREFIX}{label}" for label in survey.deleted_fields(fields)}
    for field in sync.field:
        if field.constant_contact in gone:
            message = "this custom field was deleted in Constant Contact: the sync is left out"
            hint = "name another field; ccsync does not make a deleted one again"
            yield Finding(Level.ERROR, message, hint, field.membrain, field.constant_contact)


def _offers(config: Config, survey: Survey) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    projects = tuple(dict.fromkeys(kind for sync in config.sync for kind in kinds_of_project(sync)))
    rows = {one: survey.sample(one) for one in (Resource.CONTACTS, Resource.COMPANIES, *projects)}
    lefts = of_membrain(survey.catalogue(), rows, projects)
    return lefts, of_constant_contact(survey.custom_fields(), survey.sample_contacts())


def _offer(offer: Offer, partner: str | None) -> dict[str, Any]:
    return {
        "name": offer.path,
        "type": offer.type,
        "limit": offer.limit,
        "read_only": not offer.writable,
        "filled": len(offer.values),
        "rows": offer.rows,
        "share": offer.share,
        "example": mask(offer.values[0]) if offer.values else "",
        "options": list(offer.options[:_OPTIONS_SHOWN]),
        "mapped_to": partner,
    }


def _basis(survey: Survey) -> dict[str, Any]:
    return {
        name: {
            "source": "mirror" if basis.read_up_to else "live",
            "rows": basis.rows,
            "total": basis.total,
            "read_up_to": basis.read_up_to.isoformat() if basis.read_up_to else None,
        }
        for name, basis in survey.bases.items()
    }
