"""What Membrain offers: its properties and custom fields, and what the words of a config mean among them."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CUSTOM_FIELD = "CustomField"
_CUSTOM = "custom."
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SHORTEST_CUSTOM = len(CUSTOM_FIELD) + 36
_YES_NO_NAMES = frozenset({"Deleted", "IsDeleted", "Retired", "IsRetired"})


class PropertyType(StrEnum):
    """How the values of a property are read, and what they are in a filter."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    SELECT = "select"
    MULTI_SELECT = "multi_select"


class Scope(StrEnum):
    """What a left side speaks of."""

    CONTACT = "contact"
    COMPANY = "company"
    PROJECT = "project"

    def resources(self, projects: Iterable[Resource]) -> tuple[Resource, ...]:
        """Return the lists it covers; ``projects`` are the kinds of project that take part."""
        match self:
            case Scope.CONTACT:
                return (Resource.CONTACTS,)
            case Scope.COMPANY:
                return (Resource.COMPANIES,)
            case Scope.PROJECT:
                return tuple(projects)


@dataclass(frozen=True, slots=True)
class Property:
    """One property of the rows of one list.

    ``name`` is the API's, ``CustomField<guid in lower case>`` for a custom field; ``display`` is what people see.
    ``options`` are the choices of a select, as (id in lower case, label).
    """

    resource: Resource
    name: str
    display: str
    type: PropertyType = PropertyType.TEXT
    options: tuple[tuple[str, str], ...] = ()
    custom: bool = False

    @property
    def guid(self) -> str:
        """The id of a custom field, in lower case."""
        return self.name.removeprefix(CUSTOM_FIELD)


class Found(StrEnum):
    """How the search for a left side ended."""

    YES = "found"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a left side means: its property in each list that has it.

    ``suggestions`` are left sides to write instead: close names, or those by id when two fields have one name.
    """

    left: str
    found: Found
    properties: Mapping[Resource, Property]
    suggestions: tuple[str, ...] = ()

    @property
    def type(self) -> PropertyType:
        """The property's type; text when kinds of project disagree, or there is none."""
        types = {one.type for one in self.properties.values()}
        return types.pop() if len(types) == 1 else PropertyType.TEXT


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All properties that are known; two catalogues with the same ones are equal, in whatever order they came."""

    properties: tuple[Property, ...] = ()
    _index: Mapping[tuple[Resource, bool, str], tuple[Property, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        unique = {(one.resource, one.name): one for one in reversed(self.properties)}
        index: dict[tuple[Resource, bool, str], tuple[Property, ...]] = {}
        for one in unique.values():
            for key in _keys(one):
                index[key] = (*index.get(key, ()), one)
        object.__setattr__(self, "properties", tuple(unique[key] for key in sorted(unique)))
        object.__setattr__(self, "_index", index)

    def find(self, resource: Resource, name: str) -> Property | None:
        """Return the property that the API calls by this name."""
        found = self._index.get((resource, False, name))
        return found[0] if found else None

    def property_of(self, resource: Resource, name: str) -> Property:
        """Return the property of this API name, guessed by its name when nothing but a row has shown it.

        A custom field that is defined for another list is the same one here.
        """
        if known := self.find(resource, name):
            return known
        if not name.startswith(CUSTOM_FIELD):
            return Property(resource, name, name, type_by_name(name))
        for other in Resource:
            if defined := self.find(other, name):
                return replace(defined, resource=resource)
        return Property(resource, name, name.removeprefix(CUSTOM_FIELD), custom=True)

    def named(self, resource: Resource, name: str, *, custom: bool) -> tuple[Property, ...]:
        """Return what people may mean by a name in one list; custom fields go by display name or by id."""
        found = self._index.get((resource, custom, name))
        if found is None and custom:
            found = self._index.get((resource, False, property_name(f"{CUSTOM_FIELD}{name}")))
        return found or ()

    def resolve(self, left: str, projects: tuple[Resource, ...]) -> Resolution:
        """Return what a left side of the config means, such as ``contact.Name`` or ``company.custom.Segment``."""
        word, _, name = left.partition(".")
        custom = name.startswith(_CUSTOM)
        label = name.removeprefix(_CUSTOM)
        scope = Scope(word) if word in {one.value for one in Scope} else None
        resources = scope.resources(projects) if scope else ()
        found = {
            resource: candidates for resource in resources if (candidates := self.named(resource, label, custom=custom))
        }
        doubles = [one for candidates in found.values() if len(candidates) > 1 for one in candidates]
        if doubles:
            ids = sorted({f"{word}.{_CUSTOM}{one.guid}" for one in doubles})
            return Resolution(left, Found.AMBIGUOUS, {}, tuple(ids))
        if found:
            return Resolution(left, Found.YES, {resource: one for resource, (one,) in found.items()})
        return Resolution(left, Found.UNKNOWN, {}, self._close(label or left, scope, projects))

    def with_seen(self, resource: Resource, names: Iterable[str]) -> Catalogue:
        """Return a catalogue that also has the properties seen in a row, as ``property_of`` has them."""
        new = [
            self.property_of(resource, name) for name in map(property_name, names) if self.find(resource, name) is None
        ]
        return Catalogue((*self.properties, *new)) if new else self

    def to_json(self) -> str:
        """Return the catalogue as text that ``from_json`` reads."""
        return json.dumps(
            [[one.resource, one.name, one.display, one.type, one.options, one.custom] for one in self.properties]
        )

    @classmethod
    def from_json(cls, text: str) -> Catalogue:
        """Return the catalogue that ``to_json`` wrote; ValueError for another text."""
        try:
            return cls(
                tuple(
                    Property(
                        Resource(resource),
                        name,
                        display,
                        PropertyType(kind),
                        tuple((option, label) for option, label in options),
                        custom,
                    )
                    for resource, name, display, kind, options, custom in json.loads(text)
                )
            )
        except TypeError as error:
            raise ValueError("this is no stored catalogue") from error

    def _close(self, label: str, scope: Scope | None, projects: tuple[Resource, ...]) -> tuple[str, ...]:
        scopes = (scope,) if scope else tuple(Scope)
        paths: dict[str, set[str]] = {}
        for one_scope in scopes:
            resources = one_scope.resources(projects)
            for one in self.properties:
                if one.resource in resources:
                    path = f"{one_scope}.{_CUSTOM if one.custom else ''}{one.display}"
                    paths.setdefault(one.display.casefold(), set()).add(path)
        wanted = label.removeprefix(_CUSTOM).casefold()
        close = [wanted] if wanted in paths else difflib.get_close_matches(wanted, paths, n=3)
        return tuple(path for key in close for path in sorted(paths[key]))


def property_name(name: str) -> str:
    """Return an API property name in the one form used here: the id of a custom field in lower case."""
    if len(name) < _SHORTEST_CUSTOM or name[: len(CUSTOM_FIELD)].casefold() != CUSTOM_FIELD.casefold():
        return name
    guid = name[len(CUSTOM_FIELD) :].strip("{}").lower()
    return f"{CUSTOM_FIELD}{guid}" if _GUID.fullmatch(guid) else name


def type_by_name(name: str) -> PropertyType:
    """Guess the type of a property that nothing but a row has shown."""
    if name.endswith("Date"):
        return PropertyType.DATE
    return PropertyType.YES_NO if name in _YES_NO_NAMES else PropertyType.TEXT


def _keys(one: Property) -> Iterable[tuple[Resource, bool, str]]:
    yield (one.resource, False, one.name)
    if one.custom:
        yield (one.resource, True, one.display)
