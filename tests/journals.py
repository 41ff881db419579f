"""Exported journals for tests: taken, taken apart, put together again."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.bootstrap import Structure
from api.desk.journal import journal_file
from crypto_shredding.journal.sillage_verify import Report, verify

HEADER = 17 + 48
_BLOCK = struct.Struct(">cII")


def exported(structure: Structure, folder: Path, name: str = "journal") -> Path:
    """Seal, export."""
    path = folder / name
    with path.open("wb") as file:
        file.writelines(journal_file(structure.notary, structure.store.database))
    return path


def checked(structure: Structure, folder: Path, *checkpoints: str) -> Report:
    """Seal, export, verify with the key that the structure publishes."""
    return verify(exported(structure, folder), checkpoints, structure.notary.public(), jobs=1)


def bundle(structure: Structure) -> str:
    """What the DPO takes away today."""
    structure.notary.catch_up()
    return "\n".join(structure.notary.latest_notes())


def kinds(report: Report) -> set[str]:
    return {defect.kind for defect in report.defects}


@dataclass
class Part:
    """One block of the file."""

    tag: bytes
    tree: int
    content: bytes


def parts_of(content: bytes) -> list[Part]:
    parts, at = [], HEADER
    while at < len(content):
        tag, tree, length = _BLOCK.unpack_from(content, at)
        at += _BLOCK.size
        parts.append(Part(tag, tree, content[at : at + length]))
        at += length
    return parts


def put_together(header: bytes, parts: Sequence[Part]) -> bytes:
    return header + b"".join(_BLOCK.pack(part.tag, part.tree, len(part.content)) + part.content for part in parts)


def rows_of(part: Part) -> list[bytes]:
    """The rows of a block of rows: events (tree 1) are all of one length, the others bear theirs."""
    if part.tree == 1:
        return [part.content[at : at + 83] for at in range(0, len(part.content), 83)]
    rows, at = [], 0
    while at < len(part.content):
        end = at + 4 + int.from_bytes(part.content[at : at + 4], "big")
        rows.append(part.content[at:end])
        at = end
    return rows


def position_of(tree: int, row: bytes) -> int:
    at = 3 if tree == 1 else 6
    return 0 if row[at - 1] == 3 and tree > 2 else int.from_bytes(row[at : at + 8], "big", signed=True)
