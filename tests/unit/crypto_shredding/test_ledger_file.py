"""The ledger off the server: whatever was done to it is told, and a kill while it is written costs nothing (R073)."""

import fcntl
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto_shredding.erasure.ledger_copies import LedgerCopies
from crypto_shredding.erasure.ledger_file import LedgerBehind, LedgerFile, LedgerMissing, LedgerTampered, LedgerUnavailable
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId
from tests.unit.crypto_shredding.ledger_writer import SIGNER, STRUCTURE, entries, entry

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference" / "erasure-ledger.md"
OTHER_SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER_STRUCTURE = StructureId(UUID("be1a0000-0000-4000-8000-000000000002"))
SEED = 20261204
KILLS = 6


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerFile:
    """A ledger of five entries."""
    file = LedgerFile(tmp_path / "ledger.jsonl", STRUCTURE)
    file.append(entries(5), SIGNER)
    return file


def lines_of(file: LedgerFile) -> list[bytes]:
    return file.path.read_bytes().splitlines(keepends=True)


def tampered_line(file: LedgerFile) -> int:
    with pytest.raises(LedgerTampered) as raised:
        file.entries(SIGNER.public)
    return raised.value.line


def test_what_was_appended_reads_the_same(ledger: LedgerFile) -> None:
    ledger.append([entry(6), entry(7)], SIGNER)

    assert ledger.entries(SIGNER.public) == entries(7)


def test_appending_again_changes_nothing(ledger: LedgerFile) -> None:
    before = ledger.path.read_bytes()

    ledger.append(entries(5), SIGNER)
    ledger.append([entry(3)], SIGNER)

    assert ledger.path.read_bytes() == before


def test_one_by_one_or_all_at_once_gives_the_same_bytes(ledger: LedgerFile, tmp_path: Path) -> None:
    other = LedgerFile(tmp_path / "other.jsonl", STRUCTURE)
    for number in range(1, 6):
        other.append([entry(number)], SIGNER)

    assert other.path.read_bytes() == ledger.path.read_bytes()


def test_only_the_service_reads_it(ledger: LedgerFile) -> None:
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_another_entry_under_the_same_number_is_tampering(ledger: LedgerFile) -> None:
    with pytest.raises(LedgerTampered) as raised:
        ledger.append([replace(entry(4), epoch=9)], SIGNER)

    assert raised.value.line == 4


def test_a_hole_is_refused_and_named(ledger: LedgerFile) -> None:
    with pytest.raises(LedgerBehind) as raised:
        ledger.append([entry(8)], SIGNER)

    assert raised.value.number == 6
    assert ledger.entries(SIGNER.public) == entries(5)


def test_no_entry_makes_an_empty_ledger_which_is_not_a_missing_one(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ledger.jsonl", STRUCTURE)
    with pytest.raises(LedgerMissing):
        file.entries(SIGNER.public)

    file.append([], SIGNER)

    assert file.entries(SIGNER.public) == []


def test_a_folder_that_is_not_mounted_is_unavailable_and_never_made(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "volume" / "ledger.jsonl", STRUCTURE)

    for act in (lambda: file.entries(SIGNER.public), lambda: file.append(entries(1), SIGNER)):
        with pytest.raises(LedgerUnavailable) as raised:
            act()
        assert raised.value.path == file.path
    assert not file.path.parent.exists()


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").mkdir()

    with pytest.raises(LedgerUnavailable):
        LedgerFile(tmp_path / "ledger.jsonl", STRUCTURE).append(entries(1), SIGNER)


@pytest.mark.parametrize("line", [1, 5])
def test_one_flipped_bit_anywhere_in_a_line_is_told_with_its_number(ledger: LedgerFile, line: int) -> None:
    lines = lines_of(ledger)
    for position in range(len(lines[line - 1]) - 1):
        bent = bytearray(lines[line - 1])
        bent[position] ^= 1
        ledger.path.write_bytes(b"".join([*lines[: line - 1], bytes(bent), *lines[line:]]))

        assert tampered_line(ledger) == line


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.data())
def test_whatever_is_edited_is_told_or_changes_nothing(ledger: LedgerFile, data: st.DataObject) -> None:
    whole = b"".join(lines_of(LedgerFile(ledger.path, STRUCTURE)))
    position, gone, more = data.draw(st.tuples(st.integers(0, len(whole) - 2), st.integers(0, 2), st.binary(max_size=2)))
    try:
        ledger.path.write_bytes(whole[:position] + more + whole[position + gone :])
        assert ledger.entries(SIGNER.public) in [entries(5), entries(4)]
    except LedgerTampered:
        pass
    finally:
        ledger.path.write_bytes(whole)


