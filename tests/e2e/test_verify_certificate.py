"""`sillage verify certificate` as people run it: a process without settings, data, database or network."""

import json
import os
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.erasures.certificate_page import as_pdf
from crypto_shredding.erasure.certificate import issue
from tests.unit.crypto_shredding.certificates import FILE, OTHER_SIGNER, SIGNER, WHOLE

ROOT = Path(__file__).parents[2]
GUARDED = """
import sys

def guard(event, arguments):
    if event.startswith("socket.") and event != "socket.__new__":
        raise SystemExit(f"the network was asked for: {event}")

sys.addaudithook(guard)
from api.command_line import main
main()
"""
"""The command, in an interpreter that lets nobody reach a network."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "attestation.json").write_bytes(FILE)
    (tmp_path / "attestation.pdf").write_bytes(as_pdf(WHOLE, FILE, ZoneInfo("Europe/Paris")))
    (tmp_path / "changed.json").write_bytes(FILE.replace(b'"shown": 17', b'"shown": 1'))
    (tmp_path / "forged.json").write_bytes(issue(WHOLE, OTHER_SIGNER))
    return tmp_path


def verify(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # Settings that would stop any command that read them.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SILLAGE_DATABASE": "nowhere", "SILLAGE_WORKERS": "many"}
    return subprocess.run(
        [sys.executable, "-c", GUARDED, "verify", "certificate", *words],
        cwd=folder,
        env=environment | {"SILLAGE_DATA_FOLDER": str(folder / "data")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_sheet_is_verified_offline_and_said_in_french(folder: Path) -> None:
    found = verify(folder, "attestation.pdf")

    assert found.returncode == 0, found.stderr
    assert "la signature tient" in found.stdout
    assert "Définitif : 5 décembre 2026 à 02:00 UTC" in found.stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert "17 fois" in found.stdout
    assert "--key" in found.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["attestation.json", "attestation.pdf", "changed.json", "forged.json"]


def test_a_program_reads_what_is_certified_and_whether_the_key_was_compared(folder: Path) -> None:
    found = verify(folder, "attestation.json", "--json", "--key", SIGNER.public.hex().upper())

    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == {
        "valid": True,
        "key_compared": True,
        "public_key": SIGNER.public.hex(),
        "certificate": WHOLE.content(),
    }


def test_a_changed_file_is_refused_in_two_languages(folder: Path) -> None:
    found = verify(folder, "changed.json")

    assert (found.returncode, found.stdout) == (1, "")
    french, english = found.stderr.splitlines()
    assert "La signature ne tient pas" in french
    assert "does not hold" in english


def test_another_key_than_the_expected_one_is_a_reason_for_programs(folder: Path) -> None:
    found = verify(folder, "forged.json", "--json", "--key", SIGNER.public.hex())

    assert (found.returncode, json.loads(found.stdout)) == (1, {"valid": False, "reason": "other_key"})


def test_what_is_no_key_is_a_usage_and_no_verdict(folder: Path) -> None:
    found = verify(folder, "attestation.json", "--key", "03a1")

    assert found.returncode == 2
    assert "64" in found.stderr
