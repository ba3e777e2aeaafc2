"""What Membrain's documentation leaves open, one switch for each reading; the defaults are the likeliest."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class MembrainSwitches:
    """How the simulated Membrain behaves. Numbers in the texts are rows of the reference's table of unknowns."""

    page_size_parameter: str = ""
    """1: name of the parameter that asks for larger pages (up to 1000 rows); empty: none is understood."""

    native_types: bool = False
    """2: counters and values as JSON numbers, booleans and null; else everything is a JSON string."""

    time_zone: str = "UTC"
    """3: zone of the timestamps and of the date parameters that carry none (IANA name)."""

    timestamp_format: Literal["blank", "iso", "iso-offset"] = "blank"
    """3: `2026-01-31 09:00:00`, the same with a T, or with a T and the offset."""

    fractions: bool = False
    """3: whether times of creation and change keep fractions of a second."""

    range_ends: Literal["inclusive", "half-open", "exclusive"] = "inclusive"
    """4: whether rows exactly at the ends of a range belong to it; half-open leaves out the far end."""

    one_end: Literal["error", "ignored"] = "error"
    """4: what one end of a range alone does."""

    longest_range_days: int = 0
    """4: ranges longer than this are an error; 0: any length."""

    range_filter_ignored_on: tuple[str, ...] = ()
    """5: lists (`contacts`, `companies`, ...) on which the Changed and Created ranges have no effect."""

    custom_field_moves_changed: bool = True
    """6: whether an edit of nothing but custom fields moves ChangedDate."""

    retire_moves_changed: bool = True
    """6: whether retiring a contact moves its ChangedDate."""

    delete_moves_changed: bool = True
    """6: whether deleting or restoring a record moves its ChangedDate."""

    company_moves_contacts: bool = True
    """6: whether an edit of a company moves the ChangedDate of its contacts."""

    project_moves_contacts: bool = False
    """6: whether a new or edited project moves the ChangedDate of its company's contacts."""

    undocumented_order: Literal["stable", "shuffled", "newest-first"] = "stable"
    """7: order of lists without a documented SortBy; newest-first drifts while rows are written."""

    sort_by_changed_date: bool = True
    """7: whether SortBy understands ChangedDate where it is documented at all; else it is ignored."""

    email_parameter: str = ""
    """8: name of a parameter that filters contacts by e-mail address; empty: there is none."""

    update_path: Literal["record", "collection"] = "record"
    """9: PUT to `/contacts/{Id}`, or to `/contacts/` with the Id in the body."""

    body_format: Literal["json", "form"] = "json"
    """9: how the values of a POST or PUT are sent."""

    write_reply: Literal["record", "id", "bare-id", "empty"] = "record"
    """9: what a POST or PUT answers: the record, an object with its Id, the Id alone as a JSON text, or nothing."""

    single_record: Literal["bare", "page", "wrapped", "unserved"] = "bare"
    """9: a record asked for by Id comes bare, as a page with one row, as the only member of an object, or not at all.

    Unserved: 404 for every Id. What answers a write has the same shape, and is bare where records are not served.
    """

    put_replaces: bool = False
    """10: whether a PUT empties the properties that it does not name."""

    company_name_creates: bool = False
    """11: whether a contact written with an unknown CompanyName creates that company; else it is an error."""

    company_link: Literal["either", "id", "name"] = "either"
    """11: which property a write sets the company with; the other one is passed over."""

    extra_mandatory: tuple[str, ...] = ()
    """12: properties demanded beside Name, such as `companies.Website` or `contacts.CompanyName`."""

    refusal: Literal["error-in-200", "message-in-200", "status-400"] = "error-in-200"
    """13: how a record that breaks a rule is refused; message-in-200 is 200 with `Message` and no `error`."""

    missing_record: Literal["status-404", "error-in-200"] = "status-404"
    """13: how an Id that no record has is answered."""

    bad_key: Literal["status-401", "status-403", "error-in-200"] = "status-401"
    """14: how a wrong or missing key is answered."""

    requests_per_minute: int = 0
    """15: requests allowed in each minute of the clock; 0: any number."""

    limit_answer: Literal["status-429", "status-429-retry-after", "error-in-200"] = "status-429"
    """15: how a request above the limit is answered."""

    renamed_properties: tuple[str, ...] = ()
    """16: other names for properties, such as `contacts.Phone=PhoneNumber`."""

    split_names: bool = False
    """17: whether contacts carry FirstName and LastName beside Name."""

    option_encoding: Literal["name", "id", "object"] = "name"
    """18: how the options of select fields are written in records, both ways; objects are joined by name."""

    multi_select: Literal["joined", "list"] = "joined"
    """18: several options as one text or as an array."""

    multi_select_separator: str = ", "
    """18: what stands between joined options."""

    clearing: Literal["clears", "ignored", "error"] = "clears"
    """19: what an empty string or null does to a property that has a value."""

    deleted_marker: bool = True
    """20: whether rows carry Deleted, DeletedDate and, on contacts, Retired."""

    deleted_projects_listed: bool = True
    """20: whether deleted projects are listed, as their lists have no IncludeDeleted."""

    undelete: bool = False
    """21: whether a PUT to a deleted record restores it; else it is refused."""

    writes_stamped_as: Literal["api", "key-owner"] = "api"
    """22: who stands in ChangedById after an API write: a fixed user named API, or the owner of the key."""

    restricted_write: Literal["accepted", "dropped", "refused"] = "accepted"
    """23: what a write to one of `restricted_fields` does."""

    restricted_fields: tuple[str, ...] = ("E-mail consent",)
    """23: custom fields, by name, that the key may lack the permission to edit."""

    instance_found: bool = True
    """29: False answers everything with 200 and "Instance not found", as for a mistyped instance name."""

    upper_case_guids: bool = False
    """Whether the ids in custom-field property names are written in capitals; the reference expects either."""

    def with_changes(self, changes: Mapping[str, Any]) -> MembrainSwitches:
        """Return these switches with some of them set; lists count as tuples, as JSON has no other.

        Raises ValueError for a switch that does not exist or a value that it does not take.
        """
        hints = get_type_hints(MembrainSwitches)
        unknown = set(changes) - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"Membrain has no switch called {', '.join(sorted(unknown))}")
        taken: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()
        }
        for name, value in taken.items():
            _check(name, value, hints[name])
        return replace(self, **taken)

    def as_dict(self) -> dict[str, Any]:
        """Return all switches by name, for JSON."""
        return asdict(self)


def _check(name: str, value: Any, hint: Any) -> None:
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"switch {name} takes {', '.join(get_args(hint))}, not {value!r}")
    elif type(value) is not (get_origin(hint) or hint):
        raise ValueError(f"switch {name} does not take {value!r}")
