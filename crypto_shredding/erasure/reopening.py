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

from crypto_shredding.erasure.closing_again import ClosingAgain
from crypto_shredding.erasure.destruction import entry_of
from crypto_shredding.erasure.erasure_saga import ErasureSaga
from crypto_shredding.erasure.ledger import LedgerEntry
from crypto_shredding.erasure.ledger_copies import LedgerCopies
from crypto_shredding.erasure.ledger_file import LedgerMissing, LedgerTampered, LedgerUnavailable
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.keys.provider import Mark
from crypto_shredding.keys.rotation import KeyRotation
from crypto_shredding.postgresql.database import StructureDatabase
from crypto_shredding.postgresql.queries import queries
from crypto_shredding.signing import SigningKeyMissing, public_key_of
from domain.identifiers import ErasureId, YouthId

_LOCK: Final = 0x51_11_A6_E2
STEPS: Final = ("gathered", "closed again", "erased again", "rotated", "opened")


class LedgerIncomplete(Exception):
    """The provider knows of more erasures than all the ledgers at hand together: something that was erased would come back."""

    def __init__(self, known: int, found: int) -> None:
        super().__init__(f"{found} of {known}")
        self.known = known
        self.found = found


class LedgersDiffer(Exception):
    """Two copies of the ledger say different things under one number: one of them was tampered with.

    `in_main_alone` when the others have nothing there: an entry that only the main database knows erases nobody.
    """

    def __init__(self, number: int, *, in_main_alone: bool = False) -> None:
        super().__init__(f"entry {number}")
        self.number = number
        self.in_main_alone = in_main_alone


@dataclass(frozen=True, slots=True)
class Reopened:
    """What it took: entries replayed, rings and keys that had come back, and the epoch that began."""

    replayed: int
    erased_again: int
    epoch: int
    waiting: int
    """Erasures that are closed and not begun: whether they were cancelled or held after the backup, only people know."""


@dataclass(frozen=True)
class Reopening:
    """The lock of one structure. `carry_views` brings the views up to the newest event; `purge_views` removes a youth's rows from them.

    `number_from` has the events that come be numbered after a position, so that no position means two events.
    """

    saga: ErasureSaga
    rotation: KeyRotation
    files: LedgerCopies
    carry_views: Callable[[], object]
    purge_views: Callable[[YouthId], None]
    number_from: Callable[[int], None] = lambda _position: None
    reached: Callable[[str], None] = lambda _step: None
    """Told of each named step once it is done."""

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self._database.statement(text) for name, text in queries("reopening").items()}

    @cached_property
    def _closing(self) -> ClosingAgain:
        return ClosingAgain(self.saga, self.purge_views)

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
            self.lock()
            return True
        return False

    def is_older(self) -> bool:
        """Tell whether the provider's mark, the main database or a signed file knows more than the databases do."""
        return self.is_behind() or self._number_in_files() > self._entries(self._key_store.database)

    def is_behind(self) -> bool:
        """Tell as much as can be told at every minute of a running service, without the files."""
        # The mark is read first, and the keys last: what is erased meanwhile is then in each place that is read after another.
        mark, ((highest,),), ((mended,),) = self._mark(), self._rows("highest_position"), self._rows("mended_up_to")
        in_main, in_keys = self._entries(self._database), self._entries(self._key_store.database)
        reached = Mark(self._key_store.epochs()[-1], min(in_main, in_keys), max(highest, mended))
        return in_main > in_keys or reached.joined(mark) != reached

    def lock(self) -> None:
        """Have every start from now on find it locked, until it is mended."""
        self._rows("lock")

    def _entries(self, database: StructureDatabase) -> int:
        with database.connection() as connection:
            row = connection.execute(database.statement(queries("reopening")["entries"])).fetchone()
        return int(row[0]) if row else 0

    def _number_in_files(self) -> int:
        try:
            return len(self._in_files())
        except (LedgerTampered, LedgerUnavailable, SigningKeyMissing):
            return 0  # What is locked says so when it is opened, and `doctor` at any time.

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
            # Whole records first: a category waits behind them.
            whole_first = sorted(entries, key=lambda entry: entry.key_id is not None)
            closed = list(dict.fromkeys(erasure for entry in whole_first for erasure in self._closing.close(entry)))
            self.reached("closed again")
            again = self._erase_again(entries, closed)
            for entry in entries:
                self._closing.tell(entry, closed)
            self.reached("erased again")
            epoch = self.rotation.rotate()
            self.reached("rotated")
            self.saga.conclude()
            self._closing.conclude(entries)
            position, ((waiting,),) = self._mark().position, self._rows("waiting")
            self.number_from(position)
            self._rows("reopen", (position,))
            self.reached("opened")
            return Reopened(len(entries), again, epoch, waiting)

    def _gathered(self) -> list[LedgerEntry]:
        """Put the ledgers together, and see that none is missing and none differs.

        An erasure counts when the keys database has it, or a signed file. What the main database says is compared and never added: who
        writes there alone destroys nobody.
        """
        together: dict[int, LedgerEntry] = {}
        for entry in (*self.saga.destruction.entries(), *self._in_files()):
            if together.setdefault(entry.number, entry) != entry:
                raise LedgersDiffer(entry.number)
        for entry in map(entry_of, self._rows("ledger")):
            if together.get(entry.number) != entry:
                raise LedgersDiffer(entry.number, in_main_alone=entry.number not in together)
        known = max(self._mark().erasures, *together, 0)
        if len(together) < known:
            raise LedgerIncomplete(known, len(together))
        return [together[number] for number in sorted(together)]

    def _in_files(self) -> Sequence[LedgerEntry]:
        try:
            return self.files.entries(public_key_of(self._key_store))
        except LedgerMissing:
            return []

    def _erase_again(self, entries: Sequence[LedgerEntry], closed: Sequence[ErasureId]) -> int:
        """Fold what came back into the figures, destroy its keys again, carry each erasure to its end; give how many keys had come back."""
        for erasure in closed:
            self.saga.begin_again(erasure)
        self.carry_views()
        again = sum(self.saga.destruction.destroy_again(entry) for entry in entries)
        self.saga.copies.publish()
        for erasure in closed:
            # Behind a whole record that has its time to wait, a category comes later; its key is gone already.
            while not self.saga.advance(erasure, was_cleared=True) and not self._closing.is_behind_another(erasure):
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
