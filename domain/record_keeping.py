"""`RecordKeeping`: the application of one structure. Its use cases stand in the files that it is made of; erasure stands here."""

from uuid import UUID

from domain.access_policy import decides_for, relation_to_erased
from domain.erasure import Erasure
from domain.identifiers import ErasureId, YouthId
from domain.import_commands import ImportCommands
from domain.keeping import Accepted
from domain.record_commands import RecordCommands
from domain.refusals import CommandKeyReused, ConcurrentChange, PresenceRequired, RecordClosed, RecordErased, Replayed
from domain.structure_commands import StructureCommands
from domain.trail import Actor, CommandKey, Fence, Operation, Outcome, Role, TrailLine
from domain.youth_record import YouthRecord

__all__ = ["Accepted", "RecordKeeping"]

_CLOSING_TRIES = 300
"""An erasure races the writers of its youth: each try reads again, so that they cannot starve it. Against eight tight loops of them it wins
one try in nine, and twenty tries were seen not to be enough."""


class RecordKeeping(RecordCommands, StructureCommands, ImportCommands):
    """Everything that people do in one structure."""

    name = "record_keeping"

    def close_record(
        self,
        actor: Actor,
        youth: YouthId,
        *,
        asked_in_person: bool = False,
        command: CommandKey | None = None,
        expected_version: int | None = None,
    ) -> ErasureId:
        """Close a record for erasure: the closing event, the `Erasure` and the fence are one statement. Nothing follows in that stream.

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
                self._close(actor, record, erasure, asked_in_person=asked_in_person, command=command)
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

    def read_erasure(self, actor: Actor, erasure: ErasureId, operation: Operation = Operation.READ_ERASURE) -> Erasure:
        """Give an erasure, without content, to the DPO, the youth and the former referents. Raises `NotAllowed`, `TrailUnavailable`."""
        found = self.find_kind(Erasure, erasure)
        if found is None:
            raise self.refused(actor, operation, Outcome.NOT_FOUND)
        if not decides_for(actor, operation, relation_to_erased(actor, found)):
            raise self.refused(actor, operation, Outcome.REFUSED)
        self.ledger.write_trail(TrailLine(actor, operation))
        return found

    def erasure_of(self, youth: YouthId) -> ErasureId | None:
        """Give the erasure that closed `youth`, if one did. It discloses nothing by itself: `read_erasure` decides."""
        return self.ledger.fence_of(youth)

    def _close(self, actor: Actor, record: YouthRecord, erasure: ErasureId, *, asked_in_person: bool, command: CommandKey | None) -> None:
        at = self.clock()
        referents: list[UUID] = list(record.referents)
        record.close(erasure, at=at)
        closing = Erasure.close(erasure, record.youth, asked_by=actor.role, asked_in_person=asked_in_person, referents=referents, at=at)
        line = TrailLine(actor, Operation.ERASE_RECORD, Outcome.GRANTED, (record.youth,), record.filled_categories, records=1)
        fence = Fence(record.youth, erasure)
        self.store.put([*record.collect_events(), *closing.collect_events()], trail=line, command=command, fence=fence)

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
