"""What people do with child-protection reports (N38).

No line that they leave names a record, so that no listing of the accesses to a record shows them. A report is reached by its identifier
and by its readers' shelves; to anybody else it is unknown (invariant 12).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.access.access_policy import Relation, decides_for, relation_of, relation_to_report
from domain.categories import Category
from domain.drafts import HandoverDraft, ReleaseDraft, ReportDraft
from domain.identifiers import AccountId, ReportId
from domain.keeping import Accepted, Keeping
from domain.record.youth_record import YouthRecord
from domain.refusals import CommandKeyReused, ConcurrentChange, DomainError, Replayed, SubjectNotYours
from domain.reports.protection_report import ProtectionReport
from domain.reports.report_shelf import ReportShelf, shelf_of
from domain.silent import Silent
from domain.trail import Actor, CommandKey, Operation, Outcome, Purpose, TrailLine

PAGE: Final = 50
"""Reports in one page of a list."""
_SHELVING_TRIES: Final = 20
"""Two reports that name the same reader at the same moment meet at that reader's shelf: whoever comes second reads it again."""


@dataclass(frozen=True, slots=True, repr=False)
class ReportPage(Silent):
    """Some of the reports that somebody may read. `next` is the report after which the following page begins, `None` on the last one."""

    reports: Sequence[ProtectionReport]
    next: ReportId | None


