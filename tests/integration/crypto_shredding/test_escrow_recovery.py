"""The provider is lost, and two custodians bring the living back; nobody who was erased comes back with them (R118)."""

import shutil
from itertools import combinations
from pathlib import Path

import pytest

from api.bootstrap import build
from api.databases import Databases
from api.settings import Settings
from crypto_shredding import escrow
from crypto_shredding.file_provider import FileProvider
from crypto_shredding.key_ring import KeyUnknown
from crypto_shredding.provider import ProviderKeyMissing
from crypto_shredding.recovering import living_epoch, take_in
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
    kek = escrow.recover(folder, ALPHA, living_epoch(databases.keys, "s_alpha"), [shares[number] for number in custodians])
    assert take_in(databases.keys, "s_alpha", ALPHA, new, kek) == 3

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
