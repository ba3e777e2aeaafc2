"""The conversation of ``ccsync init``: what is asked, in which order, and what is asked again."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ccsync.config.create import complaint
from ccsync.engine.options import Progress, Unwatched
from ccsync.engine.setup import people
from ccsync.engine.setup.asking import Choice, Said, Stored, Talk
from ccsync.engine.setup.common_filters import common_filters
from ccsync.engine.setup.services import services
from ccsync.engine.survey import Services, Survey
from ccsync.errors import ConfigError, LocalError, LoginNeeded, UsageError
from ccsync.sync.catalogue import Catalogue, Property, PropertyType
from ccsync.sync.records import MembrainId, MembrainRecord, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from ccsync.config.create import Tables

KEY = "/home/ann/.config/ccsync/key"
UTC = ZoneInfo("UTC")
REAL = {"instance": "acme", "account": "acme", "runs": "cron", "key_file": "/etc/ccsync/key", "client_id": "app-1"}


@dataclass
class Script:
    """Somebody who answers what stands beside a word of the question, one answer after the other."""

    answers: dict[str, list[str]]
    present: bool = True
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    offered: dict[str, list[str]] = field(default_factory=dict)

    def choose(self, question: str, choices: Sequence[Choice], proposed: str = "") -> str:
        self.offered[question] = [one.value for one in choices]
        assert not proposed or proposed in self.offered[question]
        return self._next(question)

    def pick(self, question: str, *_: object, **__: object) -> list[str]:
        return self._next(question).split()

    def text(self, question: str, proposed: str, complaint: Callable[[str], str]) -> str:
        while True:
            answer = self._next(question) or proposed
            wrong = complaint(answer)
            if not wrong:
                return answer
            self.told.append(wrong)

    def secret(self, question: str) -> str:
        return self._next(question)

    def confirm(self, question: str, **_: object) -> bool:
        return self._next(question) == "y"

    def tell(self, text: str) -> None:
        self.told.append(text)

    def watching(self) -> AbstractContextManager[Progress]:
        return nullcontext(Unwatched())

    def _next(self, question: str) -> str:
        self.asked.append(question)
        word = next((word for word in self.answers if word in question), "")
        assert word, f"nobody knows an answer to {question!r}"
        return self.answers[word].pop(0)


@dataclass
class World:
    """Services that know one instance and one key, and refuse what is listed first."""

    stored: Stored = field(default_factory=Stored)
    troubles: list[Exception] = field(default_factory=list)
    prepared: list[Tables] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def prepare(self, tables: Tables) -> Stored:
        self.prepared.append(dict(tables["credentials"]))
        if self.troubles:
            raise self.troubles.pop(0)
        return self.stored

    def try_key(self, tables: Tables, key: str) -> int:
        if tables["membrain"] != {"instance": "acme"}:
            raise ConfigError("Membrain answers: Instance not found")
        if key != "right":
            raise LoginNeeded("Membrain does not accept the key")
        return 7

    def log_in(self, tables: Tables, way: str) -> str:
        assert tables["constant_contact"]["client_id"] == "app-1"
        self.logins.append(way)
        if len(self.logins) == 1 and way == "browser":
            raise LoginNeeded("The resource owner denied it")
        return "Acme Ltd"

    def looking(self, tables: Tables) -> AbstractContextManager[Survey]:
        raise AssertionError(f"not in this half: {tables}")


def talk(script: Script, said: dict[str, str], world: World | None = None) -> tuple[Tables, World]:
    world = world or World()
    tables, _ = services(Talk(script, Said(sandbox=False, **said), world, KEY))  # type: ignore[arg-type] # all are texts
    return tables, world


class TestTheServices:
    def test_everything_is_asked_in_an_order_in_which_each_answer_can_be_checked(self) -> None:
        script = Script(
            {
                "instance": ["acme"],
                "short name": [""],
                "How will": ["hand"],
                "Where shall": ["keyring"],
                "API key (System": ["right"],
                "client_id": ["app-1"],
                "Log in": ["device"],
            }
        )
        tables, world = talk(script, {})
        assert tables == {
            "account": "acme",
            "membrain": {"instance": "acme"},
            "credentials": {"store": "keyring"},
            "constant_contact": {"client_id": "app-1"},
        }
        assert world.logins == ["device"]
        assert "The key works: it shows 7 users of Membrain" in script.told

    @pytest.mark.parametrize(("runs", "first"), [("hand", "keyring"), ("cron", "encrypted-file")])
    def test_the_place_for_logins_is_proposed_by_how_ccsync_will_run(self, runs: str, first: str) -> None:
        script = Script({"Where shall": ["keyring"], "API key (System": ["right"], "Log in": ["device"]})
        talk(script, {**REAL, "runs": runs})
        assert script.offered["Where shall the logins be kept?"][0] == first

    def test_a_place_that_does_not_work_is_told_and_another_one_asked_for(self) -> None:
        world = World(troubles=[LocalError("No keyring to use: there is none")])
        script = Script(
            {"Where shall": ["keyring", "encrypted-file"], "API key (System": ["right"], "Log in": ["device"]}
        )
        tables, _ = talk(script, REAL, world)
        assert "No keyring to use: there is none" in script.told
        assert tables["credentials"] == {"store": "encrypted-file", "key_file": "/etc/ccsync/key"}

    @pytest.mark.parametrize(
        "copied", ["acme", "ACME.membrain.com", "https://acme.membrain.com/app/#/contacts", " acme.membrain.com/ "]
    )
    def test_an_instance_may_be_copied_out_of_the_address_bar(self, copied: str) -> None:
        script = Script({"Where shall": ["keyring"], "API key (System": ["right"], "Log in": ["device"]})
        tables, _ = talk(script, {**REAL, "instance": copied})
        assert tables["membrain"] == {"instance": "acme"}

    @pytest.mark.parametrize("wrong", ["", "a b", "[", "http://[", "http://acme.example.com/", "acme.example.com"])
    def test_what_is_no_instance_is_refused(self, wrong: str) -> None:
        with pytest.raises(UsageError, match="--instance"):
            talk(Script({}, present=False), {**REAL, "instance": wrong})

    def test_a_refused_key_is_asked_again(self) -> None:
        script = Script(
            {"Where shall": ["keyring"], "API key (System": ["wrong", "right"], "Try": ["y"], "Log in": ["device"]}
        )
        talk(script, REAL)
        assert "Membrain does not accept the key" in script.told

    def test_nobody_who_gives_up_gets_further(self) -> None:
        script = Script({"Where shall": ["keyring"], "API key (System": ["wrong"], "Try": ["n"]})
        with pytest.raises(LoginNeeded):
            talk(script, REAL)

    def test_an_instance_that_does_not_exist_is_asked_again_and_the_key_is_not(self) -> None:
        script = Script(
            {"Where shall": ["keyring"], "instance": ["acme"], "API key (System": ["right"], "Log in": ["device"]}
        )
        tables, _ = talk(script, {**REAL, "instance": "amce"})
        assert tables["membrain"] == {"instance": "acme"}
        assert "Membrain answers: Instance not found" in script.told

    def test_a_login_that_was_refused_can_be_done_in_another_way(self) -> None:
        script = Script(
            {
                "Where": ["keyring"],
                "System": ["right"],
                "Log in": ["browser", "device"],
                "Try": ["y"],
                "client_id": ["app-1"],
            }
        )
        _, world = talk(script, REAL)
        assert world.logins == ["browser", "device"]

    def test_logins_that_are_there_need_not_be_repeated(self) -> None:
        script = Script({"Where": ["keyring"], "is stored already": ["y"], "Log in": ["keep"]})
        _, world = talk(script, REAL, World(Stored(key=True, constant_contact="Acme Ltd")))
        assert world.logins == []

    def test_a_login_that_is_not_there_cannot_be_kept(self) -> None:
        script = Script({}, present=False)
        with pytest.raises(UsageError, match="no login to Constant Contact is stored"):
            talk(script, {**REAL, "key": "right", "login": "keep"})

    def test_without_anybody_a_missing_key_is_named(self) -> None:
        with pytest.raises(UsageError, match="no key for Membrain") as caught:
            talk(Script({}, present=False), REAL)
        assert "--with-key" in caught.value.hint


class TestTheDirection:
    def said(self, monkeypatch: pytest.MonkeyPatch, *possible: str) -> Script:
        monkeypatch.setattr(people, "directions", lambda: possible)
        script = Script({"Which way": ["both"]})
        people._direction(Talk(script, Said(), World(), ""))
        return script

    def test_is_asked_among_those_that_the_configuration_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        script = self.said(monkeypatch, "membrain-to-constant-contact", "both")
        assert script.offered["Which way shall people travel?"] == ["membrain-to-constant-contact", "both"]

    def test_is_told_when_there_is_only_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        script = self.said(monkeypatch, "membrain-to-constant-contact")
        assert (script.asked, script.told) == ([], ["Direction: Membrain to Constant Contact"])


class Membrain:
    """So many contacts, and no more than their number can be asked for."""

    def __init__(self, contacts: int) -> None:
        self.contacts = contacts

    def count(self, resource: str) -> int:
        assert resource == "contacts"
        return self.contacts


class TestWhoMatches:
    def counted(self, contacts: int, *, present: bool = True, answer: str = "n") -> tuple[bool, Script]:
        script = Script({"Read them all": [answer]}, present=present)
        survey: Any = Survey(None, lambda: Services(Membrain(contacts), None), UTC, Unwatched())  # type: ignore[arg-type] # as it says
        return people._countable(Talk(script, Said(), World(), ""), survey), script

    def test_is_counted_without_a_question_where_that_is_quick(self) -> None:
        counts, script = self.counted(10_000)
        assert (counts, script.asked) == (True, [])

    @pytest.mark.parametrize(("answer", "counts"), [("y", True), ("n", False)])
    def test_is_asked_about_where_reading_takes_minutes(self, answer: str, counts: bool) -> None:
        found, script = self.counted(1_000_000, answer=answer)
        assert found is counts
        assert script.asked == ["Membrain has 1,000,000 contacts. Read them all now, to count who matches?"]

    def test_is_not_counted_then_when_nobody_can_be_asked(self) -> None:
        assert self.counted(1_000_000, present=False)[0] is False


def filters_of(*rows: dict[str, str], properties: Sequence[Property] = ()) -> list[tuple[str, str]]:
    """Return the common filters of a Membrain with these people."""
    survey = Survey(None, lambda: pytest.fail("everything is there"), UTC, Unwatched())
    people = [MembrainRecord(Resource.CONTACTS, MembrainId(f"m{number}"), row) for number, row in enumerate(rows)]
    survey._sampled = {Resource.CONTACTS: people, Resource.COMPANIES: []}
    survey._catalogue = Catalogue(tuple(properties))
    return [(one.title, one.expression) for one in common_filters(survey)]


def custom(display: str, kind: PropertyType, *options: str) -> Property:
    name = "CustomField" + "0" * 36
    return Property(Resource.CONTACTS, name, display, kind, tuple((one, one) for one in options), custom=True)


class TestCommonFilters:
    def test_everybody_is_the_first(self) -> None:
        assert filters_of() == [("Everybody with an e-mail address", "")]

    def test_what_people_said_yes_to_is_one(self) -> None:
        field = custom('News "weekly"', PropertyType.SELECT, "Ja", "Nej")
        found = filters_of({field.name: "Nej"}, properties=[field])
        assert found[1] == ('News "weekly": Ja', r'contact.custom["News \"weekly\""] == "Ja"')

    def test_a_box_that_is_ticked_is_one(self) -> None:
        field = custom("Newsletter", PropertyType.YES_NO)
        assert filters_of({field.name: "true"}, properties=[field])[1][1] == 'contact.custom["Newsletter"] == true'

    def test_the_most_frequent_choice_is_one(self) -> None:
        field = custom("Segment", PropertyType.SELECT, "Small", "Large")
        rows = ({field.name: "Large"}, {field.name: "Large"}, {field.name: "Small"})
        assert filters_of(*rows, properties=[field])[1] == ("Segment: Large", 'contact.custom["Segment"] == "Large"')

    def test_a_country_that_few_companies_have_is_none(self) -> None:
        survey = Survey(None, lambda: pytest.fail("everything is there"), UTC, Unwatched())
        codes = ["SE", *(f"{number}" for number in range(30))]
        companies = [MembrainRecord(Resource.COMPANIES, MembrainId(one), {"CountryCode": one}) for one in codes]
        survey._sampled = {Resource.CONTACTS: [], Resource.COMPANIES: companies}
        survey._catalogue = Catalogue((Property(Resource.COMPANIES, "CountryCode", "CountryCode"),))
        assert [one.title for one in common_filters(survey)] == ["Everybody with an e-mail address"]

    def test_a_field_that_nobody_has_filled_is_none(self) -> None:
        field = custom("Newsletter", PropertyType.SELECT, "Yes")
        assert len(filters_of({field.name: ""}, properties=[field])) == 1

    def test_each_is_a_filter_that_the_configuration_takes(self) -> None:
        field = custom("A \\ \"b\" 'c' \N{SNOWMAN}", PropertyType.SELECT, "Yes")
        for _, expression in filters_of({field.name: "Yes"}, properties=[field]):
            assert complaint("sync", "filter", expression) == ""
