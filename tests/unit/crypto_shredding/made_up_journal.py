"""Journals for the verifier that are made up: every kind of leaf, of month and of defect, without any database."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto_shredding.journal.leaves import EventRow, LineRow, StatementRow, event_leaf, line_leaf, month_leaf, statement_leaf
from crypto_shredding.journal.merkle import leaf_hash, root_of
from crypto_shredding.journal.notes import origin_of, sign_checkpoint, sign_note
from crypto_shredding.journal.sillage_verify import MAGIC, Report
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId
from tests.journals import Part, put_together

STRUCTURE = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
OTHER = StructureId(UUID("be1a0000-0000-4000-8000-000000000002"))
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STRANGER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
AT = datetime(2026, 11, 27, 3, 30, tzinfo=UTC)
TODAY = AT.date()
YOUTH, LIVING = (UUID(int=number) for number in (1, 2))
CORE, FOLLOW_UP = b"\x0c" * 16, b"\x0f" * 16
KINDS = {1: "events", 2: "statements"}


@dataclass
class Tree:
    """One tree before it is written down: what the rows say, and what was sealed of them (the same, unless a test says otherwise)."""

    number: int
    rows: list[tuple[int, bytes, bool]]
    month: str | None = None
    generation: int = 1
    sealed: list[tuple[int, bytes]] | None = None
    sizes: tuple[int, ...] = ()
    notes: list[str] | None = None
    record: str | None = None

    @property
    def leaves(self) -> list[tuple[int, bytes]]:
        return [(position, leaf) for position, leaf, _ in self.rows] if self.sealed is None else self.sealed

    @property
    def hashes(self) -> list[bytes]:
        return [leaf_hash(leaf) for _, leaf in self.leaves]

    def note(self, size: int, signer: Signer = SIGNER, structure: StructureId = STRUCTURE, generation: int | None = None) -> str:
        origin = origin_of(structure, KINDS.get(self.number, "trail"), self.number, self.month, generation or self.generation)
        return sign_checkpoint(signer, origin, size, root_of(self.hashes[:size]), AT)

    def parts(self) -> list[Part]:
        kind = min(self.number, 3)
        month = 0 if self.month is None else int(self.month.replace("-", ""))
        head = bytes([kind]) + self.generation.to_bytes(4, "big") + month.to_bytes(4, "big")
        sizes = self.sizes or ((len(self.leaves),) if self.leaves else ())
        notes = [self.note(size) for size in sizes] if self.notes is None else self.notes
        stored = b"".join(position.to_bytes(8, "big", signed=True) for position, _ in self.leaves) + b"".join(self.hashes)
        rows = b"".join(
            bytes([is_there]) + b"\x00" + leaf if kind == 1 else (len(leaf) + 1).to_bytes(4, "big") + b"\x00" + leaf
            for _, leaf, is_there in self.rows
        )
        return [
            Part(b"T", self.number, head),
            *(Part(b"C", self.number, note.encode()) for note in notes),
            *([Part(b"X", self.number, self.record.encode())] if self.record else []),
            *([Part(b"L", self.number, stored)] if stored else []),
            *([Part(b"R", self.number, rows)] if rows else []),
        ]


@dataclass
class Journal:
    """A whole journal before it is written down."""

    trees: list[Tree]
    structure: StructureId = STRUCTURE
    public: bytes = SIGNER.public
    blocks: int | None = None
    more: list[Part] = field(default_factory=list)

    def content(self) -> bytes:
        parts = [part for tree in self.trees for part in tree.parts()] + self.more
        count = len(parts) if self.blocks is None else self.blocks
        return put_together(MAGIC + self.structure.bytes + self.public, [*parts, Part(b"Z", 0, count.to_bytes(8, "big"))])

    def tree(self, number: int) -> Tree:
        return next(tree for tree in self.trees if tree.number == number)


def event(position: int, stream: UUID, version: int, key: bytes, *, is_there: bool = True) -> tuple[int, bytes, bool]:
    digest = leaf_hash(b"%d" % position)
    return position, event_leaf(EventRow(position, stream, version, key, digest, is_there)), is_there


def line(position: int, operation: str = "record.read") -> tuple[int, bytes, bool]:
    row = LineRow(position, position, YOUTH, "educator", "accompany", operation, "granted", LIVING, ("core", None), 1, UUID(int=position))
    return position, line_leaf(row), True


def purge(position: int, stream: UUID, key: bytes | None, *versions: tuple[int, int]) -> tuple[int, bytes, bool]:
    row = StatementRow(position, 0, "purge", uuid4(), stream, key, versions, None, None, None, None, None)
    return position, statement_leaf(row), True


def restoration(position: int, tree: int, generation: int, kept: int, lost: int) -> tuple[int, bytes, bool]:
    row = StatementRow(position, 0, "restoration", None, None, None, (), tree, generation, kept, lost, bytes(32))
    return position, statement_leaf(row), True


def month(number: int, name: str, before: Tree | None, rows: Sequence[tuple[int, bytes, bool]]) -> Tree:
    first = [] if before is None else [(0, month_leaf(before.number, len(before.leaves), root_of(before.hashes)), True)]
    return Tree(number, [*first, *rows], name)


def record_of(tree: Tree, *, kept: int = 365, gone: str = "2026-11-01", reason: str = "", signer: Signer = SIGNER, **other: object) -> str:
    name = f"sillage/{STRUCTURE}/retention/{other.get('number', tree.number)}"
    root = base64.b64encode(root_of(tree.hashes)).decode()
    leaves = other.get("leaves", len(tree.leaves))
    text = f"{name}\nmonth {other.get('month', tree.month)}\nleaves {leaves}\nroot {root}\nkept {kept}\ngone {gone}T02:00:00Z\n"
    return sign_note(signer, name, text + (f"reason {reason}\n" if reason else ""))


Check = Callable[..., Report]


def found(report: Report) -> set[tuple[str, int]]:
    return {(defect.kind, defect.position) for defect in report.defects}


def kinds(report: Report) -> set[str]:
    return {defect.kind for defect in report.defects}


def changed(tree: Tree) -> Tree:
    """Keep what was sealed, so that the rows may say something else."""
    tree.sealed = list(tree.leaves)
    return tree
