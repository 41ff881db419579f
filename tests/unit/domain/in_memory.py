"""A store without a database, with the real one's behaviour: one append is all or nothing, keys can be destroyed, the trail can fail."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import EventStore, IntegrityError, Mapper, StoredEvent
from eventsourcing.popo import POPOApplicationRecorder

from domain.categories import Category
from domain.identifiers import ErasureId, RequestId, StructureId, YouthId
from domain.oblivion.erasure import Erasure
from domain.record.youth_record import YouthRecord
from domain.record_keeping import RecordKeeping
from domain.refusals import ConcurrentChange, Replayed, TrailUnavailable
from domain.stream import ErasedEvent
from domain.trail import Actor, CommandKey, Fence, Operation, Purpose, Role, TrailLine
from domain.transcodings import transcoder
from tests.unit.domain.scenes import ANNE, NOW


@dataclass
class StandingFence:
    """One row a fence, as the database has it."""

    subject: YouthId
    erasure: ErasureId
    version: int
    whole: bool
    closed_at: datetime
    cancelled: bool = False


class InMemoryRecorder(POPOApplicationRecorder):
    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.clock = clock
        self.trail: list[TrailLine] = []
        self.trail_is_writable = True
        self.fences: list[StandingFence] = []
        self.references: dict[UUID, YouthId] = {}
        self.commands: dict[CommandKey, tuple[UUID, int]] = {}
        self.imports: set[bytes] = set()
        self.before_insert: list[Any] = []
        """Called once each, before an append: a rival gets there first."""
        self.before_line: list[Any] = []
        """Called once each, before a line of the trail."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        while self.before_insert:
            self.before_insert.pop()()
        command: CommandKey | None = kwargs.get("command")
        fence: Fence | None = kwargs.get("fence")
        if command in self.commands:
            raise Replayed(*self.commands[command])
        try:
            self._assert_uniqueness(stored_events)
        except IntegrityError:
            raise ConcurrentChange from None
        trail: TrailLine = kwargs["trail"]
        self.write_trail(trail)
        positions = self._update_table(stored_events)
        if trail.operation is Operation.OPEN_RECORD:
            self.name_subjects(trail.subjects)
        if command is not None:
            stream = stored_events[0].originator_id if fence is None else fence.subject
            own = [row for row in stored_events if row.originator_id == stream]
            self.commands[command] = (own[0].originator_id, own[-1].originator_version)
        if fence is not None:
            self._fence(fence, max(row.originator_version for row in stored_events if row.originator_id == fence.subject))
        return positions

    def write_trail(self, line: TrailLine) -> int:
        if not self.trail_is_writable:
            raise TrailUnavailable
        while self.before_line:
            self.before_line.pop()()
        self.trail.append(line)
        return max((fence.version for fence in self.fences if fence.subject in line.subjects and not fence.cancelled), default=0)

    def fence_of(self, subject: YouthId) -> ErasureId | None:
        return next((fence.erasure for fence in self.closing if fence.subject == subject), None)

    @property
    def closing(self) -> list[StandingFence]:
        """The fences of whole records that were not cancelled."""
        return [fence for fence in self.fences if fence.whole and not fence.cancelled]

    def subject_of(self, reference: UUID) -> YouthId | None:
        return self.references.get(reference)

    def name_subjects(self, subjects: Sequence[YouthId]) -> None:
        self.references.update((uuid4(), subject) for subject in subjects)

    def reference_of(self, subject: YouthId) -> UUID:
        """What the trail calls this record: the DPO reads it there."""
        return next(reference for reference, named in self.references.items() if named == subject)

    def erasures(self, *, before: datetime | None, limit: int) -> list[ErasureId]:
        latest_first = sorted(self.fences, key=lambda fence: fence.closed_at, reverse=True)
        return [fence.erasure for fence in latest_first if before is None or fence.closed_at < before][:limit]

    def accepted(self, command: CommandKey) -> tuple[UUID, int] | None:
        return self.commands.get(command)

    def was_imported(self, file_digest: bytes) -> bool:
        return file_digest in self.imports

    def _fence(self, fence: Fence, version: int) -> None:
        if fence.reopens:
            next(row for row in self.fences if row.erasure == fence.erasure).cancelled = True
            return
        assert not fence.whole or self.fence_of(fence.subject) is None
        self.fences.append(StandingFence(fence.subject, fence.erasure, version, fence.whole, self.clock()))


