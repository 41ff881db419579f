"""`backup` and `restore` as an operator types them: what they say, what they refuse, what is there afterwards."""

import fcntl
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from api.bootstrap import Service
from api.commands import saving
from api.commands.troubles import Trouble
from api.databases import Databases, add_structure, find_databases, migrate
from api.settings import Settings
from crypto_shredding.backups.backup import structures_of, take_keys
from crypto_shredding.backups.backup_key import backup_key
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from tests.conftest import ALPHA
from tests.given import educator, filled, youth_themselves

Sillage = Callable[..., Result]


@pytest.fixture
def sillage(databases: Databases, settings: Settings, tmp_path: Path) -> Sillage:
    """The two commands on databases that have addresses."""
    named = {
        "SILLAGE_DATABASE": databases.main,
        "SILLAGE_KEYS_DATABASE": databases.keys,
        "SILLAGE_DATA_FOLDER": str(tmp_path / "donnees"),
        "SILLAGE_KEYS_FOLDER": str(settings.provider_folder),
    }
    return lambda *words, **changed: typed(*words, **named | changed)


def typed(*words: str, **settings: str) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("backup")(saving.backup)
    app.command("restore")(saving.restore)
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200", **settings})


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(next(line for line in result.output.splitlines() if line.startswith("{")))
    return content


def refusal(result: Result) -> Trouble:
    assert isinstance(result.exception, Trouble), result.output
    return result.exception


def streams(databases: Databases) -> set[UUID]:
    with psycopg.connect(databases.main) as owner:
        return {row[0] for row in owner.execute("SELECT DISTINCT originator_id FROM s_alpha.events")}


def is_open(databases: Databases) -> bool:
    """Whether the structure came back from a backup and was opened again."""
    with psycopg.connect(databases.main) as owner:
        rows = owner.execute("SELECT kind FROM s_alpha.restores WHERE reopened_at IS NOT NULL ORDER BY restored_at").fetchall()
    return ("main",) in rows


def test_what_was_backed_up_comes_back_by_the_newest_pair_or_as_it_was_before(
    sillage: Sillage, service: Service, databases: Databases, tmp_path: Path
) -> None:
    records, folder = service.structure(ALPHA).records, str(tmp_path / "donnees" / "sauvegardes")
    youths = []
    stamps = []
    for _ in range(3):
        youths.append(filled(records, educator()))
        files = told(sillage("backup", "--json"))["files"]
        stamps.append(next(file["file"] for file in files if file["kind"] == "main").split(".")[0])
    youths.append(filled(records, educator()))
    service.close()

    asked = sillage("restore", folder)
    assert asked.exit_code == 1
    assert streams(databases) >= set(youths)
    restored = sillage("restore", folder, "--structure", "alpha", "--yes")
    assert restored.exit_code == 0, restored.output
    assert streams(databases) & set(youths) == set(youths[:3])
    # The keys that the restore itself saved, under its new epoch, open the older events too.
    earlier = sillage("restore", folder, "--structure", "alpha", "--at", stamps[0], "--yes")
    assert earlier.exit_code == 0, earlier.output
    assert streams(databases) & set(youths) == set(youths[:1])
    assert is_open(databases)
    assert "« alpha » est remise en place" in restored.output
    assert "beta" not in restored.output


def test_a_backup_says_which_files_it_made_removed_and_cannot_read(sillage: Sillage, databases: Databases, settings: Settings) -> None:
    folder = settings.data_folder / "ailleurs"
    for key in (backup_key(settings.provider_folder), backup_key(folder / "autre")):
        take_keys(databases.keys, folder, key, structures_of(databases.main), clock=lambda: datetime.now(UTC) - timedelta(days=20))

    made = told(sillage("backup", "--to", str(folder), "--json"))
    said = sillage("backup", "--to", str(folder)).output

    assert [(file["structure"], file["kind"]) for file in made["files"]] == [
        ("", "directory"),
        ("alpha", "main"),
        ("beta", "main"),
        ("alpha", "keys"),
        ("beta", "keys"),
    ]
    there = {path.name for path in folder.glob("*.sillage")}
    assert {file["file"] for file in made["files"]} | set(made["unreadable"]) < there
    assert (len(made["removed"]), len(made["unreadable"])) == (2, 2)
    assert not set(made["removed"]) & there
    assert "Ne s’ouvrent pas avec la clé d’ici" in said
    assert f"dans {settings.data_folder / 'donnees' / 'sauvegardes'} : celles d’ici ne s’ouvriront plus" in said
    assert "La prochaine rotation" not in sillage("backup").output


