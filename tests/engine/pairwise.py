"""Combinations of many settings in which every pair of values stands together at least once."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

TRIES = 5
"""So many rows are made up, in a shuffled order of the settings, before the one with the most new pairs is kept."""


class Pairwise:
    """Greedy: each row takes the values that meet the most partners which they have not met yet.

    ``settings`` are the values by name; ``apart`` has pairs of (name, value) that never stand in one row. The rows are
    the same in every process.
    """

    def __init__(self, settings: Mapping[str, Sequence[Any]], apart: Collection[frozenset[tuple[str, Any]]]) -> None:
        self._values = [(name, value) for name, values in settings.items() for value in values]
        self._of = {
            name: [place for place, (other, _) in enumerate(self._values) if other == name] for name in settings
        }
        self._never = dict.fromkeys(range(len(self._values)), 0)
        self._open = dict(self._never)
        """Of each value, by its place, the partners it has not met yet, as bits."""
        for one, other in combinations(range(len(self._values)), 2):
            pair = (self._values[one], self._values[other])
            if frozenset(pair) in apart:
                self._bind(self._never, one, other)
            elif pair[0][0] != pair[1][0]:
                self._bind(self._open, one, other)

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, until no pair is open."""
        random, found = Random(3), []
        while any(self._open.values()):
            row = max((self._row(random) for _ in range(TRIES)), key=self._gain)
            self._strike(row)
            found.append(dict(self._values[place] for place in sorted(row)))
        return found

    def _strike(self, row: Collection[int]) -> None:
        """Note that these values, by their places, stood together."""
        mask = sum(1 << place for place in row)
        for place in row:
            self._open[place] &= ~mask

    def _row(self, random: Random) -> list[int]:
        """Make up a row around a pair that is open."""
        first = random.choice([place for place, met in self._open.items() if met])
        partners = [place for place in self._open if self._open[first] >> place & 1]
        row = [first, random.choice(partners)]
        mask = sum(1 << place for place in row)
        names = [name for name in self._of if name not in {self._values[place][0] for place in row}]
        random.shuffle(names)
        for name in names:
            free = [place for place in self._of[name] if not self._never[place] & mask]
            best = max(free, key=lambda place: ((self._open[place] & mask).bit_count(), self._open[place].bit_count()))
            row.append(best)
            mask |= 1 << best
        return row

    def _gain(self, row: list[int]) -> int:
        mask = sum(1 << place for place in row)
        return sum((self._open[place] & mask).bit_count() for place in row)

    @staticmethod
    def _bind(table: dict[int, int], one: int, other: int) -> None:
        table[one] |= 1 << other
        table[other] |= 1 << one
