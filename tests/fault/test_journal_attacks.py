"""Ten thousand random edits, deletions, swaps and truncations of an exported journal: each is found, and where it was is said (R083, R183).

An export holds what a reader of the database would have got from it, row by row as it stands. What a superuser does to a row there is done
here to the row in the file, thousands of times; `test_journal_tampering.py` does a smaller number in a real database and finds the same.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from api.bootstrap import Structure
from crypto_shredding.journal.sillage_verify import Report, Unreadable, verify
from tests.given import closed, educator, filled, note, opened, to_its_end
from tests.journals import HEADER, Part, bundle, exported, parts_of, position_of, put_together, rows_of

SOME, MANY = 400, 10_000
YOUTHS, NOTES = 6, 12


@pytest.fixture
def journal(structure: Structure, tmp_path: Path) -> tuple[bytes, str, bytes]:
    """A journal with events, accesses and a purge, the DPO's checkpoints of the same moment, and the structure's key."""
    actor = educator()
    for _ in range(YOUTHS):
        youth = opened(structure.records, actor)
        for _ in range(NOTES):
            structure.records.add_note(actor, youth, note())
    to_its_end(structure, closed(structure.records, filled(structure.records, actor)))
    content = exported(structure, tmp_path).read_bytes()
    return content, bundle(structure), structure.notary.public()


Attack = Callable[[random.Random, list[Part]], set[int]]
"""Changes the parts, and gives the positions of which one must be named."""


def edit(chance: random.Random, parts: list[Part]) -> set[int]:
    part, rows = _some_rows(chance, parts)
    at = chance.randrange(len(rows))
    row = bytearray(rows[at])
    # The length of a row is the file's, not the database's: `any_byte` covers it.
    byte = chance.randrange(0 if part.tree == 1 else 4, len(row))
    row[byte] ^= chance.randrange(1, 256)
    position = position_of(part.tree, rows[at])
    rows[at] = bytes(row)
    part.content = b"".join(rows)
    return {position}


def delete(chance: random.Random, parts: list[Part]) -> set[int]:
    part, rows = _some_rows(chance, parts)
    gone = rows.pop(chance.randrange(len(rows)))
    part.content = b"".join(rows)
    return {position_of(part.tree, gone)}


def swap(chance: random.Random, parts: list[Part]) -> set[int]:
    """Swap what two rows say, each keeping its position, or else the rows themselves."""
    part, rows = _some_rows(chance, parts)
    one, other = chance.sample(range(len(rows)), 2)
    positions = {position_of(part.tree, rows[one]), position_of(part.tree, rows[other])}
    if chance.random() < 0.5:
        rows[one], rows[other] = rows[other], rows[one]
    else:
        at = 11 if part.tree == 1 else 14
        rows[one], rows[other] = rows[one][:at] + rows[other][at:], rows[other][:at] + rows[one][at:]
        if part.tree != 1:  # Lengths go with what is said.
            rows[one], rows[other] = rows[other][:4] + rows[one][4:], rows[one][:4] + rows[other][4:]
    part.content = b"".join(rows)
    return positions


def truncate(chance: random.Random, parts: list[Part]) -> set[int]:
    part, rows = _some_rows(chance, parts)
    left = chance.randrange(len(rows))
    gone = {position_of(part.tree, row) for row in rows[left:]}
    part.content = b"".join(rows[:left])
    if left == 0:
        parts.remove(part)
        parts[-1].content = (len(parts) - 1).to_bytes(8, "big")
    return gone


def _some_rows(chance: random.Random, parts: list[Part]) -> tuple[Part, list[bytes]]:
    part = chance.choice([part for part in parts if part.tag == b"R" and len(rows_of(part)) > 1])
    return part, rows_of(part)


def test_whatever_is_done_to_a_row_is_found_and_its_place_is_said(
    journal: tuple[bytes, str, bytes], tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    content, kept, key = journal
    tries, chance = MANY if request.config.getoption("--long") else SOME, random.Random(4)  # noqa: S311
    assert _verified(tmp_path, content, kept, key).defects == []
    found = dict.fromkeys((edit, delete, swap, truncate), 0)
    for number in range(tries):
        attack = (edit, delete, swap, truncate)[number % 4]
        parts = parts_of(content)
        positions = attack(chance, parts)
        attacked = put_together(content[:HEADER], parts)
        if attacked == content:
            continue  # Two rows that say the same were swapped.
        report = _verified(tmp_path, attacked, kept, key)
        named = {defect.position for defect in report.defects if defect.kind not in {"malformed", "cut"}}
        offsets = [defect for defect in report.defects if defect.kind in {"malformed", "cut"}]
        assert named & positions or offsets, (attack.__name__, number, report.defects)
        found[attack] += 1
    with capsys.disabled():
        print(f" {sum(found.values())} found: { ({attack.__name__: count for attack, count in found.items()}) }", end="")  # noqa: T201


def test_no_byte_of_the_file_may_be_changed(
    journal: tuple[bytes, str, bytes], tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    content, kept, key = journal
    tries, chance = MANY if request.config.getoption("--long") else SOME, random.Random(5)  # noqa: S311
    unread = 0
    for _ in range(tries):
        at, attacked = chance.randrange(len(content)), bytearray(content)
        attacked[at] ^= chance.randrange(1, 256)
        try:
            assert _verified(tmp_path, bytes(attacked), kept, key).defects, at
        except Unreadable:
            unread += 1
    with capsys.disabled():
        print(f" {tries} found, {unread} of them in the first bytes", end="")  # noqa: T201


def test_a_file_that_is_cut_anywhere_says_where(journal: tuple[bytes, str, bytes], tmp_path: Path) -> None:
    content, kept, key = journal
    chance = random.Random(6)  # noqa: S311
    for _ in range(100):
        at = chance.randrange(HEADER, len(content))
        cuts = [defect.position for defect in _verified(tmp_path, content[:at], kept, key).defects if defect.kind == "cut"]
        assert cuts
        assert HEADER <= cuts[0] <= at


def _verified(folder: Path, content: bytes, kept: str, key: bytes) -> Report:
    path = folder / "attacked"
    path.write_bytes(content)
    return verify(path, [kept], key, jobs=1)
