"""Vérifie seul un journal exporté de Sillage : ni clé, ni base de données, ni réseau. Il faut Python et `cryptography`.

    python sillage_verify.py export.journal --checkpoint hier.txt --key 03a107bf…

The file that it reads is described in docs/reference/journal-format.md. Nothing of Sillage's own is imported here, so that whoever doubts
the service need not trust it: every hash is computed again from what the journal says now, and compared with what was signed then.
"""

import argparse
import base64
import hashlib
import json
import multiprocessing
import os
import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAGIC: Final = b"sillage journal\n\x01"
BLOCK_LEAVES: Final = 1 << 15
EVENTS, STATEMENTS, TRAIL = 1, 2, 3
_HEADER, _BLOCK, _TREE = len(MAGIC) + 48, struct.Struct(">cII"), struct.Struct(">BII")
_EVENT_BYTES: Final = 83
_EVENT: Final = struct.Struct(">q16sq16s")
_PURGE: Final = struct.Struct(">qq16s16sB16sI")
_MONTH: Final = struct.Struct(">qq32s")
_RESTORATION: Final = struct.Struct(">qqqqqq32s")
_LENGTH: Final = struct.Struct(">I")
_MISSING_TOLD: Final = 100
"""Trees that are missing below a number that no file of this size can have, of which each is told."""
_SHORTEST_ROW: Final = 14
"""Bytes: its length, what every leaf begins with, its position."""
_SHORTEST, _A_YEAR, _LONGEST = 214, 365, 1095
_BETWEEN_CLOCKS: Final = timedelta(days=1)
"""Two clocks that are right may differ by as much, at midnight."""
_AFTER_THE_SEAL: Final = timedelta(days=41)
"""No month goes later than forty days after the last checkpoint of all: the database's function looks. Midnight makes it one more."""
_MANY: Final = 16
"""Blocks from which on several processors are worth their start."""
_SHOWN: Final = 20
_UNMARKED: Final = -(2**63)

_NOTE: Final = re.compile(r"([^\x00-\x1f][^\x00-\x09\x0b-\x1f]*?\n)\n\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n", re.ASCII)
_CHECKPOINT: Final = re.compile(
    r"(sillage/([0-9a-f-]{36})/(events|statements|trail)/([1-9]\d*)(?:/(\d{4}-\d{2}))?/([1-9]\d*))\n"
    r"(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\ntime ([0-9TZ:-]{20})\n",
    re.ASCII,
)
_RETENTION: Final = re.compile(
    r"(sillage/([0-9a-f-]{36})/retention/([1-9]\d*))\nmonth (\d{4}-\d{2})\nleaves ([1-9]\d*)\nroot ([A-Za-z0-9+/]{43}=)\n"
    r"kept ([1-9]\d*)\ngone (\d{4}-\d{2}-\d{2})T[0-9:]{8}Z\n(?:reason ([^\n]+)\n)?",
    re.ASCII,
)
_NAMES: Final = {EVENTS: "événement", STATEMENTS: "déclaration", TRAIL: "ligne d’accès"}
_SENTENCES: Final = {
    "modified": "n’est plus ce qui a été scellé : son contenu a été changé.",
    "missing": "a été supprimé après avoir été scellé.",
    "added": "a été ajouté après coup, parmi ce qui était déjà scellé.",
    "moved": "n’est plus à sa place : des lignes ont été échangées.",
    "stored": "est intact, mais l’empreinte gardée à côté a été changée.",
    "nulled": "n’a plus son contenu chiffré, et aucun effacement scellé ne le dit.",
    "returned": "a de nouveau un contenu chiffré, alors qu’un effacement scellé l’avait annulé.",
}


class Unreadable(Exception):
    """Ce fichier n’est pas un journal exporté de Sillage."""


class Defect(NamedTuple):
    """What is wrong and where: `position` is the row's number, or the byte of the file for `cut` and `malformed`."""

    kind: str
    tree: int
    position: int
    sentence: str


class Block(NamedTuple):
    """Where a block's content stands in the file."""

    tag: bytes
    tree: int
    offset: int
    length: int


