"""Domain events to sealed events and back, under the key of the event's own category (design §5).

The real topic is inside the plaintext: the source is public, and topics would name the category. A destroyed key, alone or with its whole
ring, gives a tombstone; an unknown key raises `KeyUnknown`; anything that is not what was sealed raises `Tampered`. None of the three is
ever taken for another.
"""

import struct
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder
from eventsourcing.utils import resolve_topic

from crypto_shredding.envelope import KEY_ID_BYTES, NO_FLAG, STRUCTURE_KEY, Tampered, place, read_header, seal, unseal
from crypto_shredding.keys.key_ring import KeyRing
from crypto_shredding.keys.key_store import KeyStore
from domain.categories import Category
from domain.stream import ErasedEvent

STORED_TOPIC: Final = ""
"""What the library is told instead of a topic: there is none in clear, not even in the table."""
_LABEL: Final = b"sillage/v1/event"
_STREAM_AND_VERSION: Final = struct.Struct(">I16sIQ")
"""Both as `place` spells them, each behind its length: packed in one go, because this is done for each event that is read."""


class SealedMapper(Mapper[UUID]):
    """The library's mapper, sealing each event for its structure, stream and version."""

    def __init__(self, transcoder: Transcoder, key_store: KeyStore) -> None:
        super().__init__(transcoder)
        self._key_store = key_store
        self._structure = key_store.structure
        self._structure_place = place(_LABEL, self._structure.bytes)

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Seal one event, fetching its ring. A batch is cheaper through `rings_for` and `seal_event`."""
        return self.seal_event(domain_event, self.rings_for([domain_event]))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """Open one stored event, fetching its ring. A batch is cheaper through `rings_of` and `open_event`."""
        opened: DomainEventProtocol[UUID] = self.open_event(stored_event, self.rings_of([stored_event]))
        return opened

    def rings_for(self, domain_events: Collection[Any]) -> Mapping[UUID, KeyRing]:
        """Fetch in one query the rings that these events will be sealed with."""
        return self._key_store.rings({self._subject(event.originator_id, event.category) for event in domain_events})

    def rings_of(self, stored_events: Collection[StoredEvent]) -> Mapping[UUID, KeyRing]:
        """Fetch in one query the rings that these stored events were sealed with."""
        subjects = {self._subject_of(stored) for stored in stored_events}
        return self._key_store.rings(subjects) if subjects else {}

    def seal_event(self, domain_event: Any, rings: Mapping[UUID, KeyRing]) -> StoredEvent:
        """Seal one event. Raises `RingErased` when its subject was erased: nothing is ever written for an erased youth."""
        plain = super().to_stored_event(domain_event)
        category = domain_event.category
        ring = rings[self._subject(domain_event.originator_id, category)]
        key = ring.of_category(category)
        topic = plain.topic.encode()
        return StoredEvent(
            originator_id=plain.originator_id,
            originator_version=plain.originator_version,
            topic=STORED_TOPIC,
            state=seal(
                bytes([len(topic)]) + topic + plain.state,
                cipher=ring.cipher_of(key.key_id),
                key_id=key.key_id,
                where=self._place(plain),
                flags=STRUCTURE_KEY if category is Category.STRUCTURE else NO_FLAG,
            ),
        )

    def open_event(self, stored: StoredEvent, rings: Mapping[UUID, KeyRing]) -> Any:
        """Open one stored event, or give an `ErasedEvent` when its key was destroyed lawfully."""
        if _is_purged(stored):
            return self._open_purged(stored, rings)
        header = read_header(stored.state)
        ring = rings[self._structure if header.flags == STRUCTURE_KEY else _stream_of(stored)]
        if ring.has_destroyed(header.key_id):
            return ErasedEvent(_stream_of(stored), stored.originator_version, whole=ring.erased)
        content = unseal(stored.state, cipher=ring.cipher_that_sealed(header.key_id), where=self._place(stored))
        end_of_topic = 1 + content[0]
        fields = self.transcoder.decode(content[end_of_topic:])
        fields["originator_id"] = _stream_of(stored)
        fields["originator_version"] = stored.originator_version
        return _event(resolve_topic(content[1:end_of_topic].decode()), fields)

    def _open_purged(self, stored: StoredEvent, rings: Mapping[UUID, KeyRing]) -> ErasedEvent:
        # A purged ciphertext can only be a youth's: nothing else is ever nulled. What is left of it is the id of its key.
        stream = _stream_of(stored)
        if not rings[stream].has_destroyed(stored.state):
            raise Tampered("a ciphertext is gone although its key lives")
        return ErasedEvent(stream, stored.originator_version, whole=rings[stream].erased)

    def _subject(self, stream: UUID, category: Category) -> UUID:
        return self._structure if category is Category.STRUCTURE else stream

    def _subject_of(self, stored: StoredEvent) -> UUID:
        if not _is_purged(stored) and read_header(stored.state).flags == STRUCTURE_KEY:
            return self._structure
        return _stream_of(stored)

    def _place(self, event: StoredEvent) -> bytes:
        return self._structure_place + _STREAM_AND_VERSION.pack(16, _stream_of(event).bytes, 8, event.originator_version)


def _event(kind: Any, fields: dict[str, Any]) -> Any:
    """Make an event of `kind`, its older forms brought up to date, as the library's mapper does.

    Not through that mapper: when it cannot read a content, it quotes it in its message.
    """
    for version in range(fields.pop("class_version", 1), getattr(kind, "class_version", 1)):
        getattr(kind, f"upcast_v{version}_v{version + 1}")(fields)
    event = object.__new__(kind)
    object.__setattr__(event, "__dict__", fields)
    return event


def _is_purged(stored: StoredEvent) -> bool:
    """Tell whether the ciphertext was nulled: the recorder gives the id of the key that had sealed it instead, or nothing at all."""
    return not stored.state or len(stored.state) == KEY_ID_BYTES


def _stream_of(stored: StoredEvent) -> UUID:
    stream = stored.originator_id
    return stream if isinstance(stream, UUID) else UUID(stream)
