"""Destroys keys and enters each destruction in the ledger, in one transaction of the keys database. For the saga's login.

What is destroyed here is destroyed for the living database alone. Older copies of the same bytes are dead once the key of the epoch that
wrapped them is destroyed (`rotation.py`): the entry says which epoch that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg

from crypto_shredding.erasure.ledger import LedgerEntry
from crypto_shredding.keys import key_ring
from crypto_shredding.keys.key_ring import KeyRing, KeyUnknown
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.postgresql.database import StructureDatabase, lock_key
from domain.categories import Category
from domain.identifiers import ErasureId, YouthId

_COLUMNS: Final = "number, erasure_id, subject_id, key_id, fingerprint, epoch, erased_at"
_Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class KeyDestruction:
    """The destructions of one structure."""

    key_store: KeyStore

    @property
    def _database(self) -> StructureDatabase:
        return self.key_store.database

    def destroy_ring(self, youth: YouthId, erasure: ErasureId) -> LedgerEntry:
        """Destroy a youth's whole ring, once; give its entry. Raises `KeyUnknown`."""
        with self._database.transaction() as connection:
            earlier = self._begin(connection, erasure)
            if earlier is not None:
                return earlier
            epoch, _, fingerprint = self._living(connection, youth)
            entry = self._enter(connection, (erasure, youth, None, fingerprint, epoch))
            erased = (
                "UPDATE {key_rings} SET state = 'erased', slots = NULL, epoch = NULL, erased_at = clock_timestamp() WHERE subject_id = %s"
            )
            connection.execute(self._database.statement(erased), (youth,))
        return entry

    def destroy_key(self, youth: YouthId, category: Category, erasure: ErasureId) -> LedgerEntry:
        """Destroy the key of one category, once, a fresh one taking its place; give its entry. Raises `KeyUnknown`, `RingErased`."""
        with self._database.transaction() as connection:
            earlier = self._begin(connection, erasure)
            if earlier is not None:
                return earlier
            epoch, slots, _ = self._living(connection, youth)
            ring = self.key_store.open(youth, epoch, slots)
            gone = ring.of_category(category)
            entry = self._enter(connection, (erasure, youth, gone.key_id, gone.fingerprint(), epoch))
            self._replace(connection, ring.without(category), epoch)
        return entry

    def destroy_again(self, entry: LedgerEntry) -> bool:
        """Destroy what an older copy brought back, and enter it if the copy had lost it too. True when something was there to destroy.

        A ring that the copy does not have, and a key that its ring never had, need nothing.
        """
        with self._database.transaction() as connection:
            self._lock(connection)
            self._enter_again(connection, entry)
            row = connection.execute(self._query("SELECT epoch, slots FROM {key_rings} WHERE subject_id = %s FOR UPDATE"), (entry.subject,))
            found = row.fetchone()
            if found is None or found[1] is None:
                return False
            if entry.key_id is None:
                erased = "UPDATE {key_rings} SET state = 'erased', slots = NULL, epoch = NULL, erased_at = %s WHERE subject_id = %s"
                connection.execute(self._query(erased), (entry.erased_at, entry.subject))
                return True
            ring = self.key_store.open(entry.subject, found[0], found[1])
            back = next((key for key in ring.keys if key.key_id == entry.key_id), None)
            if back is None:
                return False
            self._replace(connection, ring.without(back.category), found[0])
            return True

    def entries(self) -> Sequence[LedgerEntry]:
        """Give the ledger of the keys database, in order."""
        with self._database.connection() as connection:
            rows = connection.execute(self._query(f"SELECT {_COLUMNS} FROM {{erasure_ledger}} ORDER BY number")).fetchall()
        return [entry_of(row) for row in rows]

    def _query(self, text: str) -> bytes:
        return self._database.statement(text)

    def _lock(self, connection: _Connection) -> None:
        # Numbers follow one another without a hole: one destruction at a time.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key(self.key_store.structure),))

    def _begin(self, connection: _Connection, erasure: ErasureId) -> LedgerEntry | None:
        self._lock(connection)
        row = connection.execute(self._query(f"SELECT {_COLUMNS} FROM {{erasure_ledger}} WHERE erasure_id = %s"), (erasure,)).fetchone()
        return None if row is None else entry_of(row)

    def _living(self, connection: _Connection, youth: YouthId) -> tuple[int, bytes, bytes]:
        query = "SELECT epoch, slots, fingerprint FROM {key_rings} WHERE subject_id = %s FOR UPDATE"
        row = connection.execute(self._query(query), (youth,)).fetchone()
        if row is None:
            raise KeyUnknown
        if row[1] is None:
            raise key_ring.RingErased
        return int(row[0]), bytes(row[1]), bytes(row[2])

    def _enter(self, connection: _Connection, entry: tuple[UUID, UUID, bytes | None, bytes, int]) -> LedgerEntry:
        insert = (
            f"INSERT INTO {{erasure_ledger}} ({_COLUMNS})"
            " SELECT coalesce(max(number), 0) + 1, %s, %s, %s, %s, %s, date_trunc('second', clock_timestamp())"
            f" FROM {{erasure_ledger}} RETURNING {_COLUMNS}"
        )
        row = connection.execute(self._query(insert), entry).fetchone()
        if row is None:
            raise KeyUnknown
        return entry_of(row)

    def _enter_again(self, connection: _Connection, entry: LedgerEntry) -> None:
        insert = f"INSERT INTO {{erasure_ledger}} ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
        connection.execute(self._query(insert), row_of(entry))

    def _replace(self, connection: _Connection, ring: KeyRing, epoch: int) -> None:
        slots = key_ring.wrap(ring, kek=self.key_store.kek(epoch), structure=self.key_store.structure, epoch=epoch)
        update = "UPDATE {key_rings} SET slots = %s, fingerprint = %s WHERE subject_id = %s"
        connection.execute(self._query(update), (slots, ring.fingerprint(), ring.subject))


def entry_of(row: tuple[Any, ...]) -> LedgerEntry:
    """Read a row of either database's ledger."""
    number, erasure, subject, key_id, fingerprint, epoch, erased_at = row
    return LedgerEntry(number, erasure, subject, None if key_id is None else bytes(key_id), bytes(fingerprint), epoch, erased_at)


def row_of(entry: LedgerEntry) -> tuple[Any, ...]:
    """Give the columns of an entry, in the order of `entry_of`."""
    return (entry.number, entry.erasure, entry.subject, entry.key_id, entry.fingerprint, entry.epoch, entry.erased_at)
