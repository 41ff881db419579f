"""`sillage import` as people run it: looked at, confirmed, written whole, and nothing the second time."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.accounts.accounts import Account
from api.bootstrap import Structure
from api.databases import Databases
from api.settings import Settings
from domain.identifiers import AccountId
from domain.trail import Role

ROOT = Path(__file__).parents[2]
WORKBOOK = "tests/input/suivi_jeunes.xlsx"
OLDER_BASE = "tests/input/jeunes_ancienne_base.csv"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(settings: Settings, databases: Databases, structure: Structure) -> Run:
    """Run `sillage import …` on the structure, which has two educators and an administrator."""
    for role, initials in ((Role.EDUCATOR, "KB"), (Role.EDUCATOR, "JD"), (Role.ADMINISTRATOR, "AD")):
        structure.accounts.add(Account(AccountId(uuid4()), role, "Personne fictive", initials))
    environment = os.environ | {
        "SILLAGE_DATABASE": databases.main,
        "SILLAGE_KEYS_DATABASE": databases.keys,
        "SILLAGE_KEYS_FOLDER": str(settings.provider_folder),
        "SILLAGE_DATA_FOLDER": str(settings.data_folder),
        "SILLAGE_DEMONSTRATION": "false",
    }

    def started(*words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "api", "import", "--structure", "alpha", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, input=typed, capture_output=True, text=True, check=False, timeout=120)

    return started


def outcome(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)["outcome"]
    return said


def test_a_workbook_is_written_once_and_an_older_base_multiplies_nobody(run: Run, structure: Structure) -> None:
    first = outcome(run(WORKBOOK, "--as", "KB", "--yes", "--json"))
    again = outcome(run(WORKBOOK, "--as", "KB", "--yes", "--json"))

    assert (first["opened"], first["contacts"]) == (492, 2040)
    assert (again["unchanged"], again["opened"]) == (True, 0)

    records = _records(structure)
    outcome(run(OLDER_BASE, "--as", "KB", "--yes", "--json"))
    assert _records(structure) == records


def _records(structure: Structure) -> int:
    database = structure.store.database
    with database.connection() as connection:
        row = connection.execute(database.statement("SELECT count(*) FROM {subject_references}")).fetchone()
    return int(row[0]) if row else 0


def test_a_preview_is_printed_and_nothing_is_written_without_a_yes(run: Run, structure: Structure) -> None:
    done = run(OLDER_BASE, "--as", "KB", typed="n\n")

    assert "dossiers sous un code" in done.stdout
    assert "L'accord n'est pas clair" in done.stdout
    assert done.returncode == 0
    assert _records(structure) == 0


def test_columns_are_chosen_with_a_file(run: Run, tmp_path: Path) -> None:
    mapping = json.loads(run(OLDER_BASE, "--as", "KB", "--json").stdout)["preview"]["mapping"]
    mapping[0]["kind"] = "ignored"
    (tmp_path / "colonnes.json").write_text(json.dumps(mapping), encoding="utf-8")

    done = run(OLDER_BASE, "--as", "KB", "--yes", "--json", "--mapping", str(tmp_path / "colonnes.json"))

    assert outcome(done)["unchanged"] is True


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((OLDER_BASE,), 2, "--as"),
        ((OLDER_BASE, "--as", "XX"), 2, "AD, JD, KB"),
        ((OLDER_BASE, "--as", "AD", "--yes"), 1, "à qui confier"),
        (("tests/input/README.md", "--as", "KB"), 1, "n'est pas un tableur"),
        ((OLDER_BASE, "--as", "KB", "--mapping", WORKBOOK), 2, "quelle colonne est quoi"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_remedy(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(*words)

    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
