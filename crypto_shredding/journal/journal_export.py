"""The journal as one file that anybody can check without us: docs/reference/journal-format.md, and `sillage_verify.py` which reads it.

What is in it opens nothing: digests, random identifiers, hours, who did what to which reference. It is read within one moment of the
database, row by row as it stands, beside the hashes that the notary had stored: the reader compares both, and trusts neither.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final, NamedTuple

import psycopg

from crypto_shredding.journal.following_journal import STATEMENTS, TRAIL, JournalFollower, Row
from crypto_shredding.journal.leaves import EventRow, month_leaf
from crypto_shredding.journal.merkle import HASH_BYTES, LEAF
from crypto_shredding.journal.notary import leaf_of
from crypto_shredding.postgresql.database import StructureDatabase
from crypto_shredding.postgresql.queries import queries
from domain.identifiers import StructureId

MAGIC: Final = b"sillage journal\n\x01"
BLOCK_LEAVES: Final = 1 << 15
"""Leaves a block, but in the last one of a tree: a power of two, so that each block is a subtree of its own."""
_READ: Final = 4_096
_BLOCK: Final = struct.Struct(">cII")
_TREE: Final = struct.Struct(">BII")
_KINDS: Final = {"events": 1, "statements": 2, "trail": 3}
_LENGTH: Final = struct.Struct(">I")
_POSITION_BYTES: Final = 8
_LAST: Final = 2**63 - 1


class StillGrowing(Exception):
    """Statements came between the notary's last pass and the moment of the export: try again."""


def export(structure: StructureId, database: StructureDatabase, public: bytes, *, as_it_stands: bool = False) -> Iterator[bytes]:
    """Give the file, part by part. Let the notary catch up first, or else ask for it `as_it_stands`.

    Raises `StillGrowing` before the first part: purges that are not sealed would be taken for defects.
    """
    with database.connection() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            yield from _Export(structure, database, connection).parts(public, as_it_stands=as_it_stands)
        finally:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")


class _Tree(NamedTuple):
    """A tree as its row says, whatever it says: an export is there to be doubted."""

    number: int
    kind: str
    month: date | None
    generation: int
    size: int
    position: int


class _Export:
    def __init__(self, structure: StructureId, database: StructureDatabase, connection: Any) -> None:
        self._structure = structure
        self._connection = connection
        self._follower = JournalFollower(structure, database)
        self._sql = {name: database.statement(text) for name, text in queries("journal").items() if name != "is_erased"}
        self._blocks = 0

    def parts(self, public: bytes, *, as_it_stands: bool) -> Iterator[bytes]:
        trees = [_Tree(*row[:6]) for row in self._rows("trees")]
        statements = next((tree.position for tree in trees if tree.kind == STATEMENTS), 0)
        if not as_it_stands and self._follower.highest_of(self._connection, STATEMENTS) > statements:
            raise StillGrowing
        yield MAGIC + self._structure.bytes + public
        before: _Tree | None = None
        # Statements first: whoever reads the events needs them.
        for tree in sorted(trees, key=lambda tree: (tree.kind != STATEMENTS, tree.number)):
            month = 0 if tree.month is None else tree.month.year * 100 + tree.month.month
            yield self._block(b"T", tree, _TREE.pack(_KINDS[tree.kind], tree.generation, month))
            yield from (self._block(b"C", tree, note.encode()) for (note,) in self._rows("exported_notes", tree.number))
            yield from (self._block(b"X", tree, note.encode()) for (note,) in self._rows("retention", tree.number))
            yield from self._stored(tree)
            yield from self._written(tree, before, is_last=tree is trees[-1])
            before = tree if tree.kind == TRAIL else None
        yield _BLOCK.pack(b"Z", 0, 8) + self._blocks.to_bytes(8, "big")

    def _stored(self, tree: _Tree) -> Iterator[bytes]:
        positions, hashes = bytearray(), bytearray()
        places, sums = BLOCK_LEAVES * _POSITION_BYTES, BLOCK_LEAVES * HASH_BYTES
        for some_positions, some_hashes in self._rows("leaves", tree.number):
            positions += some_positions
            hashes += some_hashes
            while len(hashes) >= sums:
                yield self._block(b"L", tree, positions[:places] + hashes[:sums])
                del positions[:places], hashes[:sums]
        if positions or hashes:
            yield self._block(b"L", tree, positions + hashes)

    def _written(self, tree: _Tree, before: _Tree | None, *, is_last: bool) -> Iterator[bytes]:
        """Give the rows as they stand, past the last that is sealed too: the reader tells what came later from what was slipped in."""
        waiting: list[bytes] = []
        if before is not None and self._rows("leaves", tree.number):
            last = self._rows("last_checkpoint", before.number)
            size, root = last[0][:2] if last else (before.size, bytes(HASH_BYTES))
            waiting.append(_spelt(month_leaf(before.number, size, root)))
        until = _LAST if tree.kind != TRAIL or is_last else tree.position
        after = -_LAST if before is None else before.position
        while rows := self._follower.rows(self._connection, tree.kind, after, until, _READ):
            waiting += map(_record, rows)
            after = rows[-1].position
            while len(waiting) >= BLOCK_LEAVES:
                yield self._block(b"R", tree, b"".join(waiting[:BLOCK_LEAVES]))
                del waiting[:BLOCK_LEAVES]
        if waiting:
            yield self._block(b"R", tree, b"".join(waiting))

    def _block(self, tag: bytes, tree: _Tree, content: bytes | bytearray) -> bytes:
        self._blocks += 1
        return _BLOCK.pack(tag, tree.number, len(content)) + content

    def _rows(self, name: str, *parameters: object) -> Sequence[tuple[Any, ...]]:
        rows: Sequence[tuple[Any, ...]] = self._connection.execute(self._sql[name], parameters).fetchall()
        return rows


def _record(row: Row) -> bytes:
    if isinstance(row, EventRow):
        # All of one length: a reader cuts them out without looking.
        return bytes([row.is_present]) + LEAF + leaf_of(row)
    return _spelt(leaf_of(row))


def _spelt(leaf: bytes) -> bytes:
    return _LENGTH.pack(len(leaf) + 1) + LEAF + leaf
