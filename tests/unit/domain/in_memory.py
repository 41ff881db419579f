"""A store without a database, with the real one's behaviour: one append is all or nothing, keys can be destroyed, the trail can fail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import EventStore, IntegrityError, Mapper, StoredEvent
from eventsourcing.popo import POPOApplicationRecorder

from domain.categories import Category
from domain.identifiers import ErasureId, StructureId, YouthId
from domain.record_keeping import RecordKeeping
from domain.refusals import ConcurrentChange, Replayed, TrailUnavailable
from domain.stream import ErasedEvent
from domain.trail import CommandKey, Fence, TrailLine
from domain.transcodings import transcoder
from tests.unit.domain.scenes import NOW


class InMemoryRecorder(POPOApplicationRecorder):
    def __init__(self) -> None:
        super().__init__()
        self.trail: list[TrailLine] = []
        self.trail_is_writable = True
        self.fences: dict[UUID, ErasureId] = {}
        self.commands: dict[CommandKey, tuple[UUID, int]] = {}
        self.imports: set[bytes] = set()
        self.before_insert: list[Any] = []
        """Called once each, before an append: a rival gets there first."""

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
        self.write_trail(kwargs["trail"])
        positions = self._update_table(stored_events)
        if command is not None:
            own = [row for row in stored_events if fence is None or row.originator_id == fence.subject]
            self.commands[command] = (own[0].originator_id, own[-1].originator_version)
        if fence is not None:
            self.fences[fence.subject] = fence.erasure
        return positions

    def write_trail(self, line: TrailLine) -> None:
        if not self.trail_is_writable:
            raise TrailUnavailable
        self.trail.append(line)

    def fence_of(self, subject: YouthId) -> ErasureId | None:
        return self.fences.get(subject)

    def accepted(self, command: CommandKey) -> tuple[UUID, int] | None:
        return self.commands.get(command)

    def was_imported(self, file_digest: bytes) -> bool:
        return file_digest in self.imports


class InMemoryMapper(Mapper[UUID]):
    def __init__(self, rings: dict[UUID, bool]) -> None:
        super().__init__(transcoder())
        self.rings = rings

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        assert domain_event.category is Category.STRUCTURE or self.rings[domain_event.originator_id]
        return super().to_stored_event(domain_event)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if self.rings.get(stored_event.originator_id) is False:
            return ErasedEvent(stored_event.originator_id, stored_event.originator_version)
        return super().to_domain_event(stored_event)


class InMemoryStore(EventStore[UUID]):
    recorder: InMemoryRecorder

    def put_bulk(self, domain_events: Sequence[Any], *, trail: TrailLine, import_digest: bytes) -> None:
        if import_digest in self.recorder.imports:
            raise Replayed(UUID(int=0), 0)
        self.recorder.insert_events([self.mapper.to_stored_event(event) for event in domain_events], trail=trail)
        self.recorder.imports.add(import_digest)

    def get(self, originator_id: UUID, **bounds: Any) -> Iterator[Any]:
        return iter(list(super().get(originator_id, **bounds)))

    def first_events(self) -> Iterator[Any]:
        stored = self.recorder.select_notifications(None, 10**9)
        opened = (self.mapper.to_domain_event(row) for row in stored if row.originator_version == 1)
        return (event for event in opened if not isinstance(event, ErasedEvent))


@dataclass
class World:
    """One structure in memory. `rings` says of each youth whether the key lives."""

    now: datetime = NOW
    rings: dict[UUID, bool] = field(default_factory=dict)
    recorder: InMemoryRecorder = field(default_factory=InMemoryRecorder)
    structure: StructureId = field(default_factory=lambda: StructureId(uuid4()))
    records: RecordKeeping = field(init=False)

    def __post_init__(self) -> None:
        mapper = InMemoryMapper(self.rings)
        store = InMemoryStore(mapper, self.recorder)
        self.records = RecordKeeping(self.structure, mapper, self.recorder, self.mint, lambda: self.now, uuid4, event_store=store)

    def mint(self, youth: YouthId) -> None:
        assert youth not in self.rings
        self.rings[youth] = True

    def shred(self, youth: YouthId) -> None:
        self.rings[youth] = False

    @property
    def last_line(self) -> TrailLine:
        return self.recorder.trail[-1]


def a_key() -> bytes:
    return uuid4().bytes + uuid4().bytes
