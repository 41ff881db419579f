"""What every provider of epoch keys does, whichever it is: the same tests over files and over a token."""

import itertools
import multiprocessing
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from crypto_shredding.envelope import Tampered
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.passphrase import CHEAPEST
from crypto_shredding.keys.pkcs11_provider import Pkcs11Provider
from crypto_shredding.keys.provider import Mark, ProviderKeyMissing, ProviderSealed, WrongSecret
from tests.softhsm import PIN, new_token

KEK = bytes(range(32))
STRUCTURE = UUID("5a000000-0000-4000-8000-000000000001")
_numbers = itertools.count()

AnyProvider = FileProvider | Pkcs11Provider


@dataclass(frozen=True)
class Ground:
    """A place of keys. `closed` is how a process that starts sees it; `secret` opens it."""

    closed: Callable[[], AnyProvider]
    secret: str

    def opened(self) -> AnyProvider:
        provider = self.closed()
        provider.unseal(self.secret)
        return provider


@pytest.fixture(params=["file", "pkcs11"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    if request.param == "pkcs11":
        token = new_token(f"contract-{os.getpid()}-{next(_numbers)}")
        return Ground(lambda: Pkcs11Provider(token.module, token.label), PIN)
    replica = tmp_path / "replica"
    replica.mkdir()
    FileProvider(tmp_path / "keys", (replica,), costs=CHEAPEST).set_passphrase("three words nobody says")
    return Ground(lambda: FileProvider(tmp_path / "keys", (replica,), costs=CHEAPEST), "three words nobody says")


@pytest.fixture
def provider(ground: Ground) -> AnyProvider:
    return ground.opened()


def test_what_was_wrapped_is_unwrapped(provider: AnyProvider) -> None:
    provider.new_epoch(STRUCTURE, 1)

    wrapped = provider.wrap(STRUCTURE, 1, KEK)

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK
    assert KEK not in wrapped


def test_wrapping_twice_shows_nothing_in_common(provider: AnyProvider) -> None:
    provider.new_epoch(STRUCTURE, 1)

    assert provider.wrap(STRUCTURE, 1, KEK) != provider.wrap(STRUCTURE, 1, KEK)


def test_another_process_unwraps_it(provider: AnyProvider, ground: Ground) -> None:
    provider.new_epoch(STRUCTURE, 1)

    assert ground.opened().unwrap(STRUCTURE, 1, provider.wrap(STRUCTURE, 1, KEK)) == KEK


@pytest.mark.parametrize(("structure", "epoch"), [(UUID(int=7), 1), (STRUCTURE, 2)], ids=["another structure", "another epoch"])
def test_a_kek_moved_elsewhere_is_tampered(provider: AnyProvider, structure: UUID, epoch: int) -> None:
    provider.new_epoch(STRUCTURE, 1)
    provider.new_epoch(structure, epoch)

    with pytest.raises(Tampered):
        provider.unwrap(structure, epoch, provider.wrap(STRUCTURE, 1, KEK))


@pytest.mark.parametrize(
    "change", [lambda w: w[:-1] + bytes([w[-1] ^ 1]), lambda w: bytes([w[0] ^ 1]) + w[1:], lambda w: w[:20], lambda _: b""]
)
def test_a_changed_kek_is_tampered_and_the_provider_goes_on(provider: AnyProvider, change: Callable[[bytes], bytes]) -> None:
    provider.new_epoch(STRUCTURE, 1)
    wrapped = provider.wrap(STRUCTURE, 1, KEK)

    with pytest.raises(Tampered):
        provider.unwrap(STRUCTURE, 1, change(wrapped))

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_an_epoch_made_twice_is_made_once(provider: AnyProvider) -> None:
    provider.new_epoch(STRUCTURE, 1)
    wrapped = provider.wrap(STRUCTURE, 1, KEK)

    provider.new_epoch(STRUCTURE, 1)

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_an_epoch_that_never_was_has_no_key(provider: AnyProvider) -> None:
    with pytest.raises(ProviderKeyMissing):
        provider.wrap(STRUCTURE, 1, KEK)
    with pytest.raises(ProviderKeyMissing):
        provider.unwrap(STRUCTURE, 1, bytes(60))


def test_a_destroyed_epoch_opens_nothing_and_the_others_live(provider: AnyProvider) -> None:
    for epoch in (1, 2):
        provider.new_epoch(STRUCTURE, epoch)
    first, second = (provider.wrap(STRUCTURE, epoch, KEK) for epoch in (1, 2))

    provider.destroy_epoch(STRUCTURE, 1)

    with pytest.raises(ProviderKeyMissing):
        provider.unwrap(STRUCTURE, 1, first)
    with pytest.raises(ProviderKeyMissing):
        provider.wrap(STRUCTURE, 1, KEK)
    assert provider.unwrap(STRUCTURE, 2, second) == KEK
    assert provider.epochs(STRUCTURE) == {2}


def test_a_destroyed_epoch_never_comes_back(provider: AnyProvider, ground: Ground) -> None:
    provider.new_epoch(STRUCTURE, 1)
    provider.destroy_epoch(STRUCTURE, 1)
    provider.destroy_epoch(STRUCTURE, 1)

    for each in (provider, ground.opened()):
        with pytest.raises(ProviderKeyMissing):
            each.new_epoch(STRUCTURE, 1)
    assert provider.epochs(STRUCTURE) == frozenset()


def test_the_epochs_of_a_structure_are_its_own(provider: AnyProvider) -> None:
    for structure, epoch in ((STRUCTURE, 1), (STRUCTURE, 3), (UUID(int=7), 2)):
        provider.new_epoch(structure, epoch)

    assert provider.epochs(STRUCTURE) == {1, 3}


def test_a_mark_goes_up_field_by_field_and_never_down(provider: AnyProvider, ground: Ground) -> None:
    assert provider.mark(STRUCTURE) == Mark()

    provider.raise_mark(STRUCTURE, Mark(2, 10, 500))
    provider.raise_mark(STRUCTURE, Mark(3, 4, 600))
    provider.raise_mark(STRUCTURE, Mark())

    assert ground.opened().mark(STRUCTURE) == Mark(3, 10, 600)
    assert provider.mark(uuid4()) == Mark()


def test_a_mark_survives_a_destruction(provider: AnyProvider) -> None:
    provider.new_epoch(STRUCTURE, 1)
    provider.raise_mark(STRUCTURE, Mark(1, 2, 3))

    provider.destroy_epoch(STRUCTURE, 1)

    assert provider.mark(STRUCTURE) == Mark(1, 2, 3)


def test_nothing_needs_a_key_until_the_secret_is_given(provider: AnyProvider, ground: Ground) -> None:
    provider.new_epoch(STRUCTURE, 1)
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    closed = ground.closed()

    assert closed.is_sealed()
    assert closed.is_protected()
    for asked in (
        lambda: closed.wrap(STRUCTURE, 1, KEK),
        lambda: closed.unwrap(STRUCTURE, 1, wrapped),
        lambda: closed.new_epoch(STRUCTURE, 2),
        closed.hand_over,
    ):
        with pytest.raises(ProviderSealed):
            asked()


def test_the_secret_opens_and_another_does_not(provider: AnyProvider, ground: Ground) -> None:
    provider.new_epoch(STRUCTURE, 1)
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    closed = ground.closed()

    for wrong in ("quite another secret", ""):
        with pytest.raises(WrongSecret):
            closed.unseal(wrong)
        assert closed.is_sealed()
    closed.unseal(ground.secret)

    assert not closed.is_sealed()
    assert closed.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_what_one_process_hands_over_opens_another(provider: AnyProvider, ground: Ground) -> None:
    provider.new_epoch(STRUCTURE, 1)
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    closed = ground.closed()

    with pytest.raises(WrongSecret):
        closed.take_over(b"something else altogether")
    closed.take_over(provider.hand_over())

    assert closed.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_threads_share_it(provider: AnyProvider) -> None:
    provider.new_epoch(STRUCTURE, 1)
    opened: list[bytes] = []

    def work() -> None:
        for number in range(5):
            provider.raise_mark(STRUCTURE, Mark(position=number))
            opened.append(provider.unwrap(STRUCTURE, 1, provider.wrap(STRUCTURE, 1, KEK)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert opened == [KEK] * 20


def _work(provider: AnyProvider, secret: str, number: int) -> bytes:
    provider.unseal(secret)
    provider.new_epoch(STRUCTURE, 1)
    for step in range(5):
        provider.raise_mark(STRUCTURE, Mark(number, step, number * step))
    provider.destroy_epoch(STRUCTURE, number + 10)
    return provider.wrap(STRUCTURE, 1, KEK)


def test_processes_that_work_at_once_lose_nothing(ground: Ground) -> None:
    """All of them make the epoch at the same moment, and what each wrapped opens everywhere."""
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        wrapped = pool.starmap(_work, [(ground.closed(), ground.secret, number) for number in range(3)], chunksize=1)

    provider = ground.opened()
    assert [provider.unwrap(STRUCTURE, 1, each) for each in wrapped] == [KEK] * 3
    assert provider.mark(STRUCTURE) == Mark(2, 4, 8)
    for number in range(3):
        with pytest.raises(ProviderKeyMissing):
            provider.new_epoch(STRUCTURE, number + 10)
