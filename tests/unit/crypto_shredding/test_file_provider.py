"""The file provider on the disk: its files, its replicas, and what damage and absence say. What all providers do is in the contract."""

import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from uuid import UUID

import pytest

from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.passphrase import CHEAPEST
from crypto_shredding.keys.provider import Mark, ProviderKeyMissing, ProviderUnavailable
from tests.integration.other_account import answer_as, stranger

KEK = bytes(range(32))
STRUCTURE = UUID("5a000000-0000-4000-8000-000000000001")


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    folder = tmp_path / "replica"
    folder.mkdir()
    return folder


@pytest.fixture
def provider(tmp_path: Path, replica: Path) -> FileProvider:
    provider = FileProvider(tmp_path / "keys", (replica,))
    provider.new_epoch(STRUCTURE, 1)
    return provider


def key_file(root: Path, epoch: int = 1) -> Path:
    return root / str(STRUCTURE) / f"{epoch:06d}.key"


def test_a_key_file_is_readable_by_the_service_alone(provider: FileProvider, replica: Path) -> None:
    for root in (provider.folder, replica):
        assert stat.S_IMODE(key_file(root).stat().st_mode) == 0o400
        assert stat.S_IMODE(key_file(root).parent.stat().st_mode) == 0o700
        assert key_file(root).stat().st_size == 32


def test_nothing_is_left_beside_the_keys(provider: FileProvider, replica: Path) -> None:
    provider.raise_mark(STRUCTURE, Mark(1, 1, 1))

    assert {path.name for path in key_file(replica).parent.iterdir()} == {"000001.key", "mark.json"}
    assert {path.name for path in key_file(provider.folder).parent.iterdir()} == {"000001.key", "mark.json", "lock"}


def test_the_replica_serves_when_the_main_file_is_missing(provider: FileProvider) -> None:
    wrapped = provider.wrap(STRUCTURE, 1, KEK)

    key_file(provider.folder).unlink()

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK
    assert provider.epochs(STRUCTURE) == {1}


def test_a_lost_main_folder_is_made_again_from_the_replica(provider: FileProvider, replica: Path) -> None:
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    provider.raise_mark(STRUCTURE, Mark(1, 2, 3))
    shutil.rmtree(provider.folder)

    provider.new_epoch(STRUCTURE, 1)
    shutil.rmtree(replica / str(STRUCTURE))

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_the_mark_of_a_lost_main_folder_is_the_replicas(provider: FileProvider) -> None:
    provider.raise_mark(STRUCTURE, Mark(1, 2, 3))

    shutil.rmtree(provider.folder)

    assert provider.mark(STRUCTURE) == Mark(1, 2, 3)


def test_a_replica_added_later_gets_the_key_of_the_present_epoch(provider: FileProvider, replica: Path, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    FileProvider(provider.folder, (replica, tmp_path / "second")).new_epoch(STRUCTURE, 1)

    assert FileProvider(tmp_path / "second").unwrap(STRUCTURE, 1, wrapped) == KEK


def missing(replica: Path) -> None:
    shutil.rmtree(replica)


def an_empty_mount_point(replica: Path) -> None:
    shutil.rmtree(replica)
    replica.mkdir()


@pytest.mark.parametrize("gone", [missing, an_empty_mount_point])
def test_nothing_is_made_nor_claimed_destroyed_without_a_replica(provider: FileProvider, replica: Path, gone: object) -> None:
    kept = replica.with_name("kept")
    shutil.copytree(replica, kept)
    gone(replica)  # type: ignore[operator]

    for asked in (provider.destroy_epoch, provider.new_epoch):
        with pytest.raises(ProviderUnavailable, match="replica"):
            asked(STRUCTURE, 1)

    assert key_file(provider.folder).exists()
    shutil.rmtree(replica, ignore_errors=True)
    kept.rename(replica)
    provider.destroy_epoch(STRUCTURE, 1)
    assert not key_file(replica).exists()


@pytest.mark.parametrize("gone", [missing, an_empty_mount_point])
def test_reading_goes_on_without_a_replica(provider: FileProvider, replica: Path, gone: object) -> None:
    gone(replica)  # type: ignore[operator]

    assert provider.unwrap(STRUCTURE, 1, provider.wrap(STRUCTURE, 1, KEK)) == KEK
    provider.raise_mark(STRUCTURE, Mark(1, 1, 1))
    assert provider.mark(STRUCTURE) == Mark(1, 1, 1)
    assert not replica.exists() or not list(replica.iterdir())


def test_a_replaced_replica_is_taken_once_its_line_is_removed(provider: FileProvider, replica: Path) -> None:
    an_empty_mount_point(replica)
    (provider.folder / "replicas.json").unlink()

    provider.new_epoch(STRUCTURE, 1)

    assert key_file(replica).read_bytes() == key_file(provider.folder).read_bytes()


def test_a_key_that_a_copy_brings_back_is_not_used(provider: FileProvider, replica: Path) -> None:
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    older = provider.folder.with_name("older")
    shutil.copytree(provider.folder, older)
    provider.destroy_epoch(STRUCTURE, 1)
    shutil.rmtree(provider.folder)
    older.rename(provider.folder)

    for asked in (lambda: provider.unwrap(STRUCTURE, 1, wrapped), lambda: provider.new_epoch(STRUCTURE, 1)):
        with pytest.raises(ProviderKeyMissing):
            asked()
    assert provider.epochs(STRUCTURE) == {1}, "the doctor sees that its destruction is not at its end"
    provider.destroy_epoch(STRUCTURE, 1)
    assert provider.epochs(STRUCTURE) == frozenset()
    assert not key_file(replica).exists()


def test_destroying_overwrites_the_bytes_before_it_lets_them_go(provider: FileProvider) -> None:
    path = key_file(provider.folder)
    before = path.read_bytes()
    (witness := path.with_name("witness")).hardlink_to(path)

    provider.destroy_epoch(STRUCTURE, 1)

    assert witness.stat().st_size == 32
    assert witness.read_bytes() != before


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"epoch": 1}', b'{"epoch": -1, "erasures": 0, "position": 0}', b'{"epoch": true, "erasures": 0, "position": 0}'],
)
def test_a_damaged_mark_is_never_taken_for_zero(provider: FileProvider, replica: Path, damage: bytes) -> None:
    provider.raise_mark(STRUCTURE, Mark(1, 2, 3))
    path = replica / str(STRUCTURE) / "mark.json"
    path.chmod(0o600)
    path.write_bytes(damage)

    for asked in (lambda: provider.mark(STRUCTURE), lambda: provider.raise_mark(STRUCTURE, Mark(2, 2, 3))):
        with pytest.raises(ProviderUnavailable, match="repère"):
            asked()


