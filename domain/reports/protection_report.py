"""`ProtectionReport` (information préoccupante): an act of its own, under a key of its own, apart from any record (N38, R016).

Who reads it: its author, a countersigner whom the author named for it, an addressee who has an account here; nobody else. It says that a
child is in danger or may be, to whom this goes, that the author decided so by themselves, and how child and parents were told before, or
why telling them would have been against the child's interest (R015; CASF L226-2-1, L226-2-2). Erasing a record leaves it as it is.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.drafts import HandoverDraft, ReleaseDraft, ReportDraft
from domain.identifiers import AccountId, ReportId
from domain.refusals import CountersignedAlready, PriorInformationMissing, SamePersonTwice
from domain.stream import Stream

FACTS: Final = 10_000
"""Characters of the facts: a report says everything in one place, and a note is four thousand."""


class HandoverChannel(StrEnum):
    """How a report was handed over to its addressee. A stored value is never renamed: old events bear it."""

    IN_PERSON = "in_person"
    POST = "post"
    PHONE = "phone"
    SECURE_MESSAGE = "secure_message"
    PORTAL = "portal"
    OTHER = "other"


class ProtectionReport(Stream):
    """One child-protection report. What was written is never changed; what became of it is added."""

    TOPIC = "pr"

    class Event(Stream.Event):
        """Base of the events of a report; the report's own key encrypts them."""

        TOPIC = "pr.event"
        category = Category.PROTECTION

    class Written(Event, Aggregate.Created):
        """The facts, who they go to, the author's own decision and its reasons, the prior information. `subject` is shown to nobody."""

        TOPIC = "pr.written"
        category = Category.PROTECTION
        facts: str
        addressee: str
        addressee_account: UUID | None
        decision: str
        reasons: str
        informed: str | None
        not_informed_because: str | None
        countersigner: UUID | None
        subject: UUID | None
        by: UUID

    class Countersigned(Event):
        """The countersigner who was named for this report has signed it."""

        TOPIC = "pr.countersigned"
        category = Category.PROTECTION
        by: UUID

        def apply(self, aggregate: "ProtectionReport") -> None:
            """Keep the signature."""
            aggregate.countersigned = self

    class Sent(Event):
        """It was handed over to its addressee: the day, and by which channel."""

        TOPIC = "pr.sent"
        category = Category.PROTECTION
        occurred_on: date
        channel: str
        by: UUID

        def apply(self, aggregate: "ProtectionReport") -> None:
            """Keep each time: what was told by phone is often confirmed in writing."""
            aggregate.handovers.append(self)

    class Released(Event):
        """It was given to somebody in person after a reasoned decision: to whom, in which capacity, for which reasons."""

        TOPIC = "pr.released"
        category = Category.PROTECTION
        occurred_on: date
        released_to: str
        capacity: str
        reasons: str
        by: UUID

        def apply(self, aggregate: "ProtectionReport") -> None:
            """Keep each time."""
            aggregate.releases.append(self)

    def __init__(
        self,
        *,
        facts: str,
        addressee: str,
        addressee_account: UUID | None,
        decision: str,
        reasons: str,
        informed: str | None,
        not_informed_because: str | None,
        countersigner: UUID | None,
        by: UUID,
    ) -> None:
        self.facts = facts
        self.addressee = addressee
        self.addressee_account = addressee_account
        self.decision = decision
        self.reasons = reasons
        self.informed = informed
        self.not_informed_because = not_informed_because
        self.countersigner = countersigner
        self.author = by
        self.countersigned: ProtectionReport.Countersigned | None = None
        self.handovers: list[ProtectionReport.Sent] = []
        self.releases: list[ProtectionReport.Released] = []

    @classmethod
    def write(cls, report: ReportId, draft: ReportDraft, *, by: AccountId, at: datetime) -> "ProtectionReport":
        """Write a report. Raises `PriorInformationMissing`, `SamePersonTwice`, or another `FieldRefused` that names the field."""
        informed = texts.prose(draft.informed, "informed", texts.SENTENCE)
        not_informed_because = texts.prose(draft.not_informed_because, "not_informed_because", texts.SENTENCE)
        if informed is None and not_informed_because is None:
            raise PriorInformationMissing("informed")
        _must_be_apart(by, draft)
        return cls._create(
            cls.Written,
            id=report,
            timestamp=at,
            facts=texts.required_prose(draft.facts, "facts", FACTS),
            addressee=texts.required_line(draft.addressee, "addressee"),
            addressee_account=draft.addressee_account,
            decision=texts.required_prose(draft.decision, "decision", texts.SENTENCE),
            reasons=texts.required_prose(draft.reasons, "reasons"),
            informed=informed,
            not_informed_because=not_informed_because,
            countersigner=draft.countersigner,
            subject=draft.subject,
            by=by,
        )

    def countersign(self, *, by: AccountId, at: datetime) -> None:
        """Sign, once. It holds nothing up: the author decides alone. Raises `CountersignedAlready`."""
        if self.countersigned is not None:
            raise CountersignedAlready
        self.trigger_event(self.Countersigned, timestamp=at, by=by)

    def send(self, draft: HandoverDraft, *, by: AccountId, at: datetime) -> None:
        """Write that it was handed over to its addressee. Raises a `FieldRefused` that names the field."""
        occurred_on = texts.past_day(draft.occurred_on, "occurred_on", at)
        channel = texts.choice(draft.channel, "channel", HandoverChannel).value
        self.trigger_event(self.Sent, timestamp=at, occurred_on=occurred_on, channel=channel, by=by)

    def release(self, draft: ReleaseDraft, *, by: AccountId, at: datetime) -> None:
        """Write that it was given to somebody in person, and why. Raises a `FieldRefused` that names the field."""
        fields = {
            "occurred_on": texts.past_day(draft.occurred_on, "occurred_on", at),
            "released_to": texts.required_line(draft.released_to, "released_to"),
            "capacity": texts.required_line(draft.capacity, "capacity"),
            "reasons": texts.required_prose(draft.reasons, "reasons"),
        }
        self.trigger_event(self.Released, timestamp=at, by=by, **fields)

    @property
    def written_at(self) -> datetime:
        """When it was written, by the service's clock."""
        return self.created_on

    @property
    def sent_on(self) -> date | None:
        """The day of the last handing over."""
        return max((handover.occurred_on for handover in self.handovers), default=None)


def _must_be_apart(author: AccountId, draft: ReportDraft) -> None:
    """Raise `SamePersonTwice`, about the first field that names somebody again: who countersigns is neither author nor addressee."""
    if draft.countersigner == author:
        raise SamePersonTwice("countersigner")
    if draft.addressee_account is not None and draft.addressee_account in {author, draft.countersigner}:
        raise SamePersonTwice("addressee_account")
