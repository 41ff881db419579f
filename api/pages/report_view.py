"""A child-protection report as its readers see it. The record that it is about is not among what they see (N38)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.pages.record_view import Names, name_of
from domain.identifiers import AccountId
from domain.local_time import local
from domain.reports.protection_report import ProtectionReport


@dataclass(frozen=True, slots=True, repr=False)
class ReportView:
    """One report. `countersigner` is empty when nobody was named, `countersigned_on` is `None` until it is signed."""

    id: UUID
    written_on: date
    author: str
    addressee: str
    addressee_name: str
    facts: str
    decision: str
    reasons: str
    informed: str | None
    not_informed_because: str | None
    countersigner: str
    countersigned_on: date | None
    sent_on: date | None
    handovers: Sequence[ProtectionReport.Sent]
    releases: Sequence[ProtectionReport.Released]
    is_own: bool
    """Whether who looks wrote it: they alone hand it over and release it."""
    awaits: bool
    """Whether who looks was named to countersign it, and has not."""


def view_of(report: ProtectionReport, names: Names, viewer: AccountId) -> ReportView:
    """Show `report` to `viewer`."""
    signed = report.countersigned
    return ReportView(
        id=report.id,
        written_on=local(report.written_at).date(),
        author=name_of(report.author, names),
        addressee=report.addressee,
        addressee_name=name_of(report.addressee_account, names) if report.addressee_account else "",
        facts=report.facts,
        decision=report.decision,
        reasons=report.reasons,
        informed=report.informed,
        not_informed_because=report.not_informed_because,
        countersigner=name_of(report.countersigner, names) if report.countersigner else "",
        countersigned_on=local(signed.timestamp).date() if signed else None,
        sent_on=report.sent_on,
        handovers=report.handovers,
        releases=report.releases,
        is_own=report.author == viewer,
        awaits=report.countersigner == viewer and signed is None,
    )
