"""The clock that people live by: days and hours are told in it, a last day ends by it, and no moment is stored in it."""

from datetime import date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local(moment: datetime) -> datetime:
    """Return `moment` as the clock of metropolitan France says it, or the machine's own where it knows no zones."""
    return moment.astimezone(zone())


def day_of(moment: datetime) -> date:
    """Return the day that it is there at `moment`: what is open to a last day is over at that midnight, not an hour or two later."""
    return local(moment).date()


@lru_cache(maxsize=1)
def zone() -> tzinfo | None:
    """Return the zone of metropolitan France, `None` (the machine's own) where the machine knows no zones."""
    try:
        return ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        return None
