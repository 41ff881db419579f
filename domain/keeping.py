"""The door that every use case passes: find, decide, leave a line, and only then disclose or change (design §2, §7).

Order of a look: read, decide, commit the line, give. Order of a change: read, decide, then one statement with events, line and
idempotency row.
A refused attempt leaves its line too, and says the same whether the record is somebody else's or does not exist (invariant 12).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import ApplicationRecorder, EventStore, Mapper
from eventsourcing.utils import Environment, EnvType

from domain.access.access_policy import Circle, Grant, Relation, Standing, decide, decides_for, relation_to_erased, standings_of
from domain.access.replacements import Replacements, replacements_of
from domain.access.teams import Teams, teams_of
from domain.categories import Category
from domain.identifiers import ReportId, StructureId, YouthId
from domain.ledger import Ledger, RecordStore
from domain.oblivion.erasure import Erasure
from domain.record.youth_record import YouthRecord
from domain.refusals import CommandKeyReused, ConcurrentChange, DomainError, NotAllowed, RecordClosed, RecordErased, Replayed
from domain.replay import project, project_within
from domain.stream import ErasedStream, Stream
from domain.trail import Actor, CommandKey, Operation, Outcome, Role, TrailLine

StreamKind = TypeVar("StreamKind", bound=Stream)

_DRAWN_ANEW = frozenset(
    {"timestamp", "originator_id", "originator_version", "contact_id", "step_id", "item_id", "erasure", "access", "ends_at"}
)
"""What differs between two tries of one command: the clock, and the identifiers that are drawn for each try."""

_TOLD_OF_CLOSING: Final = frozenset({Relation.SELF, Relation.REFERENT})


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted change: the stream and its version afterwards. `replayed` when an earlier try had written it already."""

    stream: UUID
    version: int
    replayed: bool = False


