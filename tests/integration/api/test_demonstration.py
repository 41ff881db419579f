"""The demonstration is told through the use cases, once."""

from datetime import date
from uuid import UUID, uuid4

import psycopg
import pytest

from api import demonstration
from api.bootstrap import Structure, build
from api.databases import Databases, add_structure
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from domain.identifiers import AccountId, RequestId, StructureId
from domain.oblivion.archive_gate import gate_of
from domain.trail import Actor, Purpose, Role
from tests.given import somebody, to_its_end

TODAY = date(2026, 11, 22)
JEANNE = AccountId(UUID("4f0c1a52-6b1d-4f5e-9a3b-0d5c8a7e1101"))


def events(structure: Structure) -> int:
    with structure.store.database.connection() as connection:
        row = connection.execute(structure.store.database.statement("SELECT count(*) FROM {events}")).fetchone()
    return int(row[0]) if row else 0


def test_the_story_is_told_once_whatever_the_day(structure: Structure) -> None:
    demonstration.tell(structure, TODAY)
    first = events(structure)

    demonstration.tell(structure, date(2026, 11, 29))

    assert demonstration.is_told(structure)
    assert events(structure) == first


def test_a_story_cut_short_is_taken_up_where_it_stopped(structure: Structure) -> None:
    def stop_at(done: int, _all: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demonstration.tell(structure, TODAY, stop_at)
    assert not demonstration.is_told(structure)

    demonstration.tell(structure, TODAY)

    assert demonstration.is_told(structure)
    structure.runner.run_once()
    names = [row.pseudonym for row in structure.caseload.of(JEANNE)]
    assert len(names) == len(set(names)) >= 5


def test_each_youth_who_can_sign_in_finds_their_own_record(structure: Structure) -> None:
    demonstration.tell(structure, TODAY)

    youths = [account for account in structure.accounts.all() if account.role is Role.YOUTH]
    assert len(youths) == 3
    for youth in youths:
        actor = Actor(youth.account_id, Role.YOUTH, Purpose.OWN_RECORD, RequestId(UUID(int=1)), youth.subject)
        assert youth.subject is not None
        assert structure.records.read_record(actor, youth.subject).contacts
        assert structure.trail.seen_by_the_youth(youth.subject)


def test_the_head_of_service_sees_figures_of_eleven_and_more(structure: Structure) -> None:
    demonstration.tell(structure, TODAY)
    structure.runner.run_once()

    months = structure.figures.of_months(date(2026, 9, 1), date(2026, 11, 1))

    assert months
    shown = [cell.people for month in months for cell in month.youths]
    assert shown
    assert min(shown) >= 11


def test_an_agreement_of_its_own_lets_the_erasures_of_the_demonstration_end(settings: Settings, databases: Databases) -> None:
    identifier, providers = StructureId(uuid4()), Providers(FileProvider(settings.provider_folder))
    add_structure(databases, providers, identifier, "le_fil", "Le Fil")
    service = build(settings, databases)
    fresh = service.structure(identifier)
    demonstration.tell(fresh, TODAY)
    fresh.runner.run_once()
    row = fresh.caseload.of(JEANNE)[0]

    to_its_end(fresh, fresh.records.close_record(somebody(Role.EDUCATOR, JEANNE), row.youth, asked_in_person=True))
    fresh.records.shut_gate(somebody(Role.DPO))
    before = events(fresh)
    demonstration.tell(fresh, TODAY)

    assert row.youth not in {left.youth for left in fresh.caseload.of(JEANNE)}
    assert events(fresh) == before
    gate = fresh.records.gate()
    assert gate is not None
    assert gate.agreement is None
    service.close()


def test_a_demonstration_told_before_there_was_a_gate_is_told_again(settings: Settings, databases: Databases) -> None:
    identifier = StructureId(uuid4())
    add_structure(databases, Providers(FileProvider(settings.provider_folder)), identifier, "le_fil", "Le Fil")
    service = build(settings, databases)
    fresh = service.structure(identifier)
    demonstration.tell(fresh, TODAY)
    told = events(fresh)
    with psycopg.connect(databases.main) as owner:
        owner.execute("DELETE FROM s_le_fil.events WHERE originator_id = %s", (gate_of(identifier),))

    assert not demonstration.is_told(fresh)
    demonstration.tell(fresh, TODAY)
    assert (demonstration.is_told(fresh), events(fresh)) == (True, told)
    service.close()


def test_the_items_that_shocked_are_off(structure: Structure) -> None:
    demonstration.tell(structure, TODAY)
    dpo = Actor(AccountId(UUID("4f0c1a52-6b1d-4f5e-9a3b-0d5c8a7e1201")), Role.DPO, Purpose.REVIEW_ACCESS, RequestId(UUID(int=1)))

    catalogue = structure.records.read_catalogue(dpo)

    assert len(catalogue.items) == 18
    assert not any(item.is_on for item in catalogue.items.values())
