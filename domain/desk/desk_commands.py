"""The DPO's numbered files: incidents, breaches, requisitions. No youth's key is needed for any of them (R005, R086, N36).

A file has a number and its stream's identifier follows from it, so that a register has no hole: number 4 is only there when 3 is.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID, uuid5

from domain.desk.breach import Breach
from domain.desk.incident import Conclusion, Incident
from domain.desk.requisition import Requisition
from domain.drafts import DeliveryDraft, RequisitionDraft
from domain.identifiers import AccountId, FileId, StructureId
from domain.keeping import Accepted, Keeping
from domain.refusals import ConcurrentChange
from domain.trail import Actor, CommandKey, Operation, Outcome, TrailLine

Numbered = TypeVar("Numbered", Incident, Breach, Requisition)

OPERATIONS = {
    Incident: Operation.MANAGE_INCIDENTS,
    Breach: Operation.MANAGE_BREACHES,
    Requisition: Operation.MANAGE_REQUISITIONS,
}
_TRIES = 20
"""Two people of the same desk may take the same number: whoever comes second takes the next one."""


def file_id(structure: StructureId, kind: type[Incident | Breach | Requisition], number: int) -> FileId:
    """Give the identifier of the file of `kind` that bears `number`."""
    return FileId(uuid5(structure, f"{kind.TOPIC} {number}"))


class DeskCommands(Keeping):
    """The use cases of the DPO's files. Each raises `NotAllowed`, `TrailUnavailable` and the refusals of its rule."""

    def read_files(self, actor: Actor, kind: type[Numbered]) -> list[tuple[int, Numbered]]:
        """Give every file of a kind with its number, the latest first."""
        self.disclose(actor, OPERATIONS[kind])
        return list(self.files(kind))[::-1]

    def read_file(self, actor: Actor, kind: type[Numbered], number: int, operation: Operation | None = None) -> Numbered:
        """Give one file. An unknown number is refused like anything unknown."""
        operation = operation or OPERATIONS[kind]
        self.must_allow(actor, operation)
        found = self._file(kind, number)
        if found is None:
            raise self.refused(actor, operation, Outcome.NOT_FOUND)
        self.ledger.write_trail(TrailLine(actor, operation, about=found.id))
        return found

    def files(self, kind: type[Numbered]) -> Iterator[tuple[int, Numbered]]:
        """Give every file of a kind with its number, the first one first. It discloses nothing by itself: whoever calls it has decided."""
        number = 1
        while (found := self._file(kind, number)) is not None:
            yield number, found
            number += 1

    def has_file(self, stream: UUID) -> bool:
        """Tell whether `stream` is a file of any kind. It discloses nothing by itself."""
        return isinstance(self.find(stream), tuple(OPERATIONS))

    def open_incident(
        self,
        actor: Actor,
        account: AccountId,
        interval: tuple[datetime, datetime],
        reason: str,
        *,
        anomaly: str | None = None,
        explained: str | None = None,
        command: CommandKey | None = None,
    ) -> int:
        """State a reason for looking at what one person did; with `explained`, an anomaly is told and closed in one go. Give its number."""

        def create(incident: FileId, at: datetime) -> Incident:
            made = Incident.open(incident, account, interval, reason, by=actor.account, at=at, anomaly=anomaly)
            if explained is not None:
                made.conclude(Conclusion.EXPLAINED, explained, by=actor.account, at=at)
            return made

        return self._begin(actor, Incident, create, command)

    def conclude_incident(self, actor: Actor, number: int, conclusion: str, words: str, *, command: CommandKey | None = None) -> Accepted:
        """Say what came of an incident."""
        return self._go_on(actor, Incident, number, lambda one, at: one.conclude(conclusion, words, by=actor.account, at=at), command)

    def open_breach(self, actor: Actor, aware_at: datetime, what: str, *, command: CommandKey | None = None) -> int:
        """Open a breach: its clock runs from `aware_at`. Give its number."""
        return self._begin(actor, Breach, lambda one, at: Breach.open(one, aware_at, what, by=actor.account, at=at), command)

    def add_stage(self, actor: Actor, number: int, text: str, *, command: CommandKey | None = None) -> Accepted:
        """Add what is known since."""
        return self._go_on(actor, Breach, number, lambda one, at: one.add_stage(text, by=actor.account, at=at), command)

    def name_perimeter(
        self, actor: Actor, number: int, account: AccountId, interval: tuple[datetime, datetime], *, command: CommandKey | None = None
    ) -> Accepted:
        """Name an account and an interval whose accesses are part of a breach."""

        def decide(breach: Breach, at: datetime) -> None:
            breach.name_perimeter(account, interval, by=actor.account, at=at)

        return self._go_on(actor, Breach, number, decide, command)

    def assess_keys(self, actor: Actor, number: int, compromised: str, *, command: CommandKey | None = None) -> Accepted:
        """Say whether keys were within the perimeter."""
        return self._go_on(actor, Breach, number, lambda one, at: one.assess_keys(compromised, by=actor.account, at=at), command)

    def notify_authority(
        self,
        actor: Actor,
        number: int,
        notified_at: datetime,
        reference: str | None,
        late_because: str | None,
        *,
        command: CommandKey | None = None,
    ) -> Accepted:
        """Note that the CNIL was told."""

        def decide(breach: Breach, at: datetime) -> None:
            breach.notify(notified_at, reference, late_because, by=actor.account, at=at)

        return self._go_on(actor, Breach, number, decide, command)

    def decide_not_to_notify(self, actor: Actor, number: int, because: str, *, command: CommandKey | None = None) -> Accepted:
        """Decide that the CNIL need not be told."""
        return self._go_on(actor, Breach, number, lambda one, at: one.decide_not_to_notify(because, by=actor.account, at=at), command)

    def tell_people(self, actor: Actor, number: int, occurred_on: date, how: str, *, command: CommandKey | None = None) -> Accepted:
        """Note that the people themselves were told."""
        return self._go_on(actor, Breach, number, lambda one, at: one.tell_people(occurred_on, how, by=actor.account, at=at), command)

    def decide_not_to_tell(self, actor: Actor, number: int, because: str, words: str, *, command: CommandKey | None = None) -> Accepted:
        """Decide not to tell the people."""
        return self._go_on(actor, Breach, number, lambda one, at: one.decide_not_to_tell(because, words, by=actor.account, at=at), command)

    def close_breach(self, actor: Actor, number: int, *, command: CommandKey | None = None) -> Accepted:
        """Close a breach once everything is decided."""
        return self._go_on(actor, Breach, number, lambda one, at: one.close(by=actor.account, at=at), command)

    def receive_requisition(self, actor: Actor, draft: RequisitionDraft, *, command: CommandKey | None = None) -> int:
        """Enter a requisition. Give its number."""
        return self._begin(actor, Requisition, lambda one, at: Requisition.receive(one, draft, by=actor.account, at=at), command)

    def deliver_requisition(self, actor: Actor, number: int, draft: DeliveryDraft, *, command: CommandKey | None = None) -> Accepted:
        """Note what was given."""
        return self._go_on(actor, Requisition, number, lambda one, at: one.hand_over(draft, by=actor.account, at=at), command)

    def refuse_requisition(
        self, actor: Actor, number: int, because: str, words: str | None, *, command: CommandKey | None = None
    ) -> Accepted:
        """Note that nothing is given."""
        return self._go_on(actor, Requisition, number, lambda one, at: one.refuse(because, words, by=actor.account, at=at), command)

    def _begin(self, actor: Actor, kind: type[Numbered], create: Callable[[FileId, datetime], Numbered], command: CommandKey | None) -> int:
        operation = OPERATIONS[kind]
        self.must_allow(actor, operation)
        for tries_left in reversed(range(_TRIES)):
            number = sum(1 for _ in self.files(kind)) + 1
            made = create(file_id(self.structure, kind, number), self.clock())
            try:
                accepted = self.append_new(made, actor=actor, operation=operation, command=command, about=made.id)
            except ConcurrentChange:
                if not tries_left:
                    raise
            else:
                return self._number_of(kind, accepted.stream)
        raise ConcurrentChange  # pragma: no cover -- the last try has raised it.

    def _go_on(
        self, actor: Actor, kind: type[Numbered], number: int, decide: Callable[[Numbered, datetime], None], command: CommandKey | None
    ) -> Accepted:
        operation = OPERATIONS[kind]
        self.must_allow(actor, operation)
        found = self._file(kind, number)
        if found is None:
            raise self.refused(actor, operation, Outcome.NOT_FOUND)
        earlier = self.accepted(command)
        if earlier is None or earlier.stream != found.id:
            decide(found, self.clock())
            return self.append(found, actor=actor, operation=operation, command=command, about=found.id)
        before = self.find(found.id, version=earlier.version - 1)
        decide(before, self.clock())
        self.must_repeat(before.collect_events(), earlier)
        self.ledger.write_trail(TrailLine(actor, operation, about=found.id))
        return earlier

    def _file(self, kind: type[Numbered], number: int) -> Numbered | None:
        return self.find_kind(kind, file_id(self.structure, kind, number)) if number > 0 else None

    def _number_of(self, kind: type[Numbered], stream: UUID) -> int:
        number = 1
        while file_id(self.structure, kind, number) != stream:
            number += 1
        return number
