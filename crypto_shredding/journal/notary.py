"""The notary: follows events, statements and trail to the last one, grows their trees, signs checkpoints (design §7; R083, R183).

It reads, and alone writes the seal. Each pass is one transaction: leaves, sizes and ranges are there together or not at all, whatever kills
it. Before it signs, it looks whether the tree has grown out of its last checkpoint, and whether the files know a later one. A tree that did
not grow out of what was signed is never signed again; a database that is older than the files goes on in another generation, and says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from crypto_shredding.journal.checkpoint_folder import CheckpointFolder
from crypto_shredding.journal.following_journal import EVENTS, STATEMENTS, TRAIL, JournalFollower, Row
from crypto_shredding.journal.leaves import EventRow, LineRow, StatementRow, event_leaf, line_leaf, month_leaf, statement_leaf
from crypto_shredding.journal.losses import Losses
from crypto_shredding.journal.merkle import HASH_BYTES, CompactRange, leaf_hash
from crypto_shredding.journal.notes import NoteInvalid, open_checkpoint, origin_of, sign_checkpoint
from crypto_shredding.postgresql.database import RoleConnection, StructureDatabase
from crypto_shredding.postgresql.queries import queries
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId

BATCH: Final = 5_000
STEPS: Final = ("leaves stored", "grown", "stated", "checkpoint stored", "checkpoint filed")
_LOCK: Final = 0x51_11_A6_E3
_LATE: Final = timedelta(days=1)
"""A line may be written a little before the month turns and read after it; one that is dated earlier had another clock."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class JournalBroken(Exception):
    """A tree is not what its last checkpoint vouched for: somebody changed the seal in the database. It is not signed again."""

    def __init__(self, tree: int) -> None:
        super().__init__(f"tree {tree}")
        self.tree = tree


@dataclass
class Tree:
    """One tree as far as it has come. `position` is the last row that it took in."""

    number: int
    kind: str
    month: date | None
    generation: int
    size: int
    position: int
    range: CompactRange

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Tree":
        """Read a row of `sealed_trees`. Raises `JournalBroken`."""
        number, kind, month, generation, size, position, stored = row
        try:
            return cls(number, kind, month, generation, size, position, CompactRange.of(size, bytes(stored)))
        except ValueError:
            raise JournalBroken(number) from None


