"""The encrypted file of a backup: what goes in comes out, and each way of spoiling it has a name (docs/reference/backup-format.md)."""

import os
import re
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.backups.backup_contents import LEFT_OUT
from crypto_shredding.backups.backup_file import (
    FRAME_BYTES,
    BackupTampered,
    BackupTooNew,
    BackupTruncated,
    BackupUnusable,
    Header,
    Kind,
    NotABackup,
    WrongBackupKey,
    create,
    opened,
    read_header,
    sweep,
)
from crypto_shredding.backups.backup_key import BackupKey, BackupKeyDamaged, BackupKeyMissing, backup_key, read_backup_key
from crypto_shredding.backups.restore_refusals import EpochDestroyed, MigrationsDiffer
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import ProviderUnavailable

VECTOR = Path(__file__).parents[2] / "golden" / "backups" / "version-1.sillage"
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "backup-format.md"
STRUCTURE = UUID("a1fa0000-0000-4000-8000-000000000001")
HEADER = Header(Kind.KEYS, STRUCTURE, datetime(2026, 3, 14, 1, 59, 26, 535897, UTC))
KEY = BackupKey(bytes(range(32)))
HEADER_BYTES, PREFIX, TAG = 103, 5, 16
FULL_FRAME = PREFIX + FRAME_BYTES + TAG


def written(folder: Path, *pieces: bytes, key: BackupKey = KEY) -> Path:
    path = folder / "one.sillage"
    with create(path, HEADER, key) as writer:
        for piece in pieces:
            writer.write(piece)
    return path


def content_of(path: Path, size: int, key: BackupKey = KEY) -> bytes:
    with opened(path, key) as reader:
        content = reader.read(size)
        reader.end()
    return content


def flipped(sealed: bytes, at: int) -> bytes:
    return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 3 * FRAME_BYTES + 7])
