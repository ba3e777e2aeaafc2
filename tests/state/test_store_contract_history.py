"""What the books of progress and history promise, on every adapter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from ccsync.state.values import Binding, Counts, FieldCounts, FieldReason, FieldStatistics, RunRecord, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ccsync.state.store import Store

    Days = Callable[[float], datetime]

NAME = ("customers", "full_name")
TITLE = ("customers", "job_title")


class TestProgress:
    def test_a_timestamp_is_the_last_one_that_was_set(self, store: Store, day: Days) -> None:
        store.progress.set_timestamp(Timestamp("membrain.contacts", day(1), day(2)))
        store.progress.set_timestamp(Timestamp("membrain.companies", day(1), day(2)))
        store.progress.set_timestamp(Timestamp("membrain.contacts", day(0.5), day(3)))
        assert store.progress.timestamps() == {
            "membrain.companies": Timestamp("membrain.companies", day(1), day(2)),
            "membrain.contacts": Timestamp("membrain.contacts", day(0.5), day(3)),
        }

    def test_a_timestamp_can_be_forgotten(self, store: Store, day: Days) -> None:
        store.progress.set_timestamp(Timestamp("membrain.contacts", day(1), day(2)))
        store.progress.set_timestamp(Timestamp("membrain.companies", day(1), day(2)))
        store.progress.forget_timestamp("membrain.contacts")
        store.progress.forget_timestamp("membrain.prospects")
        assert list(store.progress.timestamps()) == ["membrain.companies"]

    def test_a_time_of_another_zone_is_the_same_time(self, store: Store, day: Days) -> None:
        elsewhere = day(1).astimezone(timezone(timedelta(hours=5, minutes=30)))
        store.progress.set_timestamp(Timestamp("membrain.contacts", elsewhere, elsewhere))
        assert store.progress.timestamps()["membrain.contacts"].read_up_to == day(1)

    def test_bindings_are_found_by_kind_and_label(self, store: Store) -> None:
        store.progress.bind(Binding("list", "Customers", "L1", "Customers"))
        store.progress.bind(Binding("field", "Customers", "f1", "Customers"))
        store.progress.bind(Binding("list", "Customers", "L1", "Our customers"))
        assert store.progress.bindings("list") == {"Customers": Binding("list", "Customers", "L1", "Our customers")}
        assert store.progress.bindings("field") == {"Customers": Binding("field", "Customers", "f1", "Customers")}
        assert store.progress.bindings("company") == {}

    def test_a_fact_is_remembered_changed_and_forgotten(self, store: Store) -> None:
        assert store.progress.fact("account") is None
        store.progress.set_fact("account", "p1")
        store.progress.set_fact("empty", "")
        store.progress.set_fact("account", "p2")
        assert (store.progress.fact("account"), store.progress.fact("empty")) == ("p2", "")
        store.progress.set_fact("account", None)
        store.progress.set_fact("never", None)
        assert store.progress.fact("account") is None


class TestRuns:
    def test_a_run_is_stored_at_its_start_and_again_at_its_end(self, store: Store, day: Days) -> None:
        begun = RunRecord("run-1", day(0))
        store.history.put_run(begun)
        assert store.history.runs() == [begun]
        ended = replace(
            begun,
            finished=day(1),
            result="partial",
            counts=Counts(created=3, failed=1),
            syncs={"customers": Counts(created=3), "partners": Counts(failed=1, unchanged=9)},
            calls={"membrain": 2, "constant_contact": 4},
            message="one was refused",
        )
        store.history.put_run(ended)
        assert store.history.runs() == [ended]

    def test_what_a_service_wrote_does_no_harm_even_with_half_a_letter_in_it(self, store: Store, day: Days) -> None:
        store.history.put_run(RunRecord("run-1", day(0), message="refused: \ud83d"))
        store.history.count_fields("run-1", {}, {(*NAME, "refused"): (1, "\ud83d@example.com")}, day(0))
        store.progress.bind(Binding("list", "Customers", "L1", "Customers \ud83d"))
        assert store.history.runs()[0].message == "refused: \ud83d"
        assert store.history.field_statistics()[NAME].reasons[0].example.endswith("@example.com")
        assert store.progress.bindings("list")["Customers"].name.startswith("Customers ")

    def test_the_newest_run_is_first(self, store: Store, day: Days) -> None:
        for name, start in (("b", 0), ("a", 1), ("d", 1), ("c", 2)):
            store.history.put_run(RunRecord(name, day(start)))
        store.history.put_run(RunRecord("b", day(0), day(3), "success"))
        assert [run.id for run in store.history.runs()] == ["c", "d", "a", "b"]
        assert [run.id for run in store.history.runs(limit=2)] == ["c", "d"]

    def test_a_run_under_a_clock_that_was_ahead_is_not_the_newest_for_ever(self, store: Store, day: Days) -> None:
        for name, start in (("good", 0), ("ahead", 9), ("mended", 0.1)):
            store.history.put_run(RunRecord(name, day(start)))
        assert [run.id for run in store.history.runs()] == ["mended", "ahead", "good"]


class TestFieldStatistics:
    def test_the_counts_of_one_run_add_up(self, store: Store, day: Days) -> None:
        store.history.count_fields("run-1", {NAME: FieldCounts(written=2, empty=1)}, {}, day(0))
        store.history.count_fields("run-1", {NAME: FieldCounts(written=1, unchanged=5)}, {}, day(1))
        expected = FieldCounts(written=3, unchanged=5, empty=1)
        assert store.history.field_statistics() == {
            NAME: FieldStatistics(*NAME, total=expected, last=expected, last_run="run-1", last_written=day(1))
        }

    def test_the_next_run_begins_its_own_counts_and_adds_to_the_total(self, store: Store, day: Days) -> None:
        store.history.count_fields("run-1", {NAME: FieldCounts(written=2)}, {}, day(0))
        store.history.count_fields("run-2", {NAME: FieldCounts(skipped=1, truncated=1)}, {}, day(1))
        found = store.history.field_statistics()[NAME]
        assert found.total == FieldCounts(written=2, skipped=1, truncated=1)
        assert (found.last, found.last_run) == (FieldCounts(skipped=1, truncated=1), "run-2")

    def test_the_time_of_writing_moves_only_when_something_was_written(self, store: Store, day: Days) -> None:
        store.history.count_fields("run-1", {NAME: FieldCounts(written=1), TITLE: FieldCounts(failed=1)}, {}, day(0))
        store.history.count_fields("run-2", {NAME: FieldCounts(unchanged=1)}, {}, day(1))
        found = store.history.field_statistics()
        assert (found[NAME].last_written, found[TITLE].last_written) == (day(0), None)

    def test_a_run_that_had_nothing_to_do_with_a_field_leaves_its_last_run_alone(self, store: Store, day: Days) -> None:
        store.history.count_fields("run-1", {NAME: FieldCounts(written=1)}, {}, day(0))
        store.history.count_fields("run-2", {NAME: FieldCounts(), TITLE: FieldCounts()}, {}, day(1))
        assert {key: found.last_run for key, found in store.history.field_statistics().items()} == {NAME: "run-1"}

    def test_the_three_most_common_reasons_of_all_runs_are_shown(self, store: Store, day: Days) -> None:
        def reasons(**counts: int) -> dict[tuple[str, str, str], tuple[int, str]]:
            return {(*NAME, reason): (count, f"{reason}-{count}@example.com") for reason, count in counts.items()}

        store.history.count_fields("run-1", {}, reasons(too_long=1, bad_value=4, kept_edit=2, refused=1), day(0))
        store.history.count_fields("run-2", {}, reasons(too_long=5), day(1))
        found = store.history.field_statistics()[NAME]
        assert found.reasons == (
            FieldReason("too_long", 6, "too_long-5@example.com"),
            FieldReason("bad_value", 4, "bad_value-4@example.com"),
            FieldReason("kept_edit", 2, "kept_edit-2@example.com"),
        )
        assert (found.total, found.last_run) == (FieldCounts(), "run-2")
