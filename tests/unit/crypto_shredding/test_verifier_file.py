"""The verifier and the file that it reads: a cut, a strange or a broken block is told, and the rest is read right."""

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto_shredding.journal import sillage_verify
from crypto_shredding.journal.merkle import CompactRange, root_of
from crypto_shredding.journal.notes import origin_of, sign_checkpoint
from crypto_shredding.journal.sillage_verify import BLOCK_LEAVES, MAGIC, Unreadable, verify
from tests.journals import HEADER, Part, parts_of, put_together
from tests.unit.crypto_shredding.made_up_journal import AT, CORE, LIVING, SIGNER, STRUCTURE, Check, Journal, Tree, event, kinds


def test_a_tree_is_begun_once(journal: Journal, check: Check) -> None:
    journal.more = [Part(b"T", 2, bytes([2, 0, 0, 0, 1, 0, 0, 0, 0]))]

    assert "malformed" in kinds(check(journal))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("byte", range(9))
def test_no_byte_of_what_a_tree_says_of_itself_may_be_changed(journal: Journal, check: Check, number: int, byte: int) -> None:
    content = journal.content()
    parts = parts_of(content)
    (head,) = [part for part in parts if (part.tag, part.tree) == (b"T", number)]
    head.content = head.content[:byte] + bytes([head.content[byte] ^ 2]) + head.content[byte + 1 :]

    assert check(put_together(content[:HEADER], parts)).defects


def test_a_file_that_is_no_journal_is_not_read(check: Check) -> None:
    for content in (b"", MAGIC, b"x" * 100):
        with pytest.raises(Unreadable):
            check(content)


def test_a_file_without_its_last_mark_was_cut(journal: Journal, check: Check) -> None:
    content = journal.content()

    assert "cut" in kinds(check(content[: -8 - 9]))
    assert "cut" in kinds(check(content[:-1]))
    assert "cut" in kinds(check(content + b"\0"))
    journal.blocks = 3
    assert "cut" in kinds(check(journal))


def test_a_block_of_no_known_kind_ends_what_can_be_read(journal: Journal, check: Check) -> None:
    journal.more = [Part(b"Q", 1, b"")]

    assert kinds(check(journal)) == {"cut"}


@pytest.mark.parametrize(
    "more",
    [
        Part(b"T", 1, bytes([1, 0, 0, 0, 1, 0, 0, 0, 0])),
        Part(b"R", 9, b""),
        Part(b"T", 6, b"\x03"),
        Part(b"R", 1, b"\x01"),
        Part(b"R", 1, b"\x02" + bytes(82)),
        Part(b"R", 5, bytes(3)),
        Part(b"R", 5, (3).to_bytes(4, "big") + bytes(3)),
        Part(b"R", 5, (99).to_bytes(4, "big") + bytes(12)),
    ],
)
def test_a_block_that_makes_no_sense_is_told(journal: Journal, check: Check, more: Part) -> None:
    journal.more = [more]

    assert "malformed" in kinds(check(journal))


@pytest.mark.parametrize("number", [1, 5])
@pytest.mark.parametrize("change", [lambda rows: rows[:-1], lambda rows: rows + b"\x01", lambda rows: b"\x7f" + rows[1:]])
def test_rows_that_do_not_come_out_even_are_told(journal: Journal, check: Check, number: int, change: Callable[[bytes], bytes]) -> None:
    content = journal.content()
    parts = parts_of(content)
    for part in parts:
        if (part.tag, part.tree) == (b"R", number):
            part.content = change(part.content)

    assert ("malformed", number) in {(defect.kind, defect.tree) for defect in check(put_together(content[:HEADER], parts)).defects}


def test_trees_of_several_blocks_have_the_root_that_a_range_has(check: Check) -> None:
    leaves = 2 * BLOCK_LEAVES + 5
    rows = [event(position, LIVING, position, CORE) for position in range(1, leaves + 1)]
    sizes = (1, BLOCK_LEAVES - 1, BLOCK_LEAVES, BLOCK_LEAVES + 1, 2 * BLOCK_LEAVES, leaves - 1, leaves)
    tree, grown = Tree(1, rows), CompactRange()
    grown.append(tree.hashes)
    notes = [sign_checkpoint(SIGNER, origin_of(STRUCTURE, "events", 1, None, 1), leaves, grown.root(), AT)]
    hashes = tree.hashes
    origin = origin_of(STRUCTURE, "events", 1, None, 1)
    notes += [sign_checkpoint(SIGNER, origin, size, root_of(hashes[:size]), AT) for size in sizes[:-1]]
    parts = [Part(b"T", 2, bytes([2, 0, 0, 0, 1, 0, 0, 0, 0])), Part(b"T", 1, bytes([1, 0, 0, 0, 1, 0, 0, 0, 0]))]
    parts += [Part(b"C", 1, note.encode()) for note in notes]
    for first in range(0, leaves, BLOCK_LEAVES):
        some = rows[first : first + BLOCK_LEAVES]
        positions = b"".join(position.to_bytes(8, "big") for position, *_ in some)
        parts.append(Part(b"L", 1, positions + b"".join(hashes[first : first + BLOCK_LEAVES])))
        parts.append(Part(b"R", 1, b"".join(b"\x01\x00" + leaf for _, leaf, _ in some)))
    whole = put_together(MAGIC + STRUCTURE.bytes + SIGNER.public, [*parts, Part(b"Z", 0, len(parts).to_bytes(8, "big"))])

    assert check(whole).defects == []
    # A block that is no full subtree, other than the last.
    short = [part for part in parts if part.tag != b"R"] + [Part(b"R", 1, part.content[83:]) for part in parts if part.tag == b"R"]
    broken = put_together(MAGIC + STRUCTURE.bytes + SIGNER.public, [*short, Part(b"Z", 0, len(short).to_bytes(8, "big"))])
    assert "malformed" in kinds(check(broken))


def test_several_processors_come_to_the_same(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sillage_verify, "_MANY", 1)
    journal.tree(1).rows[4] = (*journal.tree(1).rows[4][:2], False)
    (tmp_path / "journal").write_bytes(journal.content())

    assert verify(tmp_path / "journal", jobs=2).defects == verify(tmp_path / "journal", jobs=1).defects


def test_a_tree_whose_number_was_changed_to_any_other_is_told_in_little_memory(journal: Journal, check: Check) -> None:
    journal.more = [Part(b"T", 0xFFFF_FFF0, bytes([1, 0, 0, 0, 1, 0, 0, 0, 0]))]
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.RLIM_INFINITY))
    try:
        assert "tree" in kinds(check(journal))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
