"""Carries an erasure from *closed* to *effective* to *purged* (design §6). Idempotent, resumable from any kill, never backwards.

*Closed* is written by the use case: the fence and the closing event, in one statement. This module does the rest, in an order that a kill
anywhere leaves safe: wait until the views have passed the fence and requests in flight are over; destroy the ring; say so; null the
ciphertexts; say so. What was done is seen in the databases, not remembered here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from eventsourcing.application import Application

from crypto_shredding.database import STATEMENT_TIMEOUT_SECONDS, StructureDatabase
from crypto_shredding.key_store import KeyStore
from crypto_shredding.queries import queries
from domain.erasure import Erasure, Stage
from domain.identifiers import AccountId, ErasureId, RequestId, YouthId
from domain.replay import project
from domain.trail import Actor, Operation, Purpose, Role, TrailLine

_BATCH: Final = 1000
SYSTEM_ACCOUNT: Final = AccountId(UUID(int=0))
"""The service itself in the trail; nobody signs in with it."""


@dataclass(frozen=True)
class _Fence:
    erasure: ErasureId
    stream_version: int
    effective: bool
    purged: bool
    age_seconds: float
    position: int


@dataclass(frozen=True)
class ErasureSaga:
    """The saga of one structure, with the saga's own login in both databases."""

    application: Application[UUID]
    database: StructureDatabase
    key_store: KeyStore
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    in_flight_seconds: float = STATEMENT_TIMEOUT_SECONDS
    """How long a request that began before the fence may still run."""

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self.database.statement(text) for name, text in queries("erasure").items()}

    def unfinished(self) -> list[YouthId]:
        """List the youths whose erasure has not come to its end."""
        with self.database.connection() as connection:
            return [YouthId(row[0]) for row in connection.execute(self._sql["unfinished"]).fetchall()]

    def advance_all(self) -> bool:
        """Take every unfinished erasure as far as it can go now. True when none is left."""
        ended = [self.advance(youth) for youth in self.unfinished()]  # Each is advanced, even behind one that has to wait.
        return all(ended)

    def advance(self, youth: YouthId) -> bool:
        """Take one erasure as far as it can go now. True once it is purged."""
        fence = self._fence(youth)
        if fence is None:
            return False
        if not fence.effective:
            if not self._may_become_effective(fence):
                return False
            self._make_effective(youth, fence)
        if not fence.purged:
            self._purge(youth, fence)
        return True

    def _fence(self, youth: YouthId) -> _Fence | None:
        with self.database.connection() as connection:
            row = connection.execute(self._sql["fence"], (youth,)).fetchone()
        if row is None:
            return None
        erasure, version, effective_at, purged_at, age, position = row
        return _Fence(ErasureId(erasure), version, effective_at is not None, purged_at is not None, age, position)

    def _may_become_effective(self, fence: _Fence) -> bool:
        if fence.age_seconds < self.in_flight_seconds:
            return False
        with self.database.connection() as connection:
            row = connection.execute(self._sql["views_behind"], (fence.position,)).fetchone()
        return row is not None and not row[0]

    def _make_effective(self, youth: YouthId, fence: _Fence) -> None:
        fingerprint = self.key_store.destroy(youth, fence.erasure)
        erasure = self._erasure(fence)
        if erasure.stage == Stage.CLOSED:
            erasure.make_effective(fingerprint=fingerprint.hex(), at=self.clock())
            self._save(erasure)
        with self.database.transaction() as connection:
            connection.execute(self._sql["forget_subject"], {"subject": youth, "erasure": fence.erasure})
            connection.execute(self._sql["mark_effective"], (youth,))

    def _purge(self, youth: YouthId, fence: _Fence) -> None:
        with self.database.connection() as connection:
            while self._count(connection.execute(self._sql["null_batch"], (youth, _BATCH)).fetchone()):
                pass
            purged = self._count(connection.execute(self._sql["purged_events"], (youth,)).fetchone())
        erasure = self._erasure(fence)
        if erasure.stage == Stage.EFFECTIVE:
            erasure.purge(purged_events=purged, last_version=fence.stream_version, at=self.clock())
            self._save(erasure)
        with self.database.connection() as connection:
            connection.execute(self._sql["mark_purged"], (youth,))

    def _erasure(self, fence: _Fence) -> Erasure:
        erasure: Erasure = self.application.repository.get(fence.erasure, projector_func=project)
        return erasure

    def _save(self, erasure: Erasure) -> None:
        actor = Actor(SYSTEM_ACCOUNT, Role.SYSTEM, Purpose.HONOUR_RIGHTS, RequestId(self.new_id()))
        self.application.save(erasure, trail=TrailLine(actor, Operation.ERASE_RECORD, records=1))

    @staticmethod
    def _count(row: tuple[Any, ...] | None) -> int:
        return int(row[0]) if row else 0
