"""`sillage verify journal` and `verify export`, as people run them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_command_line import ROOT, Demonstration, environment


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the demonstration was told once."""
    folder = tmp_path_factory.mktemp("sillage") / "donnees"
    with Demonstration(folder):
        pass
    return folder


def sillage(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "api", *words]
    return subprocess.run(command, cwd=ROOT, env=environment(data), capture_output=True, text=True, check=False, timeout=120)


def test_a_journal_is_exported_kept_and_verified_again_without_any_database(data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "journal"
    first = sillage(data, "verify", "journal", "--keep", str(kept))
    assert (first.returncode, first.stderr) == (0, "")
    assert "Aucun défaut" in first.stdout
    assert kept.stat().st_mode & 0o077 == 0
    (checkpoints,) = (data / "points-de-controle").glob("*-dernier.txt")

    again = sillage(tmp_path / "nowhere", "verify", "export", str(kept), "--checkpoint", str(checkpoints), "--json")

    told = json.loads(again.stdout)
    assert (again.returncode, told["sound"], told["defects"]) == (0, True, [])
    assert not (tmp_path / "nowhere").exists()


def test_a_journal_that_was_changed_ends_with_one_and_says_where(data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "journal"
    sillage(data, "verify", "journal", "--keep", str(kept))
    content = bytearray(kept.read_bytes())
    content[-30] ^= 1
    kept.write_bytes(content)

    done = sillage(tmp_path / "nowhere", "verify", "export", str(kept))

    assert done.returncode == 1
    assert "DÉFAUTS" in done.stdout


@pytest.mark.parametrize(("content", "code"), [(b"no journal", 1), (b"", 1)])
def test_what_is_no_journal_is_said_in_a_sentence(tmp_path: Path, content: bytes, code: int) -> None:
    (tmp_path / "x").write_bytes(content)

    done = sillage(tmp_path / "nowhere", "verify", "export", str(tmp_path / "x"))

    assert done.returncode == code
    assert "n’est pas un journal exporté" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_that_is_none_is_said_in_a_sentence(data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "journal"
    sillage(data, "verify", "journal", "--keep", str(kept))

    done = sillage(tmp_path / "nowhere", "verify", "export", str(kept), "--key", "pas une clé")

    assert done.returncode == 2
    assert "64 chiffres" in done.stderr