class InMemoryMapper(Mapper[UUID]):
    def __init__(self, rings: dict[UUID, bool]) -> None:
        super().__init__(transcoder())
        self.rings = rings
        self.destroyed: dict[tuple[UUID, Category], int] = {}
        """Of a category whose key was destroyed, the version up to which that key had sealed what is of it."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        assert domain_event.category is Category.STRUCTURE or self.rings[domain_event.originator_id]
        return super().to_stored_event(domain_event)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        stream, version = stored_event.originator_id, stored_event.originator_version
        if self.rings.get(stream) is False:
            return ErasedEvent(stream, version)
        event: Any = super().to_domain_event(stored_event)
        if version <= self.destroyed.get((stream, event.category), 0):
            return ErasedEvent(stream, version, whole=False)
        return event


class InMemoryStore(EventStore[UUID]):
    recorder: InMemoryRecorder

    def put_bulk(self, domain_events: Sequence[Any], *, trail: TrailLine, import_digest: bytes) -> None:
        if import_digest in self.recorder.imports:
            raise Replayed(UUID(int=0), 0)
        self.recorder.insert_events([self.mapper.to_stored_event(event) for event in domain_events], trail=trail)
        self.recorder.imports.add(import_digest)
        self.recorder.name_subjects(trail.subjects)

    def get(self, originator_id: UUID, **bounds: Any) -> Iterator[Any]:
        return iter(list(super().get(originator_id, **bounds)))

    def first_events(self) -> Iterator[Any]:
        stored = self.recorder.select_notifications(None, 10**9)
        opened = (self.mapper.to_domain_event(row) for row in stored if row.originator_version == 1)
        return (event for event in opened if not isinstance(event, ErasedEvent))


_OF_THE_SAGA = TrailLine(Actor(ANNE, Role.SYSTEM, Purpose.HONOUR_RIGHTS, RequestId(uuid4())), Operation.ERASE_RECORD)


@dataclass
class World:
    """One structure in memory. `rings` says of each youth whether the key lives."""

    now: datetime = NOW
    rings: dict[UUID, bool] = field(default_factory=dict)
    structure: StructureId = field(default_factory=lambda: StructureId(uuid4()))
    recorder: InMemoryRecorder = field(init=False)
    mapper: InMemoryMapper = field(init=False)
    records: RecordKeeping = field(init=False)

    def __post_init__(self) -> None:
        self.recorder = InMemoryRecorder(lambda: self.now)
        self.mapper = InMemoryMapper(self.rings)
        store = InMemoryStore(self.mapper, self.recorder)
        self.records = RecordKeeping(
            self.structure, self.mapper, self.recorder, self.mint, self.mint, lambda: self.now, uuid4, event_store=store
        )

    def mint(self, subject: UUID) -> None:
        assert subject not in self.rings
        self.rings[subject] = True

    def shred(self, youth: YouthId) -> None:
        self.rings[youth] = False

    def begin_to_erase(self, erasure: ErasureId) -> None:
        """Write what the saga writes once nothing stands in the way."""
        found = self.records.find_kind(Erasure, erasure)
        assert found is not None
        found.begin(view_rows=1, shown=0, exported=0, at=self.now)
        record = self.records.find_kind(YouthRecord, YouthId(found.subject))
        assert record is not None
        if found.is_whole:
            record.begin_erasure(erasure, at=self.now)
        self.records.store.put([*record.collect_events(), *found.collect_events()], trail=_OF_THE_SAGA)

    def shred_category(self, erasure: ErasureId) -> None:
        """Destroy the key of one category, as the saga does, and write that it is done."""
        found = self.records.find_kind(Erasure, erasure)
        assert found is not None
        assert found.erased_category is not None
        record = self.records.find_kind(YouthRecord, YouthId(found.subject))
        assert record is not None
        self.mapper.destroyed[found.subject, Category(found.erased_category)] = record.version
        record.end_category(found.erased_category, erasure, at=self.now)
        self.records.store.put(record.collect_events(), trail=_OF_THE_SAGA)

    @property
    def last_line(self) -> TrailLine:
        return self.recorder.trail[-1]


def a_key() -> bytes:
    return uuid4().bytes + uuid4().bytes
