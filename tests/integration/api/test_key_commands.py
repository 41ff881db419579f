"""`keys rotate`, `keys recover` and `keys forget-replica` as an operator types them: what goes wrong is told, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.bootstrap import build
from api.commands.keys import key_commands
from api.commands.troubles import UNAVAILABLE, Trouble
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.keys import escrow
from tests.conftest import ALPHA
from tests.given import closed, educator, filled, to_its_end

Keys = Callable[..., Result]


@pytest.fixture
def keys(databases: Databases, settings: Settings, tmp_path: Path) -> Keys:
    """The commands of the keys on databases that have addresses."""
    named = {
        "SILLAGE_DATABASE": databases.main,
        "SILLAGE_KEYS_DATABASE": databases.keys,
        "SILLAGE_DATA_FOLDER": str(tmp_path / "donnees"),
        "SILLAGE_KEYS_FOLDER": str(settings.provider_folder),
        "SILLAGE_ESCROW_FOLDER": str(tmp_path / "secours"),
        "COLUMNS": "200",
    }
    return lambda *words, typed="", **changed: CliRunner().invoke(key_commands, list(words), input=typed, env=named | changed)


def refusal(result: Result) -> Trouble:
    assert isinstance(result.exception, Trouble), result.output
    return result.exception


def test_a_folder_of_backups_that_does_not_answer_stops_the_rotation_in_a_sentence(
    keys: Keys, databases: Databases, tmp_path: Path
) -> None:
    escrow.found(tmp_path / "secours")
    (tmp_path / "occupé").write_bytes(b"")

    stopped = refusal(keys("rotate", "--structure", "alpha", SILLAGE_BACKUP_FOLDER=str(tmp_path / "occupé")))

    assert stopped.code == UNAVAILABLE
    assert "rien n’est perdu" in str(stopped)
    assert "Un dossier ne répond pas" in str(stopped)
    with psycopg.connect(databases.keys) as owner:
        assert owner.execute("SELECT count(*) FROM s_alpha.epochs WHERE destroyed_at IS NOT NULL").fetchone() == (0,)
    again = keys("rotate", "--structure", "alpha")
    assert "est à l’époque 2" in again.output, again.exception


def test_what_the_provider_says_is_passed_on(keys: Keys, settings: Settings, tmp_path: Path) -> None:
    escrow.found(tmp_path / "secours")
    settings.provider_folder.rename(tmp_path / "volume")
    settings.provider_folder.mkdir()

    assert "Montez-le" in str(refusal(keys("rotate", "--structure", "alpha")))


def test_recovering_ends_what_was_lost_and_says_what_is_promised_no_more(
    keys: Keys, databases: Databases, settings: Settings, tmp_path: Path
) -> None:
    shares = escrow.found(tmp_path / "secours")
    service = build(settings.model_copy(update={"escrow_folder": tmp_path / "secours"}), databases)
    structure = service.structure(ALPHA)
    structure.rotation.rotate()
    to_its_end(structure, closed(structure.records, filled(structure.records, educator())))
    service.close()

    new = str(tmp_path / "nouveau")
    recovered = keys("recover", "--structure", "alpha", typed=f"{shares[0]}\n{shares[2]}\n", SILLAGE_KEYS_FOLDER=new)

    assert recovered.exit_code == 0, recovered.output
    assert "est à l’époque 3" in recovered.output
    assert "Sauf 1 " in recovered.output
    assert escrow.deposits(tmp_path / "secours", ALPHA) == {3}


def test_a_replica_is_forgotten_once_somebody_says_so(keys: Keys, tmp_path: Path) -> None:
    escrow.found(tmp_path / "secours")
    replica = tmp_path / "copie"
    replica.mkdir()
    assert keys("rotate", "--structure", "alpha", SILLAGE_KEYS_REPLICAS=str(replica)).exit_code == 0

    assert f"forget-replica {replica}" in str(refusal(keys("rotate", "--structure", "alpha")))
    assert keys("forget-replica", str(replica), typed="n\n").exit_code != 0
    assert keys("forget-replica", str(replica), typed="y\n").exit_code == 0
    assert keys("rotate", "--structure", "alpha").exit_code == 0
    assert "Aucune copie" in str(refusal(keys("forget-replica", str(replica), "--yes")))