def test_what_was_written_is_read_whatever_its_size(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)

    path = written(tmp_path, content[: size // 3], content[size // 3 :])

    assert content_of(path, size) == content
    assert read_header(path, KEY) == HEADER


def test_a_file_is_the_bytes_that_the_reference_describes(tmp_path: Path) -> None:
    sealed = written(tmp_path, b"inside").read_bytes()
    clear, wrapped, frame = sealed[:55], sealed[55:HEADER_BYTES], sealed[HEADER_BYTES:]

    def located(label: bytes, part: bytes) -> bytes:
        return len(label).to_bytes(4, "big") + label + len(part).to_bytes(4, "big") + part

    file_key = AESGCM(KEY.secret).decrypt(clear[43:], wrapped, located(b"sillage/v1/backup-file-key", clear))
    bound = located(b"sillage/v1/backup-frame", sealed[:HEADER_BYTES]) + frame[:PREFIX]
    assert clear[:11] == b"SILLAGE\n\x01\x01\x02"
    assert clear[11:27] == STRUCTURE.bytes
    assert int.from_bytes(clear[27:35], "big") == 1_773_453_566_535_897
    assert frame[:PREFIX] == b"\x01" + (6 + TAG).to_bytes(4, "big")
    assert AESGCM(file_key).decrypt(bytes(11) + b"\x01", frame[PREFIX:], bound) == b"inside"


def test_a_vector_of_the_first_version_stays_readable() -> None:
    assert content_of(VECTOR, 13) == b"first version"


def test_the_reference_prints_that_vector_and_names_each_failure_and_each_table_left_out() -> None:
    page = REFERENCE.read_text("utf-8")

    printed = "".join(line for line in page.split("\n## A vector\n")[1].splitlines() if line.startswith("    "))
    assert bytes.fromhex(printed) == VECTOR.read_bytes()
    failures = re.findall(r"^\| `(\w+)` \|", page.split("\n## What each failure is called\n")[1], re.MULTILINE)
    known = {failure.__name__ for failure in (BackupUnusable, *BackupUnusable.__subclasses__())}
    assert {EpochDestroyed.__name__, MigrationsDiffer.__name__} < known
    assert known == set(failures)
    left_out = re.findall(r"^\| \w+ \| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(left_out) == sorted({table for tables in LEFT_OUT.values() for table in tables})


@pytest.mark.parametrize("at", range(HEADER_BYTES + PREFIX + 1))
def test_no_byte_of_the_header_and_of_a_frames_beginning_can_be_changed(tmp_path: Path, at: int) -> None:
    path = written(tmp_path, b"inside")
    path.write_bytes(flipped(path.read_bytes(), at))

    with pytest.raises(BackupUnusable):
        content_of(path, 6)


SPOILT: dict[str, tuple[type[BackupUnusable], Callable[[bytes], bytes]]] = {
    "nothing left": (NotABackup, lambda _: b""),
    "cut in the header": (NotABackup, lambda sealed: sealed[: HEADER_BYTES - 1]),
    "something else": (NotABackup, lambda sealed: b"PK\x03\x04" + sealed[4:]),
    "a later version": (BackupTooNew, lambda sealed: sealed[:8] + b"\x02" + sealed[9:]),
    "no frame": (BackupTruncated, lambda sealed: sealed[:HEADER_BYTES]),
    "cut in a frame": (BackupTruncated, lambda sealed: sealed[: HEADER_BYTES + FULL_FRAME + 100]),
    "cut between two frames": (BackupTruncated, lambda sealed: sealed[: HEADER_BYTES + 2 * FULL_FRAME]),
    "the last byte missing": (BackupTruncated, lambda sealed: sealed[:-1]),
    "a frame called the last": (BackupTampered, lambda sealed: flipped(sealed[: HEADER_BYTES + FULL_FRAME], HEADER_BYTES)),
    "two frames swapped": (
        BackupTampered,
        lambda sealed: (
            sealed[:HEADER_BYTES]
            + sealed[HEADER_BYTES + FULL_FRAME : HEADER_BYTES + 2 * FULL_FRAME]
            + sealed[HEADER_BYTES : HEADER_BYTES + FULL_FRAME]
            + sealed[HEADER_BYTES + 2 * FULL_FRAME :]
        ),
    ),
    "a frame left out": (BackupTampered, lambda sealed: sealed[:HEADER_BYTES] + sealed[HEADER_BYTES + FULL_FRAME :]),
    "a frame twice": (BackupTampered, lambda sealed: sealed[: HEADER_BYTES + FULL_FRAME] + sealed[HEADER_BYTES:]),
    "a byte of the content": (BackupTampered, lambda sealed: flipped(sealed, HEADER_BYTES + FULL_FRAME + 50)),
    "the kind": (BackupTampered, lambda sealed: sealed[:10] + b"\x01" + sealed[11:]),
    "the structure": (BackupTampered, lambda sealed: flipped(sealed, 11)),
    "the time": (BackupTampered, lambda sealed: flipped(sealed, 30)),
    "the print of the key": (WrongBackupKey, lambda sealed: flipped(sealed, 35)),
    "the wrapped key": (BackupTampered, lambda sealed: flipped(sealed, HEADER_BYTES - 1)),
    "something after the end": (BackupTampered, lambda sealed: sealed + b"\x00"),
    "an endless frame": (BackupTampered, lambda sealed: sealed[: HEADER_BYTES + 1] + b"\xff\xff\xff\xff" + sealed[HEADER_BYTES + 5 :]),
}


@pytest.mark.parametrize("how", SPOILT)
def test_each_way_of_spoiling_a_file_is_refused_by_its_name(tmp_path: Path, how: str) -> None:
    failure, spoil = SPOILT[how]
    content = os.urandom(2 * FRAME_BYTES + 9)
    path = written(tmp_path, content)
    assert content_of(path, len(content)) == content
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(BackupUnusable) as refused:
        content_of(path, len(content))

    assert type(refused.value) is failure


def test_another_key_is_told_apart_from_tampering(tmp_path: Path) -> None:
    path = written(tmp_path, b"inside", key=BackupKey(bytes(32)))

    with pytest.raises(WrongBackupKey):
        read_header(path, KEY)


def test_a_header_put_on_another_files_frames_is_refused(tmp_path: Path) -> None:
    first, second = written(tmp_path, b"inside").read_bytes(), written(tmp_path, b"inside").read_bytes()
    mixed = tmp_path / "mixed.sillage"
    mixed.write_bytes(first[:HEADER_BYTES] + second[HEADER_BYTES:])

    with pytest.raises(BackupTampered):
        content_of(mixed, 6)


def test_asking_for_more_than_there_is_or_leaving_some_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, b"inside")

    for size in (5, 7):
        with pytest.raises(BackupTampered):
            content_of(path, size)


def test_a_file_that_was_given_up_leaves_nothing(tmp_path: Path) -> None:
    def give_up() -> None:
        with create(tmp_path / "one.sillage", HEADER, KEY) as writer:
            writer.write(os.urandom(2 * FRAME_BYTES))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        give_up()

    assert list(tmp_path.iterdir()) == []


def test_only_what_nobody_writes_any_more_is_swept(tmp_path: Path) -> None:
    left = tmp_path / "two.sillage.0a0b0c0d.part"
    left.write_bytes(b"half")
    with create(tmp_path / "one.sillage", HEADER, KEY):
        sweep(tmp_path)
        at_work = list(tmp_path.iterdir())

    assert [path.name.startswith("one.sillage.") for path in at_work] == [True]
    assert [path.name for path in tmp_path.iterdir()] == ["one.sillage"]


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cles"
    with pytest.raises(BackupKeyMissing):
        read_backup_key(folder)

    made = backup_key(folder)

    (file,) = folder.iterdir()
    assert backup_key(folder) == read_backup_key(folder) == made
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR
    assert len(made.secret) == 32
    assert made.secret.hex() not in repr(made)


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sauvegarde.key").write_bytes(bytes(31))

    with pytest.raises(BackupKeyDamaged):
        backup_key(tmp_path)


def test_no_second_key_is_made_where_the_first_one_should_be(tmp_path: Path) -> None:
    bare, backups = tmp_path / "cles", tmp_path / "sauvegardes"
    for folder in (bare, backups):
        folder.mkdir()
    with pytest.raises(ProviderUnavailable, match="monté"):
        backup_key(bare, beside=backups, among_keys=True)
    (backups / "20260101T000000-000000Z-alpha-keys.sillage").touch()
    with pytest.raises(ProviderUnavailable, match="monté"):
        backup_key(bare, beside=backups)
    assert not list(bare.iterdir())

    FileProvider(bare).new_epoch(STRUCTURE, 1)
    made = backup_key(bare, beside=tmp_path / "neuf", among_keys=True)
    assert backup_key(bare, beside=backups, among_keys=True) == made