def test_a_damaged_key_file_is_said_and_the_replicas_serves(provider: FileProvider, replica: Path) -> None:
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    key_file(provider.folder).chmod(0o600)
    key_file(provider.folder).write_bytes(b"half a k")

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK
    key_file(replica).unlink()
    with pytest.raises(ProviderUnavailable, match="abîmé"):
        provider.unwrap(STRUCTURE, 1, wrapped)


def test_an_account_that_is_not_root_destroys_what_it_made_read_only() -> None:
    folder = Path(tempfile.mkdtemp(prefix="sillage-"))
    account = stranger()
    os.chown(folder, account.pw_uid, account.pw_gid)

    def whole_life() -> str:
        provider = FileProvider(folder / "keys", costs=CHEAPEST)
        provider.new_epoch(STRUCTURE, 1)
        provider.set_passphrase("three words nobody says")
        provider.raise_mark(STRUCTURE, Mark(1, 2, 3))
        wrapped = provider.wrap(STRUCTURE, 1, KEK)
        same = provider.unwrap(STRUCTURE, 1, wrapped) == KEK
        provider.destroy_epoch(STRUCTURE, 1)
        return f"{same} {provider.epochs(STRUCTURE)} {provider.mark(STRUCTURE).position}"

    answer = answer_as(account, whole_life)
    shutil.rmtree(folder)

    assert answer == "True frozenset() 3"


def test_a_disk_that_does_not_answer_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where a folder should be")

    with pytest.raises(ProviderUnavailable, match="Rien n'est perdu"):
        FileProvider(tmp_path / "keys").new_epoch(STRUCTURE, 1)


def test_a_folder_of_today_opens_as_it_is(tmp_path: Path) -> None:
    """What the provider wrote before it had replicas, marks and a passphrase."""
    key_file(tmp_path).parent.mkdir()
    key_file(tmp_path).write_bytes(bytes(32))
    wrapped = bytes.fromhex(
        "000102030405060708090a0b88ca315104f889feca7158eef10ed003447dba89ab8899e1d7d2fe1091281170d99608c0ac547b74187b79c251be3547"
    )

    assert FileProvider(tmp_path).unwrap(STRUCTURE, 1, wrapped) == KEK


def test_a_replica_that_left_the_settings_is_waited_for_until_it_is_forgotten(provider: FileProvider, replica: Path) -> None:
    without = FileProvider(provider.folder)
    for asked in (without.destroy_epoch, without.new_epoch):
        with pytest.raises(ProviderUnavailable, match="forget-replica"):
            asked(STRUCTURE, 1)
    assert key_file(provider.folder).exists()

    assert without.forget_replica(replica)
    assert not without.forget_replica(replica)
    without.destroy_epoch(STRUCTURE, 1)
    assert not key_file(provider.folder).exists()


@pytest.mark.parametrize("field", ["epoch", "erasures", "position"])
def test_a_mark_that_nobody_can_have_reached_is_damaged(provider: FileProvider, field: str) -> None:
    provider.raise_mark(STRUCTURE, Mark(1, 2, 3))
    path = provider.folder / str(STRUCTURE) / "mark.json"
    path.chmod(0o600)
    path.write_text(json.dumps({"epoch": 1, "erasures": 2, "position": 3} | {field: 2**63}))

    with pytest.raises(ProviderUnavailable, match="repère"):
        provider.mark(STRUCTURE)


def test_a_mark_that_went_from_beside_what_was_destroyed_is_damaged(provider: FileProvider) -> None:
    provider.destroy_epoch(STRUCTURE, 1)
    assert provider.mark(STRUCTURE) == Mark()
    (provider.folder / str(STRUCTURE) / "mark.json").unlink()

    for asked in (lambda: provider.mark(STRUCTURE), lambda: provider.raise_mark(STRUCTURE, Mark(2, 2, 3))):
        with pytest.raises(ProviderUnavailable, match="repère"):
            asked()
