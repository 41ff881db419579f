"""The verifier, check by check, over a journal that is made up: every kind of leaf, of month and of defect, without any database."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto_shredding.journal import sillage_verify
from crypto_shredding.journal.leaves import EventRow, LineRow, StatementRow, event_leaf, line_leaf, month_leaf, statement_leaf
from crypto_shredding.journal.merkle import CompactRange, leaf_hash, root_of
from crypto_shredding.journal.notes import origin_of, sign_checkpoint, sign_note
from crypto_shredding.journal.sillage_verify import BLOCK_LEAVES, MAGIC, Report, Unreadable, verify
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId
from tests.journals import HEADER, Part, parts_of, put_together

STRUCTURE = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
OTHER = StructureId(UUID("be1a0000-0000-4000-8000-000000000002"))
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STRANGER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
AT = datetime(2026, 11, 27, 3, 30, tzinfo=UTC)
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


@pytest.fixture
def journal() -> Journal:
    """An erased record (all of it), an erased category, two living rows; a month that is gone, one that is closed, one that grows."""
    events = [
        event(1, YOUTH, 1, CORE, is_there=False),
        event(2, LIVING, 1, CORE),
        event(4, YOUTH, 2, FOLLOW_UP, is_there=False),
        event(5, LIVING, 2, FOLLOW_UP, is_there=False),
        event(7, LIVING, 3, CORE),
    ]
    statements = [purge(1, YOUTH, None, (1, 2)), purge(2, LIVING, FOLLOW_UP, (2, 2))]
    gone = month(3, "2025-10", None, [line(1), line(2)])
    closed = month(4, "2026-10", gone, [line(3), line(4), line(5)])
    growing = month(5, "2026-11", closed, [line(6), line(8)])
    gone.record, gone.notes = record_of(gone), [gone.note(2)]
    gone.rows, gone.sealed = [], []
    return Journal([Tree(2, statements), Tree(1, events, sizes=(2, 5)), gone, closed, growing])


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Report]:
    def checked(journal: Journal | bytes, *checkpoints: str, key: bytes | None = SIGNER.public) -> Report:
        path = tmp_path / "journal"
        path.write_bytes(journal if isinstance(journal, bytes) else journal.content())
        return verify(path, checkpoints, key, jobs=1)

    return checked


Check = Callable[..., Report]


def respelt(note: str) -> str:
    """The same signature with another last digit, whose spare bits count for nothing."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    begin, last = note[:-3], note[-3]
    assert note.endswith("=\n")
    return f"{begin}{digits[digits.index(last) + 1]}=\n"


def found(report: Report) -> set[tuple[str, int]]:
    return {(defect.kind, defect.position) for defect in report.defects}


def kinds(report: Report) -> set[str]:
    return {defect.kind for defect in report.defects}


def changed(tree: Tree) -> Tree:
    """Keep what was sealed, so that the rows may say something else."""
    tree.sealed = list(tree.leaves)
    return tree


def test_it_is_sound(journal: Journal, check: Check) -> None:
    report = check(journal)

    assert report.defects == []
    assert report.leaves == 5 + 2 + 4 + 3
    assert any("annulés : 3, dont 3 sous un effacement scellé" in said for said in report.said)
    assert any("Accès de 2025-10 : 2 lignes arrivées à échéance" in said for said in report.said)


def test_a_row_that_says_something_else_is_named(journal: Journal, check: Check) -> None:
    changed(journal.tree(5)).rows[1] = line(6, "record.change")

    assert found(check(journal)) == {("modified", 6)}


def test_a_row_that_is_gone_is_named(journal: Journal, check: Check) -> None:
    del changed(journal.tree(1)).rows[1]

    assert found(check(journal)) == {("missing", 2)}


def test_the_end_that_is_gone_is_named(journal: Journal, check: Check) -> None:
    del changed(journal.tree(5)).rows[1:]

    assert found(check(journal)) == {("missing", 6), ("missing", 8)}


def test_every_row_that_is_gone_is_named_when_all_are(journal: Journal, check: Check) -> None:
    changed(journal.tree(5)).rows.clear()

    assert {("missing", 6), ("missing", 8)} <= found(check(journal))