class Keeping(Application[UUID]):
    """One structure's application. Everything is handed in: nothing is read from the environment, nothing is cached."""

    name = "record_keeping"

    def __init__(  # noqa: PLR0917 -- the composition root hands in each part, in this order.
        self,
        structure: StructureId,
        mapper: Mapper[UUID],
        recorder: ApplicationRecorder,
        mint_keys: Callable[[YouthId], None],
        mint_report_keys: Callable[[ReportId], None],
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        *,
        event_store: EventStore[UUID] | None = None,
    ) -> None:
        self.structure = structure
        self.mint_keys = mint_keys
        self.mint_report_keys = mint_report_keys
        self.clock = clock
        self.new_id = new_id
        self._handed = (mapper, recorder, event_store or EventStore(mapper, recorder))
        super().__init__({})

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Give an empty environment: settings have one reader, and it is not here."""
        return Environment(name, dict(env or {}))

    def construct_mapper(self) -> Mapper[UUID]:
        """Give the mapper that was handed in."""
        return self._handed[0]

    def construct_recorder(self) -> ApplicationRecorder:
        """Give the recorder that was handed in."""
        return self._handed[1]

    def construct_event_store(self) -> EventStore[UUID]:
        """Give the event store that was handed in."""
        return self._handed[2]

    @property
    def ledger(self) -> Ledger:
        """The recorder, for what it keeps beside events."""
        return cast("Ledger", self.recorder)

    @property
    def store(self) -> RecordStore:
        """The event store, for appending with a trail line."""
        return cast("RecordStore", self.events)

    def disclose(
        self,
        actor: Actor,
        operation: Operation,
        *,
        subjects: Sequence[YouthId] = (),
        categories: Sequence[Category] = (),
        records: int = 0,
        about: UUID | None = None,
    ) -> None:
        """Decide and commit the line before something that is no single record is shown: a list, figures, the trail, a catalogue.

        `subjects` names each record that the list shows (design §7); `about` is what gives the reason, where a look needs one (R086).
        Raises `NotAllowed`, `TrailUnavailable`: then show nothing.
        """
        self.must_allow(actor, operation)
        shown = tuple(subjects)
        self.ledger.write_trail(TrailLine(actor, operation, Outcome.GRANTED, shown, tuple(categories), records or len(shown), about))

    def disclose_about(self, actor: Actor, operation: Operation, youth: YouthId) -> None:
        """Decide and commit the line before something about one living record is shown, such as who looked at it.

        Raises `NotAllowed`, `RecordClosed`, `RecordErased`, `TrailUnavailable`.
        """
        line = TrailLine(actor, operation, Outcome.GRANTED, (youth,), records=1)
        while self.find_record(actor, operation, youth).version < self.ledger.write_trail(line):
            pass  # Something was closed since it was read: whoever discloses has read after the fence (invariant 4).

    def must_allow(self, actor: Actor, operation: Operation) -> None:
        """Decide an operation that touches no record. Raises `NotAllowed`, after its line."""
        if not decides_for(actor, operation, Relation.NONE):
            raise self.refused(actor, operation, Outcome.REFUSED)

    def find_record(self, actor: Actor, operation: Operation, youth: YouthId) -> YouthRecord:
        """Find a living record and decide. Raises `NotAllowed`, `RecordClosed`, `RecordErased`, each after its line.

        It is whole, whatever the relation opens: for deciding, and for whoever may see all of it. `find_access` says what may be shown.
        """
        return self.find_access(actor, operation, youth)[0]

    def find_access(self, actor: Actor, operation: Operation, youth: YouthId) -> tuple[YouthRecord, Grant]:
        """Find a living record, and what was decided about it. Raises what `find_record` raises."""
        found = self.find(youth)
        if isinstance(found, ErasedStream):
            raise self._erased(actor, operation, youth)
        if not isinstance(found, YouthRecord):
            # Of a record that is there, whether an educator stands in for somebody is asked: so it is of one that is not.
            if actor.role is Role.EDUCATOR:
                self.circle().replaced_by(actor.account, self.clock())
            raise self.refused(actor, operation, Outcome.NOT_FOUND)
        grant = decide(actor, operation, self.standings(actor, found))
        if grant is None:
            raise self.refused(actor, operation, Outcome.REFUSED, youth)
        if found.is_closed:
            self.refused(actor, operation, Outcome.REFUSED, youth)
            # A temporary access does not learn that an erasure was asked for: to it, the record is there no more.
            raise RecordClosed if grant.relation in _TOLD_OF_CLOSING else NotAllowed
        return found, grant

    def standings(self, actor: Actor, record: YouthRecord) -> tuple[Standing, ...]:
        """Say all that `actor` is to `record` at this moment."""
        return standings_of(actor, record, self.circle(), self.clock())

    def circle(self) -> Circle:
        """Give the structure's teams and replacements, to be read if a decision asks for them."""
        return Circle(
            lambda: self.find_kind(Teams, teams_of(self.structure)),
            lambda: self.find_kind(Replacements, replacements_of(self.structure)),
        )

    def within(self, record: YouthRecord, grant: Grant) -> YouthRecord:
        """Give what `grant` opens of `record`, replayed without the rest; the record itself when that is all of it."""
        if grant.relation in {Relation.REFERENT, Relation.SELF}:
            return record
        projector = partial(project_within, grant.categories)
        opened: YouthRecord = self.repository.get(record.id, version=record.version, projector_func=projector)
        return opened

    def referred(self, actor: Actor, operation: Operation, reference: UUID) -> YouthId:
        """Find the record that the trail knows as `reference`, for an operation that needs none of its content. Raises `NotAllowed`."""
        self.must_allow(actor, operation)
        youth = self.ledger.subject_of(reference)
        if youth is None:
            raise self.refused(actor, operation, Outcome.NOT_FOUND)
        return youth

    def find(self, stream: UUID, *, version: int | None = None) -> Any:
        """Replay a stream: an aggregate, `ErasedStream`, or `None` when there is nothing under this identifier."""
        try:
            return self.repository.get(stream, version=version, projector_func=project)
        except AggregateNotFoundError:
            return None

    def find_erasure(self, youth: YouthId) -> Erasure | None:
        """Find the erasure that closed `youth`, if one did."""
        erasure = self.ledger.fence_of(youth)
        return None if erasure is None else self.find_kind(Erasure, erasure)

    def find_kind(self, kind: type[StreamKind], stream: UUID) -> StreamKind | None:
        """Find the aggregate of this `kind`, or `None`: an identifier of another kind of stream is unknown here."""
        found = self.find(stream)
        return found if isinstance(found, kind) else None

    def change(
        self,
        actor: Actor,
        youth: YouthId,
        decide: Callable[[YouthRecord, datetime], None],
        *,
        command: CommandKey | None,
        expected_version: int | None,
        append: Callable[[YouthRecord], Accepted] | None = None,
        operation: Operation = Operation.CHANGE_RECORD,
    ) -> Accepted:
        """Change a record by one event. Raises what `find_record` raises, `ConcurrentChange`, and what `decide` raises.

        `append` appends it when more than the record's own event is written with it.
        """
        record = self.find_record(actor, operation, youth)
        try:
            if expected_version is not None and expected_version != record.version:
                raise ConcurrentChange(expected_version, record.version)
            decide(record, self.clock())
            if append is not None:
                return append(record)
            return self.append(record, actor=actor, operation=operation, subject=youth, command=command)
        except DomainError as refusal:
            # A repeated command meets its own effect (a moved version, a completed step): what settles it is the idempotency row.
            accepted = self.accepted(command, refusal)
            if accepted is None:
                raise
        return self.repeated(actor, operation, youth, decide, accepted)

    def repeated(
        self, actor: Actor, operation: Operation, youth: YouthId, decide: Callable[[YouthRecord, datetime], None], accepted: Accepted
    ) -> Accepted:
        """Answer a change that is asked for again as the first one was, after its line. Raises `CommandKeyReused`, `RecordClosed`."""
        if accepted.stream != youth:
            raise CommandKeyReused
        before = self.find(youth, version=accepted.version - 1)
        if not isinstance(before, YouthRecord):
            raise RecordClosed  # Erased since the first lines of this very call.
        decide(before, self.clock())
        self.must_repeat(before.collect_events(), accepted)
        self.ledger.write_trail(TrailLine(actor, operation, Outcome.GRANTED, (youth,), records=1))
        return accepted

    def append(
        self,
        aggregate: Stream,
        *,
        actor: Actor,
        operation: Operation,
        subject: YouthId | None = None,
        command: CommandKey | None = None,
        about: UUID | None = None,
    ) -> Accepted:
        """Append what is pending in one aggregate, with its line. Raises `ConcurrentChange`, `Replayed`, `TrailUnavailable`."""
        events = aggregate.collect_events()
        categories = tuple(dict.fromkeys(event.category for event in cast("Sequence[Stream.Event]", events)))
        subjects = () if subject is None else (subject,)
        line = TrailLine(actor, operation, Outcome.GRANTED, subjects, categories, len(subjects), about)
        self.store.put(events, trail=line, command=command)
        return Accepted(aggregate.id, aggregate.version)

    def append_new(
        self, aggregate: Stream, *, actor: Actor, operation: Operation, command: CommandKey | None, about: UUID | None = None
    ) -> Accepted:
        """Append a new stream of the structure; a repeated command gives the stream of its first try."""
        events = list(aggregate.pending_events)
        try:
            return self.append(aggregate, actor=actor, operation=operation, command=command, about=about)
        except Replayed as replayed:
            accepted = self.accepted(command, replayed)
            if accepted is None:
                raise
        self.must_repeat(events, accepted)
        self.ledger.write_trail(TrailLine(actor, operation))
        return accepted

    def accepted(self, command: CommandKey | None, refusal: DomainError | None = None) -> Accepted | None:
        """Give what `command` has written already, if it has."""
        if isinstance(refusal, Replayed):
            return Accepted(cast("UUID", refusal.stream), refusal.version, replayed=True)
        place = None if command is None else self.ledger.accepted(command)
        return None if place is None else Accepted(*place, replayed=True)

    def must_repeat(self, events: Sequence[Any], accepted: Accepted) -> None:
        """Check that `events` say what `accepted` wrote, by decrypting: a digest kept beside the key could be guessed (design §5).

        Raises `CommandKeyReused`.
        """
        first = accepted.version - len(events)
        written = list(self.store.get(accepted.stream, gt=first, lte=accepted.version))
        if [_content(event) for event in events] != [_content(event) for event in written]:
            raise CommandKeyReused

    def _erased(self, actor: Actor, operation: Operation, youth: YouthId) -> DomainError:
        # The line names no record: an erased youth has no trail reference any more, and nothing may give them a new one.
        refusal = self.refused(actor, operation, Outcome.REFUSED)
        erasure = self.find_erasure(youth)
        may_know = erasure is not None and relation_to_erased(actor, erasure) is not Relation.NONE
        return RecordErased() if may_know else refusal

    def refused(self, actor: Actor, operation: Operation, outcome: Outcome, *subjects: YouthId) -> DomainError:
        """Write the line of a refused attempt, and give what to raise: the same refusal whatever the reason (invariant 12)."""
        self.ledger.write_trail(TrailLine(actor, operation, outcome, subjects))
        return NotAllowed()


def _content(event: Any) -> tuple[str, dict[str, Any]]:
    return type(event).__qualname__, {name: value for name, value in vars(event).items() if name not in _DRAWN_ANEW}
