"""``ccsync map``: reading the field map aloud, editing it, and trying filters."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.clock import SystemClock
from ccsync.config.load import load
from ccsync.engine.survey import Services
from ccsync.state.memory import MemoryStore
from ccsync.state.sqlite import SqliteStore
from ccsync.state.values import Binding, Timestamp
from ccsync.sync.catalogue import Catalogue, Property, PropertyType
from ccsync.sync.records import Gone, MembrainId, MembrainRecord, Resource
from ccsync.wiring import open_application

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.wiring import Application

    from .conftest import CommandLine, FakeApplication, Outcome

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"
STYLE = re.compile(r"\x1b\[[\d;]*m")
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ONE_WAY = "membrain-to-constant-contact"
SECOND_SYNC = '\n[[sync]]\nname = "partners"\ndirection = "membrain-to-constant-contact"\nlist = "Partners"\n'


def typed(ccsync: CommandLine, application: FakeApplication, file: Path, *words: str) -> Outcome:
    """Type a command that is about a file."""
    application.config = load(file)
    return ccsync("--config", str(file), "map", *words)


def person(number: int, name: str, email: str, country: str = "SE", gone: Gone = Gone.NO) -> MembrainRecord:
    company = {"SE": "c1", "DK": "c2"}.get(country, "")
    values = {"Name": name, "EmailAddress": email, "CompanyId": company, "Age": str(number)}
    return MembrainRecord(Resource.CONTACTS, MembrainId(f"m{number:02}"), values, gone=gone)


@pytest.fixture
def mirrored(application: FakeApplication) -> FakeApplication:
    """Return an account whose last run saw these people."""
    store = MemoryStore()
    store.mirror.put_records(
        [
            person(1, "Ann Berg", "ann@example.com"),
            person(2, "Bo Dahl", "bo@example.com"),
            person(3, "Bosse Dahl", "BO@example.com "),
            person(4, "Cid Ek", ""),
            person(5, "Dan Fors", "dan@example.com", "DK"),
            person(6, "Eva Gran", "eva@example.com", gone=Gone.DELETED),
            person(7, "Una User", "una@example.com"),
            *(person(number, f"Person {number}", f"p{number}@example.com", "") for number in range(20, 40)),
        ]
    )
    for number, country in enumerate(("SE", "DK"), 1):
        values = {"Name": f"Company {number}", "CountryCode": country}
        store.mirror.put_records([MembrainRecord(Resource.COMPANIES, MembrainId(f"c{number}"), values)])
    known = [(Resource.CONTACTS, "Name"), (Resource.CONTACTS, "EmailAddress"), (Resource.COMPANIES, "CountryCode")]
    properties = [Property(resource, name, name) for resource, name in known]
    properties.append(Property(Resource.CONTACTS, "Age", "Age", PropertyType.NUMBER))
    store.progress.set_fact("membrain.catalogue", Catalogue(tuple(properties)).to_json())
    store.progress.set_fact("membrain.users", json.dumps({"ids": ["m07"], "emails": []}))
    for stream in ("membrain.contacts", "membrain.companies"):
        store.progress.set_timestamp(Timestamp(stream, NOON, NOON))
    application.store = store
    return application


class TestList:
    def test_shows_each_pair_and_what_is_not_as_usual(
        self, ccsync: CommandLine, application: FakeApplication, tmp_path: Path
    ) -> None:
        file = tmp_path / "config.toml"
        file.write_text(EXAMPLE.read_text())
        outcome = typed(ccsync, application, file, "list")
        assert outcome.code == 0
        assert re.search(r"contact\.custom\.Language +custom\.Language", outcome.stdout)
        assert '  job_title: when_too_long = "truncate"' in outcome.stdout
        assert "direction =" not in outcome.stdout

    def test_is_data_for_programs(self, ccsync: CommandLine) -> None:
        data = ccsync("map", "list", "--json").data
        (sync,) = data["syncs"]
        assert (sync["name"], sync["list"]) == ("customers", "Customers")
        assert sync["fields"][0]["membrain"] == "contact.Name"
        assert set(sync["fields"][0]) == {
            *("membrain", "constant_contact", "direction", "values", "default", "clear", "when_too_long")
        }


class TestAdd:
    def test_a_pair_with_all_its_settings_stands_in_the_file_afterwards(
        self, ccsync: CommandLine, application: FakeApplication, config_file: Path
    ) -> None:
        words = ("add", "contact.custom.VIP", "custom.VIP", "--direction", "membrain-to-constant-contact")
        more = ("--value", "Ja=Yes", "--value", "Nej = No", "--clear", "--when-too-long", "truncate")
        outcome = typed(ccsync, application, config_file, *words, *more)

        assert outcome.code == 0, outcome.stderr
        field = load(config_file).sync[0].field[0]
        assert (field.membrain, field.constant_contact) == ("contact.custom.VIP", "custom.VIP")
        assert (dict(field.values), field.clear, field.when_too_long) == ({"Ja": "Yes", "Nej": "No"}, True, "truncate")
        assert outcome.stdout.splitlines() == [
            "added: contact.custom.VIP  ->  custom.VIP, in sync customers",
            f"the file of before: {config_file}.undo",
        ]

    def test_a_default_is_taken_as_it_is(
        self, ccsync: CommandLine, application: FakeApplication, config_file: Path
    ) -> None:
        typed(ccsync, application, config_file, "add", "contact.Name", "full_name", "--default", "= friend")
        assert load(config_file).sync[0].field[0].default == "= friend"

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("contact.Nmae.x", "full_name"), "is not a Membrain field"),
            (("contact.Name", "fullname"), 'did you mean "full_name"?'),
            (("contact.Name", "full_name", "--direction", "both"), "direction"),
            (("company.Name", "permission_to_send"), "is a person's"),
            (("contact.Name", "full_name", "--value", "Ja"), '--value "Ja" is no pair of words'),
            (("contact.Name", "full_name", "--value", "A=1", "--value", "A=2"), 'has "A" twice'),
            (("contact.Name", "full_name", "--value", "A=1", "--value", "B=1"), "cannot be read backwards"),
            (("contact.Name", "full_name", "--when-too-long", "cut"), "cut"),
        ],
    )
    def test_what_config_check_would_refuse_is_wrong_usage_and_changes_nothing(
        self,
        words: tuple[str, ...],
        said: str,
        ccsync: CommandLine,
        application: FakeApplication,
        config_file: Path,
    ) -> None:
        before = config_file.read_text()
        outcome = typed(ccsync, application, config_file, "add", *words)
        assert outcome.code == 2
        assert said in outcome.stderr
        assert config_file.read_text() == before

    def test_with_several_syncs_it_has_to_be_said_which(
        self, ccsync: CommandLine, application: FakeApplication, config_file: Path
    ) -> None:
        config_file.write_text(config_file.read_text() + SECOND_SYNC)
        words = ("add", "contact.Name", "full_name")

        outcome = typed(ccsync, application, config_file, *words)
        assert (outcome.code, outcome.stderr.splitlines()[0]) == (
            2,
            'ccsync: there are several syncs: "customers", "partners"',
        )
        assert typed(ccsync, application, config_file, *words, "--sync", "partner").code == 2
        assert typed(ccsync, application, config_file, *words, "--sync", "partners").code == 0
        assert [len(sync.field) for sync in load(config_file).sync] == [0, 1]

    def test_a_name_that_the_last_run_did_not_see_is_doubted(
        self, ccsync: CommandLine, mirrored: FakeApplication, config_file: Path
    ) -> None:
        outcome = typed(ccsync, mirrored, config_file, "add", "contact.Nmae", "full_name")
        assert outcome.code == 0
        assert "warning: the last run saw no contact.Nmae in Membrain: did you mean contact.Name?" in outcome.stdout


class TestRemove:
    def test_takes_a_pair_out_by_its_right_side(
        self, ccsync: CommandLine, application: FakeApplication, config_file: Path
    ) -> None:
        typed(ccsync, application, config_file, "add", "contact.Name", "full_name")
        typed(ccsync, application, config_file, "add", "contact.custom.VIP", "custom.VIP")

        outcome = typed(ccsync, application, config_file, "remove", "custom.vip", "--json")

        assert outcome.data["field"] == {"membrain": "contact.custom.VIP", "constant_contact": "custom.VIP"}
        assert [field.constant_contact for field in load(config_file).sync[0].field] == ["full_name"]

    @pytest.mark.parametrize("right", ["full_nam", "contact.Name"])
    def test_another_name_is_told_with_the_right_command(
        self, right: str, ccsync: CommandLine, application: FakeApplication, config_file: Path
    ) -> None:
        typed(ccsync, application, config_file, "add", "contact.Name", "full_name")
        outcome = typed(ccsync, application, config_file, "remove", right)
        assert outcome.code == 2
        assert outcome.stderr.splitlines()[1] == f'  next: ccsync --config {config_file} map remove "full_name"'


@pytest.mark.usefixtures("mirrored")
class TestFilter:
    def test_counts_who_matches_and_who_of_them_is_left_out(self, ccsync: CommandLine) -> None:
        data = ccsync("map", "filter", "--try", 'company.CountryCode == "SE"', "--json").data
        assert (data["people"], data["matches"], data["take_part"]) == (26, 5, 2)
        assert data["left_out"] == {"no_email": 1, "user_of_membrain": 1, "duplicate_address": 1}
        assert [one["email"] for one in data["shown"]] == ["ann@example.com", "bo@example.com", "BO@example.com"]
        assert data["source"] == "mirror"

    def test_counts_each_clause_alone(self, ccsync: CommandLine) -> None:
        page = ccsync("map", "filter", "--try", 'company.CountryCode == "SE" && contact.Age > 2').stdout
        assert "3 of 26 people match" in page
        assert '   5  company.CountryCode == "SE"\n' in page
        assert "  24  contact.Age > 2\n" in page

    def test_shows_ten_by_name_and_address(self, ccsync: CommandLine) -> None:
        page = ccsync("map", "filter", "--try", "contact.Age >= 20").stdout
        assert page.count("@example.com") == 10
        assert "Person 20  p20@example.com" in page
        assert "Person 30" not in page

    def test_without_an_expression_it_is_the_one_in_use(self, ccsync: CommandLine) -> None:
        data = ccsync("map", "filter", "--json").data
        assert (data["expression"], data["matches"], data["take_part"]) == ("", 26, 23)

    def test_a_mistake_is_pointed_at(self, ccsync: CommandLine) -> None:
        outcome = ccsync("map", "filter", "--try", "contact.Name = 3")
        assert outcome.code == 2
        first, expression, caret, _ = outcome.stderr.splitlines()
        assert "to compare, write ==" in first
        assert expression[caret.index("^")] == "="

    def test_a_name_that_nobody_knows_is_told_with_the_near_one(self, ccsync: CommandLine) -> None:
        page = ccsync("map", "filter", "--try", 'contact.Nmae == ""').stdout
        assert "warning: Membrain has no contact.Nmae, which counts as not set (did you mean contact.Name?)" in page

    def test_people_without_an_answer_are_held_and_counted(self, ccsync: CommandLine) -> None:
        data = ccsync("map", "filter", "--try", "contact.Name > 3", "--json").data
        assert (data["matches"], data["failed"]) == (0, 26)
        assert data["failure"]

    def test_the_page_fits_80_columns(self, on_terminal: CommandLine) -> None:
        long = " && ".join(
            ['company.CountryCode in ["SE", "NO", "DK", "FI"]', *['contact.Name != "Somebody Else"'] * 4]
        )
        page = on_terminal("map", "filter", "--try", long).stdout
        assert max(map(len, page.splitlines())) <= 80


class Fields:
    """Either service, asked for its custom fields and nothing else."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def custom_fields(self) -> object:
        return self.answer