Change = Callable[[list[bytes]], list[bytes]]
CHANGES: dict[str, tuple[Change, int]] = {
    "a line in the middle is gone": (lambda lines: [*lines[:2], *lines[3:]], 3),
    "the first line is gone": (lambda lines: lines[1:], 1),
    "two lines are swapped": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
    "a line stands twice": (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
    "a line is cut short in the middle": (lambda lines: [*lines[:2], lines[2][:90] + b"\n", *lines[3:]], 3),
    "an empty line": (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3),
    "a line is no JSON object": (lambda lines: [*lines[:2], b"[]\n", *lines[3:]], 3),
    "a line with a space more": (lambda lines: [*lines[:4], lines[4].replace(b":", b": ", 1)], 5),
    "the last signature in capitals": (lambda lines: [*lines[:4], capitals(lines[4])], 5),
    "a line with other line ends": (lambda lines: [line.replace(b"\n", b"\r\n") for line in lines], 1),
}


def capitals(line: bytes) -> bytes:
    signature = json.loads(line)["signature"].encode()
    return line.replace(signature, signature.upper())


@pytest.mark.parametrize(("change", "line"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_done_to_the_lines_is_told_to_readers_and_writers(ledger: LedgerFile, change: Change, line: int) -> None:
    ledger.path.write_bytes(b"".join(change(lines_of(ledger))))

    assert tampered_line(ledger) == line
    with pytest.raises(LedgerTampered):
        ledger.append([entry(6)], SIGNER)


def test_a_ledger_of_another_structure_is_tampering(tmp_path: Path) -> None:
    LedgerFile(tmp_path / "ledger.jsonl", OTHER_STRUCTURE).append(entries(2), SIGNER)

    assert tampered_line(LedgerFile(tmp_path / "ledger.jsonl", STRUCTURE)) == 1


def test_a_ledger_signed_by_another_key_is_tampering(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ledger.jsonl", STRUCTURE)
    file.append(entries(2), OTHER_SIGNER)

    assert tampered_line(file) == 1
    with pytest.raises(LedgerTampered):
        file.append([entry(3)], SIGNER)


def test_an_append_notices_a_forged_end_by_its_signature(ledger: LedgerFile) -> None:
    lines = lines_of(ledger)
    last = json.loads(lines[-1])
    forged = {**last, "epoch": 77, "signature": "00" * 64}
    ledger.path.write_bytes(b"".join(lines[:-1]) + json.dumps(forged, sort_keys=True, separators=(",", ":")).encode() + b"\n")

    with pytest.raises(LedgerTampered):
        ledger.append([entry(6)], SIGNER)


def test_a_tail_that_was_cut_off_whole_shows_to_the_mark_of_the_provider_alone(ledger: LedgerFile) -> None:
    ledger.path.write_bytes(b"".join(lines_of(ledger)[:3]))

    assert ledger.entries(SIGNER.public) == entries(3)


def test_a_torn_last_line_counts_for_nothing_and_is_mended_by_the_next_append(ledger: LedgerFile) -> None:
    whole = ledger.path.read_bytes()
    last = lines_of(ledger)[-1]
    for left in {*range(0, len(last), 9), 1, len(last) - 1}:
        ledger.path.write_bytes(whole[: len(whole) - len(last) + left])

        assert ledger.entries(SIGNER.public) == entries(4)
        ledger.append([entry(5)], SIGNER)
        assert ledger.path.read_bytes() == whole


def test_a_torn_line_that_is_longer_than_what_follows_leaves_nothing(ledger: LedgerFile) -> None:
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + bytes(3_000))

    ledger.append([], SIGNER)

    assert ledger.path.read_bytes() == whole


def test_the_kernel_kills_an_append_at_any_byte_and_the_next_one_ends_it(tmp_path: Path) -> None:
    whole = LedgerFile(tmp_path / "whole.jsonl", STRUCTURE)
    whole.append(entries(3), SIGNER)
    begun = LedgerFile(tmp_path / "begun.jsonl", STRUCTURE)
    begun.append(entries(1), SIGNER)
    first, end = begun.path.stat().st_size, whole.path.stat().st_size
    limits = sorted({first, first + 1, end - 1, *random.Random(SEED).sample(range(first, end), 20)})  # noqa: S311  # Any offsets do.

    said = writer("until", begun.path, *map(str, limits)).communicate(timeout=60)[0]

    assert said.split() == [word for limit in limits for word in (str(limit), str(int(signal.SIGXFSZ)))]
    for limit in limits:
        torn = LedgerFile(tmp_path / f"begun.jsonl.{limit}", STRUCTURE)
        assert torn.path.stat().st_size == limit
        assert torn.entries(SIGNER.public) == entries(whole.path.read_bytes()[:limit].count(b"\n"))
        torn.append(entries(3), SIGNER)
        assert torn.path.read_bytes() == whole.path.read_bytes()


def test_killed_at_any_moment_it_keeps_what_was_said_to_be_durable(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311  # No secret.
    for kill in range(KILLS):
        file = LedgerFile(tmp_path / f"{kill}.jsonl", STRUCTURE)
        process = writer("forever", file.path)
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(chance.randint(1, 12))]
        process.kill()
        said.extend(int(line) for line in process.communicate()[0].split("\n")[:-1])

        found = file.entries(SIGNER.public)
        assert len(found) >= said[-1]
        assert found == entries(len(found))
        file.append(entries(len(found) + 2), SIGNER)
        assert file.entries(SIGNER.public) == entries(len(found) + 2)


def test_writers_wait_for_each_other(ledger: LedgerFile) -> None:
    waiting = threading.Thread(target=ledger.append, args=([entry(6)], SIGNER))
    with ledger.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting.start()
        waiting.join(timeout=0.3)
        assert waiting.is_alive()
        assert ledger.entries(SIGNER.public) == entries(5)
    waiting.join(timeout=30)

    assert ledger.entries(SIGNER.public) == entries(6)


def writer(*words: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.crypto_shredding.ledger_writer", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})


@pytest.fixture
def copies(tmp_path: Path) -> LedgerCopies:
    """Three folders, each with the same five entries."""
    folders = tuple(tmp_path / name for name in ("one", "two", "three"))
    for folder in folders:
        folder.mkdir()
    found = LedgerCopies(folders, STRUCTURE)
    found.append(entries(5), SIGNER)
    return found


def test_every_copy_is_the_same(copies: LedgerCopies) -> None:
    assert len({file.path.read_bytes() for file in copies.files}) == 1
    assert copies.entries(SIGNER.public) == entries(5)


def test_a_copy_that_is_away_is_named_the_others_are_written_and_it_is_brought_up_when_it_comes_back(copies: LedgerCopies) -> None:
    away = copies.folders[1]
    moved = away.rename(away.with_name("away"))
    for number in (6, 7):
        with pytest.raises(LedgerUnavailable) as raised:
            copies.append([entry(number)], SIGNER)
        assert raised.value.path.parent == away
    with pytest.raises(LedgerUnavailable):
        copies.entries(SIGNER.public)

    moved.rename(away)
    copies.append([entry(8)], SIGNER)

    assert [file.entries(SIGNER.public) for file in copies.files] == [entries(8)] * 3


def test_a_copy_that_was_lost_or_has_torn_is_made_again(copies: LedgerCopies) -> None:
    copies.files[0].path.write_bytes(copies.files[0].path.read_bytes()[:-9])
    copies.files[2].path.unlink()
    assert copies.entries(SIGNER.public) == entries(5)

    copies.append([entry(6)], SIGNER)

    assert len({file.path.read_bytes() for file in copies.files}) == 1


def test_a_copy_that_was_tampered_with_is_told_and_the_others_are_written(copies: LedgerCopies) -> None:
    bent = copies.files[0].path
    bent.write_bytes(bent.read_bytes().replace(b'"epoch":1', b'"epoch":2', 1))

    with pytest.raises(LedgerTampered) as raised:
        copies.append([entry(6)], SIGNER)

    assert (raised.value.path, raised.value.line) == (bent, 1)
    assert copies.files[1].entries(SIGNER.public) == copies.files[2].entries(SIGNER.public) == entries(6)
    with pytest.raises(LedgerTampered):
        copies.entries(SIGNER.public)


def test_copies_that_tell_two_stories_are_tampering(copies: LedgerCopies) -> None:
    copies.files[0].append([entry(6)], SIGNER)
    copies.files[1].append([replace(entry(6), epoch=9)], SIGNER)

    with pytest.raises(LedgerTampered) as raised:
        copies.entries(SIGNER.public)
    assert raised.value.line == 6


def test_no_copy_anywhere_is_a_missing_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing):
        LedgerCopies((tmp_path,), STRUCTURE).entries(SIGNER.public)


def test_entries_that_no_copy_leads_up_to_are_refused(copies: LedgerCopies) -> None:
    with pytest.raises(LedgerBehind) as raised:
        copies.append([entry(9)], SIGNER)

    assert raised.value.number == 6


def test_the_reference_page_shows_the_vector_byte_for_byte(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ledger.jsonl", STRUCTURE)
    file.append(entries(3), SIGNER)
    blocks = re.findall(r"```text\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)

    assert file.path.read_text("utf-8") in blocks
