"""What of a plan is there already: the same line of a file never writes twice, the same youth is not opened twice (N21, N30, ADR 0008).

Each imported event keeps the digest of its line inside its ciphertext. The caller gathers those of all living streams in memory; after an
erasure nothing is left to know a line by.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from domain.identifiers import YouthId
from domain.intake.cells import SourceLine
from domain.intake.plan import ImportPlan, PlannedChantier, PlannedContact, PlannedOuting, PlannedPresence, PlannedYouth, YouthReference

Counted = TypeVar("Counted", PlannedPresence, PlannedOuting, PlannedChantier)


@dataclass(frozen=True, slots=True)
class LeftToWrite:
    """A plan without the lines that are written already, and how many these are."""

    plan: ImportPlan
    lines_known: int


def left_to_write(plan: ImportPlan, written: Mapping[str, UUID], openable: Collection[YouthId]) -> LeftToWrite:
    """Leave aside the lines of `plan` whose digest (hexadecimal) is among `written`, which gives the stream of each.

    A new contact with the youth of such a line goes to that record when it is among `openable`, and is left aside else: a record is its
    referents' to change, and nobody learns from an import whether somebody is followed (invariant 12).
    """
    places = _places(plan.youths, written, openable)
    contacts = [_placed(contact, places) for contact in plan.contacts]
    left = replace(
        plan,
        youths=tuple(youth for youth in plan.youths if youth.source not in places),
        contacts=tuple(contact for contact in contacts if contact is not None),
        presences=_new(plan.presences, written),
        outings=_new(plan.outings, written),
        chantiers=tuple(_without_strangers(chantier, places) for chantier in _new(plan.chantiers, written)),
    )
    return LeftToWrite(left, _size(plan) - _size(left))


def without_twins(plan: ImportPlan, twins: Collection[SourceLine], is_importers: Callable[[PlannedYouth], bool]) -> tuple[ImportPlan, int]:
    """Leave aside the youths that colleagues accompany already: `twins` are the lines that are surely one of their records.

    Gives the plan and how many were left aside, which the importer MUST NOT learn: nobody finds out from an import whether somebody is
    followed (invariant 12). Hence a line that would come into the importer's own caseload is always opened, and so is one that brings
    contacts, which would be lost.
    """
    busy = {contact.youth.source for contact in plan.contacts}
    busy |= {youth.source for chantier in plan.chantiers for youth in chantier.participants}
    busy |= {youth.attach_to.source for youth in plan.youths if youth.attach_to is not None}
    kept = tuple(
        youth
        for youth in plan.youths
        if youth.source not in twins or youth.source in busy or youth.attach_to is not None or is_importers(youth)
    )
    return replace(plan, youths=kept), len(plan.youths) - len(kept)


def _places(
    youths: Collection[PlannedYouth], written: Mapping[str, UUID], openable: Collection[YouthId]
) -> dict[SourceLine, YouthReference | None]:
    """Give the lines that are written already, each with its record, or with None when that record is not the importer's."""
    places: dict[SourceLine, YouthReference | None] = {}
    for youth in youths:
        stream = written.get(youth.line_digest.hex())
        if stream is not None:
            places[youth.source] = YouthReference(record=str(stream)) if stream in openable else None
    grown = -1
    while grown < len(places):
        # A line attached to one that is written already has nothing left to complete; another one may be attached to it in turn.
        grown = len(places)
        for youth in youths:
            target = youth.attach_to.source if youth.attach_to is not None else None
            if target in places and youth.source not in places:
                places[youth.source] = places[target]
    return places


def _placed(contact: PlannedContact, places: Mapping[SourceLine, YouthReference | None]) -> PlannedContact | None:
    source = contact.youth.source
    if source is None or source not in places:
        return contact
    record = places[source]
    return None if record is None else replace(contact, youth=record)


def _without_strangers(chantier: PlannedChantier, places: Mapping[SourceLine, YouthReference | None]) -> PlannedChantier:
    references = [places.get(youth.source, youth) if youth.source is not None else youth for youth in chantier.participants]
    return replace(chantier, participants=tuple(reference for reference in references if reference is not None))


def _new(lines: tuple[Counted, ...], written: Mapping[str, UUID]) -> tuple[Counted, ...]:
    return tuple(line for line in lines if line.line_digest.hex() not in written)


def _size(plan: ImportPlan) -> int:
    return len(plan.youths) + len(plan.contacts) + len(plan.presences) + len(plan.outings) + len(plan.chantiers)
