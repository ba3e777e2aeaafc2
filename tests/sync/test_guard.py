"""When a run stops before it writes: at the edge of each limit."""

from __future__ import annotations

import pytest

from ccsync.sync.guard import Limits, Movement, objections, way_on

LIMITS = Limits(max_removals=20, max_removal_share=0.1)


def stopped(
    *, leaving: int = 0, members: int = 1000, entering: int = 0, limits: Limits = LIMITS, allowed: int | None = None
) -> bool:
    movement = Movement("customers", "Customers", members, leaving, entering)
    return bool(objections([movement], limits, allowed))


class TestPeopleWhoLeave:
    @pytest.mark.parametrize(
        ("leaving", "members", "stops"),
        [
            (20, 100, False),  # not more than 20, though a fifth
            (21, 100, True),  # more than 20, and more than a tenth
            (21, 210, False),  # more than 20, but exactly a tenth
            (21, 209, True),
            (100, 1001, False),  # many, but of very many
            (101, 1001, True),
        ],
    )
    def test_more_than_twenty_who_are_more_than_a_tenth_stop_a_run(
        self, leaving: int, members: int, stops: bool
    ) -> None:
        assert stopped(leaving=leaving, members=members) is stops

    @pytest.mark.parametrize(
        ("leaving", "members", "stops"),
        [
            (5, 10, False),  # exactly half
            (6, 10, True),  # over half of ten
            (6, 11, True),
            (5, 11, False),
            (9, 9, False),  # a list of nine is too small to tell
            (10, 10, True),
            (0, 0, False),
            (1, 1, False),
        ],
    )
    def test_more_than_half_of_a_list_of_ten_or_more_stop_it_however_few_they_are(
        self, leaving: int, members: int, stops: bool
    ) -> None:
        assert stopped(leaving=leaving, members=members) is stops

    def test_half_of_a_list_stops_it_even_when_the_limits_are_wide(self) -> None:
        assert stopped(leaving=6, members=10, limits=Limits(1000, 1.0))

    def test_limits_of_nothing_stop_at_the_first(self) -> None:
        assert stopped(leaving=1, members=1000, limits=Limits(0, 0.0))
        assert not stopped(leaving=0, members=0, limits=Limits(0, 0.0))

    @pytest.mark.parametrize(("allowed", "stops"), [(49, True), (50, False), (51, False), (0, True)])
    def test_as_many_as_one_run_allows_may_leave(self, allowed: int, stops: bool) -> None:
        assert stopped(leaving=50, members=60, allowed=allowed) is stops

    def test_allowing_few_does_not_make_the_limits_narrower(self) -> None:
        assert not stopped(leaving=5, members=1000, allowed=1)


class TestPeopleWhoEnter:
    def test_nobody_counts_newcomers_unless_told_to(self) -> None:
        assert not stopped(entering=1_000_000)

    @pytest.mark.parametrize(("entering", "stops"), [(5000, False), (5001, True)])
    def test_more_than_max_new_stop_a_run(self, entering: int, stops: bool) -> None:
        limits = Limits(20, 0.1, max_new=5000)
        assert stopped(entering=entering, limits=limits) is stops
        assert stopped(entering=entering, limits=limits, allowed=100) is stops, "allowed removals allow no newcomers"

    def test_max_new_of_nothing_stops_at_the_first(self) -> None:
        assert stopped(entering=1, limits=Limits(20, 0.1, max_new=0))

    @pytest.mark.parametrize(("created", "stops"), [(6, False), (7, True)])
    def test_people_who_are_new_in_membrain_count_as_well(self, created: int, stops: bool) -> None:
        movement = Movement("customers", "Customers", 30, 0, 0, created=created)
        assert bool(objections([movement], Limits(20, 0.1, max_new=6), None)) is stops
        assert objections([movement], LIMITS, None) == ()


class TestWhatIsSaid:
    def test_an_objection_names_the_sync_the_list_the_numbers_and_the_way_on(self) -> None:
        [found] = objections([Movement("customers", "Buyers", 60, 50, 0)], LIMITS, None)
        assert found.sync == "customers"
        hint = way_on([found])
        assert '"customers" would take 50 of 60 people off the list "Buyers"' in found.message
        assert "nothing was written" in found.message
        assert "ccsync run --once --dry-run" in hint
        assert "--allow-removals 50" in hint

    def test_several_objections_have_one_way_on_that_gets_through_them_all(self) -> None:
        movements = [Movement(name, name, 30, leaving, 0) for name, leaving in (("a", 20), ("b", 25), ("c", 16))]
        hint = way_on(objections(movements, LIMITS, None))
        assert hint.count("--allow-removals") == 1
        assert "`ccsync run --once --allow-removals 25`" in hint
        assert objections(movements, LIMITS, 25) == ()

    def test_removals_and_newcomers_together_need_both(self) -> None:
        hint = way_on(objections([Movement("a", "A", 30, 20, 7)], Limits(20, 0.1, max_new=6), None))
        assert "--allow-removals 20" in hint
        assert "raise max_new in [guard]" in hint
        assert hint.count("--dry-run") == 1

    def test_too_many_newcomers_name_the_key_to_raise(self) -> None:
        [found] = objections([Movement("customers", "Buyers", 0, 0, 7)], Limits(20, 0.1, max_new=6), None)
        assert '7 people on the list "Buyers", more than max_new = 6' in found.message
        assert "[guard]" in way_on([found])

    def test_every_list_is_judged_by_itself_and_each_thing_is_told(self) -> None:
        movements = [
            Movement("a", "A", 100, 60, 3),
            Movement("b", "B", 100, 1, 1),
            Movement("c", "C", 100, 60, 0),
        ]
        found = objections(movements, Limits(20, 0.1, max_new=2), None)
        assert [one.sync for one in found] == ["a", "a", "c"]

    def test_an_empty_plan_passes(self) -> None:
        assert objections([], LIMITS, None) == ()
