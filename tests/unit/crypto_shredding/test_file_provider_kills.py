"""Killed before each change of the disk, for good: whatever is left, the next process sees one truth and comes to the same end."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.passphrase import CHEAPEST
from crypto_shredding.keys.provider import Mark, ProviderKeyMissing, WrongSecret
from tests.killing import killed_at_each_step

KEK = bytes(range(32))
STRUCTURE = UUID("5a000000-0000-4000-8000-000000000001")
PHRASE, OTHER = "dunes vélo cahier", "lampe sable moteur"


@pytest.fixture
def anew(tmp_path: Path) -> Callable[[], FileProvider]:
    """Start from an empty ground, and give the provider as a new process sees it."""

    def start() -> FileProvider:
        (tmp_path / "replica").mkdir(exist_ok=True)
        return FileProvider(tmp_path / "keys", (tmp_path / "replica",), costs=CHEAPEST)

    return start


def emptied(folder: Path) -> None:
    for each in folder.iterdir():
        shutil.rmtree(each)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.key.new")]


def test_a_key_is_there_whole_or_not_at_all(anew: Callable[[], FileProvider], tmp_path: Path) -> None:
    for _ in killed_at_each_step(lambda: anew().new_epoch(STRUCTURE, 1)):
        anew().new_epoch(STRUCTURE, 1)
        wrapped = anew().wrap(STRUCTURE, 1, KEK)

        alone = [FileProvider(tmp_path / name).unwrap(STRUCTURE, 1, wrapped) for name in ("keys", "replica")]

        assert alone == [KEK, KEK]
        assert leftovers(tmp_path) == []
        emptied(tmp_path)


def test_a_destruction_that_began_is_ended_by_the_next_and_meanwhile_the_key_serves_whole_or_not(
    anew: Callable[[], FileProvider], tmp_path: Path
) -> None:
    anew().new_epoch(STRUCTURE, 1)
    wrapped = anew().wrap(STRUCTURE, 1, KEK)
    shutil.copytree(tmp_path, ground := tmp_path.with_name("ground"))
    served = set()
    for _ in killed_at_each_step(lambda: anew().destroy_epoch(STRUCTURE, 1)):
        try:
            served.add(anew().unwrap(STRUCTURE, 1, wrapped))
        except ProviderKeyMissing:
            served.add(b"")
        anew().destroy_epoch(STRUCTURE, 1)

        assert anew().epochs(STRUCTURE) == frozenset()
        with pytest.raises(ProviderKeyMissing):
            anew().new_epoch(STRUCTURE, 1)
        assert leftovers(tmp_path) == []
        emptied(tmp_path)
        shutil.copytree(ground, tmp_path, dirs_exist_ok=True)
    assert served == {KEK, b""}


@pytest.mark.parametrize(
    "then",
    [lambda provider: provider.destroy_epoch(STRUCTURE, 1), lambda provider: provider.set_passphrase(PHRASE)],
    ids=["destroyed", "sealed"],
)
def test_no_half_written_key_outlives_what_follows(
    anew: Callable[[], FileProvider], tmp_path: Path, then: Callable[[FileProvider], None]
) -> None:
    left = 0
    for _ in killed_at_each_step(lambda: anew().new_epoch(STRUCTURE, 1)):
        left += bool(leftovers(tmp_path))
        then(anew())

        assert not [path for path in tmp_path.rglob("*.key*") if path.stat().st_size == len(KEK)]
        emptied(tmp_path)
    assert left, "one of the kills was in the middle"


def test_a_mark_is_the_old_or_the_new_and_never_zero(anew: Callable[[], FileProvider], tmp_path: Path) -> None:
    old, new = Mark(1, 5, 100), Mark(2, 5, 200)
    anew().raise_mark(STRUCTURE, old)
    for _ in killed_at_each_step(lambda: anew().raise_mark(STRUCTURE, new)):
        assert anew().mark(STRUCTURE) in {old, new}
        anew().raise_mark(STRUCTURE, new)
        assert anew().mark(STRUCTURE) == new
        emptied(tmp_path)
        anew().raise_mark(STRUCTURE, old)


def with_an_epoch(provider: FileProvider) -> bytes:
    provider.new_epoch(STRUCTURE, 1)
    return provider.wrap(STRUCTURE, 1, KEK)


@pytest.mark.parametrize("finish", [FileProvider.set_passphrase, FileProvider.unseal], ids=["set again", "unsealed"])
def test_sealing_goes_on_from_files_of_both_kinds(
    anew: Callable[[], FileProvider], tmp_path: Path, finish: Callable[[FileProvider, str], None]
) -> None:
    wrapped = with_an_epoch(anew())
    mixed = 0
    for _ in killed_at_each_step(lambda: anew().set_passphrase(PHRASE)):
        sizes = {path.stat().st_size for path in tmp_path.rglob("*.key")}
        mixed += sizes == {32, 61}
        provider = anew()
        finish(provider, PHRASE)

        assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK
        if provider.is_protected():
            assert {path.stat().st_size for path in tmp_path.rglob("*.key")} == {61}
            assert leftovers(tmp_path) == []
        emptied(tmp_path)
        wrapped = with_an_epoch(anew())
    assert mixed, "one of the kills was in the middle"


def test_after_a_change_cut_short_one_of_the_two_passphrases_opens_and_mends(anew: Callable[[], FileProvider], tmp_path: Path) -> None:
    wrapped = with_an_epoch(anew())
    anew().set_passphrase(PHRASE)
    opened_by = set()
    for _ in killed_at_each_step(lambda: anew().change_passphrase(PHRASE, OTHER)):
        provider, secret = anew(), OTHER
        try:
            provider.unseal(secret)
        except WrongSecret:
            provider.unseal(secret := PHRASE)
        opened_by.add(secret)

        assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK
        assert (tmp_path / "keys" / "seal.json").read_bytes() == (tmp_path / "replica" / "seal.json").read_bytes()
        emptied(tmp_path)
        wrapped = with_an_epoch(anew())
        anew().set_passphrase(PHRASE)
    assert opened_by == {PHRASE, OTHER}
