"""The age bands of the figures: computed from a year of birth, since a full date is never asked for (R011)."""

from datetime import date
from enum import StrEnum


class AgeBand(StrEnum):
    """Age reached in the year of the act. Every band but `UNKNOWN` follows the one before it, without gap or overlap."""

    UNDER_11 = "under-11"
    FROM_11_TO_15 = "11-15"
    FROM_16_TO_17 = "16-17"
    FROM_18_TO_20 = "18-20"
    FROM_21_TO_25 = "21-25"
    OVER_25 = "over-25"
    UNKNOWN = "unknown"


class WideBand(StrEnum):
    """Bands of older head counts, which cannot be split afterwards. They are counted beside the others, never spread over them."""

    UNDER_16 = "under-16"
    FROM_16_TO_25 = "16-25"


_LAST_AGES = (
    (10, AgeBand.UNDER_11),
    (15, AgeBand.FROM_11_TO_15),
    (17, AgeBand.FROM_16_TO_17),
    (20, AgeBand.FROM_18_TO_20),
    (25, AgeBand.FROM_21_TO_25),
)


def age_band(birth_year: int | None, on: date) -> AgeBand:
    """Give the band of the age that somebody born in `birth_year` reaches in the year of `on` (exact to one year)."""
    if birth_year is None:
        return AgeBand.UNKNOWN
    age = on.year - birth_year
    return next((band for last_age, band in _LAST_AGES if age <= last_age), AgeBand.OVER_25)
