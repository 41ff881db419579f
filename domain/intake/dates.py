"""Readings of dates: six spellings of a day, and years of birth out of dates, years and ages (R011)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.intake.cells import Cell, is_blank, plain_text
from domain.intake.reasons import ReasonCode
from domain.intake.remembering import remembered
from domain.intake.texts import Doubt, doubt, flaw_of, name_key

_LONGEST_DATE = 80
_OLDEST_ACT_YEARS = 60
_PLAUSIBLE_AGES = range(4, 61)
_SPREADSHEET_EPOCH = date(1899, 12, 30)
_SERIAL_DAYS = range(15000, 80000)
_YEARS = range(1900, 2200)
_LAST_MONTH = 12
_FULL_YEAR_DIGITS = 4

_MONTHS = ("janv", "fev", "mars", "avr", "mai", "juin", "juil", "aou", "sept", "oct", "nov", "dec")
_WEEKDAY = r"(?:(?:lun|mar|mer|jeu|ven|sam|dim)[a-z]* )?"
_DAY_FIRST = re.compile(r"(\d{1,2}) (\d{1,2}) (\d{4}|\d{2})(?: 0?0 00(?: 00)?)?")
_YEAR_FIRST = re.compile(r"(\d{4}) (\d{1,2}) (\d{1,2})(?: ?t?0?0 00(?: 00)?)?")
_NAMED_MONTH = re.compile(_WEEKDAY + r"(\d{1,2})(?:er)? ([a-z]{3,9}) (\d{4}|\d{2})")
_MONTH_AND_YEAR = re.compile(r"(\d{1,2}) (\d{4})")
_NAME_AND_YEAR = re.compile(r"([a-z]{3,9}) (\d{4})")
_YEAR_ALONE = re.compile(r"(vers|environ|env|autour de|avant|apres|en|ca|circa|ne en|nee en)? ?((?:19|20)\d\d)( env| environ)?")
_FIRM_WORDS = frozenset({None, "en", "ne en", "nee en"})
_HESITATES = re.compile(r"[~?±≈]")
_AGE = re.compile(r"(vers|environ|env)? ?(\d{1,2}) ?(?:ans?|a)?(?: env| environ)?")


@dataclass(frozen=True, slots=True)
class BirthYear:
    """A year of birth. An age or « vers » makes it approximate: true to one year."""

    year: int
    approximate: bool


@dataclass(frozen=True, slots=True)
class _Written:
    """What the figures of a spelling say; `day` is None when only a month was written."""

    year: int
    month: int
    day: int | None


def full_year(digits: str, today: date) -> int:
    """Complete a year of two digits: the latest one that is not in the future."""
    if len(digits) == _FULL_YEAR_DIGITS:
        return int(digits)
    year = today.year - today.year % 100 + int(digits)
    return year if year <= today.year else year - 100


def _month_named(word: str) -> int | None:
    starts = (number for number, start in enumerate(_MONTHS, 1) if word.startswith(start))
    return next(starts, None)


@remembered(maxsize=16384)
def _written(text: str, today: date) -> _Written | None:
    """Recognise a spelling, without asking whether the day exists."""
    plain = name_key(text)
    if found := _DAY_FIRST.fullmatch(plain):
        return _Written(full_year(found[3], today), int(found[2]), int(found[1]))
    if found := _YEAR_FIRST.fullmatch(plain):
        return _Written(int(found[1]), int(found[2]), int(found[3]))
    if (found := _NAMED_MONTH.fullmatch(plain)) and (month := _month_named(found[2])):
        return _Written(full_year(found[3], today), month, int(found[1]))
    if found := _MONTH_AND_YEAR.fullmatch(plain):
        return _Written(int(found[2]), int(found[1]), None)
    if (found := _NAME_AND_YEAR.fullmatch(plain)) and (month := _month_named(found[1])):
        return _Written(int(found[2]), month, None)
    return None


def _serial_day(number: float) -> date | None:
    """Read the number that a spreadsheet shows as a date when the cell lost its format."""
    return _SPREADSHEET_EPOCH + timedelta(days=int(number)) if int(number) in _SERIAL_DAYS else None


def _number(cell: Cell) -> float | None:
    """Give a cell's number; a Boolean is none, and neither is an infinity."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return float(cell) if abs(cell) < 1e9 else None  # noqa: PLR2004 — no date, age or count comes near a milliard.