class ReportCommands(Keeping):
    """The use cases of child-protection reports. Each raises `NotAllowed`, `TrailUnavailable`, and the refusals of its rule."""

    def write_report(self, actor: Actor, draft: ReportDraft, *, command: CommandKey | None = None) -> Accepted:
        """Write a report, about a record in the author's care or about none. Its key is minted first: a ring without a report is harmless.

        Raises `SubjectNotYours`, `CommandKeyReused`, and what `ProtectionReport.write` raises.
        """
        self.must_allow(actor, Operation.WRITE_REPORT)
        earlier = self.accepted(command)
        report = ReportId(earlier.stream if earlier else self.new_id())
        events = ProtectionReport.write(report, draft, by=actor.account, at=self.clock()).collect_events()
        if earlier is None:
            self._must_accompany(actor, draft.subject)
            self.mint_report_keys(report)
            try:
                return self._shelve(actor, report, events, command)
            except Replayed as replayed:
                earlier = self.accepted(command, replayed)
                if earlier is None:
                    raise
        self.must_repeat(events, earlier)
        self.ledger.write_trail(_line(actor, Operation.WRITE_REPORT))
        return earlier

    def list_reports(self, actor: Actor, *, after: ReportId | None = None, limit: int = PAGE) -> ReportPage:
        """Give a page of the reports that `actor` may read, the latest first: those that follow `after`, `limit` at most."""
        self.must_allow(actor, Operation.LIST_REPORTS)
        shelf = self.find_kind(ReportShelf, shelf_of(actor.account))
        known = [] if shelf is None else shelf.reports[::-1]
        begin = known.index(after) + 1 if after in known else 0
        page, following = known[begin : begin + limit], known[begin + limit :]
        found = (self.find_kind(ProtectionReport, report) for report in page)
        readable = [report for report in found if report is not None and _may_read(actor, report)]
        self.ledger.write_trail(_line(actor, Operation.LIST_REPORTS))
        return ReportPage(readable, page[-1] if following else None)

    def read_report(self, actor: Actor, report: ReportId) -> ProtectionReport:
        """Give a report, once its line in the trail is committed."""
        found = self._decided_report(actor, report, Operation.READ_REPORT)
        self.ledger.write_trail(_line(actor, Operation.READ_REPORT))
        return found

    def countersign_report(self, actor: Actor, report: ReportId, *, command: CommandKey | None = None) -> Accepted:
        """Sign the report that its author named the actor for. Raises `CountersignedAlready`, `ConcurrentChange`, `CommandKeyReused`."""
        return self._add(actor, report, Operation.COUNTERSIGN_REPORT, lambda found, at: found.countersign(by=actor.account, at=at), command)

    def send_report(self, actor: Actor, report: ReportId, draft: HandoverDraft, *, command: CommandKey | None = None) -> Accepted:
        """Write that the author handed it over to its addressee. Raises `ConcurrentChange`, `CommandKeyReused`, a `FieldRefused`."""
        return self._add(actor, report, Operation.SEND_REPORT, lambda found, at: found.send(draft, by=actor.account, at=at), command)

    def release_report(self, actor: Actor, report: ReportId, draft: ReleaseDraft, *, command: CommandKey | None = None) -> Accepted:
        """Write that it was given to somebody in person, and why. Raises `ConcurrentChange`, `CommandKeyReused`, a `FieldRefused`."""
        return self._add(actor, report, Operation.RELEASE_REPORT, lambda found, at: found.release(draft, by=actor.account, at=at), command)

    def _must_accompany(self, actor: Actor, subject: UUID | None) -> None:
        # Unknown, somebody else's, closed or erased: one answer, and a line that names no record.
        if subject is None:
            return
        record = self.find_kind(YouthRecord, subject)
        if record is None or record.is_closed or relation_of(actor, record) is not Relation.REFERENT:
            self.refused(actor, Operation.WRITE_REPORT, Outcome.REFUSED)
            raise SubjectNotYours("subject")

    def _shelve(self, actor: Actor, report: ReportId, events: Sequence[Any], command: CommandKey | None) -> Accepted:
        """Append the report together with its place on the shelf of each reader, in one statement."""
        [written] = events
        readers = (written.by, written.countersigner, written.addressee_account)
        for tries_left in reversed(range(_SHELVING_TRIES)):
            placed = [event for reader in readers if reader is not None for event in self._placed(AccountId(reader), report)]
            try:
                self.store.put([written, *placed], trail=_line(actor, Operation.WRITE_REPORT), command=command)
            except ConcurrentChange:
                if not tries_left:
                    raise
            else:
                break
        return Accepted(report, written.originator_version)

    def _placed(self, reader: AccountId, report: ReportId) -> Sequence[Any]:
        at = self.clock()
        shelf = self.find_kind(ReportShelf, shelf_of(reader)) or ReportShelf.begin(shelf_of(reader), at=at)
        shelf.place(report, at=at)
        return shelf.collect_events()

    def _decided_report(self, actor: Actor, report: ReportId, operation: Operation) -> ProtectionReport:
        found = self.find_kind(ProtectionReport, report)
        if found is None:
            raise self.refused(actor, operation, Outcome.NOT_FOUND)
        if not decides_for(actor, operation, relation_to_report(actor, found)):
            raise self.refused(actor, operation, Outcome.REFUSED)
        return found

    def _add(
        self,
        actor: Actor,
        report: ReportId,
        operation: Operation,
        decide: Callable[[ProtectionReport, datetime], None],
        command: CommandKey | None,
    ) -> Accepted:
        """Add one event to a report; a repeated command gives what its first try wrote."""
        found = self._decided_report(actor, report, operation)
        try:
            decide(found, self.clock())
            return self.append(found, actor=_protecting(actor), operation=operation, command=command)
        except DomainError as refusal:
            accepted = self.accepted(command, refusal)
            if accepted is None:
                raise
        before = self.find(report, version=accepted.version - 1) if accepted.stream == report else None
        if not isinstance(before, ProtectionReport):
            raise CommandKeyReused
        decide(before, self.clock())
        self.must_repeat(before.collect_events(), accepted)
        self.ledger.write_trail(_line(actor, operation))
        return accepted


def _may_read(actor: Actor, report: ProtectionReport) -> bool:
    return decides_for(actor, Operation.READ_REPORT, relation_to_report(actor, report))


def _line(actor: Actor, operation: Operation) -> TrailLine:
    return TrailLine(_protecting(actor), operation, categories=(Category.PROTECTION,))


def _protecting(actor: Actor) -> Actor:
    """Give `actor` with the purpose that the act itself states, whatever their session was opened for (N16)."""
    return replace(actor, purpose=Purpose.PROTECT)
