"""The key rings of one structure, in the keys database. Active, erased and unknown are three different answers.

Nothing is minted on the way: a ring is made when a record is opened, and at no other moment (no get-or-create).
Only the KEKs of the living epochs are kept between two requests; a youth's keys live as long as the request or the batch that asked for
them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.keys import key_ring
from crypto_shredding.keys.key_ring import KeyRing, KeyUnknown
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.database import StructureDatabase
from crypto_shredding.postgresql.prepared import Kind, Prepared, integer
from domain.categories import YOUTH_CATEGORIES, Category
from domain.identifiers import StructureId, YouthId

_TRIES: Final = 5
"""An epoch may end between two of our statements: what is read or minted then is read or minted again, under the next one."""


class RingExists(Exception):
    """This subject has a ring already, active or erased. A new youth gets a new random identifier."""


class _EpochEnded(KeyUnknown):
    """The epoch that a row names has no KEK any more."""


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

    def mint_report(self, report: UUID) -> None:
        """Make and keep the ring of a child-protection report: one key, apart from every youth's (N38). Raises `RingExists`."""
        self._insert([key_ring.mint(report, (Category.PROTECTION,))])

    def ring(self, subject: UUID) -> KeyRing:
        """Fetch one ring. Raises `KeyUnknown`."""
        for _ in range(_TRIES):
            with self.database.connection() as connection:
                rows = connection.run(self._one_ring, {"subject": subject})
            if not rows:
                raise KeyUnknown
            epoch, slots = rows[0]
            try:
                return self.open(subject, None if epoch is None else integer(epoch), slots)
            except _EpochEnded:
                continue
        raise KeyUnknown

    def rings(self, subjects: Collection[UUID]) -> Mapping[UUID, KeyRing]:
        """Fetch the rings of a batch in one query. Raises `KeyUnknown` when a single one is missing."""
        wanted = set(subjects)
        if len(wanted) == 1:
            # Most requests are about one youth, and a list costs the database and us several times what one value does.
            (subject,) = wanted
            return {subject: self.ring(subject)}
        query = self.database.statement("SELECT subject_id, epoch, slots FROM {key_rings} WHERE subject_id = ANY(%b)")
        for _ in range(_TRIES):
            with self.database.connection() as connection:
                rows = connection.rows(query, (list(wanted),))
            if len(rows) < len(wanted):
                raise KeyUnknown
            try:
                return {subject: self.open(subject, epoch, slots) for subject, epoch, slots in rows}
            except _EpochEnded:
                continue
        raise KeyUnknown

    def structure_ring(self) -> KeyRing:
        """Fetch the structure's own ring. Raises `KeyUnknown`."""
        return self.ring(self.structure)

    def open(self, subject: UUID, epoch: int | None, slots: bytes | None) -> KeyRing:
        """Open a row of `key_rings`. Raises `Tampered`, or a kind of `KeyUnknown` for an epoch that has no KEK."""
        if slots is None or epoch is None:
            return KeyRing(subject, (), erased=True)
        return key_ring.unwrap(slots, subject=subject, kek=self.kek(epoch), structure=self.structure, epoch=epoch)

    def epochs(self) -> Sequence[int]:
        """List the living epochs, the present one last: two while a rotation is under way. Raises `KeyUnknown` when there is none."""
        query = self.database.statement("SELECT epoch FROM {structure_keks} ORDER BY epoch")
        with self.database.connection() as connection:
            epochs = [int(row[0]) for row in connection.execute(query, prepare=True).fetchall()]
        if not epochs:
            raise KeyUnknown
        return epochs

    def kek(self, epoch: int) -> AESGCM:
        """Give the KEK of a living epoch. Raises a kind of `KeyUnknown` for one that has ended, and what the provider raises."""
        kek = self._keks.get(epoch)
        if kek is None:
            query = self.database.statement("SELECT provider, wrapped FROM {structure_keks} WHERE epoch = %s")
            with self.database.connection() as connection:
                row = connection.execute(query, (epoch,)).fetchone()
            if row is None:
                raise _EpochEnded
            kek = self._keks[epoch] = AESGCM(self.providers.named(row[0]).unwrap(self.structure, epoch, row[1]))
        return kek

    def forget_ended_epochs(self) -> None:
        """Let go of the KEKs whose epoch has ended. Each process does so by itself, several times a second."""
        if self._keks:
            living = set(self.epochs())
            for epoch in [epoch for epoch in self._keks if epoch not in living]:
                self._keks.pop(epoch, None)

    def _insert(self, rings: Collection[KeyRing]) -> None:
        statement = self.database.statement(
            "INSERT INTO {key_rings} (subject_id, epoch, slots, fingerprint)"
            " SELECT * FROM unnest(%b::uuid[], %b::integer[], %b::bytea[], %b::bytea[])",
        )
        for tries_left in reversed(range(_TRIES)):
            try:
                rows = self._rows(rings, self.epochs()[-1])
                with self.database.connection() as connection:
                    connection.execute(statement, [list(column) for column in zip(*rows, strict=True)], prepare=True)
            except psycopg.errors.UniqueViolation:
                raise RingExists from None
            except (psycopg.errors.ForeignKeyViolation, _EpochEnded):
                if not tries_left:
                    raise KeyUnknown from None
            else:
                return

    def _rows(self, rings: Collection[KeyRing], epoch: int) -> list[tuple[UUID, int, bytes, bytes]]:
        kek = self.kek(epoch)
        return [
            (ring.subject, epoch, key_ring.wrap(ring, kek=kek, structure=self.structure, epoch=epoch), ring.fingerprint()) for ring in rings
        ]
