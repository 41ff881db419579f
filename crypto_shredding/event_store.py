"""The library's event store, fetching the key rings of a whole read or write in one query instead of one an event."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import EventStore, Notification, Recording, StoredEvent

from crypto_shredding.keys.key_ring import RingErased
from crypto_shredding.mapper import SealedMapper
from crypto_shredding.recorder import SealedRecorder
from domain.refusals import RecordClosed
from domain.stream import ErasedEvent
from domain.trail import TrailLine


class SealedEventStore(EventStore[UUID]):
    """Puts and gets sealed events."""

    mapper: SealedMapper
    recorder: SealedRecorder

    def __init__(self, mapper: SealedMapper, recorder: SealedRecorder) -> None:
        super().__init__(mapper, recorder)

    def put(self, domain_events: Sequence[DomainEventProtocol[UUID]], **kwargs: Any) -> list[Recording[UUID]]:
        """Seal and append events, with their trail line, in one statement.

        Raises `RecordClosed` when the key is gone, and what `SealedRecorder.insert_events` raises.
        """
        if not domain_events:
            return []
        stored = self._seal(domain_events)
        positions = self.recorder.insert_events(stored, **kwargs)
        return [
            Recording(event, Notification(row.originator_id, row.originator_version, row.topic, row.state, position))
            for event, row, position in zip(domain_events, stored, positions, strict=True)
        ]

    def put_bulk(self, domain_events: Sequence[Any], *, trail: TrailLine, import_digest: bytes) -> None:
        """Seal and append a whole import, all or nothing. Raises what `SealedRecorder.insert_bulk` raises."""
        stored = self._seal(domain_events)
        self.recorder.insert_bulk(stored, trail=trail, import_digest=import_digest)

    def _seal(self, domain_events: Sequence[Any]) -> list[StoredEvent]:
        rings = self.mapper.rings_for(domain_events)
        try:
            return [self.mapper.seal_event(event, rings) for event in domain_events]
        except RingErased:
            # Whoever writes had read the record before an erasure that is over by now.
            raise RecordClosed from None

    def get(
        self,
        originator_id: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Iterator[DomainEventProtocol[UUID]]:
        """Read and open the events of a stream."""
        stored = self.recorder.select_events(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)
        rings = self.mapper.rings_of(stored)
        return (self.mapper.open_event(row, rings) for row in stored)

    def first_events(self) -> Iterator[DomainEventProtocol[UUID]]:
        """Read and open the first event of every stream whose key lives, in batches: what an import is compared with."""
        for stored in self.recorder.select_first_events():
            rings = self.mapper.rings_of(stored)
            opened = (self.mapper.open_event(row, rings) for row in stored)
            yield from (event for event in opened if not isinstance(event, ErasedEvent))
