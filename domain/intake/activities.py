"""Planning street outings and chantiers, which name no youth: participants become participations of their own records."""

from __future__ import annotations

from datetime import date

from domain.age_bands import WideBand
from domain.intake.contacts import known_person
from domain.intake.dates import read_day
from domain.intake.directory import Directory
from domain.intake.lines import Line
from domain.intake.mapping import Field
from domain.intake.people import Unnamed, read_educators, read_people
from domain.intake.plan import HeadCount, PlannedChantier, PlannedOuting, YouthReference
from domain.intake.quantities import Count, minutes_between, read_cents, read_count, read_hours, read_time
from domain.intake.reasons import Consequence, ReasonCode
from domain.intake.texts import Doubt, doubt, read_label
from domain.intake.writing import guarded
from domain.vocabulary import Gender

_UNTITLED = "Chantier"
_HEADS: tuple[tuple[Field, Gender, WideBand], ...] = (
    (Field.GIRLS_UNDER_16, Gender.GIRL, WideBand.UNDER_16),
    (Field.BOYS_UNDER_16, Gender.BOY, WideBand.UNDER_16),
    (Field.GIRLS_16_25, Gender.GIRL, WideBand.FROM_16_TO_25),
    (Field.BOYS_16_25, Gender.BOY, WideBand.FROM_16_TO_25),
)


def plan_outing(line: Line, directory: Directory, today: date) -> PlannedOuting | None:
    """Plan an outing; None when its day is not understood."""
    occurred_on = line.required_day(Field.DATE, today)
    if occurred_on is None:
        return None
    starts_at, ends_at = line.value(Field.START, read_time), line.value(Field.END, read_time)
    return PlannedOuting(
        source=line.source,
        line_digest=line.digest,
        occurred_on=occurred_on,
        territory=guarded(line.value(Field.TERRITORY, read_label), line, Field.TERRITORY, directory),
        starts_at=starts_at,
        ends_at=ends_at,
        minutes=minutes_between(starts_at, ends_at) if starts_at is not None and ends_at is not None else None,
        educators=line.value(Field.EDUCATORS, read_educators) or (),
        counts=tuple(HeadCount(gender, band, _heads(line, field)) for field, gender, band in _HEADS),
    )


def _heads(line: Line, field: Field) -> int | None:
    """Read a head count. Of « 3-4 », the least is kept: figures never claim more than what was surely seen."""
    count = line.value(field, read_count)
    if not isinstance(count, Count):
        return None
    if count.at_least != count.at_most:
        line.doubt(doubt(ReasonCode.COUNT_UNCLEAR, line.cell(field)), field, Consequence.READ_AS)
    return count.at_least


def plan_chantier(line: Line, directory: Directory, today: date) -> PlannedChantier | None:
    """Plan a chantier; None when its first day is not understood."""
    starts_on = line.required_day(Field.START, today)
    if starts_on is None:
        return None
    count, participants = _participants(line, directory)
    return PlannedChantier(
        source=line.source,
        line_digest=line.digest,
        title=guarded(line.value(Field.TITLE, read_label), line, Field.TITLE, directory) or _UNTITLED,
        starts_on=starts_on,
        ends_on=_end(line, starts_on, today),
        minutes=line.value(Field.HOURS, read_hours),
        partner=guarded(line.value(Field.PARTNER, read_label), line, Field.PARTNER, directory),
        paid_cents=line.value(Field.PAID, read_cents),
        youth_count=count,
        participants=participants,
    )


def _end(line: Line, starts_on: date, today: date) -> date | None:
    ends_on = line.value(Field.END, lambda cell: read_day(cell, today))
    if ends_on is not None and ends_on < starts_on:
        line.doubt(doubt(ReasonCode.DATES_REVERSED, line.cell(Field.END)), Field.END, Consequence.LEFT_BLANK)
        return None
    return ends_on


def _participants(line: Line, directory: Directory) -> tuple[int, tuple[YouthReference, ...]]:
    """Count everybody named and find those who have a record; the others are only counted, who refused among them."""
    parts = line.value(Field.PEOPLE, read_people)
    count = 0
    found: dict[YouthReference, None] = {}
    for part in parts if isinstance(parts, tuple) else ():
        if isinstance(part, Doubt):
            line.doubt(Doubt(part.reason) if directory.gives_away(part.read) else part, Field.PEOPLE, Consequence.SET_ASIDE)
            continue
        count += part.count if isinstance(part, Unnamed) else 1
        if isinstance(part, Unnamed) or directory.find(part.name).all_refused:
            continue
        person = known_person(line, part, directory, Consequence.COUNTED_ONLY)
        if person is not None and person.reference is not None:
            found[person.reference] = None
    return count, tuple(found)
