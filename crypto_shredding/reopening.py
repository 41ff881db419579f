"""After a restore a structure is locked: the erasure ledger is replayed, what came back is erased again, the epoch rotated; then it opens.

A restore says so itself (`restores`). An older copy that was put in the place of the databases is noticed by the provider's mark, which
never goes down. The ledger stands in both databases and in signed files; what one of them lost, another has; the mark tells how many
entries there must be. Any step may be cut short: the next start goes on (R073; design §6).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from crypto_shredding.database import StructureDatabase
from crypto_shredding.destruction import entry_of
from crypto_shredding.erasure_saga import SYSTEM_ACCOUNT, ErasureSaga
from crypto_shredding.key_ring import KeyRing
from crypto_shredding.key_store import KeyStore
from crypto_shredding.ledger import LedgerEntry
from crypto_shredding.ledger_copies import LedgerCopies
from crypto_shredding.ledger_file import LedgerMissing
from crypto_shredding.provider import Mark
from crypto_shredding.queries import queries
from crypto_shredding.rotation import KeyRotation
from crypto_shredding.signing import public_key_of
from domain.categories import Category
from domain.erasure import Erasure, Ground
from domain.identifiers import ErasureId, YouthId
from domain.trail import Fence, Operation, Role
from domain.youth_record import YouthRecord

_LOCK: Final = 0x51_11_A6_E2
STEPS: Final = ("gathered", "closed again", "erased again", "rotated", "opened")


class LedgerIncomplete(Exception):
    """The provider knows of more erasures than all the ledgers at hand together: something that was erased would come back."""

    def __init__(self, known: int, found: int) -> None:
        super().__init__(f"{found} of {known}")
        self.known = known
        self.found = found


class LedgersDiffer(Exception):
    """Two copies of the ledger say different things under one number: one of them was tampered with."""

    def __init__(self, number: int) -> None:
        super().__init__(f"entry {number}")
        self.number = number


@dataclass(frozen=True, slots=True)
class Reopened:
    """What it took: entries replayed, rings and keys that had come back, and the epoch that began."""

    replayed: int
    erased_again: int
    epoch: int


@dataclass(frozen=True)
class Reopening:
    """The lock of one structure. `carry_views` brings the views up to the newest event; `purge_views` removes a youth's rows from them."""

    saga: ErasureSaga
    rotation: KeyRotation
    files: LedgerCopies
    carry_views: Callable[[], object]
    purge_views: Callable[[YouthId], None]
    reached: Callable[[str], None] = lambda _step: None
    """Told of each named step once it is done."""

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self._database.statement(text) for name, text in queries("reopening").items()}

    @property
    def _database(self) -> StructureDatabase:
        return self.saga.database

    @property
    def _key_store(self) -> KeyStore:
        return self.rotation.key_store

    def is_locked(self) -> bool:
        """Tell whether a restore, or an older copy, waits to be opened again. What is older than the mark is locked here and now."""
        if self._rows("locked")[0][0]:
            return True
        if self.is_older():
            self._rows("lock")
            return True
        return False

    def is_older(self) -> bool:
        """Tell whether the provider's mark knows more than the databases do."""
        mark, ((highest,),), ((mended,),) = self._mark(), self._rows("highest_position"), self._rows("mended_up_to")
        reached = Mark(self._key_store.epochs()[-1], len(self.saga.destruction.entries()), max(highest, mended))
        return reached.joined(mark) != reached

    def look(self) -> None:
        """Change nothing, and raise what would keep `reopen` from opening."""
        self._gathered()
        self._key_store.structure_ring()

    def reopen(self) -> Reopened | None:
        """Mend and open what is locked; `None` when it was open.

        Raises `LedgerIncomplete`, `LedgersDiffer`, `LedgerTampered`, `LedgerUnavailable`, what the provider and psycopg raise: then it
        stays locked.
        """
        with self._alone():
            if not self.is_locked():
                return None
            entries = self._gathered()
            self.reached("gathered")
            closed = [erasure for entry in entries for erasure in self._close_again(entry)]
            self.reached("closed again")
            again = self._erase_again(entries, closed)
            self.reached("erased again")
            epoch = self.rotation.rotate()
            self.reached("rotated")
            self.saga.conclude()
            self._rows("reopen", (self._mark().position,))
            self.reached("opened")
            return Reopened(len(entries), again, epoch)

    def _gathered(self) -> list[LedgerEntry]:
        """Put the ledgers together, and see that none is missing and none differs."""
        together: dict[int, LedgerEntry] = {}
        for entry in (*self.saga.destruction.entries(), *self._in_main(), *self._in_files()):
            if together.setdefault(entry.number, entry) != entry:
                raise LedgersDiffer(entry.number)
        known = max(self._mark().erasures, *together, 0)
        if len(together) < known:
            raise LedgerIncomplete(known, len(together))
        return [together[number] for number in sorted(together)]

    def _in_main(self) -> list[LedgerEntry]:
        return [entry_of(row) for row in self._rows("ledger")]

    def _in_files(self) -> Sequence[LedgerEntry]:
        try:
            return self.files.entries(public_key_of(self._key_store))
        except LedgerMissing:
            return []

    def _close_again(self, entry: LedgerEntry) -> Iterator[ErasureId]:
        """Fence once more what the main database no longer knows to be closed; name the erasure when it was not known."""
        erasure, youth = ErasureId(entry.erasure), YouthId(entry.subject)
        if self._rows("is_fenced", {"erasure": erasure, "subject": youth, "whole": entry.key_id is None})[0][0]:
            yield erasure
            return
        ((version,),) = self._rows("last_version", (youth,))
        record = self.saga.application.find_kind(YouthRecord, youth)
        if record is None:
            if version is not None and entry.key_id is None:
                self._fence_without_key(erasure, youth, version)
                yield erasure
            return
        if entry.key_id is None:
            if not record.is_closed:
                record.close(erasure, at=self.saga.clock())
                self._put(record, self._closing(entry, record.referents, Ground.DEMAND), whole=True)
            yield erasure
            return
        category = _category_of(self._key_store.ring(youth), entry.key_id)
        if category is not None and category in record.agreements and not record.is_closed:
            record.withdraw_agreement(category, erasure, by=SYSTEM_ACCOUNT, at=self.saga.clock())
            self._put(record, self._closing(entry, record.referents, Ground.WITHDRAWAL, category), whole=False)
            yield erasure

    def _fence_without_key(self, erasure: ErasureId, youth: YouthId, version: int) -> None:
        """Fence a stream that no key can write to any more: the keys database is newer than the main one."""
        closing = Erasure.close(
            erasure, youth, asked_by=Role.SYSTEM, asked_in_person=True, referents=[], at=self.saga.clock(), ground=Ground.DEMAND
        )
        if self.saga.application.find_kind(Erasure, erasure) is None:
            self.saga.application.store.put(closing.collect_events(), trail=self.saga.line(Operation.ERASE_RECORD))
        self._rows("fence", (youth, erasure, version))
        self.purge_views(youth)

    def _closing(self, entry: LedgerEntry, referents: Sequence[Any], ground: Ground, category: Category | None = None) -> Erasure:
        return Erasure.close(
            ErasureId(entry.erasure),
            YouthId(entry.subject),
            asked_by=Role.SYSTEM,
            asked_in_person=True,
            referents=list(referents),
            at=self.saga.clock(),
            ground=ground,
            category=category,
        )

    def _put(self, record: YouthRecord, closing: Erasure, *, whole: bool) -> None:
        fence = Fence(record.youth, ErasureId(closing.id), whole=whole)
        line = self.saga.line(Operation.ERASE_RECORD, record.youth)
        self.saga.application.store.put([*record.collect_events(), *closing.collect_events()], trail=line, fence=fence)

    def _erase_again(self, entries: Sequence[LedgerEntry], closed: Sequence[ErasureId]) -> int:
        """Fold what came back into the figures, destroy its keys again, carry each erasure to its end; give how many keys had come back."""
        for erasure in closed:
            self.saga.begin_again(erasure)
        self.carry_views()
        again = sum(self.saga.destruction.destroy_again(entry) for entry in entries)
        self.saga.copies.publish()
        for erasure in closed:
            while not self.saga.advance(erasure, was_cleared=True):
                self.carry_views()
        return again

    def _mark(self) -> Mark:
        return self._key_store.providers.mark(self._key_store.structure)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = (_LOCK, int.from_bytes(self._key_store.structure.bytes[-4:], "big", signed=True))
        with self._database.connection() as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute(self._sql["together"], lock)
            try:
                yield
            finally:
                connection.execute(self._sql["apart"], lock)
                connection.execute("RESET statement_timeout")

    def _rows(self, name: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        with self._database.connection() as connection:
            cursor = connection.execute(self._sql[name], parameters)
            return cursor.fetchall() if cursor.description else []


def _category_of(ring: KeyRing, key_id: bytes) -> Category | None:
    living = {key.key_id: key.category for key in ring.keys}
    return living.get(key_id) or next((key.category for key in ring.destroyed if key.key_id == key_id), None)
