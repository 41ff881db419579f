"""Seals the personal fields of the views, under the same keys as the events they come from (design §5).

A value is sealed for its structure, table and subject: it opens nowhere else. Destroying a key darkens events and views together.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from crypto_shredding.envelope import NO_FLAG, STRUCTURE_KEY, place, read_header, seal, unseal
from crypto_shredding.keys.key_ring import KeyRing
from crypto_shredding.keys.key_store import KeyStore
from domain.categories import Category

_LABEL: Final = b"sillage/v1/view"


@dataclass(frozen=True)
class Sealer:
    """Seals and opens JSON values. The rings of a batch are fetched once, with `rings`."""

    key_store: KeyStore

    def rings(self, subjects: Collection[UUID]) -> Mapping[UUID, KeyRing]:
        """Fetch the rings of a batch in one query. Raises `KeyUnknown`."""
        return self.key_store.rings(subjects) if subjects else {}

    def structure_ring(self) -> KeyRing:
        """Fetch the structure's own ring."""
        return self.key_store.structure_ring()

    def seal(self, ring: KeyRing, category: Category, table: str, subject: Any, value: Any) -> bytes:
        """Seal a JSON value under the ring's key of `category`. `subject` is the row's UUID, or its text for a row about no youth."""
        key = ring.of_category(category)
        return seal(
            json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),
            cipher=ring.cipher_of(key.key_id),
            key_id=key.key_id,
            where=self._place(table, subject),
            flags=STRUCTURE_KEY if category is Category.STRUCTURE else NO_FLAG,
        )

    def open(self, ring: KeyRing, table: str, subject: Any, sealed: bytes) -> Any:
        """Open what `seal` sealed; `None` when its key was destroyed. Raises `Tampered`, `MalformedEnvelope`."""
        header = read_header(sealed)
        if ring.has_destroyed(header.key_id):
            return None
        return json.loads(unseal(sealed, cipher=ring.cipher_that_sealed(header.key_id), where=self._place(table, subject)))

    def _place(self, table: str, subject: Any) -> bytes:
        row = subject.bytes if isinstance(subject, UUID) else str(subject).encode()
        return place(_LABEL, self.key_store.structure.bytes, table.encode(), row)
