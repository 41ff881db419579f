"""The rule of publication, by example. The properties attack it in `tests/property/test_figures_properties.py`."""

from projections.disclosure import Cell, PublishedCell, publish


def test_a_territory_whose_cells_all_reach_the_threshold_is_shown_by_sex_and_age() -> None:
    counts = {Cell("T", "girl", "11-15"): 11, Cell("T", "boy", "16-17"): 30}

    assert publish(counts) == (PublishedCell("T", "boy", "16-17", 30), PublishedCell("T", "girl", "11-15", 11))


def test_one_small_cell_gives_up_the_ages() -> None:
    counts = {Cell("T", "girl", "11-15"): 11, Cell("T", "boy", "16-17"): 30, Cell("T", "boy", "11-15"): 1}

    assert publish(counts) == (PublishedCell("T", "boy", None, 31), PublishedCell("T", "girl", None, 11))


def test_one_small_sex_gives_up_the_sexes() -> None:
    counts = {Cell("T", "girl", "11-15"): 10, Cell("T", "boy", "16-17"): 30}

    assert publish(counts) == (PublishedCell("T", None, None, 40),)


def test_three_small_territories_are_shown_together() -> None:
    counts = {Cell(territory, "girl", "11-15"): 5 for territory in "ABC"} | {Cell("D", "girl", "11-15"): 20}

    assert publish(counts) == (PublishedCell("D", "girl", "11-15", 20), PublishedCell(None, "girl", "11-15", 15))


def test_a_single_small_territory_is_not_shown() -> None:
    assert publish({Cell("A", "girl", "11-15"): 10, Cell("D", "girl", "11-15"): 20}) == (PublishedCell("D", "girl", "11-15", 20),)


def test_two_territories_whose_sum_would_give_both_away_are_not_shown() -> None:
    counts = {Cell("A", "girl", "11-15"): 10, Cell("B", "girl", "11-15"): 10}

    assert publish(counts) == ()
    assert publish(counts, territories="ABC") == (PublishedCell(None, "girl", "11-15", 20),)


def test_nobody_met_is_nothing_to_show() -> None:
    assert publish({}) == ()
    assert publish({Cell("A", "girl", "11-15"): 0}, territories="AB") == ()
