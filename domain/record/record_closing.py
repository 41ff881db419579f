"""What ends in a record: an agreement taken back, the whole of it closed, reopened in time, or begun to be erased (design §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.categories import Category
from domain.refusals import AgreementMissing, AgreementTakenBack, ErasureOutOfOrder, ErasureTooLate, NotInformed, RecordClosed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from domain.identifiers import AccountId, ErasureId
    from domain.record.record_event import RecordEvent
    from domain.record.youth_record import YouthRecord
    from domain.stream import Stream
else:
    Stream = object


class RecordClosing(Stream):
    """The commands of a `YouthRecord` that end something, and the guards that what has ended stays so."""

    if TYPE_CHECKING:
        informed: YouthRecord.Informed | None
        agreements: dict[str, YouthRecord.Agreed]
        taken_back: set[str]
        identity: YouthRecord.IdentityGiven | None
        contacts: list[YouthRecord.ContactMade]
        notes: list[YouthRecord.NoteAdded]
        steps: dict[UUID, YouthRecord.StepTaken]
        completed: dict[UUID, YouthRecord.StepCompleted]
        being_erased: dict[str, UUID]
        closed_by: UUID | None
        is_going: bool
        AgreementWithdrawn: type[YouthRecord.AgreementWithdrawn]
        CategoryErased: type[YouthRecord.CategoryErased]
        Closed: type[YouthRecord.Closed]
        Reopened: type[YouthRecord.Reopened]
        ErasureBegun: type[YouthRecord.ErasureBegun]

    def withdraw_agreement(self, category: str, erasure: ErasureId, *, by: AccountId, at: datetime) -> None:
        """Take back the agreement to `category`, which `erasure` will destroy the key of. Raises `AgreementMissing` when there is none."""
        if category not in self.agreements:
            raise AgreementMissing
        self.write(self.AgreementWithdrawn, at, withdrawn_category=str(category), by=by, erasure=erasure)

    def end_category(self, category: str, erasure: ErasureId, *, at: datetime) -> None:
        """Write that the key of `category` is destroyed. Does nothing when that is written. Raises `RecordClosed`."""
        if category in self.being_erased:
            self.write(self.CategoryErased, at, erased_category=str(category), erasure=erasure)

    def close(self, erasure: ErasureId, *, at: datetime) -> None:
        """Close. Raises `RecordClosed` when it is closed already."""
        self.write(self.Closed, at, erasure=erasure)

    def reopen(self, erasure: ErasureId, *, at: datetime) -> None:
        """Open again what `erasure` had closed. Raises `ErasureTooLate`, or `ErasureOutOfOrder` when it is not what closed it."""
        if self.is_going:
            raise ErasureTooLate
        if self.closed_by != erasure:
            raise ErasureOutOfOrder
        self.trigger_event(self.Reopened, timestamp=at, erasure=erasure)

    def begin_erasure(self, erasure: ErasureId, *, at: datetime) -> None:
        """Begin to erase what `erasure` had closed, once. Raises `ErasureOutOfOrder` when it is not what closed it."""
        if self.closed_by != erasure:
            raise ErasureOutOfOrder
        if not self.is_going:
            self.trigger_event(self.ErasureBegun, timestamp=at, erasure=erasure)

    def forget(self, category: str) -> None:
        """Drop the content of `category` from the state (an applier's step: it decides nothing)."""
        if category == Category.IDENTITY:
            self.identity = None
        if category == Category.FOLLOW_UP:
            self.contacts, self.notes, self.steps, self.completed = [], [], {}, {}

    def must_be_informed(self) -> None:
        """Raise `NotInformed` unless the youth was told."""
        if self.informed is None:
            raise NotInformed

    def must_accept_follow_up(self, *, imported: bool = False) -> None:
        """Raise `AgreementTakenBack`, and `NotInformed` for whatever is not imported."""
        if not imported:
            self.must_be_informed()
        if Category.FOLLOW_UP in self.taken_back:
            raise AgreementTakenBack

    def must_be_open(self) -> None:
        """Raise `RecordClosed` once an erasure was asked for."""
        if self.closed_by is not None:
            raise RecordClosed

    def write(self, event: type[RecordEvent], at: datetime, **fields: Any) -> None:
        """Trigger one event. Raises `RecordClosed`."""
        self.must_be_open()
        self.trigger_event(event, timestamp=at, **fields)
