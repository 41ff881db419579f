"""No published cell lets one youth be found (invariant 8, R100, R101): attacked with the algorithm itself in the attacker's hands."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.age_bands import AgeBand
from domain.legal_constants import SMALLEST_PUBLISHED_COUNT
from domain.vocabulary import Gender
from projections.disclosure import Cell, PublishedCell, publish

TERRITORIES = ("", "Les Oliviers", "Port-Neuf", "La Rose", "Vieux-Bourg")

cells = st.builds(Cell, st.sampled_from(TERRITORIES), st.sampled_from(list(Gender)), st.sampled_from(list(AgeBand)))
counts_of_a_month = st.dictionaries(cells, st.one_of(st.integers(0, 3), st.integers(0, 40)), max_size=40)


def covers(published: PublishedCell, cell: Cell, listed: set[str]) -> bool:
    territory_fits = cell.territory not in listed if published.territory is None else published.territory == cell.territory
    return territory_fits and published.sex in (None, cell.sex) and published.age_band in (None, cell.age_band)


def listed_in(published: Sequence[PublishedCell]) -> set[str]:
    return {cell.territory for cell in published if cell.territory is not None}


@given(counts_of_a_month)
def test_no_published_cell_counts_fewer_people_than_the_threshold(counts: dict[Cell, int]) -> None:
    assert all(cell.people >= SMALLEST_PUBLISHED_COUNT for cell in publish(counts, TERRITORIES))


@given(counts_of_a_month)
def test_each_person_is_in_one_published_cell_at_most(counts: dict[Cell, int]) -> None:
    published = publish(counts, TERRITORIES)
    listed = listed_in(published)

    assert all(sum(covers(cell, place, listed) for cell in published) <= 1 for place, people in counts.items() if people)


@given(counts_of_a_month)
def test_a_published_cell_is_the_sum_of_the_people_that_it_covers(counts: dict[Cell, int]) -> None:
    published = publish(counts, TERRITORIES)
    listed = listed_in(published)

    assert [cell.people for cell in published] == [
        sum(people for place, people in counts.items() if covers(cell, place, listed)) for cell in published
    ]


@given(counts_of_a_month, st.randoms())
def test_the_order_in_which_people_were_met_does_not_show(counts: dict[Cell, int], random: object) -> None:
    shuffled = list(counts.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert publish(dict(shuffled), TERRITORIES) == publish(counts, TERRITORIES)


@given(counts_of_a_month)
def test_no_total_besides_the_cells_is_published(counts: dict[Cell, int]) -> None:
    published = publish(counts, TERRITORIES)

    assert sum(cell.people for cell in published) <= sum(counts.values())
    assert len({(cell.territory, cell.sex, cell.age_band) for cell in published}) == len(published)


@pytest.mark.parametrize(
    ("territories", "sexes", "bands", "most_people", "smallest"),
    [
        ("AB", "gb", "12", 8, 3),
        ("ABC", "gb", "1", 12, 3),
        ("ABC", "gb", "1", 13, 4),
        ("ABCD", "b", "1", 20, 3),
    ],
)
def test_whoever_knows_the_rule_and_the_table_cannot_work_a_small_cell_out(
    territories: str, sexes: str, bands: str, most_people: int, smallest: int
) -> None:
    """All small worlds are tried. A cell that is not shown may be empty, or leaves the attacker the whole range below the threshold."""
    places = [Cell(*place) for place in product(territories, sexes, bands)]
    possible: dict[tuple[PublishedCell, ...], list[set[int]]] = defaultdict(lambda: [set() for _ in places])
    for people in _shared_out(len(places), most_people):
        for values, value in zip(possible[publish(dict(zip(places, people, strict=True)), territories, smallest)], people, strict=True):
            values.add(value)

    # Near the limit of the enumeration, worlds are missing from the attacker's view: those tables prove nothing.
    whole = most_people - (smallest - 1) * len(territories)
    attacked = {published: ranges for published, ranges in possible.items() if sum(cell.people for cell in published) <= whole}
    found_out = [
        (published, place, values)
        for published, ranges in attacked.items()
        for place, values in zip(places, ranges, strict=True)
        if not _is_shown(place, published) and 0 not in values and len(values) < smallest - 1
    ]

    assert len(attacked) > len(places)
    assert found_out == []


def _shared_out(places: int, people: int) -> Iterator[tuple[int, ...]]:
    if not places:
        yield ()
        return
    for here in range(people + 1):
        for rest in _shared_out(places - 1, people - here):
            yield (here, *rest)


def _is_shown(place: Cell, published: Sequence[PublishedCell]) -> bool:
    return any((cell.territory, cell.sex, cell.age_band) == place for cell in published)
