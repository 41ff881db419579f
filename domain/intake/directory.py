"""Who a name in the file may be, and which texts would give away somebody who has not agreed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from domain.intake.plan import Agreement, YouthReference
from domain.intake.texts import name_key


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a name may point at. `reference` is None for who refused: they are only ever counted."""

    first_key: str = field(repr=False)
    family_key: str = field(repr=False)
    agreement: Agreement
    reference: YouthReference | None


@dataclass(frozen=True, slots=True)
class Match:
    """Who a name points at: exactly one person (`person`), or so many candidates that are not told apart."""

    candidates: int
    person: Person | None = None
    all_refused: bool = False
    may_be_shown: bool = True


class Directory:
    """The people of the file and of the records that exist, found by « first last », « last first » or first name alone."""

    def __init__(self, people: Iterable[Person]) -> None:
        """Index the people; several persons with one reference count as one."""
        self._by_name: dict[str, list[Person]] = {}
        self._people = tuple(people)
        for person in self._people:
            for key in self._keys_of(person):
                self._by_name.setdefault(key, []).append(person)
        self._withheld = frozenset(self._names_to_withhold())
        self._longest = max((len(key.split()) for key in self._withheld), default=0)
        self.gives_away = lru_cache(maxsize=65536)(self._gives_away)

    @staticmethod
    def _keys_of(person: Person) -> set[str]:
        first, family = person.first_key, person.family_key
        both = {f"{first} {family}", f"{family} {first}"} if first and family else set()
        return both | ({first} if first else set())

    def _names_to_withhold(self) -> Iterable[str]:
        """Give the full names, first names and family names that nobody who agreed bears."""
        names: dict[str, bool] = {}
        for person in self._people:
            for key in self._keys_of(person) | ({person.family_key} if person.family_key else set()):
                names[key] = names.get(key, False) or person.agreement is Agreement.AGREED
        return (key for key, borne_by_who_agreed in names.items() if not borne_by_who_agreed)

    def find(self, name: str) -> Match:
        """Say who a name points at. It never chooses between two."""
        found = self._by_name.get(name_key(name), [])
        references = {person.reference for person in found}
        if found and references == {None}:
            return Match(len(found), found[0], all_refused=True)
        if len(references) == 1:
            agreed = next((person for person in found if person.agreement is Agreement.AGREED), found[0])
            return Match(1, agreed, may_be_shown=not self.gives_away(name))
        return Match(len(references), may_be_shown=not self.gives_away(name))

    def _gives_away(self, text: str) -> bool:
        """Tell whether a text names somebody who refused or was not asked."""
        words = name_key(text).split()
        spans = ((start, start + size) for size in range(1, self._longest + 1) for start in range(len(words) - size + 1))
        return any(" ".join(words[start:end]) in self._withheld for start, end in spans)
