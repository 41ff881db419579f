"""Days and intervals of the trail, as people say them: the first and the last day, both within, where the people are."""

from datetime import date, datetime, time, timedelta
from typing import Final

from domain.legal_constants import PROFESSION_FOUNDED, TRAIL_EXPORT_AT_MOST
from domain.local_time import local, zone
from domain.refusals import DateRefused

_LATEST: Final = date(9998, 12, 30)
MOST_LINES: Final = 20_000
"""Lines in one export: a file that a spreadsheet opens."""


def first_moment(day: date) -> datetime:
    """Return the first moment of `day`."""
    return datetime.combine(day, time(), zone())


def interval_of_days(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the moments from the beginning of `first` (within) to the end of `last` (without), as far as clocks go."""
    return first_moment(sayable(first)), first_moment(sayable(last) + timedelta(days=1))


def sayable(day: date) -> date:
    """Return a day that a clock somewhere can say: nothing in the trail is older than the profession."""
    return min(max(day, PROFESSION_FOUNDED), _LATEST)


def bounded_interval(first: date, last: date) -> tuple[datetime, datetime]:
    """Return an interval that may leave in one export. Raises `DateRefused` when it is empty or longer than 31 days."""
    if last < first:
        raise DateRefused("last", "La fin est avant le début. Corrigez l'une des deux dates.")
    if last - first >= TRAIL_EXPORT_AT_MOST:
        raise DateRefused("first", "31 jours au plus par export : prenez un intervalle plus court, ou exportez en plusieurs fois.")
    return interval_of_days(first, last)


def last_day_of(until: datetime) -> date:
    """Return the last day of an interval that ends at `until`, without."""
    return local(until - timedelta(microseconds=1)).date()
