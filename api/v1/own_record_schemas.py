"""What the JSON API tells a youth of their own record: days and no hour, no account, who wrote by the DPO's decision alone (R037, R157).

Names that the youth has to know stay: who accompanies them, who was there, whom something is shared with (N18).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from api.accesses import AccessView, PastEmergency
from api.pages.record_view import name_of
from api.v1.access_schemas import PastEmergencyShown
from api.web.representations import IdentityShown, Shown
from domain.record.youth_record import YouthRecord


@dataclass(frozen=True, slots=True)
class Written:
    """The names of accounts, and whether those who wrote are told."""

    names: Mapping[UUID, str]
    are_told: bool

    def by(self, account: UUID) -> str | None:
        """Name who wrote, where that is told."""
        return name_of(account, self.names) if self.are_told else None


class OwnInformationShown(Shown):
    """How and when you were told that a record is kept."""

    how: str
    occurred_on: date
    by: str | None


class OwnAgreementShown(Shown):
    """What you agreed to."""

    category: str
    what_was_said: str
    occurred_on: date
    by: str | None


class OwnContactShown(Shown):
    """A contact. `present` are names, or the initials that were written."""

    id: UUID
    occurred_on: date
    channel: str
    initiated_by: str
    present: list[str]
    territory: str | None
    place: str | None
    minutes: int | None
    themes: list[str]
    comment: str | None
    by: str | None


class OwnNoteShown(Shown):
    """A note."""

    text: str
    occurred_on: date
    by: str | None


class OwnStepShown(Shown):
    """A step made with you, and what came of it."""

    id: UUID
    theme: str
    partner: str | None
    occurred_on: date
    due_on: date | None
    result: str | None
    completed: bool
    by: str | None


class OwnRecordShown(Shown):
    """A record as its youth reads it. `by` says who wrote when the DPO decided so, `null` otherwise."""

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
    referents: list[str]
    informed: OwnInformationShown | None
    agreements: list[OwnAgreementShown]
    taken_back: list[str]
    identity: IdentityShown | None
    contacts: list[OwnContactShown]
    notes: list[OwnNoteShown]
    steps: list[OwnStepShown]

    @classmethod
    def of(cls, record: YouthRecord, names: Mapping[UUID, str]) -> Self:
        """Show a record to the youth whose it is."""
        written = Written(names, are_told=record.names_disclosed is not None)
        return cls(
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
            referents=[name_of(who, names) for who in record.referents],
            informed=_informed(record.informed, written),
            agreements=[_agreed(event, written) for event in record.agreements.values()],
            taken_back=sorted(record.taken_back),
            identity=None if record.identity is None else IdentityShown.of(record.identity),
            contacts=[_contact(event, written) for event in record.contacts],
            notes=[OwnNoteShown(text=event.text, occurred_on=event.occurred_on, by=written.by(event.by)) for event in record.notes],
            steps=[_step(event, record.completed.get(key), written) for key, event in record.steps.items()],
        )


class OwnAccessShown(Shown):
    """Somebody who may open your record besides those who accompany you. `who` is a person or a team, `null` where it is not told."""

    relation: str
    who: str | None
    categories: list[str]
    purpose: str | None
    until: date | None
    told: str | None


class OwnAccessesShown(Shown):
    """Who may open your record, and who opened it in an emergency."""

    accesses: list[OwnAccessShown]
    emergencies: list[PastEmergencyShown]

    @classmethod
    def of(cls, views: list[AccessView], past: list[PastEmergency]) -> Self:
        """Show both lists."""
        return cls(accesses=[_access(view) for view in views], emergencies=[PastEmergencyShown.of(one) for one in past])


def _informed(event: YouthRecord.Informed | None, written: Written) -> OwnInformationShown | None:
    return None if event is None else OwnInformationShown(how=event.how, occurred_on=event.occurred_on, by=written.by(event.by))


def _agreed(event: YouthRecord.Agreed, written: Written) -> OwnAgreementShown:
    said, by = event.what_was_said, written.by(event.by)
    return OwnAgreementShown(category=event.granted_category, what_was_said=said, occurred_on=event.occurred_on, by=by)


def _contact(event: YouthRecord.ContactMade, written: Written) -> OwnContactShown:
    return OwnContactShown(
        id=event.contact_id,
        occurred_on=event.occurred_on,
        channel=event.channel,
        initiated_by=event.initiated_by,
        present=[name_of(who, written.names) for who in event.present],
        territory=event.territory,
        place=event.place,
        minutes=event.minutes,
        themes=list(event.themes),
        comment=event.comment,
        by=written.by(event.typed_by),
    )


def _step(event: YouthRecord.StepTaken, completion: YouthRecord.StepCompleted | None, written: Written) -> OwnStepShown:
    result = event.result if completion is None or completion.result is None else completion.result
    return OwnStepShown(
        id=event.step_id,
        theme=event.theme,
        partner=event.partner,
        occurred_on=event.occurred_on,
        due_on=event.due_on,
        result=result,
        completed=completion is not None,
        by=written.by(event.by),
    )


def _access(view: AccessView) -> OwnAccessShown:
    return OwnAccessShown(
        relation=view.relation.value,
        who=view.who,
        categories=[category.value for category in view.categories],
        purpose=view.purpose,
        until=view.until,
        told=view.told,
    )
