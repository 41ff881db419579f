"""The clock that people live by: days and hours are told in it, and stored in none."""

from datetime import datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local(moment: datetime) -> datetime:
    """Return `moment` as the clock of metropolitan France says it, or the machine's own where it knows no zones."""
    return moment.astimezone(zone())


@lru_cache(maxsize=1)
def zone() -> tzinfo | None:
    """Return the zone of metropolitan France, `None` (the machine's own) where the machine knows no zones."""
    try:
        return ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        return None