def _day(cell: Cell, today: date) -> date | Doubt:
    """Read the day that a cell names, whenever it is."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    number = _number(cell)
    if number is not None:
        return _serial_day(number) or doubt(ReasonCode.DATE_UNREADABLE, cell)
    written = _written(plain_text(cell), today)
    return doubt(ReasonCode.DATE_UNREADABLE, cell) if written is None else _day_written(written, cell, today)


def _day_written(written: _Written, cell: Cell, today: date) -> date | Doubt:
    """Give the day that a recognised spelling names, if the calendar has it."""
    if written.day is None:
        later = (written.year, written.month) > (today.year, today.month)
        return doubt(ReasonCode.DATE_IN_FUTURE if later else ReasonCode.DATE_INCOMPLETE, cell)
    try:
        return date(written.year, written.month, written.day)
    except ValueError:
        return doubt(ReasonCode.DATE_IMPOSSIBLE, cell)


def read_day(cell: Cell, today: date) -> date | Doubt | None:
    """Read the day of something that happened: not after `today`, nor more than 60 years before."""
    if is_blank(cell):
        return None
    flaw = flaw_of(cell, _LONGEST_DATE)
    if flaw is not None:
        return flaw
    day = _day(cell, today)
    if isinstance(day, Doubt):
        return day
    if day > today:
        return doubt(ReasonCode.DATE_IN_FUTURE, cell)
    if day.year < today.year - _OLDEST_ACT_YEARS:
        return doubt(ReasonCode.DATE_TOO_OLD, cell)
    return day


def _birth(cell: Cell, told_on: date, today: date) -> BirthYear | Doubt:
    """Read a year of birth, likely or not."""
    number = _number(cell)
    text = plain_text(cell)
    if number is not None and _serial_day(number) is None:
        text = str(int(number)) if number.is_integer() else "?"
    plain = name_key(text)
    if found := _YEAR_ALONE.fullmatch(plain):
        return BirthYear(int(found[2]), approximate=bool(found[3] or _HESITATES.search(text)) or found[1] not in _FIRM_WORDS)
    if found := _AGE.fullmatch(plain):
        return BirthYear(told_on.year - int(found[2]), approximate=True)
    written = None if isinstance(cell, date) else _written(text, today)
    if written is not None and written.day is None and 1 <= written.month <= _LAST_MONTH and written.year in _YEARS:
        return BirthYear(written.year, approximate=False)
    day = _day(cell, today)
    if isinstance(day, Doubt):
        return doubt(ReasonCode.BIRTH_UNREADABLE, cell) if day.reason is ReasonCode.DATE_UNREADABLE else day
    return BirthYear(day.year, approximate=False)


def read_birth(cell: Cell, *, told_on: date | None, today: date) -> BirthYear | Doubt | None:
    """Read a year of birth; of a full date, the year alone is kept (R011).

    An age counts back from `told_on`, the first contact, or from `today` when that day is unknown. Ages from 4 to 60
    are plausible: an old base holds people who have grown up since.
    """
    if is_blank(cell) or (isinstance(cell, str) and not name_key(cell)):
        return None
    flaw = flaw_of(cell, _LONGEST_DATE)
    if flaw is not None:
        return flaw
    birth = _birth(cell, told_on or today, today)
    if isinstance(birth, Doubt):
        return birth
    if today.year - birth.year not in _PLAUSIBLE_AGES:
        return doubt(ReasonCode.BIRTH_IMPLAUSIBLE, cell)
    return birth
