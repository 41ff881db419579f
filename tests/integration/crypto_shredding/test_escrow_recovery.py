"""The provider is lost, and two custodians bring the living back; nobody who was erased comes back with them (R118)."""

import shutil
from functools import partial
from itertools import combinations
from pathlib import Path

import pytest

from api.bootstrap import build
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.keys import escrow
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import ProviderKeyMissing
from crypto_shredding.keys.recovering import take_in
from crypto_shredding.keys.rotation import KeyRotation
from domain.oblivion.erasure import Stage
from domain.stream import ErasedStream
from tests.conftest import ALPHA
from tests.given import closed, educator, filled, note, to_its_end


@pytest.mark.parametrize("custodians", list(combinations(range(3), 2)), ids=lambda pair: f"{pair[0] + 1} and {pair[1] + 1}")
def test_two_of_three_bring_the_living_back_and_nobody_else(
    databases: Databases, settings: Settings, tmp_path: Path, custodians: tuple[int, int]
) -> None:
    folder = tmp_path / "secours"
    shares = escrow.found(folder)
    with_escrow = settings.model_copy(update={"escrow_folder": folder})
    service = build(with_escrow, databases)
    structure = service.structure(ALPHA)
    leaving, staying = filled(structure.records, educator()), filled(structure.records, educator())
    structure.rotation.rotate()
    to_its_end(structure, closed(structure.records, leaving))
    structure.rotation.rotate()
    assert escrow.deposits(folder, ALPHA) == {3}
    service.close()
    shutil.rmtree(settings.provider_folder)

    new = FileProvider(tmp_path / "nouveau")
    two = [shares[number] for number in custodians]
    assert take_in(databases.keys, "s_alpha", ALPHA, new, lambda epoch: escrow.recover(folder, ALPHA, epoch, two)) == 3

    service = build(with_escrow.model_copy(update={"keys_folder": new.folder}), databases)
    structure = service.structure(ALPHA)
    assert structure.rotation.rotate() == 4
    assert structure.records.read_record(educator(), staying).notes
    structure.records.add_note(educator(), staying, note())
    assert isinstance(structure.records.find(leaving), ErasedStream)
    assert escrow.deposits(folder, ALPHA) == {4}
    with pytest.raises(ProviderKeyMissing):
        escrow.recover(folder, ALPHA, 3, shares[:2])
    service.close()


def test_without_the_provider_and_without_the_shares_nothing_opens(databases: Databases, settings: Settings) -> None:
    service = build(settings, databases)
    youth = filled(service.structure(ALPHA).records, educator())
    service.close()
    shutil.rmtree(settings.provider_folder)

    service = build(settings, databases)
    with pytest.raises((ProviderKeyMissing, KeyUnknown)):
        service.structure(ALPHA).records.find(youth)
    service.close()


class Killed(Exception):
    """The rotation is cut here."""


def test_what_was_erased_under_the_lost_key_is_never_called_irreversible(databases: Databases, settings: Settings, tmp_path: Path) -> None:
    shares = escrow.found(tmp_path / "secours")
    with_escrow = settings.model_copy(update={"escrow_folder": tmp_path / "secours"})
    service = build(with_escrow, databases)
    structure = service.structure(ALPHA)
    structure.rotation.rotate()
    erased = [closed(structure.records, filled(structure.records, educator())) for _ in range(2)]
    to_its_end(structure, erased[0])
    service.close()

    survivor = build(with_escrow.model_copy(update={"keys_folder": tmp_path / "nouveau"}), databases)
    take_in(
        databases.keys, "s_alpha", ALPHA, survivor.providers.current, partial(escrow.recover, tmp_path / "secours", ALPHA, shares=shares)
    )
    structure = survivor.structure(ALPHA)
    assert structure.rotation.is_needed(oldest_seconds=1e9)
    structure.rotation.rotate()
    to_its_end(structure, erased[1])
    structure.rotation.rotate()
    structure.erasures.conclude()

    assert FileProvider(settings.provider_folder).is_alive(ALPHA, 2), "whoever has the lost folder has this key"
    assert [structure.records.find(erasure).stage for erasure in erased] == [Stage.PURGED, Stage.IRREVERSIBLE]
    assert structure.rotation.erased_in_lost_epochs() == 1
    assert not structure.rotation.is_needed(oldest_seconds=1e9)
    survivor.close()


@pytest.mark.parametrize("step", ["begun", "rewrapped", "proven"])
def test_a_provider_that_dies_in_the_middle_of_a_rotation_loses_nobody(
    databases: Databases, settings: Settings, tmp_path: Path, step: str
) -> None:
    shares = escrow.found(tmp_path / "secours")
    with_escrow = settings.model_copy(update={"escrow_folder": tmp_path / "secours"})
    service = build(with_escrow, databases)
    structure = service.structure(ALPHA)
    structure.rotation.rotate()
    youth = filled(structure.records, educator())

    def cut(reached: str) -> None:
        if reached == step:
            raise Killed

    rotation = structure.rotation
    with pytest.raises(Killed):
        KeyRotation(rotation.key_store, rotation.prove, rotation.escrow, reached=cut).rotate()
    service.close()

    survivor = build(with_escrow.model_copy(update={"keys_folder": tmp_path / "nouveau"}), databases)
    take_in(
        databases.keys, "s_alpha", ALPHA, survivor.providers.current, partial(escrow.recover, tmp_path / "secours", ALPHA, shares=shares)
    )
    structure = survivor.structure(ALPHA)
    ended = [structure.rotation.rotate()]
    while structure.rotation.is_present_lost():
        ended.append(structure.rotation.rotate())
    assert structure.records.read_record(educator(), youth).notes
    assert (ended[-1], escrow.deposits(tmp_path / "secours", ALPHA)) == (4, {4})
    survivor.close()
