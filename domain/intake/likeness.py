"""When two lines may speak of the same person. A likeness is offered, never acted upon (N21)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.intake.texts import name_key
from domain.intake.youths import YouthLine

_SHORTEST_DIMINUTIVE = 4
_SAME_NAME = 2
_MOST_COMPARED = 100


@dataclass(frozen=True, slots=True)
class Traits:
    """What likeness is judged on: keys of names, year of birth and territory, each empty or None when not known."""

    first_key: str = field(repr=False)
    family_key: str = field(repr=False)
    birth_year: int | None = field(repr=False)
    approximate: bool
    territory_key: str = field(repr=False)
    first_contact: date | None = field(default=None, repr=False)


def traits_of(youth: YouthLine) -> Traits:
    """Give the traits of a line."""
    approximate = youth.birth.approximate if youth.birth else False
    return Traits(youth.first_key, youth.family_key, youth.birth_year, approximate, name_key(youth.territory or ""), youth.first_contact)


def births_agree(one: Traits, other: Traits) -> bool:
    """Tell whether two years may be one: equal, or one apart when an age or « vers » makes one of them approximate."""
    if one.birth_year is None or other.birth_year is None:
        return False
    return abs(one.birth_year - other.birth_year) <= int(one.approximate or other.approximate)


def same_identity(one: Traits, other: Traits) -> bool:
    """Tell whether two have the same first name, family name (or both none), year (or both none) and no contrary territory."""
    if (one.first_key, one.family_key) != (other.first_key, other.family_key):
        return False
    return same_birth(one, other) and (not one.territory_key or not other.territory_key or one.territory_key == other.territory_key)


def same_birth(one: Traits, other: Traits) -> bool:
    """Tell whether two years agree, or are both unknown."""
    return births_agree(one, other) or one.birth_year is other.birth_year is None


def likeness(one: Traits, other: Traits) -> int:
    """Say how alike two are: 0 not at all, more is more.

    Alike: the same first name with the same family name and years that do not contradict; or the same first name in the
    same territory, with family names that do not contradict, and the same year or the same day of first contact; or a close
    first name (a diminutive, one letter apart) with the same family name and the same year or day.
    """
    closeness = _SAME_NAME if one.first_key == other.first_key else int(_is_close(one.first_key, other.first_key))
    known_births = one.birth_year is not None and other.birth_year is not None
    agree = births_agree(one, other) or (one.first_contact is not None and one.first_contact == other.first_contact)
    if not closeness or (known_births and not births_agree(one, other)):
        return 0
    if one.family_key and other.family_key:
        alike = one.family_key == other.family_key and (agree or closeness == _SAME_NAME)
        return closeness + 2 + 2 * agree if alike else 0
    same_place = bool(one.territory_key) and one.territory_key == other.territory_key
    return closeness if closeness == _SAME_NAME and same_place and agree else 0


def _is_close(one: str, other: str) -> bool:
    """Tell a diminutive (« fatou », « fatoumata ») or one letter changed, added or dropped, in names of four letters or more."""
    short, long = sorted((one, other), key=len)
    if len(short) < _SHORTEST_DIMINUTIVE:
        return False
    return long.startswith(short) or _one_letter_apart(short, long)


def _one_letter_apart(short: str, long: str) -> bool:
    if len(long) - len(short) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    skips = ((1, 1),) if len(short) == len(long) else ((0, 1),)
    return any(short[start + s :] == long[start + o :] for s, o in skips)


def likely_pairs(traits: Sequence[Traits]) -> list[tuple[int, int, int]]:
    """Give (later, earlier, likeness) for each alike pair, in a stable order.

    Each is compared with at most 100 earlier ones of its first name and 100 of its family name, so that a file
    that repeats one name 50 000 times takes no longer than another.
    """
    earlier_by_key: dict[str, deque[int]] = {}
    pairs: list[tuple[int, int, int]] = []
    for later, own in enumerate(traits):
        keys = [key for key, given in ((f"f:{own.first_key}", own.first_key), (f"n:{own.family_key}", own.family_key)) if given]
        earlier = {index for key in keys for index in earlier_by_key.setdefault(key, deque(maxlen=_MOST_COMPARED))}
        scored = ((index, likeness(own, traits[index])) for index in sorted(earlier))
        pairs.extend((later, index, score) for index, score in scored if score)
        for key in keys:
            earlier_by_key[key].append(later)
    return pairs