class TestSuggestForASecondSync:
    def test_fields_of_the_first_are_proposed_as_they_are_there(
        self, ccsync: CommandLine, mirrored: FakeApplication, config_file: Path
    ) -> None:
        """One person may be in both, and then both have to want the same."""
        services: Any = Services(Fields({"contactCustomFields": []}), Fields([]))  # type: ignore[arg-type] # as it says
        mirrored.reach = lambda: services
        assert mirrored.store is not None
        for stream in ("opportunities", "accountGrowthItems", "prospects"):
            mirrored.store.progress.set_timestamp(Timestamp(f"membrain.{stream}", NOON, NOON))
        mirrored.store.progress.set_timestamp(Timestamp("constant_contact.contacts", NOON, NOON))
        field = (
            '[[sync.field]]\nmembrain = "contact.Name"\nconstant_contact = "full_name"\nwhen_too_long = "truncate"\n'
        )
        config_file.write_text(config_file.read_text() + field + SECOND_SYNC)

        outcome = typed(ccsync, mirrored, config_file, "suggest", "--sync", "partners", "--apply", "--json")

        assert outcome.data["suggestions"][0] == {
            "membrain": "contact.Name",
            "constant_contact": "full_name",
            "when_too_long": "truncate",
            "reasons": ["as in sync customers"],
            "example": "A••• B•••g",
        }
        first, second = load(config_file).sync
        assert second.field[0] == first.field[0]