class Note(NamedTuple):
    """A checkpoint whose signature holds."""

    structure: str
    kind: int
    tree: int
    generation: int
    size: int
    root: bytes
    time: str
    month: str


class Gone(NamedTuple):
    """A retention record whose signature holds."""

    leaves: int
    root: bytes
    day: date
    is_lawful: bool


class Purge(NamedTuple):
    """Some versions of a stream that a sealed erasure named; `key` is `None` for the whole ring."""

    key: bytes | None
    first: int
    last: int


@dataclass
class Found:
    """What one block of rows came to."""

    count: int = 0
    is_same: bool = True
    peaks: list[bytes] = field(default_factory=list)
    at: dict[int, list[bytes]] = field(default_factory=dict)
    nulled: list[tuple[int, bytes, int, bytes]] = field(default_factory=list)
    alive: list[tuple[int, bytes, int, bytes]] = field(default_factory=list)
    """Present rows of streams that a purge names."""
    beyond: list[int] = field(default_factory=list)
    """Positions of the rows for which no hash was stored."""
    last_stored: int = _UNMARKED
    first: bytes = b""
    malformed: int | None = None


@dataclass
class Tree:
    """One tree of the file, and what its rows came to."""

    number: int
    kind: int
    generation: int
    month: int
    notes: list[Note] = field(default_factory=list)
    gone: Gone | None = None
    stored: list[Block] = field(default_factory=list)
    rows: list[Block] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(found.count for found in self.found)

    @property
    def signed(self) -> int:
        """How many leaves the last checkpoint vouches for."""
        return max((note.size for note in self.notes if note.generation == self.generation), default=0)

    def root(self, size: int) -> bytes | None:
        """Give the root over the first `size` rows."""
        if not 0 < size <= self.count:
            return None
        blocks, rest = divmod(size, BLOCK_LEAVES)
        tops = [found.peaks[0] for found in self.found[:blocks]]
        last = self.found[blocks] if rest else Found()
        inside = last.peaks if rest == last.count else last.at.get(rest)
        return None if inside is None else _folded(_peaks(_levels(tops), blocks) + inside)


@dataclass
class Report:
    """What was checked, and what is wrong."""

    structure: str
    key: str
    trees: list[Tree]
    defects: list[Defect]
    said: list[str]
    """What whoever reads should know, and that is no defect."""

    @property
    def leaves(self) -> int:
        """How many rows were read."""
        return sum(tree.count for tree in self.trees)


def verify(
    path: Path, checkpoints: Sequence[str] = (), key: bytes | None = None, *, jobs: int | None = None, today: date | None = None
) -> Report:
    """Check the file, against checkpoints (texts) and a key that were kept elsewhere. Raises `Unreadable`, `OSError`."""
    return _Verifier(path, jobs, today or datetime.now(UTC).date()).run(checkpoints, key)