def test_files_of_one_structure_may_be_named_one_by_one(sillage: Sillage, service: Service, databases: Databases, tmp_path: Path) -> None:
    filled(service.structure(ALPHA).records, educator())
    files = {(file["structure"], file["kind"]): file["file"] for file in told(sillage("backup", "--json"))["files"]}
    filled(service.structure(ALPHA).records, educator())
    told(sillage("backup", "--json"))
    service.close()
    folder = tmp_path / "donnees" / "sauvegardes"
    newest = {file.name for file in folder.glob("*.alpha.main.sillage")} - {files["alpha", "main"]}

    lossy = sillage("restore", str(folder / newest.pop()), str(folder / files["alpha", "keys"]), "--yes")
    paired = sillage("restore", str(folder / files["alpha", "main"]), str(folder / files["alpha", "keys"]), "--yes")

    assert "1 dossiers ou fils n’auraient pas de clé" in str(refusal(lossy))
    assert paired.exit_code == 0, paired.output
    assert is_open(databases)


def test_what_cannot_be_found_is_said(sillage: Sillage, tmp_path: Path) -> None:
    told(sillage("backup", "--json"))
    folder = str(tmp_path / "donnees" / "sauvegardes")

    for words in (("--structure", "gamma"), ("--at", "1972-07-04")):
        assert "Aucune sauvegarde ne convient" in str(refusal(sillage("restore", folder, "--yes", *words)))
    assert "n’est pas un moment" in str(refusal(sillage("restore", folder, "--yes", "--at", "hier")))


def test_a_restore_refuses_a_running_service_and_a_missing_key(sillage: Sillage, service: Service, tmp_path: Path) -> None:
    folder = str(tmp_path / "donnees" / "sauvegardes")
    told(sillage("backup", "--json"))

    service.structure(ALPHA)
    assert "Le service est encore connecté" in str(refusal(sillage("restore", folder, "--yes")))
    lost = {"SILLAGE_KEYS_FOLDER": str(tmp_path / "perdues")}
    assert "La clé des sauvegardes" in str(refusal(sillage("restore", folder, "--yes", **lost)))


def test_a_folder_that_cannot_be_written_is_said(sillage: Sillage, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("")

    assert "Le dossier n’est pas utilisable" in str(refusal(sillage("backup", "--to", str(tmp_path / "fichier" / "dedans"))))


def test_the_embedded_database_is_restored_alone_and_on_a_new_folder(tmp_path: Path) -> None:
    folder, saved = tmp_path / "donnees", str(tmp_path / "sauvegardes")
    settings = Settings(data_folder=folder)
    providers = Providers(FileProvider(settings.provider_folder))
    databases = find_databases(settings)
    migrate(databases, providers)
    add_structure(databases, providers, ALPHA, "alpha", "Structure alpha")
    told(typed("backup", "--json", "--to", saved, SILLAGE_DATA_FOLDER=str(folder)))
    with (folder / "en-service.lock").open("w") as present:
        fcntl.flock(present, fcntl.LOCK_SH)
        assert "Le service est encore connecté" in str(refusal(typed("restore", saved, "--yes", SILLAGE_DATA_FOLDER=str(folder))))
    new = tmp_path / "neuf"
    new.mkdir()
    settings.provider_folder.rename(new / "cles")

    restored = typed("restore", saved, "--yes", SILLAGE_DATA_FOLDER=str(new))

    assert restored.exit_code == 0, restored.output
    assert "« alpha » est remise en place" in restored.output
    again = find_databases(Settings(data_folder=new))
    with psycopg.connect(again.main) as owner:
        assert owner.execute("SELECT code FROM directory.structures").fetchall() == [("alpha",)]
    again.stop()


def test_a_restore_says_how_many_closed_records_have_their_time_again(sillage: Sillage, service: Service, tmp_path: Path) -> None:
    records = service.structure(ALPHA).records
    youth = filled(records, educator())
    erasure = records.close_record(youth_themselves(youth), youth)
    told(sillage("backup", "--json"))
    records.cancel_erasure(youth_themselves(youth), erasure)
    service.close()

    restored = sillage("restore", str(tmp_path / "donnees" / "sauvegardes"), "--structure", "alpha", "--yes")

    assert restored.exit_code == 0, restored.output
    assert "l’effacement n’a pas commencé : 1 ; rien ne les détruira avant 72 heures" in restored.output
    assert "« Effacements »" in restored.output