class TestASyncFromTheListToMembrain:
    @pytest.fixture
    def inward(self, mirrored: FakeApplication, config_file: Path) -> FakeApplication:
        rows = [{"custom_field_id": "f1", "label": "Nickname", "name": "nickname", "type": "string"}]
        services: Any = Services(Fields({"contactCustomFields": []}), Fields(rows))  # type: ignore[arg-type] # as it says
        mirrored.reach = lambda: services
        text = config_file.read_text().replace(ONE_WAY, "constant-contact-to-membrain")
        field = '[[sync.field]]\nmembrain = "contact.Name"\nconstant_contact = "job_title"\n'
        config_file.write_text(text + field)
        return mirrored

    def test_takes_the_members_of_the_list(
        self, ccsync: CommandLine, inward: FakeApplication, config_file: Path
    ) -> None:
        page = typed(ccsync, inward, config_file, "list").stdout
        assert "People: the members of the list" in page
        assert "Filter" not in page

    def test_has_no_values_of_membrain_to_look_at(
        self, ccsync: CommandLine, inward: FakeApplication, config_file: Path
    ) -> None:
        page = typed(ccsync, inward, config_file, "check").stdout
        assert "No values of Membrain travel: none were looked at" in page
        assert "Looked at the values" not in page


class TestCheckAfterARun:
    @pytest.fixture
    def checked(self, ccsync: CommandLine, mirrored: FakeApplication, config_file: Path) -> Callable[[str], Outcome]:
        """Check a file with this filter, in which names of persons travel as job titles."""
        rows = [{"custom_field_id": "f1", "label": "Nickname", "name": "nickname", "type": "string"}]
        services: Any = Services(Fields({"contactCustomFields": []}), Fields(rows))  # type: ignore[arg-type] # as it says
        mirrored.reach = lambda: services

        def check(expression: str) -> Outcome:
            field = '[[sync.field]]\nmembrain = "contact.Name"\nconstant_contact = "custom.Nickname"\n'
            config_file.write_text(f"{config_file.read_text()}filter = '{expression}'\n{field}")
            return typed(ccsync, mirrored, config_file, "check", "--json")

        return check

    def test_only_people_count_whom_the_filter_takes(self, checked: Callable[[str], Outcome]) -> None:
        data = checked('company.CountryCode == "SE"').data
        assert data["matching_only"]
        assert data["syncs"] == [{"sync": "customers", "direction": ONE_WAY, "fields": 1, "people": 4}]
        assert data["findings"] == []

    def test_a_custom_field_that_was_deleted_is_an_error(
        self, checked: Callable[[str], Outcome], mirrored: FakeApplication
    ) -> None:
        assert mirrored.store is not None
        mirrored.store.progress.bind(Binding("field", "Nickname", "gone", "Nickname"))
        (finding,) = checked("").data["findings"]
        assert (finding["level"], finding["message"]) == (
            "error",
            "this custom field was deleted in Constant Contact: the sync is left out",
        )