@pytest.mark.parametrize("position", [3, 6, -1])
def test_a_row_that_was_slipped_in_is_named(journal: Journal, check: Check, position: int) -> None:
    tree = changed(journal.tree(1))
    tree.rows = sorted([*tree.rows, event(position, LIVING, 9, CORE)])

    assert found(check(journal)) == {("added", position)}


def test_a_row_behind_the_last_sealed_one_waits_and_is_no_defect(journal: Journal, check: Check) -> None:
    changed(journal.tree(1)).rows.append(event(9, LIVING, 4, CORE))

    assert check(journal).defects == []


def test_but_in_a_month_that_is_closed_it_is_one(journal: Journal, check: Check) -> None:
    changed(journal.tree(4)).rows.append(line(5_000))

    assert ("added", 5_000) in found(check(journal))


def test_a_row_behind_the_last_whose_position_is_not_is_one(journal: Journal, check: Check) -> None:
    changed(journal.tree(1)).rows.append(event(6, LIVING, 4, CORE))

    assert ("added", 6) in found(check(journal))


def test_rows_that_changed_places_are_named(journal: Journal, check: Check) -> None:
    rows = changed(journal.tree(1)).rows
    rows[1], rows[4] = rows[4], rows[1]

    assert ("moved", 4) in found(check(journal))


def test_two_rows_that_exchanged_what_they_say_are_both_named(journal: Journal, check: Check) -> None:
    rows = changed(journal.tree(1)).rows
    rows[1], rows[4] = (
        (2, rows[4][1][:1] + rows[1][1][1:9] + rows[4][1][9:], True),
        (7, rows[1][1][:1] + rows[4][1][1:9] + rows[1][1][9:], True),
    )

    assert found(check(journal)) == {("modified", 2), ("modified", 7)}


