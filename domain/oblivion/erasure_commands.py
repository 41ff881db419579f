"""Oblivion, as people ask for it, stop it and follow it (design §6). What carries it out is `crypto_shredding/erasure/erasure_saga.py`."""

from datetime import date, datetime
from uuid import UUID

from domain.access.access_policy import decides_for, relation_to_erased
from domain.categories import Category
from domain.identifiers import ErasureId, YouthId
from domain.keeping import Accepted, Keeping
from domain.oblivion.archive_gate import ArchiveGate, gate_of
from domain.oblivion.erasure import SELF_SERVICE, Erasure, Ground, Obstacle, Stage
from domain.oblivion.hold import Hold, hold_of
from domain.record.youth_record import YouthRecord
from domain.refusals import (
    ChoiceUnknown,
    CommandKeyReused,
    ConcurrentChange,
    ErasureTooLate,
    PresenceRequired,
    RecordClosed,
    RecordErased,
    Replayed,
)
from domain.trail import Actor, CommandKey, Fence, Operation, Outcome, Role, TrailLine

_CLOSING_TRIES = 300
"""An erasure races the writers of its youth: each try reads again, so that they cannot starve it. Against eight tight loops of them it wins
one try in nine, and twenty tries were seen not to be enough."""
_CANCELLING_TRIES = 5
"""Between reading and writing may come two approvals, another try, or the beginning of the erasure: what stands then decides."""