@pytest.mark.parametrize(("instance", "looked_at"), [("acme.membrain.com", True), ("other.membrain.com", False)])
def test_the_mirror_of_another_membrain_is_not_looked_at(
    instance: str, looked_at: bool, config_file: Path, tmp_path: Path
) -> None:
    wired = open_application(config_file, {"CCSYNC_STATE_DIR": str(tmp_path / "state")}, SystemClock())
    store = SqliteStore.open(wired.state_path)
    store.progress.set_fact("membrain.instance", instance)
    store.close()
    with wired.looking() as survey:
        assert (survey.store is not None) is looked_at


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example and a sandbox that no run has seen yet."""
    folder = tmp_path_factory.mktemp("map")
    (folder / "config.toml").write_text(EXAMPLE.read_text())
    return folder


@pytest.fixture(scope="module")
def sandboxed(folder: Path) -> Application:
    """Return the example, wired as in earnest."""
    return open_application(folder / "config.toml", {"CCSYNC_STATE_DIR": str(folder / "state")}, SystemClock())


class TestAgainstTheServices:
    """Nothing has run: everything is read from the services."""

    @pytest.fixture
    def ccsync(self, sandboxed: Application, on_terminal: CommandLine) -> CommandLine:
        on_terminal.application = sandboxed  # type: ignore[assignment] # the wired one instead of the stand-in
        on_terminal.variables = {**on_terminal.variables, "CCSYNC_CONFIG": str(sandboxed.path)}
        return on_terminal

    def test_fields_lists_both_sides_with_masked_examples(self, ccsync: CommandLine) -> None:
        data = ccsync("map", "fields", "--json").data
        lefts = {one["name"]: one for one in data["membrain"]}
        rights = {one["name"]: one for one in data["constant_contact"]}
        assert lefts["contact.custom.Newsletter"]["options"] == ["Yes", "No"]
        assert lefts["contact.Name"]["mapped_to"] == "full_name"
        assert "•" in lefts["contact.Name"]["example"]
        assert "contact.CompanyId" in data["left_out"]
        assert (rights["job_title"]["limit"], rights["custom.Region"]["type"]) == (50, "text")
        assert rights["permission_to_send"]["read_only"]
        assert data["basis"]["contacts"] == {"source": "live", "rows": 100, "total": None, "read_up_to": None}

    def test_fields_can_be_searched_and_fit_80_columns(self, ccsync: CommandLine) -> None:
        page = STYLE.sub("", ccsync("map", "fields", "country").stdout)
        assert "company.CountryCode *" in page
        assert "contact.Name" not in page
        assert max(map(len, page.splitlines())) <= 80

    def test_check_is_content_with_the_example(self, ccsync: CommandLine) -> None:
        outcome = ccsync("map", "check")
        assert outcome.code == 0
        assert "would be too long today" in outcome.stdout
        assert "error" not in outcome.stdout

    def test_check_names_what_has_to_be_mended(self, ccsync: CommandLine, folder: Path) -> None:
        wrong = folder / "wrong.toml"
        text = EXAMPLE.read_text().replace('"contact.JobTitle"', '"contact.JobTitel"')
        wrong.write_text(text.replace('custom["Newsletter"]', 'custom["Newsleter"]'))
        ccsync.application = open_application(  # type: ignore[assignment] # as above
            wrong, {"CCSYNC_STATE_DIR": str(folder / "state")}, SystemClock()
        )
        outcome = ccsync("map", "check", "--json")
        assert outcome.code == 78
        said = {(one["message"], one["hint"].partition(" or ")[0].rstrip("?")) for one in outcome.envelope["errors"]}
        assert said == {
            (
                'the filter asks for contact.custom["Newsleter"], which Membrain does not have',
                'did you mean contact.custom["Newsletter"]',
            ),
            (
                "contact.JobTitel -> job_title: Membrain does not have this field",
                "did you mean contact.JobTitle",
            ),
        }

    def test_suggest_proposes_and_writes_what_it_proposed(self, ccsync: CommandLine, folder: Path) -> None:
        file = folder / "config.toml"
        proposed = ccsync("map", "suggest", "--json").data["suggestions"]
        pairs = [(one["membrain"], one["constant_contact"]) for one in proposed]
        assert ("contact.custom.Born", "birthday") in pairs
        assert all(one["reasons"] for one in proposed)

        outcome = ccsync("map", "suggest", "--apply")

        assert outcome.code == 0, outcome.stderr
        fields = [(field.membrain, field.constant_contact) for field in load(file).sync[0].field]
        assert fields[-len(pairs) :] == pairs
        assert load(Path(f"{file}.undo")) == load(EXAMPLE)

    def test_a_birthday_is_proposed_one_way_in_a_sync_of_both_ways(self, ccsync: CommandLine, folder: Path) -> None:
        both = folder / "both.toml"
        both.write_text(EXAMPLE.read_text().replace(f'direction = "{ONE_WAY}"', 'direction = "both"', 1))
        ccsync.application = open_application(  # type: ignore[assignment] # as above
            both, {"CCSYNC_STATE_DIR": str(folder / "state")}, SystemClock()
        )
        proposed = ccsync("map", "suggest", "--json").data["suggestions"]
        (born,) = [one for one in proposed if one["constant_contact"] == "birthday"]
        assert born["direction"] == ONE_WAY
        assert not [one for one in proposed if "direction" in one and one is not born]

    def test_a_filter_is_tried_on_a_reading(self, ccsync: CommandLine) -> None:
        data: dict[str, Any] = ccsync("map", "filter", "--try", 'project.OwnerName != ""', "--json").data
        assert data["source"] == "live"
        assert 0 < data["take_part"] < data["people"]
