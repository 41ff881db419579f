"""A consistent older copy of the whole data folder, started in place of the new one: noticed, and locked or mended (R073; design §6)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.bootstrap import Service, build
from api.commands.opened import databases_of
from api.databases import add_structure
from api.key_providers import providers_of
from api.settings import Settings
from api.web.app import create_app
from api.web.request_refusals import StructureLocked
from domain.identifiers import YouthId
from domain.refusals import RecordErased
from domain.trail import Purpose
from tests.conftest import ALPHA
from tests.given import LEILA, closed, educator, filled, note, to_its_end, with_archive_agreement

_LIFETIME = timedelta(hours=1)


class House:
    """A data folder of its own; the provider's keys lie apart from it, and so does the ledger when `ledger_apart`."""

    def __init__(self, folder: Path, *, ledger_apart: bool) -> None:
        ledger = folder / "ailleurs"
        ledger.mkdir()
        self.data = folder / "donnees"
        self.copy = folder / "copie"
        self.settings = Settings(
            data_folder=self.data,
            keys_folder=folder / "cles",
            ledger_folders=(ledger,) if ledger_apart else (),
            in_flight_seconds=0,
            pool_size=4,
            sealing="none",
        )

    @contextmanager
    def running(self) -> Iterator[Service]:
        with databases_of(self.settings) as databases:
            add_structure(databases, providers_of(self.settings), ALPHA, "alpha", "Structure alpha")
            service = build(self.settings, databases)
            yield service
            service.close()

    def put_the_copy_in_place(self) -> None:
        shutil.rmtree(self.data)
        shutil.copytree(self.copy, self.data, symlinks=True)


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest) -> House:
    return House(tmp_path, ledger_apart=getattr(request, "param", True))


def live_and_leave(house: House, *, erase: bool) -> tuple[YouthId, YouthId]:
    """A day of work, a copy of everything while the service is off, and another day of work."""
    with house.running() as service:
        structure = service.structure(ALPHA)
        with_archive_agreement(structure.records)
        leaving, staying = filled(structure.records, educator()), filled(structure.records, educator())
        structure.runner.run_once()
    shutil.copytree(house.data, house.copy, symlinks=True)
    with house.running() as service:
        structure = service.structure(ALPHA)
        structure.records.add_note(educator(), staying, note("après la copie"))
        if erase:
            to_its_end(structure, closed(structure.records, leaving))
        structure.erasures.copies.keep_mark()
    house.put_the_copy_in_place()
    return leaving, staying


@pytest.mark.parametrize("house", [False], indirect=True)
def test_an_older_copy_that_lost_the_ledger_with_the_rest_stays_locked_and_shows_nothing(house: House) -> None:
    live_and_leave(house, erase=True)
    with house.running() as service:
        token = service.directory.open_session(ALPHA, LEILA, Purpose.ACCOMPANY, _LIFETIME)
        with TestClient(create_app(service), base_url="http://127.0.0.1") as client:
            answer = client.get("/api/v1/caseload", headers={"Authorization": f"Bearer {token}"})

        assert (answer.status_code, answer.json()["code"]) == (503, "locked")
        assert "1 effacements" in service.locked[ALPHA]
        with pytest.raises(StructureLocked):
            service.structure(ALPHA)


def test_an_older_copy_is_mended_where_the_ledger_lies_apart(house: House) -> None:
    leaving, staying = live_and_leave(house, erase=True)
    with house.running() as service:
        (structure,) = [one for one in service.structures() if one.id == ALPHA]
        assert structure.records.read_record(educator(), leaving).notes, "the copy holds the erased"

        service.open_structures()

        with pytest.raises(RecordErased):
            structure.records.read_record(educator(), leaving)
        assert structure.records.read_record(educator(), staying).notes
        assert structure.store.key_store.epochs() == [2]


def test_an_older_copy_is_noticed_when_nothing_was_erased_since(house: House) -> None:
    _, staying = live_and_leave(house, erase=False)
    with house.running() as service:
        (structure,) = [one for one in service.structures() if one.id == ALPHA]
        assert structure.reopening.is_older()

        service.open_structures()

        assert service.locked == {}
        assert structure.store.key_store.epochs() == [2]
        assert structure.records.read_record(educator(), staying).notes
        assert not structure.reopening.is_older()


def test_the_very_folder_that_was_stopped_opens_at_once(house: House) -> None:
    with house.running() as service:
        filled(service.structure(ALPHA).records, educator())
        service.structure(ALPHA).erasures.copies.keep_mark()
    with house.running() as service:
        service.open_structures()

        assert service.locked == {}
        assert service.structure(ALPHA).store.key_store.epochs() == [1]