class _Verifier:
    def __init__(self, path: Path, jobs: int | None, today: date) -> None:
        self._path = path
        self._jobs = jobs
        self._today = today
        self._last_sealed = ""
        self._defects: list[Defect] = []
        self._said: list[str] = []
        self._trees: dict[int, Tree] = {}
        self._purges: dict[bytes, list[Purge]] = {}
        self._restorations: list[tuple[int, int, int, int, bytes]] = []

    def run(self, checkpoints: Sequence[str], key: bytes | None) -> Report:
        blocks = self._index()
        if key not in {None, self._public}:
            self._wrong("key", 0, 0, "Ce journal est signé par une autre clé que celle que vous avez donnée.")
        self._gather(blocks)
        outside = [note for text in checkpoints for note in self._opened(text)]
        for tree in sorted(self._trees.values(), key=lambda tree: (tree.kind != STATEMENTS, tree.number)):
            self._check(tree, {note.size for note in outside if note.tree == tree.number})
        self._check_months()
        for note in outside:
            self._compare(note)
        return Report(self._structure, self._public.hex(), list(self._trees.values()), self._defects, self._said)

    def _index(self) -> list[Block]:
        """Find the blocks. A file that was cut, or whose frame was changed, is read up to there."""
        blocks: list[Block] = []
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            header = file.read(_HEADER)
            if len(header) < _HEADER or not header.startswith(MAGIC):
                raise Unreadable
            digits = header[len(MAGIC) : len(MAGIC) + 16].hex()
            self._structure = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            self._public = header[-32:]
            at = _HEADER
            while at < size:
                head = file.read(_BLOCK.size)
                tag, tree, length = _BLOCK.unpack(head) if len(head) == _BLOCK.size else (b"", 0, 0)
                if tag not in {b"T", b"L", b"R", b"C", b"X", b"Z"} or at + _BLOCK.size + length > size:
                    self._wrong("cut", 0, at, f"Le fichier est coupé ou abîmé à l’octet {at} : ce qui suit n’a pas pu être lu.")
                    return blocks
                blocks.append(Block(tag, tree, at + _BLOCK.size, length))
                at += _BLOCK.size + length
                file.seek(at)
        end = blocks[-1] if blocks else Block(b"", 0, 0, 0)
        if (end.tag, end.tree) != (b"Z", 0) or self._read(end) != (len(blocks) - 1).to_bytes(8, "big"):
            self._wrong("cut", 0, at, f"Le fichier s’arrête à l’octet {at} sans sa dernière marque : la fin manque.")
        return blocks

    def _gather(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            if block.tag == b"Z":
                continue
            tree = self._trees.get(block.tree)
            if block.tag == b"T" and tree is None and block.length == _TREE.size:
                kind, generation, month = _TREE.unpack(self._read(block))
                self._trees[block.tree] = Tree(block.tree, kind, generation, month)
            elif tree is None or block.tag == b"T":
                self._malformed(block.tree, block.offset)
            elif block.tag == b"C":
                self._keep_note(tree, block)
            elif block.tag == b"X":
                self._keep_retention(tree, block)
            else:
                (tree.stored if block.tag == b"L" else tree.rows).append(block)
        # A number that was changed may be of any size: of what is missing below it, some are told, and not all.
        highest = min(max(self._trees, default=0), len(self._trees) + _MISSING_TOLD)
        missing = set(range(1, highest + 1)) - set(self._trees)
        for number in sorted(missing | {EVENTS, STATEMENTS} - set(self._trees)):
            self._wrong("tree", number, number, f"L’arbre {number} manque entièrement.")

    def _keep_note(self, tree: Tree, block: Block) -> None:
        note = next(iter(self._opened(self._read(block).decode("utf-8", "replace"), block.offset)), None)
        if note is None:
            return
        mine = (self._structure, tree.kind, tree.number, _month_text(tree.month) if tree.month else "")
        if (note.structure, note.kind, note.tree, note.month) != mine or note.generation > tree.generation:
            self._wrong("signature", tree.number, block.offset, f"Un point de contrôle n’est pas à sa place (octet {block.offset}).")
            return
        tree.notes.append(note)
        self._last_sealed = max(self._last_sealed, note.time[:10])

    def _keep_retention(self, tree: Tree, block: Block) -> None:
        text = _signed_text(self._read(block).decode("utf-8", "replace"), self._public)
        match = _RETENTION.fullmatch(text or "")
        if match is None or match[2] != self._structure or int(match[3]) != tree.number or match[4] != _month_text(tree.month):
            self._wrong("retention", tree.number, block.offset, f"L’acte d’échéance du mois {_month_text(tree.month)} n’est pas signé.")
            return
        kept, day = int(match[7]), date.fromisoformat(match[8])
        age = day - date.fromisoformat(f"{match[4]}-01")
        is_lawful = _SHORTEST <= kept <= _LONGEST and age.days >= kept and (kept <= _A_YEAR or bool(match[9]))
        tree.gone = Gone(int(match[5]), base64.b64decode(match[6]), day, is_lawful)

    def _opened(self, text: str, offset: int | None = None) -> list[Note]:
        """Read the checkpoints of a text. What no known key signed is a defect, and counts for nothing."""
        opened = []
        notes = [match[0] for match in _NOTE.finditer(text)]
        if not notes or "".join(notes).replace("\n", "") != text.replace("\n", ""):
            notes.append("")
        for note in notes:
            match = _CHECKPOINT.fullmatch(_signed_text(note, self._public) or "")
            if match is None:
                where = "donné à part" if offset is None else f"à l’octet {offset}"
                self._wrong("signature", 0, offset or 0, f"Un point de contrôle ({where}) n’est pas signé par la clé de ce journal.")
                continue
            kind = {"events": EVENTS, "statements": STATEMENTS, "trail": TRAIL}[match[3]]
            numbers = int(match[4]), int(match[6]), int(match[7])
            opened.append(Note(match[2], kind, *numbers, base64.b64decode(match[8]), match[9], match[5] or ""))
        return opened

    def _check(self, tree: Tree, others: Iterable[int]) -> None:
        """Compute every hash of a tree again, and compare."""
        sizes = {note.size for note in tree.notes} | set(others) | ({tree.gone.leaves} if tree.gone else set())
        tree.found = self._hashed(tree, sizes)
        bad = next((found.malformed for found in tree.found if found.malformed is not None), None)
        uneven = [found for found in tree.found[:-1] if found.count != BLOCK_LEAVES]
        if bad is not None or uneven:
            self._malformed(tree.number, tree.rows[0].offset if bad is None else bad)
            tree.found = []
            return
        if tree.kind == TRAIL and not tree.rows and not tree.stored and tree.gone:
            self._check_gone(tree)
            return
        by_root = self._roots(tree)
        defects = list(self._leaves(tree))
        if defects and not by_root:
            # The rows are what was signed: it is the hashes beside them that were changed.
            defects = [defect if defect.kind == "added" else self._defect("stored", tree, defect.position) for defect in defects]
        self._defects += defects or by_root
        if tree.kind == STATEMENTS:
            self._read_statements(tree)
        elif tree.kind == EVENTS:
            self._check_purges(tree)
        if tree.count and not tree.signed:
            self._wrong("unsigned", tree.number, 0, f"L’arbre {tree.number} n’a aucun point de contrôle signé sous son nom.")

    def _hashed(self, tree: Tree, sizes: Iterable[int]) -> list[Found]:
        streams = frozenset(self._purges) if tree.kind == EVENTS else frozenset()
        work: list[Part] = []
        for number, rows in enumerate(tree.rows):
            stored = tree.stored[number] if number < len(tree.stored) else None
            ends = [size - number * BLOCK_LEAVES for size in sizes if 0 < size - number * BLOCK_LEAVES < BLOCK_LEAVES]
            work.append((rows, stored, ends))
        jobs = self._jobs or min(os.cpu_count() or 1, 8)
        one = partial(_hash_block, str(self._path), tree.kind, streams)
        if jobs == 1 or len(work) < _MANY:
            return [one(part) for part in work]
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            return pool.map(one, work, chunksize=1)

    def _roots(self, tree: Tree) -> list[Defect]:
        """Compare with each checkpoint, from the oldest on: the first that does not hold says between which leaves it happened."""
        good = 0
        for note in sorted(tree.notes, key=lambda note: note.size):
            if note.size > tree.count:
                sentence = f"{self._of(tree)} : {tree.count} lignes, alors que le point de contrôle du {note.time} en compte {note.size}."
                return [Defect("truncated", tree.number, tree.count, f"Fin coupée. {sentence}")]
            if tree.root(note.size) != note.root:
                sentence = f"entre la ligne {good + 1} et la ligne {note.size}, ce n’est plus ce qui avait été signé le {note.time}."
                return [Defect("rewritten", tree.number, good + 1, f"{self._of(tree)} : {sentence}")]
            good = note.size
        return []

    def _leaves(self, tree: Tree) -> Iterator[Defect]:
        """Say which rows are not what their stored hashes say; nothing is looked at twice when they all agree."""
        stored = sum(block.length for block in tree.stored) // 40
        if not all(found.is_same for found in tree.found) or tree.count < stored:
            yield from self._differing(tree)
            return
        last = max((found.last_stored for found in tree.found), default=_UNMARKED)
        is_closed = tree.kind == TRAIL and tree.number < max(self._trees)
        for position in (position for found in tree.found for position in found.beyond):
            if is_closed or (stored and position <= last):
                yield self._defect("added", tree, position)
        if stored < min(tree.signed, tree.count):
            sentence = f"{self._of(tree)} : des empreintes gardées manquent, à partir de la feuille {stored + 1}."
            yield Defect("stored", tree.number, stored, sentence)

    def _differing(self, tree: Tree) -> Iterator[Defect]:
        known, here, previous = dict(_stored_in(self._path, tree.stored)), dict[int, bytes](), _UNMARKED
        for position, its_hash in _rows_in(self._path, tree):
            if here and position <= previous:
                yield self._defect("moved", tree, position)
            here[position], previous = its_hash, position
        last = max(known, default=_UNMARKED)
        for position in sorted(known.keys() | here.keys()):
            if position not in here:
                yield self._defect("missing", tree, position)
            elif position not in known and position <= last:
                yield self._defect("added", tree, position)
            elif position in known and known[position] != here[position]:
                yield self._defect("modified", tree, position)

    def _read_statements(self, tree: Tree) -> None:
        """Keep the purges and restorations that are sealed: those behind the last checkpoint prove nothing yet."""
        is_sound = not any(defect.tree == tree.number for defect in self._defects)
        for index, content in enumerate(_contents_in(self._path, tree.rows)):
            if index >= tree.signed or not is_sound:
                break
            if content[1] == 5:  # noqa: PLR2004
                _, _, number, generation, kept, size, root = _RESTORATION.unpack_from(content, 2)
                self._restorations.append((number, generation, kept, size, root))
                told = f"{kept} lignes gardées, sur les {size} qui avaient été scellées."
                self._said.append(f"L’arbre {number} a été repris d’une copie plus ancienne : {told}")
                continue
            *_, stream, has_key, key_id, number = _PURGE.unpack_from(content, 2)
            for at in range(number):
                first, last = struct.unpack_from(">qq", content, 2 + _PURGE.size + 16 * at)
                self._purges.setdefault(stream, []).append(Purge(key_id if has_key else None, first, last))

    def _check_purges(self, tree: Tree) -> None:
        nulled = [row for found in tree.found for row in found.nulled]
        unnamed = [row for row in nulled if not self._is_purged(*row[1:])]
        alive = [row for found in tree.found for row in found.alive if self._is_purged(*row[1:])]
        self._defects += [self._defect("nulled", tree, position) for position, *_ in unnamed]
        self._defects += [self._defect("returned", tree, position) for position, *_ in alive]
        self._said.append(f"Contenus chiffrés annulés : {len(nulled)}, dont {len(nulled) - len(unnamed)} sous un effacement scellé.")

    def _is_purged(self, stream: bytes, version: int, key: bytes) -> bool:
        return any(purge.first <= version <= purge.last and purge.key in {None, key} for purge in self._purges.get(stream, ()))

    def _check_gone(self, tree: Tree) -> None:
        """Hold a month without a line for lawful under a signed record that agrees with the last checkpoint, and under nothing else."""
        final = max(tree.notes, key=lambda note: (note.generation, note.size), default=None)
        record = tree.gone
        told = None if record is None else (tree.generation, record.leaves, record.root)
        if record is None or final is None or (final.generation, final.size, final.root) != told or not record.is_lawful:
            self._wrong(
                "retention", tree.number, tree.number, f"{self._of(tree)} : ses lignes manquent, et l’acte d’échéance ne le justifie pas."
            )
            return
        if not self._has_come(record.day):
            sentence = f"ses lignes manquent, sous un acte daté du {record.day}, qui n’était pas encore venu."
            self._wrong("retention", tree.number, tree.number, f"{self._of(tree)} : {sentence}")
            return
        self._said.append(f"{self._of(tree)} : {record.leaves} lignes arrivées à échéance, sous un acte signé.")

    def _has_come(self, day: date) -> bool:
        """Tell whether a record may be of this day: by the clock here and, since files are kept for years, by their last checkpoint."""
        return day - self._today <= _BETWEEN_CLOCKS and day - date.fromisoformat(self._last_sealed) <= _AFTER_THE_SEAL

    def _check_months(self) -> None:
        """Look whether each month begins with the end of the one before."""
        trails = [tree for tree in sorted(self._trees.values(), key=lambda tree: tree.number) if tree.kind == TRAIL]
        for before, tree in pairwise(trails):
            if not tree.rows:
                continue
            content = tree.found[0].first if tree.found else b""
            told = _MONTH.unpack_from(content, 2) if content[1:2] == b"\x03" else None
            count = before.gone.leaves if before.gone and not before.rows else before.count
            root = before.gone.root if before.gone and not before.rows else before.root(before.count)
            if told is None or told[:2] != (before.number, count) or (root is not None and told[2] != root):
                self._wrong("chain", tree.number, tree.number, f"{self._of(tree)} ne commence pas par la fin du mois d’avant.")

    def _compare(self, note: Note) -> None:
        """Compare with a checkpoint that was kept elsewhere: what it vouches for must still be the beginning of what is here."""
        tree = self._trees.get(note.tree)
        name = f"Le point de contrôle gardé à part ({note.time}, arbre {note.tree}, {note.size} lignes)"
        if note.structure != self._structure:
            self._wrong("other", note.tree, note.size, f"{name} est d’une autre structure.")
        elif tree is not None and tree.gone and not tree.rows:
            is_final = (note.size, note.root) == (tree.gone.leaves, tree.gone.root)
            self._said.append(f"{name} : {'confirmé' if is_final else 'ne peut plus être comparé'}, ce mois est arrivé à échéance.")
        elif tree is not None and tree.root(note.size) == note.root:
            self._said.append(f"{name} est le début de ce journal : rien de ce qu’il couvre n’a changé.")
        elif any(
            number == note.tree and generation == note.generation and kept < note.size
            for number, generation, kept, *_ in self._restorations
        ):
            self._wrong(
                "restored",
                note.tree,
                note.size,
                f"{name} : une partie a été perdue quand une copie plus ancienne a été reprise, ce que le journal déclare.",
            )
        else:
            self._wrong(
                "rewritten", note.tree, note.size, f"{name} n’est pas le début de ce journal : l’histoire a été réécrite ou coupée."
            )

    def _defect(self, kind: str, tree: Tree, position: int) -> Defect:
        return Defect(kind, tree.number, position, self._about(tree, position, kind))

    def _about(self, tree: Tree, position: int, kind: str) -> str:
        month = f" ({_month_text(tree.month)})" if tree.month else ""
        return f"{_NAMES.get(tree.kind, 'ligne').capitalize()} n° {position}{month} : {_SENTENCES[kind]}"

    def _of(self, tree: Tree) -> str:
        return {EVENTS: "Événements", STATEMENTS: "Déclarations"}.get(tree.kind, f"Accès de {_month_text(tree.month)}")

    def _wrong(self, kind: str, tree: int, position: int, sentence: str) -> None:
        self._defects.append(Defect(kind, tree, position, sentence))

    def _malformed(self, tree: int, offset: int) -> None:
        self._wrong("malformed", tree, offset, f"Le fichier est abîmé près de l’octet {offset}.")

    def _read(self, block: Block) -> bytes:
        return _read(self._path, block)


Part = tuple[Block, Block | None, Sequence[int]]
"""A block of rows, the block of hashes beside it, and the sizes within it at which a root is asked for."""


def _hash_block(path: str, kind: int, streams: frozenset[bytes], part: Part) -> Found:
    """Hash one block of rows: the expensive part, one subtree, done by any processor."""
    rows, stored, ends = part
    content = _read(Path(path), rows)
    cut = _cut_events(content) if kind == EVENTS else _cut(content)
    if cut is None:
        return Found(malformed=rows.offset)
    bounds, hashes = cut
    count, levels = len(hashes), _levels(hashes)
    found = Found(count, peaks=_peaks(levels, count), at={end: _peaks(levels, end) for end in ends if end <= count})
    found.first = content[bounds[0] : bounds[0] + 64] if count else b""
    if kind == EVENTS:
        _note_missing(content, streams, found)
    beside = b"" if stored is None else _read(Path(path), stored)
    known = len(beside) // 40
    positions = [content[at + 2 : at + 10] for at in bounds[:-1]]
    if found.first[1:2] == b"\x03":
        positions[0] = bytes(8)
    found.is_same = len(beside) == 40 * known and beside == b"".join(positions[:known]) + b"".join(hashes[:known])
    found.beyond = [int.from_bytes(position, "big", signed=True) for position in positions[known:]]
    if known:
        found.last_stored = int.from_bytes(beside[8 * known - 8 : 8 * known], "big", signed=True)
    return found


def _cut_events(content: bytes) -> tuple[Sequence[int], list[bytes]] | None:
    """Cut events, all of one length: whether the ciphertext is there, then what is hashed."""
    if len(content) % _EVENT_BYTES or set(content[::_EVENT_BYTES]) - {0, 1}:
        return None
    sha256, size = hashlib.sha256, len(content)
    return range(1, size + 2, _EVENT_BYTES), [sha256(content[at : at + 82]).digest() for at in range(1, size, _EVENT_BYTES)]


def _cut(content: bytes) -> tuple[Sequence[int], list[bytes]] | None:
    """Cut rows that each have their length before what is hashed."""
    sha256, length, at, size = hashlib.sha256, _LENGTH.unpack_from, 0, len(content)
    bounds: list[int] = []
    hashes: list[bytes] = []
    while at + _SHORTEST_ROW <= size:
        begin = at + 4
        at = begin + length(content, at)[0]
        bounds.append(begin)
        hashes.append(sha256(content[begin:at]).digest())
    # What is left over, too short or too long is no row.
    is_whole = at == size and all(end - begin >= _SHORTEST_ROW for begin, end in pairwise([*bounds, size + 4]))
    return ([*bounds, size], hashes) if is_whole else None


def _note_missing(content: bytes, streams: frozenset[bytes], found: Found) -> None:
    if content[::_EVENT_BYTES].count(1) != found.count:
        for at in range(0, len(content), _EVENT_BYTES):
            if not content[at]:
                found.nulled.append(_EVENT.unpack_from(content, at + 3))
    if streams:
        for at in range(0, len(content), _EVENT_BYTES):
            if content[at] and content[at + 11 : at + 27] in streams:
                found.alive.append(_EVENT.unpack_from(content, at + 3))


def _levels(hashes: list[bytes]) -> list[list[bytes]]:
    """Give the full nodes of each height over these leaves."""
    sha256, levels = hashlib.sha256, [hashes]
    while len(levels[-1]) > 1:
        level = levels[-1]
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)])
    return levels


