"""What each leaf of the journal says, byte for byte (docs/reference/journal-format.md). Integers are big-endian.

    event       = 01 | position(8) | stream(16) | version(8) | id of the sealing key(16) | SHA-256 of the ciphertext(32)
    line        = 02 | line(8) | at(8) | account(16) | 00 or 01 | reference(16) | request(16) | records(4) | 4 texts
                  | number(4) | categories
    month       = 03 | tree(8) | size(8) | root(32)                  first leaf of a month: the end of the one before
    purge       = 04 | statement(8) | at(8) | erasure(16) | stream(16) | 00 whole or 01 | key id(16) | number(4) | first(8), last(8) …
    restoration = 05 | statement(8) | at(8) | tree(8) | generation(8) | kept(8) | lost size(8) | lost root(32)

A text is its length(4) and UTF-8; length ffffffff is no text at all. A moment is in microseconds since 1970, as the database keeps it: what
is hashed is what was read back.
"""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

NO_KEY: Final = bytes(16)
"""The key of what was purged before its id was kept, and of a purge of a whole ring."""
_NOBODY: Final = bytes(16)
_NULL: Final = b"\xff\xff\xff\xff"
_EVENT: Final = struct.Struct(">Bq16sq16s32s")
_LINE: Final = struct.Struct(">Bqq16sB16s16si")
_MONTH: Final = struct.Struct(">Bqq32s")
_PURGE: Final = struct.Struct(">Bqq16s16sB16sI")
_RANGE: Final = struct.Struct(">qq")
_RESTORATION: Final = struct.Struct(">Bqqqqqq32s")
_LENGTH: Final = struct.Struct(">I")


class EventRow(NamedTuple):
    """An event as the notary and the export read it."""

    position: int
    stream: UUID
    version: int
    key_id: bytes | None
    digest: bytes
    is_present: bool
    """Whether its ciphertext is still there."""


class LineRow(NamedTuple):
    """A line of the access trail, every column. `at` is in microseconds."""

    position: int
    at: int
    account: UUID
    role: str
    purpose: str
    operation: str
    outcome: str
    reference: UUID | None
    categories: Sequence[str | None]
    records: int
    request: UUID


class StatementRow(NamedTuple):
    """A statement: the first seven fields of a purge, the others of a restoration. `versions` are first and last, both within."""

    position: int
    at: int
    kind: str
    erasure: UUID | None
    stream: UUID | None
    key_id: bytes | None
    versions: Sequence[tuple[int, int]]
    tree: int | None
    generation: int | None
    kept: int | None
    lost_size: int | None
    lost_root: bytes | None


def event_leaf(row: EventRow) -> bytes:
    """Spell an event."""
    return _EVENT.pack(1, row.position, row.stream.bytes, row.version, row.key_id or NO_KEY, row.digest)


def line_leaf(row: LineRow) -> bytes:
    """Spell a line of the trail."""
    reference = _NOBODY if row.reference is None else row.reference.bytes
    head = (2, row.position, row.at, row.account.bytes, row.reference is not None, reference, row.request.bytes, row.records)
    texts = b"".join(map(_text, (row.role, row.purpose, row.operation, row.outcome)))
    return _LINE.pack(*head) + texts + _LENGTH.pack(len(row.categories)) + b"".join(map(_text, row.categories))


def month_leaf(tree: int, size: int, root: bytes) -> bytes:
    """Spell the end of the month before."""
    return _MONTH.pack(3, tree, size, root)


def statement_leaf(row: StatementRow) -> bytes:
    """Spell a statement."""
    if row.kind == "restoration":
        numbers = (row.tree or 0, row.generation or 0, row.kept or 0, row.lost_size or 0)
        return _RESTORATION.pack(5, row.position, row.at, *numbers, row.lost_root or b"")
    erasure, stream = (part.bytes if part else _NOBODY for part in (row.erasure, row.stream))
    head = (4, row.position, row.at, erasure, stream, row.key_id is not None, row.key_id or NO_KEY, len(row.versions))
    return _PURGE.pack(*head) + b"".join(_RANGE.pack(*versions) for versions in row.versions)


def _text(text: str | None) -> bytes:
    if text is None:
        return _NULL
    spelt = text.encode()
    return _LENGTH.pack(len(spelt)) + spelt
