"""Ends an epoch: the surviving rings go over to a fresh one, and the old one's key is destroyed at the provider (design §6, R075).

Deleting a wrapped key leaves its bytes in the heap, the write-ahead log, the replicas and the backups. All of these are wrapped by the KEK
of an epoch, and that KEK by the provider's key of the epoch alone: destroying this one key darkens every older copy of every ring that was
erased.

The order makes a kill anywhere harmless; what was done is seen in the databases and at the provider, and the next call goes on from there:

1. `begun`      the provider has the new epoch's key, the keys database its KEK; from now on rings are minted under it;
2. `rewrapped`  no ring is left under the old KEK, whose row is deleted: the reference from the rings decides that none is;
3. `proven`     the rings stand in a backup under the new epoch; that backup was restored apart and every ring in it opened;
4. `destroyed`  the provider and its replicas, and the escrow, have destroyed the old epoch's key; the mark at the provider says so.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import KEY_BYTES
from crypto_shredding.keys import key_ring
from crypto_shredding.keys.epoch_ending import EpochEnding, Escrow
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.keys.part_time import PartTime
from crypto_shredding.keys.provider import ProviderUnavailable
from crypto_shredding.postgresql.database import StructureDatabase
from crypto_shredding.postgresql.queries import queries
from domain.identifiers import ErasureId

_BATCH: Final = 500
_SMALL_BATCH: Final = 50
"""Rings written at once when others are to be let through: a long UPDATE holds a processor and the disk that reads wait for."""
_LEAD: Final = 0x51_11_A6_E1
STEPS: Final = ("begun", "rewrapped", "proven", "destroyed")

_Ring = tuple[UUID, bytes]
_Kek = tuple[int, AESGCM]


class AnotherRotates(Exception):
    """Another process rotates this structure's epochs at this moment."""


class Proof(Protocol):
    """Backs up the rings under the present epoch, restores that backup apart, opens each ring in it. Raises when one does not open."""

    def __call__(self, work: PartTime) -> int:
        """Give the number of rings that were proven, having rested as `work` asks."""