@dataclass(frozen=True)
class Notary:
    """Seals the journal of one structure. `database` wears the notary's role; `is_erased` asks the keys database."""

    structure: StructureId
    database: StructureDatabase
    signer: Callable[[], Signer]
    public: Callable[[], bytes]
    is_erased: Callable[[UUID, bytes | None], bool]
    files: CheckpointFolder
    every_seconds: float = 300.0
    report: Callable[..., None] = lambda *_, **__: None
    reached: Callable[[str], None] = lambda _step: None
    """Told of each of `STEPS` once it is done."""

    @cached_property
    def follower(self) -> JournalFollower:
        """What reads the rows that come."""
        return JournalFollower(self.structure, self.database)

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self.database.statement(text) for name, text in queries("journal").items() if name != "is_erased"}

    def do(self) -> None:
        """Take in what there is, and sign when it is time; nothing while another notary is at it.

        Raises `JournalBroken`, what the provider raises, psycopg's errors and `OSError`: the next call takes it up again.
        """
        while self._pass(wait=False) >= BATCH:
            pass
        since = self._rows("since_last_checkpoint")[0][0]
        if since is None or since >= self.every_seconds:
            self.seal()

    def catch_up(self) -> None:
        """Take in and sign everything up to this moment: before an export, and before a month ends. Raises as `do` does."""
        while self._pass(wait=True):
            pass
        self.seal()

    def seal(self) -> None:
        """Sign each tree that has grown since its last checkpoint, and write the files. Raises as `do` does."""
        broken: JournalBroken | None = None
        with self.database.transaction() as connection:
            if not self._leads(connection, wait=True):
                return
            trees = [Tree.of(row) for row in connection.execute(self._sql["unsealed"])]
            signer = self.signer() if trees else None
            at = self._now(connection)
            for tree in trees:
                try:
                    self._sign(connection, tree, signer, at)
                except JournalBroken as found:
                    broken = found  # The other trees are signed all the same.
        self.reached("checkpoint stored")
        self._write_files()
        self.reached("checkpoint filed")
        if broken is not None:
            raise broken

    def latest_notes(self) -> list[str]:
        """Give the last checkpoint of each tree that grows, and of the month before."""
        return [note for (note,) in self._rows("latest_notes")]

    def _pass(self, *, wait: bool) -> int:
        """Take in at most a batch of each kind, in one transaction; give how many leaves came."""
        self._notice_losses()
        with self.database.transaction() as connection:
            if not self._leads(connection, wait=wait):
                return 0
            trees = {tree.kind: tree for tree in (Tree.of(row) for row in connection.execute(self._sql["growing"]))}
            events = self.follower.next_rows(EVENTS, trees[EVENTS].position, BATCH)
            self._take_in(connection, trees[EVENTS], events)
            statements = self.follower.next_rows(STATEMENTS, trees[STATEMENTS].position, BATCH)
            self._take_in(connection, trees[STATEMENTS], statements)
            lines = self._take_in_trail(connection, trees.get(TRAIL))
        self.reached("grown")
        return max(len(events), len(statements), lines)

    def _take_in_trail(self, connection: RoleConnection, tree: Tree | None) -> int:
        rows: Sequence[Any] = self.follower.next_rows(TRAIL, 0 if tree is None else tree.position, BATCH)
        months: list[date] = []
        for row in rows:
            months.append(_month_of(row, months[-1] if months else None if tree is None else tree.month))
        for month, group in groupby(zip(months, rows, strict=True), key=lambda pair: pair[0]):
            if tree is None or tree.month != month:
                tree = self._open_month(connection, tree, month)
            self._take_in(connection, tree, [row for _, row in group])
        return len(rows)

    def _open_month(self, connection: RoleConnection, before: Tree | None, month: date) -> Tree:
        if before is not None:
            connection.execute(self._sql["close"], (before.number,))
        opening = {"month": month, "position": 0 if before is None else before.position}
        (row,) = connection.execute(self._sql["open_month"], opening).fetchall()
        tree = Tree.of(row)
        if before is not None:
            end = month_leaf(before.number, before.size, before.range.root())
            self._grow(connection, tree, [0], [leaf_hash(end)], position=before.position)
        return tree

    def _take_in(self, connection: RoleConnection, tree: Tree, rows: Sequence[Row]) -> None:
        if not rows:
            return
        sealed = [row for row in rows if self._may_be_sealed(row)]
        self._grow(
            connection, tree, [row.position for row in sealed], [leaf_hash(leaf_of(row)) for row in sealed], position=rows[-1].position
        )

    def _may_be_sealed(self, row: Row) -> bool:
        """Refuse a purge that names a ring or key which, by the keys database, was never destroyed: somebody wrote it by hand."""
        if not isinstance(row, StatementRow) or row.kind != "purge" or row.stream is None:
            return True
        if self.is_erased(row.stream, row.key_id):
            return True
        self.report("journal.statement_refused", position=row.position)
        return False

    def _grow(self, connection: RoleConnection, tree: Tree, positions: Sequence[int], hashes: Sequence[bytes], *, position: int) -> None:
        if hashes:
            stored = b"".join(place.to_bytes(8, "big", signed=True) for place in positions)
            connection.execute(self._sql["store_leaves"], (tree.number, tree.size, stored, b"".join(hashes)))
            tree.range.append(hashes)
            tree.size = tree.range.size
        tree.position = position
        self.reached("leaves stored")
        grown = {"size": tree.size, "position": position, "range": tree.range.stored(), "tree": tree.number}
        connection.execute(self._sql["grow"], grown)

    def _sign(self, connection: RoleConnection, tree: Tree, signer: Signer | None, at: datetime) -> None:
        if signer is None:
            return
        self._must_have_grown(connection, tree, signer.public)
        root = tree.range.root()
        month = None if tree.month is None else f"{tree.month:%Y-%m}"
        note = sign_checkpoint(signer, origin_of(self.structure, tree.kind, tree.number, month, tree.generation), tree.size, root, at)
        connection.execute(self._sql["store_checkpoint"], (tree.number, tree.generation, tree.size, root, tree.range.stored(), note))

    def _must_have_grown(self, connection: RoleConnection, tree: Tree, public: bytes) -> None:
        """Check that the leaves since the last checkpoint lead from what was signed to what is about to be. Raises `JournalBroken`."""
        known = CompactRange()
        last = connection.execute(self._sql["last_checkpoint"], (tree.number,)).fetchone()
        if last is not None:
            size, root, stored, note = last
            try:
                known, signed = CompactRange.of(size, bytes(stored)), open_checkpoint(note, public)
            except (ValueError, NoteInvalid):
                raise JournalBroken(tree.number) from None
            if (signed.tree, signed.size, signed.root) != (tree.number, size, bytes(root)) or known.root() != signed.root:
                raise JournalBroken(tree.number)
        for first, hashes in connection.execute(self._sql["leaves_since"], (tree.number, known.size)):
            if first != known.size:
                raise JournalBroken(tree.number)
            known.append(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
        if known != tree.range:
            raise JournalBroken(tree.number)

    def _notice_losses(self) -> None:
        losses = Losses(self.structure, self.database, self.public, self.files)
        if not losses.found():
            return
        # A transaction of its own: its statement is followed like any other, once it is there for good.
        with self.database.transaction() as connection:
            self._leads(connection, wait=True)
            lost = losses.found()  # Another notary may have been a moment faster.
            for checkpoint in lost:
                losses.state(connection, checkpoint)
        self.reached("stated")
        if lost:
            # Last: whoever is killed before finds it again, and sees that it is stated.
            self.files.set_aside(datetime.now(UTC))
            self.report("journal.restored", count=len(lost))

    def _write_files(self) -> None:
        with self.database.connection() as connection:
            notes, at = [note for (note,) in connection.execute(self._sql["latest_notes"])], self._now(connection)
        if notes and notes != self.files.latest():
            self.files.write(notes, at)

    def _leads(self, connection: RoleConnection, *, wait: bool) -> bool:
        lock = (_LOCK, int.from_bytes(self.structure.bytes[-4:], "big", signed=True))
        if wait:
            connection.execute(self._sql["wait_to_lead"], lock)
            return True
        row = connection.execute(self._sql["lead"], lock).fetchone()
        return bool(row and row[0])

    def _now(self, connection: RoleConnection) -> datetime:
        now: datetime = connection.execute(self._sql["now"]).fetchall()[0][0]
        return now.astimezone(UTC)

    def _rows(self, name: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.database.connection() as connection:
            return connection.execute(self._sql[name], parameters).fetchall()


def leaf_of(row: Row) -> bytes:
    """Spell a row as a leaf."""
    if isinstance(row, EventRow):
        return event_leaf(row)
    return line_leaf(row) if isinstance(row, LineRow) else statement_leaf(row)


def _month_of(row: LineRow, present: date | None) -> date:
    """Give the month in whose tree a line goes: its own, or the present one when it is a little late."""
    try:
        at = _EPOCH + timedelta(microseconds=row.at)
    except OverflowError:
        return present or _EPOCH.date()  # No clock wrote this.
    own = at.date().replace(day=1)
    if present is not None and own < present and datetime(present.year, present.month, 1, tzinfo=UTC) - at < _LATE:
        return present
    return own