def test_a_stored_hash_that_was_changed_is_told_apart(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    notes = [tree.note(2), tree.note(5)]
    tree.sealed = list(tree.leaves)
    tree.sealed[3] = (5, b"something else")
    tree.notes = notes

    assert found(check(journal)) == {("stored", 5)}


def test_a_stored_position_that_was_changed_is_told(journal: Journal, check: Check) -> None:
    tree = changed(journal.tree(1))
    tree.sealed = [*tree.leaves[:4], (6, tree.leaves[4][1])]

    assert found(check(journal)) == {("stored", 6)}


def test_stored_hashes_that_are_missing_are_missed(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes, tree.sealed = [tree.note(2), tree.note(5)], []

    assert found(check(journal)) == {("stored", 0)}


def test_a_history_that_was_rewritten_with_its_hashes_is_found_between_two_checkpoints(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes = [tree.note(2), tree.note(5)]
    tree.rows[4] = event(7, LIVING, 4, CORE)

    assert found(check(journal)) == {("rewritten", 3)}


def test_an_end_that_was_cut_with_its_hashes_is_found(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes = [tree.note(2), tree.note(5)]
    del tree.rows[4:]

    assert found(check(journal)) == {("truncated", 4)}


def test_a_missing_ciphertext_without_a_purge_is_named(journal: Journal, check: Check) -> None:
    rows = journal.tree(1).rows
    rows[4] = (*rows[4][:2], False)

    assert found(check(journal)) == {("nulled", 7)}


@pytest.mark.parametrize(
    "statements",
    [
        [purge(1, YOUTH, None, (1, 1)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, YOUTH, None, (2, 3)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, uuid4(), None, (1, 2)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, YOUTH, FOLLOW_UP, (1, 2)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, YOUTH, None, (1, 2)), purge(2, LIVING, CORE, (2, 2))],
        [purge(1, YOUTH, None, (1, 2))],
    ],
    ids=["version left out", "other versions", "other stream", "other key", "other category", "no statement"],
)
def test_a_purge_covers_its_stream_versions_and_key_and_nothing_else(
    journal: Journal, check: Check, statements: list[tuple[int, bytes, bool]]
) -> None:
    journal.tree(2).rows = statements

    assert kinds(check(journal)) == {"nulled"}


def test_a_purge_that_no_checkpoint_covers_yet_proves_nothing(journal: Journal, check: Check) -> None:
    journal.tree(2).sizes = (1,)

    assert found(check(journal)) == {("nulled", 5)}


def test_a_purge_that_was_not_sealed_proves_nothing(journal: Journal, check: Check) -> None:
    tree = journal.tree(2)
    tree.sealed = tree.leaves[:1]

    assert found(check(journal)) == {("nulled", 5)}


def test_statements_that_were_tampered_with_prove_nothing(journal: Journal, check: Check) -> None:
    changed(journal.tree(2)).rows[1] = purge(2, LIVING, None, (1, 9))

    assert found(check(journal)) == {("modified", 2), ("nulled", 1), ("nulled", 4), ("nulled", 5)}


def test_a_ciphertext_that_is_back_is_named(journal: Journal, check: Check) -> None:
    rows = journal.tree(1).rows
    rows[2] = (*rows[2][:2], True)

    assert found(check(journal)) == {("returned", 4)}


def test_a_checkpoint_that_a_stranger_signed_is_refused(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes = [tree.note(5, STRANGER)]

    assert kinds(check(journal)) == {"signature", "unsigned"}


@pytest.mark.parametrize(
    "note",
    [
        lambda tree: tree.note(5, structure=OTHER),
        lambda tree: tree.note(5, generation=2),
        lambda tree: Tree(2, tree.rows).note(5),
        lambda tree: sign_note(SIGNER, "sillage/another", tree.note(5).split("\n\n")[0] + "\n"),
        lambda tree: tree.note(5).replace("time 2026", "time 2025"),
        lambda tree: respelt(tree.note(5)),
        lambda tree: tree.note(5) + "x",
        lambda tree: "x\n" + tree.note(5),
        lambda tree: tree.note(5).replace(f"/events/1/1 {tree.note(5)[-93:-89]}", "/events/1/1 AAAA"),
    ],
    ids=["structure", "generation", "kind", "name", "text", "spelling", "behind", "before", "key id"],
)
def test_a_checkpoint_that_is_not_this_trees_is_refused(journal: Journal, check: Check, note: Callable[[Tree], str]) -> None:
    tree = journal.tree(1)
    tree.notes = [note(tree), tree.note(5)]

    assert kinds(check(journal)) == {"signature"}


def test_another_key_than_the_one_that_is_known_is_refused(journal: Journal, check: Check) -> None:
    assert kinds(check(journal, key=STRANGER.public)) == {"key"}
    assert check(journal, key=None).defects == []


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


def test_every_tree_needs_a_checkpoint(journal: Journal, check: Check) -> None:
    journal.tree(4).notes = []

    assert kinds(check(journal)) == {"unsigned"}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_no_tree_may_be_left_out(journal: Journal, check: Check, number: int) -> None:
    journal.trees.remove(journal.tree(number))

    assert ("tree", number) in found(check(journal))


def test_a_journal_of_nothing_at_all_is_not_sound(journal: Journal, check: Check) -> None:
    journal.trees = []

    assert found(check(journal)) == {("tree", 1), ("tree", 2)}


def test_a_month_begins_with_the_end_of_the_one_before(journal: Journal, check: Check) -> None:
    tree = journal.tree(5)
    tree.rows[0] = (0, month_leaf(4, 4, bytes(32)), True)

    assert found(check(journal)) == {("chain", 5)}


def test_a_month_that_begins_with_something_else_does_not_follow(journal: Journal, check: Check) -> None:
    del journal.tree(5).rows[0]

    assert found(check(journal)) == {("chain", 5)}


def test_the_root_of_a_month_that_is_gone_is_held_against_the_one_that_follows(journal: Journal, check: Check) -> None:
    tree = journal.tree(4)
    tree.rows[0] = (0, month_leaf(3, 2, bytes(32)), True)
    following = journal.tree(5)
    following.rows[0] = (0, month_leaf(4, 4, root_of(tree.hashes)), True)

    assert found(check(journal)) == {("chain", 4)}


def test_a_month_without_lines_and_without_record_is_missed(journal: Journal, check: Check) -> None:
    journal.tree(3).record = None

    assert kinds(check(journal)) == {"truncated", "chain"}


@pytest.mark.parametrize(
    "how",
    [
        {"signer": STRANGER},
        {"kept": 213, "gone": "2026-06-01"},
        {"kept": 365, "gone": "2026-09-30"},
        {"kept": 366, "gone": "2026-11-01"},
        {"kept": 1096, "gone": "2028-12-01", "reason": "risque documenté"},
        {"leaves": 3},
        {"month": "2025-11"},
        {"number": 4},
    ],
    ids=["signature", "too short", "too early", "no reason", "too long", "leaves", "month", "tree"],
)
def test_a_record_that_is_not_lawful_or_not_this_months_is_no_record(journal: Journal, check: Check, how: dict[str, object]) -> None:
    gone = month(3, "2025-10", None, [line(1), line(2)])
    journal.tree(3).record = record_of(gone, **how)  # type: ignore[arg-type]

    assert "retention" in kinds(check(journal))


def test_a_record_of_more_than_a_year_that_says_why_is_one(journal: Journal, check: Check) -> None:
    gone = month(3, "2025-10", None, [line(1), line(2)])
    journal.tree(3).record = record_of(gone, kept=366, reason="risque documenté")

    assert check(journal).defects == []


def test_the_record_is_held_against_the_last_checkpoint(journal: Journal, check: Check) -> None:
    gone = month(3, "2025-10", None, [line(1), line(2)])
    other = month(3, "2025-10", None, [line(1), line(3)])
    journal.tree(3).record, journal.tree(3).notes = record_of(gone), [other.note(2)]

    assert "retention" in kinds(check(journal))


def test_a_record_without_any_checkpoint_of_its_month_is_none(journal: Journal, check: Check) -> None:
    journal.tree(3).notes = []

    assert "retention" in kinds(check(journal))


def test_a_checkpoint_kept_elsewhere_is_the_beginning_of_what_is_here(journal: Journal, check: Check) -> None:
    for size in range(1, 6):
        report = check(journal, journal.tree(1).note(size))
        assert report.defects == []
        assert any(f"{size} lignes) est le début" in said for said in report.said)


def test_a_checkpoint_kept_elsewhere_shows_what_was_rewritten_with_everything(journal: Journal, check: Check) -> None:
    kept = journal.tree(1).note(3)
    journal.tree(1).rows[1] = event(2, LIVING, 1, FOLLOW_UP)

    assert found(check(journal, kept)) == {("rewritten", 3)}


def test_a_checkpoint_kept_elsewhere_that_is_longer_shows_what_was_cut(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    kept = tree.note(5)
    tree.rows, tree.sizes = tree.rows[:4], (2, 4)

    assert found(check(journal, kept)) == {("rewritten", 5)}


def test_what_a_restoration_lost_is_told_by_its_name(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    lost, other = tree.note(5), Tree(1, [*tree.rows[:2], event(3, LIVING, 8, CORE)], generation=2).note(3)
    tree.rows, tree.sizes, tree.generation = tree.rows[:4], (4,), 2
    journal.tree(2).rows.append(restoration(3, 1, 1, 4, 5))

    report = check(journal, lost)

    assert found(report) == {("restored", 5)}
    assert any("4 lignes gardées, sur les 5" in said for said in report.said)
    assert found(check(journal, other)) == {("rewritten", 3)}


def test_a_restoration_excuses_neither_what_it_kept_nor_another_generation(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    kept = Tree(1, [event(1, LIVING, 1, CORE), *tree.rows[1:]]).note(4)
    tree.generation = 2
    journal.tree(2).rows.append(restoration(3, 1, 1, 4, 5))

    assert found(check(journal, kept)) == {("rewritten", 4)}
    more = [event(position, LIVING, position, CORE) for position in (8, 9)]
    assert found(check(journal, Tree(1, [*tree.rows, *more], generation=2).note(7))) == {("rewritten", 7)}


def test_a_checkpoint_of_another_structure_is_told(journal: Journal, check: Check) -> None:
    assert kinds(check(journal, journal.tree(1).note(5, structure=OTHER))) == {"other"}


@pytest.mark.parametrize("text", ["", "x", "sillage\n"])
def test_what_is_given_for_a_checkpoint_and_is_none_is_told(journal: Journal, check: Check, text: str) -> None:
    assert kinds(check(journal, text)) == {"signature"}


def test_several_checkpoints_in_one_file_are_all_compared(journal: Journal, check: Check) -> None:
    bundle = "\n".join([journal.tree(1).note(3), journal.tree(4).note(4), journal.tree(5).note(2)])

    report = check(journal, bundle)

    assert report.defects == []
    assert sum("est le début de ce journal" in said for said in report.said) == 3


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