def _peaks(levels: Sequence[Sequence[bytes]], count: int) -> list[bytes]:
    """Give the roots of the full subtrees over the first `count` leaves, the widest first."""
    peaks, at = [], 0
    for height in reversed(range(count.bit_length())):
        if count >> height & 1:
            peaks.append(levels[height][at >> height])
            at += 1 << height
    return peaks


def _folded(peaks: Sequence[bytes]) -> bytes:
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = hashlib.sha256(b"\x01" + peak + root).digest()
    return root


def _stored_in(path: Path, blocks: Iterable[Block]) -> Iterator[tuple[int, bytes]]:
    for block in blocks:
        content = _read(path, block)
        count = len(content) // 40
        for at in range(count):
            position = int.from_bytes(content[8 * at : 8 * at + 8], "big", signed=True)
            yield position, content[8 * count + 32 * at : 8 * count + 32 * at + 32]


def _rows_in(path: Path, tree: Tree) -> Iterator[tuple[int, bytes]]:
    for content in _contents_in(path, tree.rows, _EVENT_BYTES if tree.kind == EVENTS else 0):
        position = 0 if content[1:2] == b"\x03" else int.from_bytes(content[2:10], "big", signed=True)
        yield position, hashlib.sha256(content).digest()


def _contents_in(path: Path, blocks: Iterable[Block], width: int = 0) -> Iterator[bytes]:
    for block in blocks:
        content, at = _read(path, block), 0
        while at < len(content):
            begin = at + (1 if width else 4)
            at = at + width if width else begin + int.from_bytes(content[at:begin], "big")
            yield content[begin:at]


