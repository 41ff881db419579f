"""What the JSON API answers: one model a thing, so that nothing goes out that is not listed here (R157)."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.record.record_commands import RecordLook
from domain.record.youth_record import YouthRecord


class Shown(BaseModel):
    """An answer. Its `repr` shows nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Show nothing of the content."""
        return []


class AcceptedChange(Shown):
    """A change that is durable. `replayed` says that an earlier try had already been accepted."""

    id: UUID
    version: int
    replayed: bool


class InformationShown(Shown):
    """How and when the youth was told."""

    how: str
    by: UUID
    occurred_on: date

    @classmethod
    def of(cls, event: YouthRecord.Informed) -> Self:
        """Show one event."""
        return cls(how=event.how, by=event.by, occurred_on=event.occurred_on)


class AgreementShown(Shown):
    """An agreement to one category."""

    category: str
    what_was_said: str
    by: UUID
    occurred_on: date

    @classmethod
    def of(cls, event: YouthRecord.Agreed) -> Self:
        """Show one event."""
        return cls(category=event.granted_category, what_was_said=event.what_was_said, by=event.by, occurred_on=event.occurred_on)


class IdentityShown(Shown):
    """Civil identity."""

    first_name: str | None
    last_name: str | None

    @classmethod
    def of(cls, event: YouthRecord.IdentityGiven) -> Self:
        """Show one event."""
        return cls(first_name=event.first_name, last_name=event.last_name)


class ContactShown(Shown):
    """A contact."""

    id: UUID
    occurred_on: date
    recorded_at: datetime
    channel: str
    initiated_by: str
    present: list[str]
    typed_by: UUID
    territory: str | None
    place: str | None
    minutes: int | None
    themes: list[str]
    comment: str | None

    @classmethod
    def of(cls, event: YouthRecord.ContactMade) -> Self:
        """Show one event."""
        return cls(
            id=event.contact_id,
            occurred_on=event.occurred_on,
            recorded_at=event.timestamp,
            channel=event.channel,
            initiated_by=event.initiated_by,
            present=[str(who) for who in event.present],
            typed_by=event.typed_by,
            territory=event.territory,
            place=event.place,
            minutes=event.minutes,
            themes=list(event.themes),
            comment=event.comment,
        )


class NoteShown(Shown):
    """A note."""

    text: str
    occurred_on: date
    recorded_at: datetime
    by: UUID

    @classmethod
    def of(cls, event: YouthRecord.NoteAdded) -> Self:
        """Show one event."""
        return cls(text=event.text, occurred_on=event.occurred_on, recorded_at=event.timestamp, by=event.by)


class StepShown(Shown):
    """A step made with the youth, and what came of it."""

    id: UUID
    theme: str
    partner: str | None
    occurred_on: date
    recorded_at: datetime
    due_on: date | None
    result: str | None
    completed: bool

    @classmethod
    def of(cls, event: YouthRecord.StepTaken, completion: YouthRecord.StepCompleted | None) -> Self:
        """Show a step with its completion, if it has one."""
        result = event.result if completion is None or completion.result is None else completion.result
        return cls(
            id=event.step_id,
            theme=event.theme,
            partner=event.partner,
            occurred_on=event.occurred_on,
            recorded_at=event.timestamp,
            due_on=event.due_on,
            result=result,
            completed=completion is not None,
        )


class RecordShown(Shown):
    """A record as its referents and its youth see it."""

    id: UUID
    version: int
    pseudonym: str
    birth_year: int | None
    gender: str | None
    territory: str | None
    met_through: str | None
    first_contact_on: date | None
    last_contact_on: date | None
    next_deadline: date | None
    referents: list[UUID]
    informed: InformationShown | None
    agreements: list[AgreementShown]
    taken_back: list[str]
    identity: IdentityShown | None
    contacts: list[ContactShown]
    notes: list[NoteShown]
    steps: list[StepShown]
    relation: str
    """By what right it is shown; what is of no category in `categories` was not asked for and is empty."""
    categories: list[str]
    until: date | datetime | None
    """The last day, or the last moment, of what is not for good."""

    @classmethod
    def of(cls, look: RecordLook) -> Self:
        """Show what may be seen of a record."""
        record, grant = look.record, look.grant
        return cls(
            relation=grant.relation.value,
            categories=sorted(grant.categories),
            until=grant.until,
            id=record.id,
            version=record.version,
            pseudonym=record.pseudonym,
            birth_year=record.birth_year,
            gender=record.gender,
            territory=record.territory,
            met_through=record.met_through,
            first_contact_on=record.first_contact_on,
            last_contact_on=record.last_contact_on,
            next_deadline=record.next_deadline,
            referents=list(record.referents),
            informed=None if record.informed is None else InformationShown.of(record.informed),
            agreements=[AgreementShown.of(event) for event in record.agreements.values()],
            taken_back=sorted(record.taken_back),
            identity=None if record.identity is None else IdentityShown.of(record.identity),
            contacts=[ContactShown.of(event) for event in record.contacts],
            notes=[NoteShown.of(event) for event in record.notes],
            steps=[StepShown.of(event, record.completed.get(key)) for key, event in record.steps.items()],
        )
