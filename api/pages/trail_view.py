"""The trail as a person reads it: days as headings, a sentence an act. One request is one entry, however many records it named."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from api.pages.deeds import deed
from domain.categories import Category
from domain.local_time import local
from domain.trail import ABOUT_ACCOUNTS, ABOUT_FILES, Outcome
from projections.access_trail import Line


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `deed` is `None` for an operation without a sentence; `references` are the records that it named, at most once each.

    `about` is the name of the account that it is about, if any.
    """

    at: datetime
    name: str
    role: str
    operation: str
    deed: str | None
    outcome: str
    purpose: str
    categories: Sequence[str]
    references: Sequence[UUID] = field(default=())
    about: str | None = None

    @property
    def is_granted(self) -> bool:
        """Tell whether it was allowed, and found something."""
        return self.outcome == Outcome.GRANTED

    @property
    def names_no_record(self) -> bool:
        """Tell whether what it refers to is an account or a file of the DPO's, which have no page of a record."""
        return self.operation in ABOUT_ACCOUNTS | ABOUT_FILES


@dataclass(frozen=True, slots=True)
class Day:
    """The acts of one day, the latest first."""

    day: date
    entries: Sequence[Entry]


def days_of(lines: Iterable[Line]) -> list[Day]:
    """Lay lines, the latest first, out by day."""
    entries = [_entry(list(same)) for _, same in groupby(lines, key=lambda line: (line.request, line.operation, line.outcome))]
    return [Day(day, list(found)) for day, found in groupby(entries, key=lambda entry: local(entry.at).date())]


def _entry(lines: Sequence[Line]) -> Entry:
    first = lines[0]
    references = dict.fromkeys(line.reference for line in lines if line.reference is not None)
    return Entry(
        at=first.at,
        # A youth's account bears no name: the role alone says who it was.
        name=first.name or "",
        role=first.role,
        operation=first.operation,
        deed=deed(first.operation, granted=first.outcome == Outcome.GRANTED),
        outcome=first.outcome,
        purpose=first.purpose,
        # A list names each youth with what was shown of them, and not every youth alike.
        categories=[category for category in Category if any(category in line.categories for line in lines)],
        references=list(references),
        about=first.about,
    )
