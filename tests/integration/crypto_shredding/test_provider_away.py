"""The keys' volume is not there when a rotation comes: nothing is begun, destroyed or claimed, and once it is back all goes on."""

import itertools
import os
import shutil
from pathlib import Path

import psycopg
import pytest

from api.bootstrap import Service, build
from api.databases import Databases
from api.key_providers import _file_provider, backup_key_of
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import ProviderUnavailable
from crypto_shredding.keys.rotation import KeyRotation
from domain.oblivion.erasure import Stage
from tests.conftest import ALPHA
from tests.given import closed, educator, filled, to_its_end
from tests.softhsm import PIN, new_token

_numbers = itertools.count()


class Killed(Exception):
    """The rotation is cut here."""


def cut_at(service: Service, step: str) -> None:
    def cut(reached: str) -> None:
        if reached == step:
            raise Killed

    rotation = service.structure(ALPHA).rotation
    with pytest.raises(Killed):
        KeyRotation(rotation.key_store, rotation.prove, reached=cut).rotate()


def unmount(volume: Path, to: Path) -> None:
    volume.rename(to)
    volume.mkdir()


def mount(volume: Path, of: Path) -> None:
    shutil.rmtree(volume)
    of.rename(volume)


def destroyed(databases: Databases) -> list[int]:
    with psycopg.connect(databases.keys) as owner:
        return [row[0] for row in owner.execute("SELECT epoch FROM s_alpha.epochs WHERE destroyed_at IS NOT NULL ORDER BY epoch")]


def test_a_running_service_begins_nothing_on_the_bare_mount_point(service: Service, databases: Databases, tmp_path: Path) -> None:
    structure, volume = service.structure(ALPHA), service.settings.provider_folder
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)
    to_its_end(structure, erasure)
    for key_store in structure.key_stores:
        key_store.kek(1)

    unmount(volume, tmp_path / "volume")
    with pytest.raises(ProviderUnavailable, match="monté"):
        structure.rotation.rotate()
    assert (structure.store.key_store.epochs(), destroyed(databases), list(volume.rglob("*.key"))) == ([1], [], [])

    mount(volume, tmp_path / "volume")
    assert structure.rotation.rotate() == 2
    structure.erasures.conclude()
    assert structure.records.find(erasure).stage is Stage.IRREVERSIBLE


def test_nothing_is_claimed_destroyed_on_the_bare_mount_point(settings: Settings, databases: Databases, tmp_path: Path) -> None:
    service = build(settings, databases)
    cut_at(service, "proven")
    unmount(settings.provider_folder, tmp_path / "volume")
    with pytest.raises(ProviderUnavailable, match="monté"):
        service.structure(ALPHA).rotation.rotate()
    assert destroyed(databases) == []

    mount(settings.provider_folder, tmp_path / "volume")
    service.structure(ALPHA).rotation.rotate()
    assert destroyed(databases) == [1]
    assert FileProvider(settings.provider_folder).epochs(ALPHA) == {2}
    service.close()


def test_a_replica_does_not_stand_for_the_folder_itself(settings: Settings, databases: Databases, tmp_path: Path) -> None:
    (tmp_path / "replica").mkdir()
    service = build(settings.model_copy(update={"keys_replicas": (tmp_path / "replica",)}), databases)
    service.structure(ALPHA).rotation.rotate()

    unmount(settings.provider_folder, tmp_path / "volume")
    with pytest.raises(ProviderUnavailable, match="monté"):
        service.structure(ALPHA).rotation.rotate()
    assert FileProvider(tmp_path / "volume").epochs(ALPHA) == FileProvider(tmp_path / "replica").epochs(ALPHA) == {2}
    service.close()


def test_files_that_are_away_at_the_start_are_waited_for_on_the_way_to_a_token(
    settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    token = new_token(f"away-{os.getpid()}-{next(_numbers)}")
    settings = settings.model_copy(update={"provider": "pkcs11", "pkcs11_module": token.module, "pkcs11_token": token.label})
    service = build(settings, databases)
    service.providers.named("pkcs11").unseal(PIN)
    cut_at(service, "proven")
    service.close()

    settings.provider_folder.rename(tmp_path / "volume")
    away = build(settings, databases)
    with pytest.raises(ProviderUnavailable, match="« file »"):
        away.structure(ALPHA).rotation.rotate()
    assert destroyed(databases) == []
    away.close()

    (tmp_path / "volume").rename(settings.provider_folder)
    _file_provider.cache_clear()
    back = build(settings, databases)
    assert back.structure(ALPHA).rotation.rotate() == 2
    assert (destroyed(databases), FileProvider(settings.provider_folder).epochs(ALPHA)) == ([1], frozenset())
    back.close()


def test_a_rotation_founds_no_backup_key_on_the_bare_mount_point(service: Service, tmp_path: Path) -> None:
    structure, volume = service.structure(ALPHA), service.settings.provider_folder
    cut_at(service, "begun")
    for key_store in structure.key_stores:
        key_store.kek(1)
        key_store.kek(2)
    unmount(volume, tmp_path / "volume")
    with pytest.raises(ProviderUnavailable, match=r"sauvegarde\.key"):
        structure.rotation.rotate()
    assert not list(volume.rglob("*.key"))


def test_the_key_of_the_backups_is_the_first_one_or_none(settings: Settings, databases: Databases, tmp_path: Path) -> None:
    made = backup_key_of(settings, databases, tmp_path / "sauvegardes")
    unmount(settings.provider_folder, tmp_path / "volume")
    with pytest.raises(ProviderUnavailable, match="monté"):
        backup_key_of(settings, databases, tmp_path / "ailleurs")
    mount(settings.provider_folder, tmp_path / "volume")
    assert backup_key_of(settings, databases, tmp_path / "sauvegardes") == made
