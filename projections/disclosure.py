"""Which figures may be shown: a partition of the people counted, each part of at least eleven (N27, R100, R101).

A table that hides a small cell and shows its margins gives the cell away by subtraction. So nothing is hidden inside a table here: a
territory is shown at the finest level at which each of its cells that is not empty reaches the threshold, and at that level only. The
published cells are disjoint and no total is published besides, so that every sum that can be made of them is a sum of whole cells.

A territory that is too small even as a whole joins the other small ones; together they are shown under the same rule, or not at all.
Their sum has a ceiling as well: « autres territoires : 20 » for two territories that each have ten at most would give both away. It is
shown only when any one of them might as well be empty, so that being in the sum teaches nothing but what being unlisted taught already.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from domain.legal_constants import SMALLEST_PUBLISHED_COUNT


class Cell(NamedTuple):
    """Where one person is counted: exactly one territory, sex and age band. An empty territory is one that nobody named."""

    territory: str
    sex: str
    age_band: str


Counts = Mapping[Cell, int]
"""How many people a cell, in whole people. A cell that is absent counts nobody."""


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """One part of the partition. `None` stands for all: all the small territories together, both sexes, all ages."""

    territory: str | None
    sex: str | None
    age_band: str | None
    people: int


_Part = tuple[str | None, str | None]


def publish(counts: Counts, territories: Iterable[str] = (), smallest: int = SMALLEST_PUBLISHED_COUNT) -> tuple[PublishedCell, ...]:
    """Give the cells that may be shown, each of at least `smallest` people, in a stable order; empty when nothing may be.

    `territories` are those that the reader knows of, the ones where nobody was met included.
    """
    published: list[PublishedCell] = []
    too_small: Counter[Cell] = Counter()
    by_territory = _by_territory(counts)
    unlisted = {*territories, *by_territory}
    for territory, cells in sorted(by_territory.items()):
        parts = _finest_level(cells, smallest)
        if parts:
            unlisted.discard(territory)
            published += _cells(territory, parts)
        else:
            too_small.update(cells)
    if too_small.total() <= (len(unlisted) - 1) * (smallest - 1):
        published += _cells(None, _finest_level(too_small, smallest))
    return tuple(published)


def _by_territory(counts: Counts) -> dict[str, Counter[Cell]]:
    territories: dict[str, Counter[Cell]] = {}
    for cell, people in counts.items():
        if people:
            territories.setdefault(cell.territory, Counter())[cell] += people
    return territories


def _finest_level(cells: Counts, smallest: int) -> Mapping[_Part, int]:
    """Add the cells up at the finest level at which no part that is not empty is too small; nothing when there is none."""
    for part_of in (_by_sex_and_age, _by_sex, _altogether):
        parts: Counter[_Part] = Counter()
        for cell, people in cells.items():
            parts[part_of(cell)] += people
        if all(people >= smallest for people in parts.values()):
            return parts
    return {}


def _by_sex_and_age(cell: Cell) -> _Part:
    return cell.sex, cell.age_band


def _by_sex(cell: Cell) -> _Part:
    return cell.sex, None


def _altogether(_cell: Cell) -> _Part:
    return None, None


def _cells(territory: str | None, parts: Mapping[_Part, int]) -> Iterable[PublishedCell]:
    ordered = sorted(parts.items(), key=lambda part: (part[0][0] or "", part[0][1] or ""))
    return [PublishedCell(territory, sex, age_band, people) for (sex, age_band), people in ordered]
