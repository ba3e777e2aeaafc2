"""What the book of links, bases and standings promises, on every adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.records import Base, ContactId, ListId, MembrainId, Standing

if TYPE_CHECKING:
    from ccsync.state.store import Store

M1, M2, M3 = MembrainId("m1"), MembrainId("m2"), MembrainId("m3")
C1, C2, C3 = ContactId("c1"), ContactId("c2"), ContactId("c3")
L1, L2 = ListId("L1"), ListId("L2")


class TestLinks:
    def test_a_link_is_found_from_both_ends(self, store: Store) -> None:
        store.agreement.link(M1, C1)
        assert store.agreement.links([M1, M2]) == {M1: C1}
        assert store.agreement.linked_to([C1, C2]) == {C1: M1}

    def test_a_new_link_of_a_membrain_contact_ends_its_old_one_and_its_bases(self, store: Store) -> None:
        store.agreement.link(M1, C1)
        store.agreement.put_bases(M1, {"first_name": Base("Ann", "Ann")})
        store.agreement.link(M1, C2)
        assert store.agreement.links([M1]) == {M1: C2}
        assert store.agreement.linked_to([C1, C2]) == {C2: M1}
        assert store.agreement.bases([M1]) == {}

    def test_a_new_link_of_a_contact_ends_its_old_one_and_the_bases_of_that_link(self, store: Store) -> None:
        store.agreement.link(M1, C1)
        store.agreement.put_bases(M1, {"first_name": Base("Ann", "Ann")})
        store.agreement.link(M2, C1)
        assert store.agreement.links([M1, M2]) == {M2: C1}
        assert store.agreement.linked_to([C1]) == {C1: M2}
        assert store.agreement.bases([M1, M2]) == {}

    def test_linking_two_linked_people_ends_both_links(self, store: Store) -> None:
        store.agreement.link(M1, C1)
        store.agreement.link(M2, C2)
        store.agreement.link(M3, C3)
        store.agreement.link(M1, C2)
        assert store.agreement.links([M1, M2, M3]) == {M1: C2, M3: C3}
        assert store.agreement.linked_to([C1, C2, C3]) == {C2: M1, C3: M3}

    def test_the_same_link_again_changes_nothing(self, store: Store) -> None:
        store.agreement.link(M1, C1)
        store.agreement.put_bases(M1, {"first_name": Base("Ann", "Ann")})
        store.agreement.link(M1, C1)
        assert store.agreement.links([M1]) == {M1: C1}
        assert store.agreement.bases([M1]) == {M1: {"first_name": Base("Ann", "Ann")}}


class TestBases:
    def test_fields_that_are_not_named_keep_their_base(self, store: Store) -> None:
        store.agreement.put_bases(M1, {"first_name": Base("Ann", "Ann"), "custom.1": Base("Ja", "Yes")})
        store.agreement.put_bases(M1, {"first_name": Base("Anna", "Anna"), "job_title": Base("", "")})
        store.agreement.put_bases(M2, {"first_name": Base("Bo", "Bo")})
        assert store.agreement.bases([M1]) == {
            M1: {
                "first_name": Base("Anna", "Anna"),
                "custom.1": Base("Ja", "Yes"),
                "job_title": Base("", ""),
            }
        }

    def test_no_bases_are_nobodys(self, store: Store) -> None:
        store.agreement.put_bases(M1, {})
        assert store.agreement.bases([M1]) == {}


class TestStandings:
    def test_a_person_stands_on_each_list_by_itself(self, store: Store) -> None:
        store.agreement.put_standing(C1, L1, Standing.PLACED)
        store.agreement.put_standing(C1, L2, Standing.TAKEN_OFF)
        store.agreement.put_standing(C2, L1, Standing.THEIRS)
        assert store.agreement.standings([C1, C3]) == {C1: {L1: Standing.PLACED, L2: Standing.TAKEN_OFF}}

    def test_only_people_whom_ccsync_put_there_are_counted_as_placed(self, store: Store) -> None:
        store.agreement.put_standing(C1, L1, Standing.PLACED)
        store.agreement.put_standing(C2, L1, Standing.THEIRS)
        store.agreement.put_standing(C3, L2, Standing.PLACED)
        assert store.agreement.placed(L1) == 1

    def test_the_count_of_the_placed_follows_every_turn(self, store: Store) -> None:
        counts = []
        for standing in (Standing.PLACED, Standing.PLACED, Standing.TAKEN_OFF, Standing.PLACED, None, None):
            store.agreement.put_standing(C1, L1, standing)
            counts.append(store.agreement.placed(L1))
        assert counts == [1, 1, 0, 1, 0, 0]
        assert store.agreement.standings([C1]) == {}
