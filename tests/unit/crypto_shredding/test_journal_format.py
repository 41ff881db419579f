"""The exported journal, byte for byte, as docs/reference/journal-format.md has it."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto_shredding.journal.leaves import EventRow, event_leaf
from crypto_shredding.journal.merkle import leaf_hash, root_of
from crypto_shredding.journal.notes import NoteInvalid, notes_in, open_checkpoint, origin_of, sign_checkpoint
from crypto_shredding.journal.sillage_verify import MAGIC, verify
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId
from tests.journals import Part, put_together

STRUCTURE = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "journal-format.md"


def smallest_journal() -> bytes:
    leaf = event_leaf(EventRow(1, UUID("50000000-0000-4000-8000-000000000001"), 1, b"\x11" * 16, b"\x22" * 32, is_present=True))
    root = root_of([leaf_hash(leaf)])
    origin = origin_of(STRUCTURE, "events", 1, None, 1)
    note = sign_checkpoint(SIGNER, origin, 1, root, datetime(2026, 11, 27, 3, 30, tzinfo=UTC))
    parts = [
        Part(b"T", 2, bytes([2, 0, 0, 0, 1, 0, 0, 0, 0])),
        Part(b"T", 1, bytes([1, 0, 0, 0, 1, 0, 0, 0, 0])),
        Part(b"C", 1, note.encode()),
        Part(b"L", 1, (1).to_bytes(8, "big") + leaf_hash(leaf)),
        Part(b"R", 1, b"\x01\x00" + leaf),
        Part(b"Z", 0, (5).to_bytes(8, "big")),
    ]
    return put_together(MAGIC + STRUCTURE.bytes + SIGNER.public, parts)


def test_the_vector_of_the_page_is_this_journal_and_is_sound(tmp_path: Path) -> None:
    digits = re.search(r"## Vector.*?```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert digits is not None
    assert bytes.fromhex(digits[1]) == smallest_journal()
    (tmp_path / "journal").write_bytes(smallest_journal())

    report = verify(tmp_path / "journal", key=SIGNER.public)

    assert report.defects == []
    assert report.leaves == 1


def test_a_checkpoint_is_what_c2sp_says_it_is() -> None:
    note = sign_checkpoint(SIGNER, "sillage/x/events/1/1", 1, bytes(32), datetime(2026, 11, 27, 3, 30, tzinfo=UTC))
    lines = note.split("\n")

    assert lines[:5] == ["sillage/x/events/1/1", "1", "A" * 43 + "=", "time 2026-11-27T03:30:00Z", ""]
    assert lines[5].startswith("\u2014 sillage/x/events/1/1 ")
    assert lines[6:] == [""]


def test_notes_behind_one_another_are_taken_apart_again() -> None:
    notes = [
        sign_checkpoint(SIGNER, origin_of(STRUCTURE, "events", 1, None, 1), size, bytes(32), datetime(2026, 11, 27, tzinfo=UTC))
        for size in (1, 2, 3)
    ]

    assert notes_in("\n".join(notes)) == notes
    assert [open_checkpoint(note, SIGNER.public).size for note in notes] == [1, 2, 3]


def test_a_note_that_another_key_signed_is_refused() -> None:
    other = Signer(Ed25519PrivateKey.generate())
    note = sign_checkpoint(other, origin_of(STRUCTURE, "events", 1, None, 1), 1, bytes(32), datetime(2026, 11, 27, tzinfo=UTC))

    with pytest.raises(NoteInvalid):
        open_checkpoint(note, SIGNER.public)


def test_a_signature_has_one_spelling() -> None:
    """Base64 leaves two bits of the last digit over: other ones there would be another file of the same signature."""
    note = sign_checkpoint(SIGNER, origin_of(STRUCTURE, "events", 1, None, 1), 1, bytes(32), datetime(2026, 11, 27, tzinfo=UTC))
    assert open_checkpoint(note, SIGNER.public).size == 1

    with pytest.raises(NoteInvalid):
        open_checkpoint(f"{note[:-3]}{chr(ord(note[-3]) + 1)}=\n", SIGNER.public)
