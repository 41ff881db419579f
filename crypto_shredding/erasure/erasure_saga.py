"""Carries an erasure from *closed* to *irreversible* (design §6). Idempotent, resumable from any kill, never backwards.

*Closed* is written by the use case: the fence and the closing event, in one statement. This module does the rest, in an order that a kill
anywhere leaves safe. What was done is seen in the databases, not remembered here. One path for a whole record and for one category (R063):

1. `begun`      nothing stands in the way any more; the youth's stream says so, and the views let go of the youth as they pass it;
2. `destroyed`  the ring, or the one key, is gone from the keys database, and entered in its ledger;
3. `published`  the ledger stands in its other places, and the provider's mark counts it;
4. `effective`  the `Erasure` and the fence say so; the last link from the youth to the trail is gone;
5. `purged`     the ciphertexts are nulled, in batches, and their digests kept.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Protocol
from uuid import UUID

from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.erasure.destruction import KeyDestruction
from crypto_shredding.erasure.ledger import LedgerEntry
from crypto_shredding.keys.key_ring import KeyUnknown, RingErased
from crypto_shredding.postgresql.database import STATEMENT_TIMEOUT_SECONDS, StructureDatabase, lock_key
from crypto_shredding.postgresql.queries import queries
from domain.categories import Category
from domain.identifiers import AccountId, ErasureId, RequestId, YouthId
from domain.legal_constants import COOLING_OFF
from domain.oblivion.erasure import Erasure, Stage
from domain.oblivion.erasure_commands import ErasureCommands
from domain.record.youth_record import YouthRecord
from domain.refusals import DomainError, ErasureOutOfOrder
from domain.trail import EXPORTS, Actor, Operation, Purpose, Role, TrailLine

_BATCH: Final = 1000
_WAITING_SECONDS: Final = 10.0
SYSTEM_ACCOUNT: Final = AccountId(UUID(int=0))
"""The service itself in the trail; nobody signs in with it."""
STEPS: Final = ("begun", "destroyed", "published", "effective", "purged")


class Epochs(Protocol):
    """What became of the epochs that wrapped what was destroyed."""

    def irreversible(self, erasures: Sequence[ErasureId]) -> Mapping[ErasureId, tuple[int, str, datetime]]:
        """Give epoch, provider and moment for each of `erasures` whose epoch's key is destroyed."""


class Copies(Protocol):
    """The other places of the ledger."""

    def publish(self) -> None:
        """Enter there what the keys database has, and have the provider's mark count it. Raises when a place cannot be reached."""

    def keep_mark(self) -> None:
        """Have the provider's mark follow the events."""


@dataclass(frozen=True)
class _Fence:
    erasure: ErasureId
    youth: YouthId
    stream_version: int
    is_whole: bool
    is_effective: bool
    is_purged: bool
    age_seconds: float
    is_behind_another: bool
    reopened_seconds: float | None
    """How long ago a backup was opened that had brought this fence back."""


