"""Moving from one provider to the other is a rotation, with the service open: the old one still opens what the new one takes over."""

import itertools
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from api.bootstrap import Service, build
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.keys.escrow import found, recover
from crypto_shredding.keys.escrow_folder import EscrowFolder
from crypto_shredding.keys.provider import Mark, ProviderKeyMissing
from crypto_shredding.keys.recovering import take_in
from crypto_shredding.keys.rotation import KeyRotation
from tests.conftest import ALPHA
from tests.given import educator, filled, note
from tests.softhsm import PIN, new_token

_numbers = itertools.count()


@pytest.fixture
def with_a_token(settings: Settings) -> Settings:
    token = new_token(f"moving-{os.getpid()}-{next(_numbers)}")
    return settings.model_copy(update={"provider": "pkcs11", "pkcs11_module": token.module, "pkcs11_token": token.label})


@pytest.fixture
def moving(with_a_token: Settings, databases: Databases) -> Iterator[Service]:
    """The service as it starts with the token's settings on databases whose epoch is in a file."""
    service = build(with_a_token, databases)
    service.providers.named("pkcs11").unseal(PIN)
    yield service
    service.close()


def wrapped_by(databases: Databases) -> list[tuple[int, str]]:
    with psycopg.connect(databases.keys) as owner:
        return owner.execute("SELECT epoch, provider FROM s_alpha.structure_keks ORDER BY epoch").fetchall()


def test_the_keys_go_over_to_the_token_and_back_and_the_records_read_on_meanwhile(moving: Service, databases: Databases) -> None:
    structure = moving.structure(ALPHA)
    youth = filled(structure.records, educator())
    read = []

    def look(_step: str) -> None:
        structure.records.add_note(educator(), youth, note("pendant"))
        read.append(len(structure.records.read_record(educator(), youth).notes))

    assert wrapped_by(databases) == [(1, "file")]
    KeyRotation(structure.rotation.key_store, structure.rotation.prove, reached=look).rotate()

    token, file = moving.providers.all
    assert wrapped_by(databases) == [(2, "pkcs11")]
    assert (token.epochs(ALPHA), file.epochs(ALPHA)) == ({2}, frozenset())
    assert token.mark(ALPHA).epoch == file.mark(ALPHA).epoch == 2
    assert read == sorted(read)

    back = build(moving.settings.model_copy(update={"provider": "file"}), databases)
    back.structure(ALPHA).rotation.rotate()
    assert wrapped_by(databases) == [(3, "file")]
    assert (token.epochs(ALPHA), file.epochs(ALPHA)) == (frozenset(), {3})
    assert len(back.structure(ALPHA).records.read_record(educator(), youth).notes) == read[-1]
    back.close()


def test_two_custodians_bring_the_living_back_when_the_provider_is_lost(settings: Settings, databases: Databases, tmp_path: Path) -> None:
    shares = found(tmp_path / "escrow")
    service = build(settings, databases)
    structure = service.structure(ALPHA)
    youth = filled(structure.records, educator())
    KeyRotation(structure.rotation.key_store, structure.rotation.prove, EscrowFolder(tmp_path / "escrow")).rotate()
    service.close()
    # The disk of the provider is dead: another, empty one takes its place.
    survivor = build(settings.model_copy(update={"keys_folder": tmp_path / "new"}), databases)
    with pytest.raises(ProviderKeyMissing):
        survivor.structure(ALPHA).records.read_record(educator(), youth)

    recovered = partial(recover, tmp_path / "escrow", ALPHA, shares=shares[1:])
    take_in(databases.keys, "s_alpha", ALPHA, survivor.providers.current, recovered)

    assert survivor.structure(ALPHA).records.read_record(educator(), youth).notes
    assert survivor.structure(ALPHA).rotation.rotate() == 3
    assert survivor.providers.mark(ALPHA) == Mark(3, 0, 0)
    survivor.close()