@dataclass(frozen=True)
class KeyRotation:
    """The rotation of one structure's epochs, with the saga's login in the keys database."""

    key_store: KeyStore
    prove: Proof
    escrow: Escrow | None = None
    reached: Callable[[str], None] = lambda _step: None
    """Told of each named step once it is done."""

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self._database.statement(text) for name, text in queries("rotation").items()}

    @property
    def _ending(self) -> EpochEnding:
        return EpochEnding(self.key_store, self.escrow)

    @property
    def _database(self) -> StructureDatabase:
        return self.key_store.database

    @property
    def _structure(self) -> UUID:
        return self.key_store.structure

    def is_needed(self, oldest_seconds: float) -> bool:
        """Tell whether something was erased under a living epoch, it is older than `oldest_seconds`, or a rotation was cut short."""
        with self._database.connection() as connection:
            waiting = connection.execute(self._sql["waiting_erasures"]).fetchone()
            age = connection.execute(self._sql["present_since"]).fetchone()
        due = bool(waiting and waiting[0]) or bool(age and age[0] > oldest_seconds)
        return due or self.is_under_way() or self.is_present_lost()

    def is_under_way(self) -> bool:
        """Tell whether a rotation began and did not come to its end."""
        epochs = self.key_store.epochs()
        return len(epochs) > 1 or bool(self._ending.undestroyed(epochs[-1]))

    def is_present_lost(self) -> bool:
        """Tell whether the present epoch was in people's hands and with a lost provider (`recovering.py`): it is to end at once."""
        with self._database.connection() as connection:
            row = connection.execute(self._sql["present_is_lost"]).fetchone()
        return bool(row and row[0])

    def erased_in_lost_epochs(self) -> int:
        """Count the destructions that are never known to be irreversible: their epoch's key went with a lost provider."""
        with self._database.connection() as connection:
            row = connection.execute(self._sql["erased_in_lost"]).fetchone()
        return int(row[0]) if row else 0

    def irreversible(self, erasures: Sequence[ErasureId]) -> Mapping[ErasureId, tuple[int, str, datetime]]:
        """Give epoch, provider and moment for each of `erasures` whose every older copy is dead: its epoch's key is destroyed."""
        with self._database.connection() as connection:
            rows = connection.execute(self._sql["irreversible"], (list(erasures),)).fetchall()
        return {ErasureId(erasure): (epoch, provider, destroyed_at) for erasure, epoch, provider, destroyed_at in rows}

    def rotate(self, work: PartTime | None = None) -> int:
        """End the present epoch, or end what an earlier call began; give the new epoch. `work` lets requests of the same process through.

        Raises `AnotherRotates`, and what the provider, the proof and psycopg raise; calling it again goes on from where it stood.
        """
        work = work or PartTime()
        with self._leading():
            if not self.is_under_way():
                self._begin()
            *old, new = self.key_store.epochs()
            for epoch in old:
                self._end_kek(epoch, new, work)
            self.reached("rewrapped")
            self._prove(new, work)
            self.reached("proven")
            self._ending.destroy_before(new)
            self.reached("destroyed")
            return new

    def _begin(self) -> None:
        providers, present = self.key_store.providers, self.key_store.epochs()[-1]
        self._ending.see_alive(present)
        # Never a number that was used, whatever an older copy of the database believes: what was wrapped under it may lie about.
        known = (epoch for provider in providers.all for epoch in provider.epochs(self._structure))
        epoch = max(present, providers.mark(self._structure).epoch, *known) + 1
        provider, kek = providers.current, os.urandom(KEY_BYTES)
        provider.new_epoch(self._structure, epoch)
        wrapped = provider.wrap(self._structure, epoch, kek)
        if provider.unwrap(self._structure, epoch, wrapped) != kek:
            raise ProviderUnavailable(
                f"Le fournisseur de clés ne rend pas la clé de l'époque {epoch} qu'il vient de prendre : rien n'est commencé."
            )
        if self.escrow is not None:
            self.escrow.deposit(self._structure, epoch, kek)
        with self._database.transaction() as connection:
            connection.execute(self._sql["begin_kek"], (epoch, wrapped, provider.name))
            connection.execute(self._sql["begin_epoch"], (epoch, provider.name))
        self.reached("begun")

    def _end_kek(self, old: int, new: int, work: PartTime) -> None:
        while True:
            self._rewrap(old, new, work)
            try:
                with self._database.connection() as connection:
                    connection.execute(self._sql["end_kek"], (old,))
            except psycopg.errors.ForeignKeyViolation:
                continue  # Minted under the old epoch by whoever had read it before the new one began.
            self.key_store.forget_ended_epochs()
            return

    def _rewrap(self, old: int, new: int, work: PartTime) -> None:
        """Take every ring of epoch `old` over to `new`: one batch is encrypted while the one before it is written."""
        keks = (old, self.key_store.kek(old)), (new, self.key_store.kek(new))
        written: Future[None] | None = None
        with ThreadPoolExecutor(1) as writer:
            for batch in self._batches(old, _BATCH if work.is_full_time else _SMALL_BATCH):
                fresh = [self._fresh(ring, keks, work) for ring in batch]
                if written is not None:
                    written.result()
                written = writer.submit(self._write, old, new, batch, fresh)
            if written is not None:
                written.result()

    def _fresh(self, ring: _Ring, keks: tuple[_Kek, _Kek], work: PartTime) -> bytes:
        work.rest()
        subject, slots = ring
        return key_ring.rewrap(slots, subject=subject, structure=self._structure, old=keks[0], new=keks[1])

    def _batches(self, epoch: int, size: int) -> Iterator[Sequence[_Ring]]:
        after = UUID(int=0)
        while True:
            with self._database.connection() as connection:
                batch = connection.rows(self._sql["rings_of_epoch"], (epoch, after, size))
            if not batch:
                return
            yield [(subject, slots) for subject, slots in batch]
            after = batch[-1][0]

    def _write(self, old: int, new: int, batch: Sequence[_Ring], fresh: Sequence[bytes]) -> None:
        subjects, before = [subject for subject, _ in batch], [slots for _, slots in batch]
        parameters = {"epoch": new, "old": old, "subjects": subjects, "before": before, "after": list(fresh)}
        with self._database.connection() as connection:
            connection.rows(self._sql["rewrap"], parameters)

    def _prove(self, epoch: int, work: PartTime) -> None:
        with self._database.connection() as connection:
            row = connection.execute(self._sql["proven"], (epoch,)).fetchone()
        if row is None or not row[0]:
            self.prove(work)
            with self._database.connection() as connection:
                connection.execute(self._sql["mark_proven"], (epoch,))

    @contextmanager
    def _leading(self) -> Iterator[None]:
        lock = (_LEAD, int.from_bytes(self._structure.bytes[-4:], "big", signed=True))
        with self._database.connection() as connection:
            row: tuple[Any, ...] | None = connection.execute(self._sql["take_the_lead"], lock).fetchone()
            if not (row and row[0]):
                raise AnotherRotates
            try:
                yield
            finally:
                if not connection.closed:
                    connection.execute(self._sql["leave_the_lead"], lock)
