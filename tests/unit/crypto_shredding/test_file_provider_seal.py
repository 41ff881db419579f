"""The passphrase over the folder of keys (N36): what a stolen folder gives, and changing the passphrase."""

import unicodedata
from pathlib import Path
from uuid import UUID

import pytest

from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.passphrase import CHEAPEST, RFC_9106_SECOND, Seal, WeakPassphrase
from crypto_shredding.keys.provider import ProviderKeyMissing, ProviderSealed, ProviderUnavailable, WrongSecret

KEK = bytes(range(32))
STRUCTURE = UUID("5a000000-0000-4000-8000-000000000001")
PHRASE = "dunes été vélo cahier"


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    folder = tmp_path / "replica"
    folder.mkdir()
    return folder


@pytest.fixture
def provider(tmp_path: Path, replica: Path) -> FileProvider:
    provider = FileProvider(tmp_path / "keys", (replica,), costs=CHEAPEST)
    provider.new_epoch(STRUCTURE, 1)
    return provider


def key_file(root: Path, epoch: int = 1) -> Path:
    return root / str(STRUCTURE) / f"{epoch:06d}.key"


def every_byte_under(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def anew(provider: FileProvider, replica: Path) -> FileProvider:
    """The same folder, as the next process sees it."""
    return FileProvider(provider.folder, (replica,), costs=CHEAPEST)


def test_a_stolen_folder_gives_nothing(provider: FileProvider, replica: Path, tmp_path: Path) -> None:
    raw = [key_file(provider.folder).read_bytes()]
    assert any(raw[0] in content for content in every_byte_under(tmp_path)), "without a passphrase the search does find it"
    wrapped = provider.wrap(STRUCTURE, 1, KEK)

    provider.set_passphrase(PHRASE)
    provider.new_epoch(STRUCTURE, 2)

    raw += [provider._found(STRUCTURE, 2) or b"", provider.hand_over()]
    assert all(len(secret) == 32 for secret in raw)
    assert not [secret for secret in raw for content in every_byte_under(tmp_path) if secret in content or secret.hex().encode() in content]
    with pytest.raises(ProviderSealed):
        anew(provider, replica).unwrap(STRUCTURE, 1, wrapped)
    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_a_stolen_replica_gives_nothing_either(provider: FileProvider, replica: Path) -> None:
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    provider.set_passphrase(PHRASE)

    stolen = FileProvider(replica)

    assert stolen.is_sealed()
    with pytest.raises(ProviderSealed):
        stolen.unwrap(STRUCTURE, 1, wrapped)
    stolen.unseal(PHRASE)
    assert stolen.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_taking_the_seal_away_opens_nothing(provider: FileProvider, replica: Path) -> None:
    provider.set_passphrase(PHRASE)
    for root in (provider.folder, replica):
        (root / "seal.json").unlink()

    with pytest.raises(ProviderUnavailable):
        anew(provider, replica).wrap(STRUCTURE, 1, KEK)


def test_no_second_seal_is_founded_beside_keys_whose_seal_was_lost(provider: FileProvider, replica: Path) -> None:
    provider.set_passphrase(PHRASE)
    kept = (replica / "seal.json").read_bytes()
    for root in (provider.folder, replica):
        (root / "seal.json").unlink()

    lost = anew(provider, replica)
    assert lost.is_protected()
    assert lost.is_sealed()
    for asked in (lost.set_passphrase, lost.unseal, lambda secret: lost.take_over(secret.encode())):
        with pytest.raises(ProviderUnavailable, match="manque"):
            asked("une tout autre phrase de passe")
    (replica / "seal.json").write_bytes(kept)
    lost.unseal(PHRASE)
    assert lost.epochs(STRUCTURE) == {1}


def test_an_epoch_is_destroyed_without_the_passphrase(provider: FileProvider, replica: Path) -> None:
    provider.set_passphrase(PHRASE)

    anew(provider, replica).destroy_epoch(STRUCTURE, 1)

    with pytest.raises(ProviderKeyMissing):
        provider.wrap(STRUCTURE, 1, KEK)


def test_a_process_that_was_running_needs_the_passphrase_too(provider: FileProvider, replica: Path) -> None:
    other = anew(provider, replica)
    assert not other.is_sealed()

    provider.set_passphrase(PHRASE)

    assert other.is_sealed()
    with pytest.raises(ProviderSealed):
        other.new_epoch(STRUCTURE, 2)


def test_without_a_passphrase_anything_opens_and_nothing_is_handed_over(provider: FileProvider) -> None:
    provider.unseal("whatever")
    provider.take_over(provider.hand_over())

    assert not provider.is_protected()
    assert not provider.is_sealed()


def test_the_passphrase_is_the_same_from_another_keyboard(provider: FileProvider, replica: Path) -> None:
    provider.set_passphrase(unicodedata.normalize("NFC", PHRASE))

    anew(provider, replica).unseal(unicodedata.normalize("NFD", PHRASE))


def test_changing_the_passphrase_rewrites_the_seal_alone(provider: FileProvider, replica: Path) -> None:
    provider.set_passphrase(PHRASE)
    before = key_file(provider.folder).read_bytes(), (provider.folder / "seal.json").read_bytes()

    with pytest.raises(WrongSecret):
        provider.change_passphrase("what nobody had chosen", "something entirely new")
    provider.change_passphrase(PHRASE, "something entirely new")

    assert key_file(provider.folder).read_bytes() == before[0]
    assert (provider.folder / "seal.json").read_bytes() == (replica / "seal.json").read_bytes() != before[1]
    with pytest.raises(WrongSecret):
        anew(provider, replica).unseal(PHRASE)
    anew(provider, replica).unseal("something entirely new")


def test_a_second_passphrase_is_refused_and_the_same_one_changes_nothing(provider: FileProvider) -> None:
    provider.set_passphrase(PHRASE)
    before = every_byte_under(provider.folder)

    with pytest.raises(WrongSecret):
        provider.set_passphrase("something entirely new")
    provider.set_passphrase(PHRASE)

    assert every_byte_under(provider.folder) == before


def test_a_weak_passphrase_is_refused(provider: FileProvider) -> None:
    with pytest.raises(WeakPassphrase):
        provider.set_passphrase("azerty")

    assert not provider.is_protected()


def test_a_sealed_key_moved_to_another_epoch_does_not_open(provider: FileProvider, replica: Path) -> None:
    provider.set_passphrase(PHRASE)
    provider.new_epoch(STRUCTURE, 2)
    for root in (provider.folder, replica):
        key_file(root, 2).unlink()
        key_file(root, 1).rename(key_file(root, 2))

    with pytest.raises(ProviderUnavailable, match="abîmé"):
        provider.wrap(STRUCTURE, 2, KEK)


def test_a_damaged_seal_is_said_and_the_replicas_serves(provider: FileProvider, replica: Path) -> None:
    provider.set_passphrase(PHRASE)
    whole = (provider.folder / "seal.json").read_bytes()
    for damaged in (b"", whole[:50], whole.replace(b'"memory": 8', b'"memory": 80000000'), whole.replace(b'"version": 1', b'"version": 9')):
        for root in (provider.folder, replica):
            (root / "seal.json").unlink()
            (root / "seal.json").write_bytes(damaged)
        with pytest.raises(ProviderUnavailable, match="abîmé"):
            anew(provider, replica).unseal(PHRASE)
    (replica / "seal.json").write_bytes(whole)

    anew(provider, replica).unseal(PHRASE)

    assert (provider.folder / "seal.json").read_bytes() == whole


def test_a_try_costs_what_rfc_9106_asks_for() -> None:
    seal = Seal.made(PHRASE, KEK, RFC_9106_SECOND)

    assert (seal.costs.time, seal.costs.memory, seal.costs.lanes) == (3, 64 * 1024, 4)
    assert Seal.read(seal.written()).opened(PHRASE) == KEK
