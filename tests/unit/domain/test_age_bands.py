from datetime import date

import pytest

from domain.age_bands import AgeBand, age_band


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, AgeBand.UNDER_11),
        (10, AgeBand.UNDER_11),
        (11, AgeBand.FROM_11_TO_15),
        (15, AgeBand.FROM_11_TO_15),
        (16, AgeBand.FROM_16_TO_17),
        (17, AgeBand.FROM_16_TO_17),
        (18, AgeBand.FROM_18_TO_20),
        (20, AgeBand.FROM_18_TO_20),
        (21, AgeBand.FROM_21_TO_25),
        (25, AgeBand.FROM_21_TO_25),
        (26, AgeBand.OVER_25),
        (99, AgeBand.OVER_25),
    ],
)
def test_each_age_has_its_band(age: int, band: AgeBand) -> None:
    assert age_band(2026 - age, date(2026, 1, 1)) is band
    assert age_band(2026 - age, date(2026, 12, 31)) is band


def test_an_unknown_year_of_birth_is_its_own_band() -> None:
    assert age_band(None, date(2026, 1, 1)) is AgeBand.UNKNOWN