class ErasureCommands(Keeping):
    """The use cases of erasures, of the archive gate and of holds."""

    def close_record(
        self,
        actor: Actor,
        youth: YouthId,
        *,
        asked_in_person: bool = False,
        command: CommandKey | None = None,
        expected_version: int | None = None,
    ) -> ErasureId:
        """Close a record for erasure: the closing event, the `Erasure` and the fence are one statement. Nobody reads or writes.

        A youth asks alone; an educator asks for a youth who is there (`asked_in_person`). Asking again gives the same erasure.
        Raises `PresenceRequired`, `ConcurrentChange` when `expected_version` is no longer the record's, and what `find_record` raises.
        """
        earlier = self.accepted(command)
        if earlier is not None:
            return self._closed_already(actor, youth, earlier)
        erasure = ErasureId(self.new_id())
        for tries_left in reversed(range(_CLOSING_TRIES)):
            try:
                record = self.find_record(actor, Operation.ERASE_RECORD, youth)
                _must_be_closable(actor, record, asked_in_person=asked_in_person, expected_version=expected_version)
                closing = self._closing(actor, record, erasure, asked_in_person=asked_in_person and actor.role is not Role.YOUTH)
                self._close(actor, record, closing, command=command)
            except Replayed as replayed:
                return self._closed_already(actor, youth, self.accepted(command, replayed))
            except (RecordClosed, RecordErased):
                # Another try of this very command may have closed it a moment ago.
                earlier = self.accepted(command)
                if earlier is None:
                    raise
                return self._closed_already(actor, youth, earlier)
            except ConcurrentChange:
                if expected_version is not None or not tries_left:
                    raise
            else:
                break
        return erasure

    def close_by_reference(self, actor: Actor, reference: UUID, ground: Ground) -> ErasureId:
        """Close the record that the trail knows as `reference`: a demand by letter, or the time that has come (R060, R063).

        It counts as the DPO's own approval; a second person approves (R069). Raises `NotAllowed`, `ChoiceUnknown` for what only the youth
        decides, `RecordClosed`, `TrailUnavailable`.
        """
        self.must_allow(actor, Operation.ASK_ERASURE)
        if ground in SELF_SERVICE:
            raise ChoiceUnknown("ground")
        youth = self.ledger.subject_of(reference)
        record = None if youth is None else self.find_kind(YouthRecord, youth)
        if record is None:
            raise self.refused(actor, Operation.ASK_ERASURE, Outcome.NOT_FOUND)
        closing = self._closing(actor, record, ErasureId(self.new_id()), asked_in_person=False, ground=ground)
        closing.approve(by=actor.account, role=actor.role, at=self.clock())
        self._close(actor, record, closing, command=None, operation=Operation.ASK_ERASURE)
        return ErasureId(closing.id)

    def withdraw_agreement(
        self, actor: Actor, youth: YouthId, category: str, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """Take an agreement back: the category's content is shown no more, and the key that opens it will be destroyed (R046)."""
        closing: list[Erasure] = []

        def decide(record: YouthRecord, at: datetime) -> None:
            erasure = ErasureId(self.new_id())
            record.withdraw_agreement(category, erasure, by=actor.account, at=at)
            closing[:] = [
                Erasure.close(
                    erasure,
                    youth,
                    asked_by=actor.role,
                    asked_in_person=True,
                    referents=list(record.referents),
                    at=at,
                    ground=Ground.WITHDRAWAL,
                    category=Category(category),
                )
            ]

        def append(record: YouthRecord) -> Accepted:
            line = TrailLine(actor, Operation.WITHDRAW_AGREEMENT, Outcome.GRANTED, (youth,), (Category.CORE,), records=1)
            fence = Fence(youth, ErasureId(closing[0].id), whole=False)
            self.store.put([*record.collect_events(), *closing[0].collect_events()], trail=line, command=command, fence=fence)
            return Accepted(youth, record.version)

        return self.change(
            actor,
            youth,
            decide,
            command=command,
            expected_version=expected_version,
            append=append,
            operation=Operation.WITHDRAW_AGREEMENT,
        )

    def cancel_erasure(self, actor: Actor, erasure: ErasureId, *, asked_in_person: bool = False) -> None:
        """Open again, whole, a record that nothing has begun to erase: the youth, or an educator with the youth at their side.

        An educator undoes what the youth had asked for, and nothing that others had decided.

        Raises `NotAllowed`, `PresenceRequired`, `ErasureTooLate`, `ErasureOutOfOrder`, `TrailUnavailable`. Cancelling twice does nothing.
        """
        for tries_left in reversed(range(_CANCELLING_TRIES)):
            found = self._decided(actor, erasure, Operation.CANCEL_ERASURE)
            if actor.role is not Role.YOUTH and found.ground != Ground.DEMAND:
                raise self.refused(actor, Operation.CANCEL_ERASURE, Outcome.REFUSED)
            if actor.role is not Role.YOUTH and not asked_in_person:
                raise PresenceRequired
            if found.stage is Stage.CANCELLED:
                self.ledger.write_trail(TrailLine(actor, Operation.CANCEL_ERASURE))
                return
            try:
                self._reopen(actor, found)
            except ConcurrentChange:
                if not tries_left:
                    raise
            else:
                return

    def approve_erasure(self, actor: Actor, erasure: ErasureId) -> None:
        """Give one of the two approvals (R069). Raises `NotAllowed`, `SecondApprover`, `ErasureOutOfOrder`, `TrailUnavailable`."""
        found = self._decided(actor, erasure, Operation.APPROVE_ERASURE)
        found.approve(by=actor.account, role=actor.role, at=self.clock())
        self.append(found, actor=actor, operation=Operation.APPROVE_ERASURE)

    def read_erasure(self, actor: Actor, erasure: ErasureId, operation: Operation = Operation.READ_ERASURE) -> Erasure:
        """Give an erasure, without content, to the DPO, the youth and the former referents. Raises `NotAllowed`, `TrailUnavailable`."""
        found = self._decided(actor, erasure, operation)
        self.ledger.write_trail(TrailLine(actor, operation))
        return found

    def list_erasures(self, actor: Actor, *, before: datetime | None = None, limit: int = 50) -> list[Erasure]:
        """Give the erasures to those who approve and watch over them, the latest first, before a moment. Raises `NotAllowed`."""
        self.disclose(actor, Operation.LIST_ERASURES)
        found = (self.find_kind(Erasure, erasure) for erasure in self.ledger.erasures(before=before, limit=limit))
        return [erasure for erasure in found if erasure is not None]

    def obstacles_of(self, erasure: Erasure) -> tuple[Obstacle, ...]:
        """Name what stands in the way of an erasure now. It discloses nothing by itself: whoever calls it has read the erasure."""
        at = self.clock()
        gate, hold = self.gate(), self.find_kind(Hold, hold_of(YouthId(erasure.subject)))
        return erasure.obstacles(at, gate_is_open=gate is not None and gate.is_open(at), is_held=hold is not None and hold.is_active(at))

    def erasure_of(self, youth: YouthId) -> ErasureId | None:
        """Give the erasure that closed `youth`, if one did. It discloses nothing by itself: `read_erasure` decides."""
        return self.ledger.fence_of(youth)

    def gate(self) -> ArchiveGate | None:
        """Give the structure's archive gate, `None` when no agreement was ever entered. It names nobody."""
        return self.find_kind(ArchiveGate, gate_of(self.structure))

    def open_gate(self, actor: Actor, ground: str, reference: str, valid_until: date | None) -> None:
        """Enter what the archives administration agreed to (R064). Raises `NotAllowed`, `ChoiceUnknown`, `TextMissing`, `DateRefused`."""
        self.must_allow(actor, Operation.MANAGE_ARCHIVE_GATE)
        at = self.clock()
        gate = self.gate() or ArchiveGate.begin(gate_of(self.structure), at=at)
        gate.open(ground, reference, valid_until, by=actor.account, at=at)
        self.append(gate, actor=actor, operation=Operation.MANAGE_ARCHIVE_GATE)

    def shut_gate(self, actor: Actor) -> None:
        """End the agreement: what was not begun waits. Raises `NotAllowed`, `GateClosedAlready`."""
        self.must_allow(actor, Operation.MANAGE_ARCHIVE_GATE)
        at = self.clock()
        gate = self.gate() or ArchiveGate.begin(gate_of(self.structure), at=at)
        gate.shut(by=actor.account, at=at)
        self.append(gate, actor=actor, operation=Operation.MANAGE_ARCHIVE_GATE)

    def place_hold(self, actor: Actor, reference: UUID, reason: str, until: date) -> None:
        """Suspend whatever would destroy the record that the trail knows as `reference` (R065); renew it when it is there.

        Raises `NotAllowed`, `ChoiceUnknown`, `DateRefused`, `ErasureTooLate` once it has begun, `TrailUnavailable`.
        """
        youth = self.referred(actor, Operation.MANAGE_HOLDS, reference)
        erasure = self.find_erasure(youth)
        if erasure is not None and erasure.begun is not None:
            self.refused(actor, Operation.MANAGE_HOLDS, Outcome.REFUSED, youth)
            raise ErasureTooLate("Il est trop tard pour suspendre : l'effacement a commencé.")
        at, hold = self.clock(), self.find_kind(Hold, hold_of(youth))
        if hold is None:
            hold = Hold.place(hold_of(youth), reason, until, by=actor.account, at=at)
        else:
            hold.renew(reason, until, by=actor.account, at=at)
        self.append(hold, actor=actor, operation=Operation.MANAGE_HOLDS, subject=youth)

    def lift_hold(self, actor: Actor, reference: UUID) -> None:
        """End a hold. Raises `NotAllowed`, `HoldLiftedAlready`, `TrailUnavailable`."""
        youth = self.referred(actor, Operation.MANAGE_HOLDS, reference)
        hold = self.find_kind(Hold, hold_of(youth))
        if hold is None:
            raise self.refused(actor, Operation.MANAGE_HOLDS, Outcome.NOT_FOUND)
        hold.lift(by=actor.account, at=self.clock())
        self.append(hold, actor=actor, operation=Operation.MANAGE_HOLDS, subject=youth)

    def read_hold(self, actor: Actor, reference: UUID) -> Hold | None:
        """Give the hold on a record to the DPO, `None` when there never was one. Raises `NotAllowed`, `TrailUnavailable`."""
        youth = self.referred(actor, Operation.MANAGE_HOLDS, reference)
        self.ledger.write_trail(TrailLine(actor, Operation.MANAGE_HOLDS, Outcome.GRANTED, (youth,), records=1))
        return self.find_kind(Hold, hold_of(youth))

    def _decided(self, actor: Actor, erasure: ErasureId, operation: Operation) -> Erasure:
        found = self.find_kind(Erasure, erasure)
        if found is None:
            raise self.refused(actor, operation, Outcome.NOT_FOUND)
        if not decides_for(actor, operation, relation_to_erased(actor, found)):
            raise self.refused(actor, operation, Outcome.REFUSED)
        return found

    def _closing(
        self, actor: Actor, record: YouthRecord, erasure: ErasureId, *, asked_in_person: bool, ground: Ground = Ground.DEMAND
    ) -> Erasure:
        referents: list[UUID] = list(record.referents)
        return Erasure.close(
            erasure,
            record.youth,
            asked_by=actor.role,
            asked_in_person=asked_in_person,
            referents=referents,
            at=self.clock(),
            ground=ground,
        )

    def _close(
        self,
        actor: Actor,
        record: YouthRecord,
        closing: Erasure,
        *,
        command: CommandKey | None,
        operation: Operation = Operation.ERASE_RECORD,
    ) -> None:
        record.close(ErasureId(closing.id), at=self.clock())
        line = TrailLine(actor, operation, Outcome.GRANTED, (record.youth,), record.filled_categories, records=1)
        fence = Fence(record.youth, ErasureId(closing.id))
        self.store.put([*record.collect_events(), *closing.collect_events()], trail=line, command=command, fence=fence)

    def _reopen(self, actor: Actor, found: Erasure) -> None:
        youth, erasure, at = YouthId(found.subject), ErasureId(found.id), self.clock()
        found.cancel(by=actor.role, at=at)
        record = self.find_kind(YouthRecord, youth)
        if record is None:
            raise RecordErased
        if record.closed_by != erasure:
            raise ConcurrentChange  # Somebody has opened it since the erasure was read: it is read again.
        record.reopen(erasure, at=at)
        self._end_what_went_meanwhile(record, at)
        line = TrailLine(actor, Operation.CANCEL_ERASURE, Outcome.GRANTED, (youth,), (Category.CORE,), records=1)
        fence = Fence(youth, erasure, reopens=True)
        self.store.put([*record.collect_events(), *found.collect_events()], trail=line, fence=fence)

    def _end_what_went_meanwhile(self, record: YouthRecord, at: datetime) -> None:
        """Let the youth agree again to a category whose key was destroyed while the record was closed."""
        for category, pending in list(record.being_erased.items()):
            gone = self.find_kind(Erasure, pending)
            if gone is not None and gone.effect is not None:
                record.end_category(category, ErasureId(pending), at=at)

    def _closed_already(self, actor: Actor, youth: YouthId, earlier: Accepted | None) -> ErasureId:
        erasure = self.erasure_of(youth)
        if earlier is None or earlier.stream != youth or erasure is None:
            raise CommandKeyReused
        self.read_erasure(actor, erasure)
        return erasure


def _must_be_closable(actor: Actor, record: YouthRecord, *, asked_in_person: bool, expected_version: int | None) -> None:
    if actor.role is not Role.YOUTH and not asked_in_person:
        raise PresenceRequired
    if expected_version is not None and expected_version != record.version:
        raise ConcurrentChange(expected_version, record.version)
