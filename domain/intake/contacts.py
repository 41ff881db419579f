"""Planning the contacts: one for each youth named, a mere count for those about whom nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.intake.directory import Directory, Person
from domain.intake.lines import Line
from domain.intake.mapping import Field
from domain.intake.people import Named, Unnamed, channel_of, read_educators, read_people, read_themes
from domain.intake.plan import Agreement, PlannedContact, PlannedPresence
from domain.intake.quantities import read_minutes
from domain.intake.reasons import Consequence, ReasonCode
from domain.intake.texts import Doubt, doubt, read_label, read_text
from domain.intake.writing import guarded
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What one line of contacts gives; all empty when it is set aside."""

    contacts: tuple[PlannedContact, ...] = ()
    presence: PlannedPresence | None = None


@dataclass(frozen=True, slots=True)
class _Who:
    """Who a line is about: `people` have a record, `only_counted` is how many are merely counted, `refused` tells that some said no."""

    people: tuple[Person, ...] = field(default=(), repr=False)
    only_counted: int = 0
    somebody_refused: bool = False


@dataclass(frozen=True, slots=True)
class _Act:
    """What the people of a line share."""

    occurred_on: date
    place: str | None
    channel: Channel | None
    minutes: int | None
    themes: tuple[str, ...] = field(repr=False)
    educators: tuple[str, ...]


def plan_contacts(lines: Iterable[Line], directory: Directory, today: date) -> list[PlannedLine]:
    """Plan each line, in order; a line set aside gives an empty one, its doubt noted."""
    return [_plan_line(line, directory, today) for line in lines]


def _plan_line(line: Line, directory: Directory, today: date) -> PlannedLine:
    who = _who(line, directory)
    occurred_on = line.required_day(Field.DATE, today)
    if occurred_on is None or not (who.people or who.only_counted):
        return PlannedLine()
    act = _act(line, occurred_on, directory)
    contacts = _contacts(line, who, act, _comment(line, who, directory))
    return PlannedLine(contacts, _presence(line, who, act) if who.only_counted else None)


def _who(line: Line, directory: Directory) -> _Who:
    parts = line.value(Field.PEOPLE, lambda cell: read_people(cell) or Doubt(ReasonCode.PERSON_MISSING), Consequence.SET_ASIDE)
    if not isinstance(parts, tuple):
        return _Who()
    people, counted, refused = [], 0, False
    for part in parts:
        if isinstance(part, Doubt):
            line.doubt(_without_names(part, directory), Field.PEOPLE, Consequence.SET_ASIDE)
        elif isinstance(part, Unnamed):
            counted += part.count
        elif directory.find(part.name).all_refused:
            counted, refused = counted + 1, True
        elif (person := known_person(line, part, directory, Consequence.SET_ASIDE)) is not None:
            people.append(person)
    return _Who(tuple({person.reference: person for person in people}.values()), counted, refused)


def _without_names(found: Doubt, directory: Directory) -> Doubt:
    return Doubt(found.reason) if directory.gives_away(found.read) else found


def known_person(line: Line, named: Named, directory: Directory, consequence: Consequence) -> Person | None:
    """Find the one person whom a name points at; none or several is a doubt, shown unless it names who has not agreed."""
    match = directory.find(named.name)
    if match.person is not None:
        return match.person
    reason = ReasonCode.PERSON_AMBIGUOUS if match.candidates else ReasonCode.PERSON_UNKNOWN
    line.doubt(doubt(reason, named.name) if match.may_be_shown else Doubt(reason), Field.PEOPLE, consequence)
    return None


def _act(line: Line, occurred_on: date, directory: Directory) -> _Act:
    place = guarded(line.value(Field.PLACE, read_label), line, Field.PLACE, directory)
    themes = line.value(Field.THEMES, read_themes) or ()
    if directory.gives_away(" , ".join(themes)):
        themes = tuple(theme for theme in themes if guarded(theme, line, Field.THEMES, directory) is not None)
    return _Act(
        occurred_on=occurred_on,
        place=place,
        channel=channel_of(place) if place else None,
        minutes=line.value(Field.DURATION, read_minutes),
        themes=themes,
        educators=line.value(Field.EDUCATORS, read_educators) or (),
    )


def _comment(line: Line, who: _Who, directory: Directory) -> str | None:
    """Read the comment when somebody who agreed may receive it, and when it cannot be about who refused."""
    if not any(person.agreement is Agreement.AGREED for person in who.people):
        return None
    comment = guarded(line.value(Field.COMMENT, read_text), line, Field.COMMENT, directory)
    if comment is not None and who.somebody_refused:
        line.doubt(Doubt(ReasonCode.SPEAKS_OF_A_REFUSAL), Field.COMMENT, Consequence.LEFT_BLANK)
        return None
    return comment


def _contacts(line: Line, who: _Who, act: _Act, comment: str | None) -> tuple[PlannedContact, ...]:
    return tuple(
        PlannedContact(
            source=line.source,
            line_digest=line.digest,
            part=part,
            youth=person.reference,
            occurred_on=act.occurred_on,
            place=act.place,
            channel=act.channel,
            minutes=act.minutes,
            themes=act.themes,
            educators=act.educators,
            comment=comment if person.agreement is Agreement.AGREED else None,
        )
        for part, person in enumerate(who.people)
        if person.reference is not None
    )


def _presence(line: Line, who: _Who, act: _Act) -> PlannedPresence:
    return PlannedPresence(
        source=line.source,
        line_digest=line.digest,
        occurred_on=act.occurred_on,
        count=who.only_counted,
        place=act.place,
        channel=act.channel,
        minutes=act.minutes,
        themes=act.themes,
        educators=act.educators,
    )


def contacts_of(lines: Sequence[PlannedLine]) -> tuple[PlannedContact, ...]:
    """Give the contacts of all lines, in order."""
    return tuple(contact for line in lines for contact in line.contacts)


def presences_of(lines: Sequence[PlannedLine]) -> tuple[PlannedPresence, ...]:
    """Give the presences of all lines, in order."""
    return tuple(line.presence for line in lines if line.presence is not None)
