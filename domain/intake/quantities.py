"""Readings of durations, hours of the day, head counts and sums of money."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.intake.cells import Cell, is_blank, plain_text
from domain.intake.reasons import ReasonCode
from domain.intake.remembering import remembered
from domain.intake.texts import Doubt, doubt, flaw_of, name_key

MINUTES_A_DAY = 24 * 60
LONGEST_CHANTIER = 3000 * 60
_LARGEST_COUNT = 500
_LARGEST_SUM = 1_000_000
_LONGEST = 80
_LAST_HOUR = 23
_LAST_MINUTE = 59

_HOURS = re.compile(r"(\d{1,4})\s*(?:h|heures?|:)\s*(?:(\d{1,2})\s*(?:min|mn|m|')?)?(?::00)?")
_DECIMAL_HOURS = re.compile(r"(\d{1,4})[.,](\d{1,2})\s*(?:h|heures?)")
_MINUTES = re.compile(r"(\d{1,4})\s*(?:min(?:utes?)?\.?|mn|m|'|’|′)")
_TIME = re.compile(r"(\d{1,2})\s*(?:h|:|heures?)\s*(\d{2})?(?::00)?")
_RANGE = re.compile(r"(\d{1,3})\s*(?:-|–|à|a|ou|/)\s*(\d{1,3})")
_SUM = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?\s*(?:€|euros?|eur)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people; `at_most` differs from `at_least` when a range was written."""

    at_least: int
    at_most: int


@remembered(maxsize=4096)
def _minutes_written(text: str) -> int | None:
    plain = text.casefold().strip()
    if found := _HOURS.fullmatch(plain):
        minutes = int(found[2] or 0)
        return int(found[1]) * 60 + minutes if minutes <= _LAST_MINUTE else None
    if found := _DECIMAL_HOURS.fullmatch(plain):
        return round(float(f"{found[1]}.{found[2]}") * 60)
    if found := _MINUTES.fullmatch(plain):
        return int(found[1])
    return None


def _minutes_of(cell: Cell) -> int | None:
    if isinstance(cell, timedelta):
        return round(cell.total_seconds() / 60)
    if isinstance(cell, time):
        return cell.hour * 60 + cell.minute
    if isinstance(cell, str):
        return _minutes_written(plain_text(cell))
    return None


def read_minutes(cell: Cell, longest: int = MINUTES_A_DAY) -> int | Doubt | None:
    """Read a duration in minutes. A bare number says no unit: it is doubted."""
    if is_blank(cell) or (isinstance(cell, str) and not name_key(cell)):
        return None
    flaw = flaw_of(cell, _LONGEST)
    if flaw is not None:
        return flaw
    minutes = _minutes_of(cell)
    if minutes is None or minutes < 0:
        return doubt(ReasonCode.DURATION_UNREADABLE, cell)
    return minutes if minutes <= longest else doubt(ReasonCode.DURATION_TOO_LONG, cell)


def read_hours(cell: Cell) -> int | Doubt | None:
    """Read a column of hours, in minutes: there, a bare number counts hours."""
    number = _finite(cell)
    if number is None and isinstance(cell, str) and re.fullmatch(r"\s*\d{1,4}(?:[.,]\d{1,2})?\s*", cell):
        number = float(cell.replace(",", "."))
    if number is None:
        return read_minutes(cell, LONGEST_CHANTIER)
    if number < 0:
        return doubt(ReasonCode.DURATION_UNREADABLE, cell)
    minutes = round(number * 60)
    return minutes if minutes <= LONGEST_CHANTIER else doubt(ReasonCode.DURATION_TOO_LONG, cell)


def read_time(cell: Cell) -> time | Doubt | None:
    """Read an hour of the day, to the minute."""
    if is_blank(cell) or (isinstance(cell, str) and not name_key(cell)):
        return None
    if isinstance(cell, datetime):
        return time(cell.hour, cell.minute)
    if isinstance(cell, time):
        return time(cell.hour, cell.minute)
    flaw = flaw_of(cell, _LONGEST)
    if flaw is not None:
        return flaw
    found = _TIME.fullmatch(plain_text(cell).casefold()) if isinstance(cell, str) else None
    if found is None or int(found[1]) > _LAST_HOUR or int(found[2] or 0) > _LAST_MINUTE:
        return doubt(ReasonCode.TIME_UNREADABLE, cell)
    return time(int(found[1]), int(found[2] or 0))


def minutes_between(start: time, end: time) -> int:
    """Count the minutes from `start` to `end`, past midnight when the end is before the start."""
    return ((end.hour - start.hour) * 60 + end.minute - start.minute) % MINUTES_A_DAY


def _finite(cell: Cell) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float) or (isinstance(cell, float) and not math.isfinite(cell)):
        return None
    return float(max(-2 * _LARGEST_SUM, min(2 * _LARGEST_SUM, cell)))


def read_count(cell: Cell) -> Count | Doubt | None:
    """Read a head count: « 3 », « 3-4 ». A blank is « not counted », which is not zero."""
    if is_blank(cell) or (isinstance(cell, str) and not name_key(cell)):
        return None
    flaw = flaw_of(cell, _LONGEST)
    if flaw is not None:
        return flaw
    text = plain_text(cell) if not isinstance(cell, bool | date | time | timedelta) else ""
    least, most = (text, text) if text.isascii() and text.isdigit() else ("", "")
    if found := _RANGE.fullmatch(text.casefold()):
        least, most = found.groups()
    if not least or len(most) > len(str(_LARGEST_COUNT)) or not int(least) <= int(most) <= _LARGEST_COUNT:
        return doubt(ReasonCode.COUNT_UNREADABLE, cell)
    return Count(int(least), int(most))


def read_cents(cell: Cell) -> int | Doubt | None:
    """Read a sum of money in euro cents, up to a million euros."""
    if is_blank(cell) or (isinstance(cell, str) and not name_key(cell)):
        return None
    flaw = flaw_of(cell, _LONGEST)
    if flaw is not None:
        return flaw
    number = _finite(cell)
    if number is None and isinstance(cell, str) and (found := _SUM.fullmatch("".join(cell.split()))):
        number = float(f"{found[1]}.{found[2] or 0}")
    if number is None or not 0 <= number <= _LARGEST_SUM:
        return doubt(ReasonCode.AMOUNT_UNREADABLE, cell)
    return round(number * 100)