@dataclass(frozen=True)
class ErasureSaga:
    """The saga of one structure, with the saga's own login in both databases."""

    application: ErasureCommands
    database: StructureDatabase
    destruction: KeyDestruction
    copies: Copies
    epochs: Epochs
    views: Sequence[str]
    """The tables whose rows about a youth the runner removes."""
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    in_flight_seconds: float = STATEMENT_TIMEOUT_SECONDS
    """How long a request that began before the fence may still run."""
    is_apart: bool = False
    """Whether the provider's keys and the data lie on different disks: else nothing is claimed about copies of the one they share."""
    reached: Callable[[str], None] = lambda _step: None
    """Told of each named step once it is done."""
    delayed: Callable[[Exception], None] = lambda _failure: None
    """Told why one erasure could not be carried on, when all are: the others are."""
    _look_again: dict[ErasureId, float] = field(default_factory=dict)
    """When `advance_all` looks again at an erasure that something stands in the way of (the clock of `time.monotonic`)."""

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self.database.statement(text) for name, text in queries("erasure").items()}

    def unfinished(self) -> list[ErasureId]:
        """List the erasures that have not come to their purge."""
        return [ErasureId(row[0]) for row in self._rows("unfinished")]

    def advance_all(self) -> bool:
        """Take every unfinished erasure as far as it can go now. True when none is left.

        All are made effective first: what is long, nulling a long history, comes after.
        """
        unfinished = self.unfinished()
        due = [erasure for erasure in unfinished if time.monotonic() >= self._look_again.get(erasure, 0)]
        for erasure in due:
            self._tried(self._make_effective_if_possible, erasure)
        ended = [bool(self._tried(self.advance, erasure)) for erasure in due]
        self.conclude()
        return len(due) == len(unfinished) and all(ended)

    def _tried(self, step: Callable[[ErasureId], object], erasure: ErasureId) -> object:
        """Take one erasure a step on, even behind one that has to wait or that cannot be carried on."""
        try:
            return step(erasure)
        except (DomainError, KeyUnknown, EnvelopeError) as failure:
            self.delayed(failure)
            return None

    def advance(self, erasure: ErasureId, *, was_cleared: bool = False) -> bool:
        """Take one erasure as far as it can go now. True once it is purged, or cancelled.

        `was_cleared` says that it had its effect already, before an older copy of the databases was put back: nothing stands in its way.
        """
        fence = self._make_effective_if_possible(erasure, was_cleared=was_cleared)
        if fence is None:
            return True
        if not fence.is_effective:
            return False
        if not fence.is_purged:
            self._purge(fence)
        return True

    def begin_again(self, erasure: ErasureId) -> None:
        """Begin what had begun before an older copy of the databases was put back, so that the views let go of it."""
        fence = self._fence(erasure)
        if fence is not None and not fence.is_effective:
            self._may_be_made_effective(fence, was_cleared=True)

    def line(self, operation: Operation, *subjects: YouthId) -> TrailLine:
        """Give the line of what the service does by itself. A youth whose link to the trail is about to go is named by none."""
        actor = Actor(SYSTEM_ACCOUNT, Role.SYSTEM, Purpose.HONOUR_RIGHTS, RequestId(self.new_id()))
        return TrailLine(actor, operation, subjects=subjects, records=1)

    def conclude(self) -> None:
        """Write of each erasure whose epoch is destroyed that it is irreversible."""
        waiting = {ErasureId(erasure): ErasureId(entered) for erasure, entered in self._rows("not_yet_irreversible")}
        dead = self.epochs.irreversible(list(set(waiting.values())))
        for erasure_id, entered in waiting.items():
            if entered not in dead:
                continue
            epoch, provider, destroyed_at = dead[entered]
            erasure = self._erasure(erasure_id)
            if erasure.stage is Stage.PURGED:
                erasure.make_irreversible(epoch=epoch, provider=provider, destroyed_at=destroyed_at, at=self.clock())
                self._save(erasure)
            self._rows("mark_irreversible", (erasure_id,))

    def _make_effective_if_possible(self, erasure: ErasureId, *, was_cleared: bool = False) -> _Fence | None:
        fence = self._fence(erasure)
        if fence is None or fence.is_effective:
            return fence
        if self._may_be_made_effective(fence, was_cleared=was_cleared):
            self._make_effective(fence)
        return self._fence(erasure)

    def _fence(self, erasure: ErasureId) -> _Fence | None:
        rows = self._rows("fence", (erasure,))
        if not rows:
            return None
        subject, version, whole, effective_at, purged_at, age, behind, reopened_age = rows[0]
        return _Fence(erasure, YouthId(subject), version, whole, effective_at is not None, purged_at is not None, age, behind, reopened_age)

    def _may_be_made_effective(self, fence: _Fence, *, was_cleared: bool) -> bool:
        """Begin what nothing stands in the way of, and tell whether views and requests in flight have let go of it."""
        if (fence.age_seconds < self.in_flight_seconds and not was_cleared) or fence.is_behind_another:
            return False
        erasure = self._erasure(fence.erasure)
        if (fence.youth, fence.is_whole) != (erasure.subject, erasure.is_whole):
            raise FenceForged
        if erasure.stage is Stage.CANCELLED:
            return False  # Cancelled since the fence was read.
        if erasure.begun is None and erasure.stage is Stage.CLOSED:
            if not was_cleared and (self._is_still_cooling_off(fence, erasure) or self.application.obstacles_of(erasure)):
                # It may wait for months, behind hundreds of others: nobody asks for it at each tick.
                self._look_again[fence.erasure] = time.monotonic() + _WAITING_SECONDS
                return False
            self._begin(fence, erasure)
            self.reached("begun")
        self._rows("mark_begun", (fence.erasure,))
        # Of a whole record the views let go at the event that begins its erasure, of a category at the agreement taken back.
        positions = self._rows("position", (fence.youth, fence.stream_version + fence.is_whole))
        # An older copy may have lost the event with the key that could write it: the views were purged by whoever put the copy back.
        return not positions or not self._rows("views_behind", positions[0])[0][0]

    @staticmethod
    def _is_still_cooling_off(fence: _Fence, erasure: Erasure) -> bool:
        """Tell whether the youth's time is not over by the database's clock: the service's own may be wrong, and is asked as well."""
        patience = COOLING_OFF.total_seconds()
        restored = fence.reopened_seconds is not None and fence.reopened_seconds < patience
        return restored or (erasure.cooling_off_until is not None and fence.age_seconds < patience)

    def _begin(self, fence: _Fence, erasure: Erasure) -> None:
        ((shown, exported),) = self._rows("not_recalled", {"subject": fence.youth, "exports": [operation.value for operation in EXPORTS]})
        at = self.clock()
        erasure.begin(view_rows=self._view_rows(fence), shown=shown, exported=exported, at=at)
        events: list[Any] = []
        if fence.is_whole and not self.destruction.key_store.ring(fence.youth).erased:
            # What `YouthRecord.begin_erasure` writes, without reading thousands of events for it: nothing comes between a fence and this.
            # The youth may cancel until this version is taken: (stream, version) decides between both.
            version = fence.stream_version + 1
            events.append(YouthRecord.ErasureBegun(fence.youth, version, timestamp=at, erasure=fence.erasure))  # type: ignore[call-arg]
        self.application.store.put([*events, *erasure.collect_events()], trail=self.line(Operation.ERASE_RECORD))

    def _view_rows(self, fence: _Fence) -> int:
        if not fence.is_whole:
            return 0
        return sum(self._rows_of(table, fence.youth) for table in self.views)

    def _rows_of(self, table: str, youth: YouthId) -> int:
        query = self.database.statement(f"SELECT count(*) FROM {{{table}}} WHERE subject_id = %s")
        with self.database.connection() as connection:
            row = connection.execute(query, (youth,)).fetchone()
        return int(row[0]) if row else 0

    def _make_effective(self, fence: _Fence) -> None:
        erasure = self._erasure(fence.erasure)
        if erasure.stage is Stage.CANCELLED or (erasure.begun is None and erasure.stage is Stage.CLOSED):
            raise ErasureOutOfOrder
        entry = self._destroy(fence, erasure)
        self.reached("destroyed")
        self.copies.publish()
        self.reached("published")
        if not fence.is_whole:
            self._let_agree_again(fence, erasure)
        previews = self._purge_previews() if fence.is_whole else 0
        if erasure.stage is Stage.CLOSED:
            erasure.make_effective(
                fingerprint=entry.fingerprint.hex(), epoch=entry.epoch, previews=previews, is_apart=self.is_apart, at=self.clock()
            )
            self._save(erasure)
        with self.database.transaction() as connection:
            if fence.is_whole:
                connection.execute(self._sql["forget_subject"], {"subject": fence.youth, "erasure": fence.erasure})
            connection.execute(self._sql["mark_effective"], {"erasure": fence.erasure, "key_id": entry.key_id})
        self.reached("effective")

    def _destroy(self, fence: _Fence, erasure: Erasure) -> LedgerEntry:
        try:
            if erasure.erased_category is None:
                return self.destruction.destroy_ring(fence.youth, fence.erasure)
            return self.destruction.destroy_key(fence.youth, Category(erasure.erased_category), fence.erasure)
        except RingErased:
            # The whole ring went first, for another erasure, and this key with it.
            return next(entry for entry in self.destruction.entries() if entry.subject == fence.youth and entry.key_id is None)

    def _let_agree_again(self, fence: _Fence, erasure: Erasure) -> None:
        record = self.application.find_kind(YouthRecord, fence.youth)
        if record is None or record.is_closed or erasure.erased_category is None:
            return
        record.end_category(erasure.erased_category, fence.erasure, at=self.clock())
        events = record.collect_events()
        if events:
            self.application.store.put(events, trail=self.line(Operation.ERASE_RECORD))

    def _purge_previews(self) -> int:
        with self.database.connection() as connection:
            return connection.execute(self._sql["purge_previews"]).rowcount

    def _purge(self, fence: _Fence) -> None:
        shared = lock_key(self.destruction.key_store.structure)
        while self._rows("null_batch", (shared, fence.erasure, _BATCH))[0][0]:
            pass
        ((purged,),) = self._rows("purged_events", (fence.erasure,))
        erasure = self._erasure(fence.erasure)
        if erasure.stage is Stage.EFFECTIVE:
            erasure.purge(purged_events=purged, last_version=fence.stream_version, at=self.clock())
            self._save(erasure)
        self._rows("mark_purged", (fence.erasure,))
        self.reached("purged")

    def _erasure(self, erasure: ErasureId) -> Erasure:
        found = self.application.find_kind(Erasure, erasure)
        if found is None:
            raise ErasureMissing
        return found

    def _save(self, erasure: Erasure) -> None:
        self.application.store.put(erasure.collect_events(), trail=self.line(Operation.ERASE_RECORD))

    def _rows(self, name: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        with self.database.connection() as connection:
            cursor = connection.execute(self._sql[name], parameters)
            return cursor.fetchall() if cursor.description else []


class FenceForged(DomainError):
    """Une barrière ne dit pas la même chose que son effacement : rien n'est détruit. Lancez « ./run sillage doctor »."""

    code = "fence_forged"


class ErasureMissing(DomainError):
    """Cet effacement a une barrière et pas d'histoire : lancez « ./run sillage doctor »."""

    code = "erasure_missing"
