"""`YouthRecord` (dossier du jeune): one youth's stream, from the first contact to oblivion (design §4).

Commands decide and may refuse; appliers only assign. The state keeps the events themselves, whose fields are the content.
`at` is the service's clock (`recorded_at`, aware, UTC); `occurred_on` is the day that the person declares.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, InformationDraft, NoteDraft, OpeningDraft, SourceDraft, StepDraft
from domain.identifiers import AccountId, YouthId
from domain.record import record_access_events as access_events
from domain.record.record_accesses import RecordAccesses
from domain.record.record_closing import RecordClosing
from domain.record.record_event import RecordEvent
from domain.record.record_readings import RecordReadings
from domain.refusals import (
    AgreementMissing,
    CategoryOff,
    DateRefused,
    ErasureUnderWay,
    StepCompletedAlready,
    StepUnknown,
    TextMissing,
)
from domain.stream import Stream
from domain.vocabulary import GRANTABLE_CATEGORIES, Channel, Gender, Initiative


class YouthRecord(RecordReadings, RecordAccesses, RecordClosing, Stream):
    """A youth's record. Opened under a pseudonym alone; closed for good by the first request of erasure."""

    TOPIC = "yr"

    Event = RecordEvent

    class Opened(RecordEvent, Aggregate.Created):
        """The record exists, under a code or a nickname (N1). `source_*` only when it was imported."""

        TOPIC = "yr.opened"
        category = Category.CORE
        pseudonym: str
        birth_year: int | None
        gender: str | None
        territory: str | None
        met_through: str | None
        first_contact_on: date | None
        referents: list[UUID]
        opened_by: UUID
        source_line: str | None
        source_digest: str | None

    class Informed(RecordEvent):
        """The youth was told what is written, what for and what their rights are (N2)."""

        TOPIC = "yr.informed"
        category = Category.CORE
        how: str
        by: UUID
        occurred_on: date

        def apply(self, aggregate: "YouthRecord") -> None:
            """Keep the last time."""
            aggregate.informed = self

    class Agreed(RecordEvent):
        """The youth agreed to one category (N2)."""

        TOPIC = "yr.agreed"
        category = Category.CORE
        granted_category: str
        what_was_said: str
        by: UUID
        occurred_on: date

        def apply(self, aggregate: "YouthRecord") -> None:
            """Keep the agreement, which undoes an earlier withdrawal."""
            aggregate.agreements[self.granted_category] = self
            aggregate.taken_back.discard(self.granted_category)

    class AgreementWithdrawn(RecordEvent):
        """The youth took back their agreement to one category: its content is shown no more, and its key goes (N2, R046)."""

        TOPIC = "yr.agreement_withdrawn"
        category = Category.CORE
        class_version = 2
        withdrawn_category: str
        by: UUID
        erasure: UUID | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Version 1 hid the content and left its key alone."""
            state["erasure"] = None

        def apply(self, aggregate: "YouthRecord") -> None:
            """Forget the agreement and the content of its category."""
            aggregate.agreements.pop(self.withdrawn_category, None)
            aggregate.taken_back.add(self.withdrawn_category)
            aggregate.forget(self.withdrawn_category)
            if self.erasure is not None:
                aggregate.being_erased[self.withdrawn_category] = self.erasure

    class CategoryErased(RecordEvent):
        """The key of one category is destroyed, and a fresh one is there: a new agreement may begin anew."""

        TOPIC = "yr.category_erased"
        category = Category.CORE
        erased_category: str
        erasure: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Let the category be agreed to again."""
            aggregate.being_erased.pop(self.erased_category, None)

    class IdentityGiven(RecordEvent):
        """Civil identity, written after agreement to it (N2)."""

        TOPIC = "yr.identity_given"
        category = Category.IDENTITY
        first_name: str | None
        last_name: str | None
        by: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Keep the last one given."""
            aggregate.identity = self

    class ContactMade(RecordEvent):
        """A contact: who was there, who typed, by which channel, who came to whom (N44, R060)."""

        TOPIC = "yr.contact_made"
        category = Category.FOLLOW_UP
        contact_id: UUID
        occurred_on: date
        channel: str
        initiated_by: str
        present: list[UUID | str]
        typed_by: UUID
        territory: str | None
        place: str | None
        minutes: int | None
        themes: list[str]
        comment: str | None
        source_line: str | None
        source_digest: str | None

        def apply(self, aggregate: "YouthRecord") -> None:
            """Keep it."""
            aggregate.contacts.append(self)

    class NoteAdded(RecordEvent):
        """A note."""

        TOPIC = "yr.note_added"
        category = Category.FOLLOW_UP
        text: str
        occurred_on: date
        by: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Keep it."""
            aggregate.notes.append(self)

    class StepTaken(RecordEvent):
        """A step made with the youth (démarche)."""

        TOPIC = "yr.step_taken"
        category = Category.FOLLOW_UP
        step_id: UUID
        theme: str
        partner: str | None
        occurred_on: date
        result: str | None
        due_on: date | None
        by: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Keep it, by its identifier."""
            aggregate.steps[self.step_id] = self

    class StepCompleted(RecordEvent):
        """What came of a step; its deadline is over."""

        TOPIC = "yr.step_completed"
        category = Category.FOLLOW_UP
        step_id: UUID
        result: str | None
        by: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Keep it, by the step's identifier."""
            aggregate.completed[self.step_id] = self

    # Who may open it: `domain/record/record_access_events.py`.
    ReferentsNamed = access_events.ReferentsNamed
    Shared = access_events.Shared
    AccessEnded = access_events.AccessEnded
    HandedOver = access_events.HandedOver
    GlassBroken = access_events.GlassBroken
    GlassReviewed = access_events.GlassReviewed
    RightsReferentNamed = access_events.RightsReferentNamed
    StaffNamesDisclosed = access_events.StaffNamesDisclosed
    StaffNamesMasked = access_events.StaffNamesMasked

    class Closed(RecordEvent):
        """The fence: an erasure was asked for, nothing follows in this stream (design §6)."""

        TOPIC = "yr.closed"
        category = Category.CORE
        erasure: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Close."""
            aggregate.closed_by = self.erasure

    class Reopened(RecordEvent):
        """The youth changed their mind in time: the record is open again, whole."""

        TOPIC = "yr.reopened"
        category = Category.CORE
        erasure: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Open."""
            aggregate.closed_by = None

    class ErasureBegun(RecordEvent):
        """Nothing stands in the way any more: the views let go of the youth, then the keys are destroyed. Nothing comes after it."""

        TOPIC = "yr.erasure_begun"
        category = Category.CORE
        erasure: UUID

        def apply(self, aggregate: "YouthRecord") -> None:
            """Leave no way back."""
            aggregate.is_going = True

    def __init__(
        self,
        *,
        pseudonym: str,
        birth_year: int | None,
        gender: str | None,
        territory: str | None,
        met_through: str | None,
        first_contact_on: date | None,
        referents: list[UUID],
        opened_by: UUID,
        source_line: str | None,
        source_digest: str | None,
    ) -> None:
        self.pseudonym = pseudonym
        self.birth_year = birth_year
        self.gender = gender
        self.territory = territory
        self.met_through = met_through
        self.first_contact_on = first_contact_on
        self.referents = referents
        self.opened_by = opened_by
        self.source_line = source_line
        self.source_digest = source_digest
        self.informed: YouthRecord.Informed | None = None
        self.agreements: dict[str, YouthRecord.Agreed] = {}
        self.taken_back: set[str] = set()
        self.identity: YouthRecord.IdentityGiven | None = None
        self.contacts: list[YouthRecord.ContactMade] = []
        self.notes: list[YouthRecord.NoteAdded] = []
        self.steps: dict[UUID, YouthRecord.StepTaken] = {}
        self.completed: dict[UUID, YouthRecord.StepCompleted] = {}
        self.being_erased: dict[str, UUID] = {}
        self.closed_by: UUID | None = None
        self.is_going = False
        self.accesses: dict[UUID, access_events.Granted] = {}
        self.ended_accesses: set[UUID] = set()
        self.left: dict[UUID, frozenset[UUID]] = {}
        self.glass_reviews: dict[UUID, access_events.GlassReviewed] = {}
        self.names_disclosed: access_events.StaffNamesDisclosed | None = None

    @classmethod
    def open(
        cls,
        youth: YouthId,
        draft: OpeningDraft,
        *,
        referents: Sequence[AccountId],
        by: AccountId,
        at: datetime,
        source: SourceDraft | None = None,
    ) -> "YouthRecord":
        """Open a record under a pseudonym; `referents` are one or two accounts."""
        first_contact_on = draft.first_contact_on
        return cls._create(
            cls.Opened,
            id=youth,
            timestamp=at,
            pseudonym=texts.required_line(draft.pseudonym, "pseudonym", texts.NAME),
            birth_year=texts.birth_year(draft.birth_year, at),
            gender=None if draft.gender is None else texts.choice(draft.gender, "gender", Gender).value,
            territory=texts.line(draft.territory, "territory"),
            met_through=texts.line(draft.met_through, "met_through"),
            first_contact_on=None if first_contact_on is None else texts.past_day(first_contact_on, "first_contact_on", at),
            referents=texts.one_or_two(referents),
            opened_by=by,
            source_line=source and source.line,
            source_digest=source and source.digest,
        )

    def inform(self, draft: InformationDraft, *, by: AccountId, at: datetime) -> None:
        """Write that the youth was told."""
        how = texts.required_line(draft.how, "how", texts.SENTENCE)
        self.write(self.Informed, at, how=how, by=by, occurred_on=texts.past_day(draft.occurred_on, "occurred_on", at))

    def agree(self, draft: AgreementDraft, *, by: AccountId, at: datetime) -> None:
        """Write that the youth agreed to one category. Raises `NotInformed`, `CategoryOff`, `ErasureUnderWay`."""
        self.must_be_informed()
        if draft.category not in GRANTABLE_CATEGORIES:
            raise CategoryOff
        if draft.category in self.being_erased:
            raise ErasureUnderWay
        self.write(
            self.Agreed,
            at,
            granted_category=str(draft.category),
            what_was_said=texts.required_line(draft.what_was_said, "what_was_said", texts.SENTENCE),
            by=by,
            occurred_on=texts.past_day(draft.occurred_on, "occurred_on", at),
        )

    def give_identity(self, draft: IdentityDraft, *, by: AccountId, at: datetime) -> None:
        """Write the civil identity. Raises `NotInformed`, `AgreementMissing`."""
        self.must_be_informed()
        if Category.IDENTITY not in self.agreements:
            raise AgreementMissing
        first_name, last_name = texts.line(draft.first_name, "first_name", texts.NAME), texts.line(draft.last_name, "last_name", texts.NAME)
        if first_name is None and last_name is None:
            raise TextMissing("first_name")
        self.write(self.IdentityGiven, at, first_name=first_name, last_name=last_name, by=by)

    def make_contact(self, contact: UUID, draft: ContactDraft, *, by: AccountId, at: datetime, source: SourceDraft | None = None) -> None:
        """Write a contact. Only an imported one (`source`) may come before the youth was informed."""
        self.must_accept_follow_up(imported=source is not None)
        self.write(
            self.ContactMade,
            at,
            contact_id=contact,
            occurred_on=texts.past_day(draft.occurred_on, "occurred_on", at),
            channel=texts.choice(draft.channel, "channel", Channel).value,
            initiated_by=texts.choice(draft.initiated_by, "initiated_by", Initiative).value,
            present=texts.people(draft.present, "present"),
            typed_by=by,
            territory=texts.line(draft.territory, "territory"),
            place=texts.line(draft.place, "place"),
            minutes=texts.whole_number(draft.minutes, "minutes", 0, texts.MINUTES_IN_A_DAY),
            themes=texts.lines(draft.themes, "themes"),
            comment=texts.prose(draft.comment, "comment"),
            source_line=source and source.line,
            source_digest=source and source.digest,
        )

    def add_note(self, draft: NoteDraft, *, by: AccountId, at: datetime, imported: bool = False) -> None:
        """Write a note."""
        self.must_accept_follow_up(imported=imported)
        text = texts.required_prose(draft.text, "text")
        self.write(self.NoteAdded, at, text=text, occurred_on=texts.past_day(draft.occurred_on, "occurred_on", at), by=by)

    def take_step(self, step: UUID, draft: StepDraft, *, by: AccountId, at: datetime) -> None:
        """Write a step made with the youth. Its deadline does not come before it."""
        self.must_accept_follow_up()
        occurred_on, due_on = texts.past_day(draft.occurred_on, "occurred_on", at), texts.any_day(draft.due_on, "due_on")
        if due_on is not None and due_on < occurred_on:
            raise DateRefused("due_on", "L'échéance vient avant la démarche. Corrigez l'une des deux dates.")
        self.write(
            self.StepTaken,
            at,
            step_id=step,
            theme=texts.required_line(draft.theme, "theme"),
            partner=texts.line(draft.partner, "partner"),
            occurred_on=occurred_on,
            result=texts.line(draft.result, "result", texts.SENTENCE),
            due_on=due_on,
            by=by,
        )

    def complete_step(self, step: UUID, result: str | None, *, by: AccountId, at: datetime) -> None:
        """Write what came of a step. Raises `StepUnknown`, `StepCompletedAlready`."""
        self.must_accept_follow_up()
        if step not in self.steps:
            raise StepUnknown
        if step in self.completed:
            raise StepCompletedAlready
        self.write(self.StepCompleted, at, step_id=step, result=texts.line(result, "result", texts.SENTENCE), by=by)
