"""What the JSON API reads and shows of child-protection reports. Nothing here holds the record that a report is about (N38)."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.web.representations import Shown
from api.web.schemas import Body, Day, Identifier, Line, Prose, Sentence
from domain.drafts import HandoverDraft, ReleaseDraft, ReportDraft
from domain.reports.protection_report import FACTS, HandoverChannel, ProtectionReport

Facts = Annotated[str, Field(max_length=4 * FACTS)]


class Report(Body):
    """Une information préoccupante : des faits, une décision à soi, et ce qui a été dit avant à l’enfant et à ses parents.

    `informed` ou `not_informed_because` est nécessaire. `subject` est un dossier que l’on accompagne, ou rien ; personne ne le lit ensuite.
    """

    facts: Facts
    addressee: Line
    decision: Sentence
    reasons: Prose
    informed: Sentence | None = None
    not_informed_because: Sentence | None = None
    countersigner: Identifier | None = None
    addressee_account: Identifier | None = None
    subject: Identifier | None = None

    def draft(self) -> ReportDraft:
        """Return what the domain judges."""
        return ReportDraft(
            self.facts,
            self.addressee,
            self.decision,
            self.reasons,
            self.informed,
            self.not_informed_because,
            self.countersigner,
            self.addressee_account,
            self.subject,
        )


class Handover(Body):
    """L’information préoccupante a été remise à son destinataire."""

    occurred_on: Day
    channel: Annotated[HandoverChannel, Field(strict=False)]

    def draft(self) -> HandoverDraft:
        """Return what the domain judges."""
        return HandoverDraft(self.occurred_on, self.channel)


class Release(Body):
    """L’information préoccupante a été donnée en main propre, après une décision motivée."""

    occurred_on: Day
    released_to: Line
    capacity: Line
    """En quelle qualité : « la mère », « le jeune, majeur »."""
    reasons: Prose

    def draft(self) -> ReleaseDraft:
        """Return what the domain judges."""
        return ReleaseDraft(self.occurred_on, self.released_to, self.capacity, self.reasons)


class HandoverShown(Shown):
    """A handing over to the addressee."""

    occurred_on: date
    channel: str

    @classmethod
    def of(cls, event: ProtectionReport.Sent) -> Self:
        """Show one event."""
        return cls(occurred_on=event.occurred_on, channel=event.channel)


class ReleaseShown(Shown):
    """A release in person."""

    occurred_on: date
    released_to: str
    capacity: str
    reasons: str

    @classmethod
    def of(cls, event: ProtectionReport.Released) -> Self:
        """Show one event."""
        return cls(occurred_on=event.occurred_on, released_to=event.released_to, capacity=event.capacity, reasons=event.reasons)


class ReportRowShown(Shown):
    """One report of the list. `sent_on` is the day of the last handing over."""

    id: UUID
    written_at: datetime
    author: UUID
    addressee: str
    countersigner: UUID | None
    countersigned_at: datetime | None
    sent_on: date | None

    @classmethod
    def of(cls, report: ProtectionReport) -> Self:
        """Show one row."""
        return cls(
            id=report.id,
            written_at=report.written_at,
            author=report.author,
            addressee=report.addressee,
            countersigner=report.countersigner,
            countersigned_at=report.countersigned and report.countersigned.timestamp,
            sent_on=report.sent_on,
        )


class ReportsShown(Shown):
    """One page, the latest first. `next` is what to send as `after` for the following one."""

    items: list[ReportRowShown]
    next: UUID | None


class ReportShown(Shown):
    """A whole report, as its author, its countersigner and its addressee read it."""

    id: UUID
    version: int
    written_at: datetime
    author: UUID
    facts: str
    addressee: str
    addressee_account: UUID | None
    decision: str
    reasons: str
    informed: str | None
    not_informed_because: str | None
    countersigner: UUID | None
    countersigned_at: datetime | None
    handovers: list[HandoverShown]
    releases: list[ReleaseShown]

    @classmethod
    def of(cls, report: ProtectionReport) -> Self:
        """Show the whole of it."""
        return cls(
            id=report.id,
            version=report.version,
            written_at=report.written_at,
            author=report.author,
            facts=report.facts,
            addressee=report.addressee,
            addressee_account=report.addressee_account,
            decision=report.decision,
            reasons=report.reasons,
            informed=report.informed,
            not_informed_because=report.not_informed_because,
            countersigner=report.countersigner,
            countersigned_at=report.countersigned and report.countersigned.timestamp,
            handovers=[HandoverShown.of(event) for event in report.handovers],
            releases=[ReleaseShown.of(event) for event in report.releases],
        )
