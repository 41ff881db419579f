"""The key rings of one structure, in the keys database. Active, erased and unknown are three different answers.

Nothing is minted on the way: a ring is made when a record is opened, and at no other moment (no get-or-create).
Only the structure's KEK is kept between two requests; a youth's keys live as long as the request or the batch that asked for them.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding import key_ring
from crypto_shredding.database import StructureDatabase, statement
from crypto_shredding.envelope import KEY_BYTES
from crypto_shredding.key_ring import KeyRing, KeyUnknown
from crypto_shredding.prepared import Kind, Prepared, integer
from crypto_shredding.provider import Providers
from domain.categories import YOUTH_CATEGORIES, Category
from domain.identifiers import ErasureId, StructureId, YouthId

FIRST_EPOCH: Final = 1


class RingExists(Exception):
    """This subject has a ring already, active or erased. A new youth gets a new random identifier."""


@dataclass(frozen=True)
class KeyStore:
    """Key rings by subject. `database` is the structure's schema in the keys database."""

    structure: StructureId
    database: StructureDatabase
    providers: Providers
    _keks: dict[int, AESGCM] = field(default_factory=dict, repr=False)

    @cached_property
    def _one_ring(self) -> Prepared:
        text = "SELECT epoch, slots FROM {key_rings} WHERE subject_id = %(subject)b"
        return Prepared(self.database.statement(text), {"subject": Kind.UUID})

    def mint(self, youth: YouthId) -> None:
        """Make and keep the ring of a new record. Raises `RingExists`."""
        self.mint_many([youth])

    def mint_many(self, youths: Collection[YouthId]) -> None:
        """Make and keep the rings of many new records, all or none (import). Raises `RingExists`."""
        self._insert([key_ring.mint(youth, YOUTH_CATEGORIES) for youth in youths])

    def ring(self, subject: UUID) -> KeyRing:
        """Fetch one ring. Raises `KeyUnknown`."""
        with self.database.connection() as connection:
            rows = connection.run(self._one_ring, {"subject": subject})
        if not rows:
            raise KeyUnknown
        epoch, slots = rows[0]
        return self._open(subject, None if epoch is None else integer(epoch), slots)

    def rings(self, subjects: Collection[UUID]) -> Mapping[UUID, KeyRing]:
        """Fetch the rings of a batch in one query. Raises `KeyUnknown` when a single one is missing."""
        wanted = set(subjects)
        if len(wanted) == 1:
            # Most requests are about one youth, and a list costs the database and us several times what one value does.
            (subject,) = wanted
            return {subject: self.ring(subject)}
        query = self.database.statement("SELECT subject_id, epoch, slots FROM {key_rings} WHERE subject_id = ANY(%b)")
        with self.database.connection() as connection:
            rows = connection.rows(query, (list(wanted),))
        if len(rows) < len(wanted):
            raise KeyUnknown
        return {subject: self._open(subject, epoch, slots) for subject, epoch, slots in rows}

    def structure_ring(self) -> KeyRing:
        """Fetch the structure's own ring. Raises `KeyUnknown`."""
        return self.ring(self.structure)

    def destroy(self, youth: YouthId, erasure: ErasureId) -> bytes:
        """Destroy a youth's ring and enter it in the ledger, once; give its fingerprint. Raises `KeyUnknown`. For the saga's login."""
        with self.database.transaction() as connection:
            row = connection.execute(
                self.database.statement("SELECT fingerprint FROM {key_rings} WHERE subject_id = %s FOR UPDATE"),
                (youth,),
            ).fetchone()
            if row is None:
                raise KeyUnknown
            connection.execute(
                self.database.statement(
                    "INSERT INTO {erasure_ledger} (subject_id, erasure_id, fingerprint) VALUES (%s, %s, %s)"
                    " ON CONFLICT (subject_id) DO NOTHING",
                ),
                (youth, erasure, row[0]),
            )
            connection.execute(
                self.database.statement(
                    "UPDATE {key_rings} SET state = 'erased', slots = NULL, epoch = NULL, erased_at = clock_timestamp()"
                    " WHERE subject_id = %s AND state = 'active'",
                ),
                (youth,),
            )
        return bytes(row[0])

    def _open(self, subject: UUID, epoch: int | None, slots: bytes | None) -> KeyRing:
        if slots is None or epoch is None:
            return KeyRing(subject, (), erased=True)
        return key_ring.unwrap(slots, subject=subject, kek=self._kek(epoch), structure=self.structure, epoch=epoch)

    def _insert(self, rings: Collection[KeyRing]) -> None:
        epoch = self._current_epoch()
        kek = self._kek(epoch)
        rows = [
            (ring.subject, epoch, key_ring.wrap(ring, kek=kek, structure=self.structure, epoch=epoch), ring.fingerprint()) for ring in rings
        ]
        statement = self.database.statement(
            "INSERT INTO {key_rings} (subject_id, epoch, slots, fingerprint)"
            " SELECT * FROM unnest(%b::uuid[], %b::integer[], %b::bytea[], %b::bytea[])",
        )
        try:
            with self.database.connection() as connection:
                connection.execute(statement, [list(column) for column in zip(*rows, strict=True)], prepare=True)
        except psycopg.errors.UniqueViolation:
            raise RingExists from None

    def _current_epoch(self) -> int:
        query = self.database.statement("SELECT max(epoch) FROM {structure_keks}")
        with self.database.connection() as connection:
            row = connection.execute(query, prepare=True).fetchone()
        if row is None or row[0] is None:
            raise KeyUnknown
        return int(row[0])

    def _kek(self, epoch: int) -> AESGCM:
        kek = self._keks.get(epoch)
        if kek is None:
            query = self.database.statement("SELECT wrapped FROM {structure_keks} WHERE epoch = %s")
            with self.database.connection() as connection:
                row = connection.execute(query, (epoch,)).fetchone()
            if row is None:
                raise KeyUnknown
            kek = self._keks[epoch] = AESGCM(self.providers.current.unwrap(self.structure, epoch, row[0]))
        return kek


def found_keys(structure: StructureId, owner_address: str, schema: str, providers: Providers) -> None:
    """Make the KEK of the first epoch and the structure's own ring, once, with the owner's rights. Idempotent and resumable."""
    providers.current.new_epoch(structure, FIRST_EPOCH)
    with psycopg.connect(owner_address) as connection:
        connection.execute(statement("LOCK TABLE {structure_keks} IN EXCLUSIVE MODE", schema))
        row = connection.execute(statement("SELECT wrapped FROM {structure_keks} WHERE epoch = %s", schema), (FIRST_EPOCH,)).fetchone()
        if row is not None:
            return
        kek = os.urandom(KEY_BYTES)
        connection.execute(
            statement("INSERT INTO {structure_keks} (epoch, wrapped) VALUES (%s, %s)", schema),
            (FIRST_EPOCH, providers.current.wrap(structure, FIRST_EPOCH, kek)),
        )
        ring = key_ring.mint(structure, (Category.STRUCTURE,))
        connection.execute(
            statement("INSERT INTO {key_rings} (subject_id, epoch, slots, fingerprint) VALUES (%s, %s, %s, %s)", schema),
            (
                structure,
                FIRST_EPOCH,
                key_ring.wrap(ring, kek=AESGCM(kek), structure=structure, epoch=FIRST_EPOCH),
                ring.fingerprint(),
            ),
        )