def _read(path: Path, block: Block) -> bytes:
    with path.open("rb") as file:
        file.seek(block.offset)
        return file.read(block.length)


def _signed_text(note: str, public: bytes) -> str | None:
    """Give the text of a note that this key signed under the name of the text's first line, else nothing."""
    match = _NOTE.fullmatch(note)
    if match is None or match[1].split("\n", 1)[0] != match[2]:
        return None
    signature = base64.b64decode(match[3])
    name = hashlib.sha256(match[2].encode() + b"\n\x01" + public).digest()[:4]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], match[1].encode())
    except (InvalidSignature, ValueError):
        return None
    # One signature has one spelling: the spare bits of the last digit are zero.
    return match[1] if signature[:4] == name and base64.b64encode(signature).decode() == match[3] else None


def _month_text(month: int) -> str:
    return f"{month // 100:04d}-{month % 100:02d}"


def as_text(report: Report, *, key_compared: bool) -> Iterator[str]:
    """Say in plain words what was checked and what is wrong."""
    yield f"Journal de la structure {report.structure} : {report.leaves} lignes relues, toutes les empreintes recalculées."
    for tree in report.trees:
        name = {EVENTS: "Événements", STATEMENTS: "Déclarations"}.get(tree.kind, f"Accès de {_month_text(tree.month)}")
        yield f"  {name} : {tree.count} lignes, {tree.signed} couvertes par {len(tree.notes)} points de contrôle signés."
    yield from report.said
    yield f"Clé de signature : {report.key}"
    if not key_compared:
        yield "  N’importe qui peut fabriquer une clé : comparez celle-ci avec celle que la structure publie, ou donnez-la avec --key."
    if not report.defects:
        yield "Aucun défaut : rien de ce qui a été scellé n’a été changé, supprimé, ajouté ni déplacé."
        return
    yield f"DÉFAUTS : {len(report.defects)}"
    yield from (f"  - {defect.sentence}" for defect in report.defects[:_SHOWN])
    if len(report.defects) > _SHOWN:
        yield f"  … et {len(report.defects) - _SHOWN} autres."


