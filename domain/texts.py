"""What may be typed: bounded, visible, free of any national number. Accents, emoji and right-to-left scripts are welcome.

Each function gives back the cleaned value, or raises a `FieldRefused` that names the field and never echoes what was typed.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from domain.intake.national_number import holds_national_number
from domain.legal_constants import PROFESSION_FOUNDED, REFERENTS_AT_MOST
from domain.refusals import (
    CharacterRefused,
    ChoiceUnknown,
    DateInFuture,
    DateTooOld,
    NationalNumberRefused,
    NumberRefused,
    ReferentsRefused,
    TextMissing,
    TextTooLong,
    TooMany,
)

NAME: Final = 80
"""Characters in a name or a pseudonym."""
LINE: Final = 120
"""Characters in a place, a partner, a theme."""
SENTENCE: Final = 400
"""Characters in a result, or in what was said."""
NOTE: Final = 4_000
"""Characters in a note or a comment."""
THEMES_AT_MOST: Final = 12
PEOPLE_AT_MOST: Final = 12
MINUTES_IN_A_DAY: Final = 24 * 60
OLDEST_PERSON: Final = 99

_EARTH_AHEAD_OF_UTC = timedelta(hours=14)

Choice = TypeVar("Choice", bound=StrEnum)


def line(value: str | None, field: str, limit: int = LINE) -> str | None:
    """Clean one line of text; blank gives `None`."""
    if value is None:
        return None
    return _clean(" ".join(_text(value, field).replace("\t", " ").split(" ")), field, limit)


def required_line(value: str | None, field: str, limit: int = LINE) -> str:
    """Clean one line of text that must not be blank."""
    return _required(line(value, field, limit), field)


def prose(value: str | None, field: str, limit: int = NOTE) -> str | None:
    """Clean a text that may have several lines; blank gives `None`."""
    if value is None:
        return None
    return _clean(_text(value, field).replace("\r\n", "\n").replace("\r", "\n"), field, limit, also="\n\t")


def required_prose(value: str | None, field: str, limit: int = NOTE) -> str:
    """Clean a text of several lines that must not be blank."""
    return _required(prose(value, field, limit), field)


def lines(values: Iterable[str], field: str, at_most: int = THEMES_AT_MOST, limit: int = LINE) -> list[str]:
    """Clean a short list: blanks dropped, each value once, in the order given."""
    cleaned = [text for value in values if (text := line(value, field, limit))]
    if len(cleaned) > at_most:
        raise TooMany(field, f"Il y en a trop : {at_most} au plus. Gardez l'essentiel.")
    return list(dict.fromkeys(cleaned))


def people(values: Iterable[UUID | str], field: str, at_most: int = PEOPLE_AT_MOST) -> list[UUID | str]:
    """Clean who was there: accounts, or initials of colleagues who have none; each once, in the order given."""
    cleaned = [value if isinstance(value, UUID) else required_line(value, field) for value in values]
    if len(cleaned) > at_most:
        raise TooMany(field, f"Il y en a trop : {at_most} au plus. Gardez l'essentiel.")
    return list(dict.fromkeys(cleaned))


def one_or_two(referents: Sequence[UUID]) -> list[UUID]:
    """Give the one or two referents of a record (N44). Raises `ReferentsRefused`."""
    if not 1 <= len(referents) <= REFERENTS_AT_MOST or len(set(referents)) < len(referents):
        raise ReferentsRefused("referents")
    return list(referents)


def choice(value: str, field: str, choices: type[Choice]) -> Choice:
    """Give the member of `choices` whose value is `value`."""
    try:
        return choices(value)
    except ValueError:
        raise ChoiceUnknown(field) from None


def whole_number(value: int | None, field: str, lowest: int, highest: int) -> int | None:
    """Check a whole number between two bounds, both included. A boolean is no number."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise NumberRefused(field, lowest, highest)
    return value


def birth_year(value: int | None, at: datetime) -> int | None:
    """Check a year of birth: nobody older than 99, nobody not yet born."""
    return whole_number(value, "birth_year", at.year - OLDEST_PERSON, at.year)


def past_day(value: date, field: str, at: datetime) -> date:
    """Check a day that has come: refused only when it has begun nowhere on Earth, for structures stand overseas too."""
    if value > (at + _EARTH_AHEAD_OF_UTC).date():
        raise DateInFuture(field)
    return _not_too_old(value, field)


def any_day(value: date | None, field: str) -> date | None:
    """Check a day that may be to come."""
    return None if value is None else _not_too_old(value, field)


def plain(text: str) -> str:
    """Reduce a text to what is compared: no accents, no case, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def past_moment(value: datetime, field: str, at: datetime) -> datetime:
    """Check a moment that has come, and give it in UTC."""
    moment = any_moment(value, field)
    if moment > at:
        raise DateInFuture(field, "Ce moment est dans le futur. Corrigez-le.")
    return moment


def any_moment(value: datetime, field: str) -> datetime:
    """Give a moment in UTC. Raises `DateTooOld`, `DateInFuture` beyond what a clock here can say."""
    if value.year >= MAXYEAR:
        raise DateInFuture(field)
    _not_too_old(value.date(), field)
    return value.astimezone(UTC)


def _not_too_old(value: date, field: str) -> date:
    if value < PROFESSION_FOUNDED:
        raise DateTooOld(field)
    return value


def _text(value: str, field: str) -> str:
    if not isinstance(value, str):
        raise CharacterRefused(field)
    return value


def _required(cleaned: str | None, field: str) -> str:
    if cleaned is None:
        raise TextMissing(field)
    return cleaned


def _clean(value: str, field: str, limit: int, also: str = "") -> str | None:
    cleaned = unicodedata.normalize("NFC", value).strip()
    if len(cleaned) > limit:
        raise TextTooLong(field, limit, len(cleaned))
    if any(_is_refused(character) for character in cleaned if character not in also):
        raise CharacterRefused(field)
    if holds_national_number(cleaned):
        raise NationalNumberRefused(field)
    return cleaned if any(map(_is_seen, cleaned)) else None


def _is_seen(character: str) -> bool:
    # A text of joiners, marks of direction or byte order alone is blank to whoever reads it: nobody would find that record in a list.
    return unicodedata.category(character) not in {"Cc", "Cf", "Zs"}


def _is_refused(character: str) -> bool:
    # Control characters, halves of a surrogate pair, line and paragraph separators: none is a letter that somebody typed.
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