def as_json(report: Report) -> str:
    """Say the same to a program."""
    trees: list[Mapping[str, int]] = [
        {"tree": tree.number, "kind": tree.kind, "month": tree.month, "rows": tree.count, "signed": tree.signed} for tree in report.trees
    ]
    told = {"structure": report.structure, "key": report.key, "sound": not report.defects, "leaves": report.leaves, "trees": trees}
    return json.dumps(told | {"defects": [defect._asdict() for defect in report.defects], "said": report.said}, ensure_ascii=False)


def main() -> int:
    """Check the file that is named: 0 when it is sound, 1 when it is not, 2 when it cannot be read."""
    parser = argparse.ArgumentParser(description="Vérifie seul un journal exporté de Sillage, sans clé ni base de données.")
    parser.add_argument("export", type=Path, help="le journal exporté")
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="un point de contrôle gardé à part (autant qu’on veut)"
    )
    parser.add_argument("--key", type=bytes.fromhex, help="la clé de signature que la structure publie : 64 chiffres hexadécimaux")
    parser.add_argument("--json", action="store_true", help="répondre pour un programme")
    given = parser.parse_args()
    try:
        report = verify(given.export, [path.read_text("utf-8") for path in given.checkpoint], given.key)
    except OSError as failure:
        sys.stderr.write(f"Le fichier « {failure.filename} » ne s’ouvre pas : vérifiez son nom et son dossier.\n")
        return 2
    except (Unreadable, UnicodeDecodeError):
        sys.stderr.write(f"{Unreadable.__doc__}\n")
        return 2
    lines = [as_json(report)] if given.json else as_text(report, key_compared=given.key is not None)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if report.defects else 0


if __name__ == "__main__":
    sys.exit(main())
