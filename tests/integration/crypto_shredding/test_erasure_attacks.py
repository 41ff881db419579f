"""Who would have a living record destroyed, or an erasure forgotten: by a race, by SQL, by a wrong clock (invariants 4, 5; R069, R182)."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from api.bootstrap import Structure
from api.databases import Databases
from domain.drafts import AgreementDraft
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Ground, Stage
from domain.refusals import ErasureTooLate, NotAllowed, RecordClosed
from domain.trail import Role
from tests.given import closed, educator, filled, somebody, to_its_end, today, youth_themselves

FOUR_DAYS = timedelta(days=4)


def as_the_application(databases: Databases, statement: str, *parameters: object) -> None:
    with psycopg.connect(make_conninfo(databases.main, user="sillage_app"), autocommit=True) as connection:
        connection.execute("SET ROLE sillage_s_alpha_app")
        connection.execute(statement, parameters)


def ring_state(databases: Databases, youth: UUID) -> str:
    with psycopg.connect(databases.keys) as owner:
        row = owner.execute("SELECT state FROM s_alpha.key_rings WHERE subject_id = %s", (youth,)).fetchone()
    assert row is not None
    return str(row[0])


def asked_alone(structure: Structure, youth: YouthId) -> ErasureId:
    return structure.records.close_record(youth_themselves(youth), youth)


def test_a_cancelling_between_two_looks_of_the_saga_keeps_the_record(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)

    class Unlucky(type(structure.erasures)):  # type: ignore[misc]
        def _fence(self, wanted: ErasureId) -> Any:
            found = super()._fence(wanted)
            structure.records.cancel_erasure(youth_themselves(youth), erasure)
            return found

    saga = Unlucky(**{field.name: getattr(structure.erasures, field.name) for field in fields(structure.erasures)})
    structure.runner.run_once()
    saga.advance_all()
    structure.runner.run_once()
    saga.advance_all()

    assert ring_state(databases, youth) == "active"
    assert structure.records.read_record(educator(), youth).notes
    assert structure.records.find(erasure).stage is Stage.CANCELLED


def test_the_applications_login_takes_no_cancelling_back(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    erasure = asked_alone(structure, youth)
    structure.records.cancel_erasure(youth_themselves(youth), erasure)

    with pytest.raises(psycopg.errors.CheckViolation):
        as_the_application(databases, "UPDATE s_alpha.erasure_fences SET cancelled_at = NULL WHERE erasure_id = %s", erasure)

    assert structure.records.read_record(educator(), youth).notes


def test_the_applications_login_stops_no_erasure_that_has_begun(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)
    structure.erasures.advance(erasure)

    with pytest.raises(psycopg.errors.CheckViolation):
        as_the_application(databases, "UPDATE s_alpha.erasure_fences SET cancelled_at = now() WHERE erasure_id = %s", erasure)
    to_its_end(structure, erasure)

    assert ring_state(databases, youth) == "erased"


def test_a_fence_turned_to_somebody_else_destroys_nobody_and_keeps_nobody_waiting(structure: Structure, databases: Databases) -> None:
    leaving, living, other = (filled(structure.records, educator()) for _ in range(3))
    forged, sound = closed(structure.records, leaving), closed(structure.records, other)
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.erasure_fences SET subject_id = %s WHERE erasure_id = %s", (living, forged))
    for _ in range(3):
        structure.erasures.advance_all()
        structure.runner.run_once()

    assert [ring_state(databases, youth) for youth in (leaving, living, other)] == ["active", "active", "erased"]
    assert structure.records.find(sound).stage is Stage.PURGED


def test_a_fence_without_an_erasure_keeps_nobody_waiting(structure: Structure, databases: Databases) -> None:
    living, leaving = filled(structure.records, educator()), filled(structure.records, educator())
    insert = "INSERT INTO s_alpha.erasure_fences (subject_id, erasure_id, stream_version, whole) VALUES (%s, %s, 2, true)"
    as_the_application(databases, insert, living, uuid4())
    closed(structure.records, leaving)
    for _ in range(3):
        structure.erasures.advance_all()
        structure.runner.run_once()

    assert [ring_state(databases, youth) for youth in (living, leaving)] == ["active", "erased"]


def test_the_services_clock_alone_ends_no_cooling_off(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    erasure = asked_alone(structure, youth)
    structure.erasures.application.clock = lambda: datetime.now(UTC) + FOUR_DAYS  # type: ignore[method-assign]

    structure.erasures.advance(erasure)
    assert structure.records.find(erasure).begun is None

    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.erasure_fences SET closed_at = closed_at - %s", (FOUR_DAYS,))
    to_its_end(structure, erasure)
    assert ring_state(databases, youth) == "erased"


def test_a_hold_comes_too_late_once_the_erasure_has_begun(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    reference = _reference_of(structure, youth)
    structure.erasures.advance(closed(structure.records, youth))

    with pytest.raises(ErasureTooLate):
        structure.records.place_hold(somebody(Role.DPO), reference, "litigation", today() + timedelta(days=30))


def test_a_referent_undoes_nothing_that_others_decided(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    erasure = structure.records.close_by_reference(somebody(Role.DPO), _reference_of(structure, youth), Ground.OFFICE)

    with pytest.raises(NotAllowed):
        structure.records.cancel_erasure(educator(), erasure, asked_in_person=True)
    with pytest.raises(RecordClosed):
        structure.records.read_record(educator(), youth)


def test_a_category_that_went_while_the_record_was_closed_may_be_agreed_to_once_it_is_open_again(structure: Structure) -> None:
    records, actor = structure.records, educator()
    youth = filled(records, actor)
    records.withdraw_agreement(actor, youth, "identity")
    (category,) = structure.erasures.unfinished()
    structure.runner.run_once()

    class Meanwhile(type(structure.erasures)):  # type: ignore[misc]
        def _let_agree_again(self, fence: Any, erasure: Any) -> None:
            self.whole.append(asked_alone(structure, youth))
            super()._let_agree_again(fence, erasure)

    saga = Meanwhile(**{field.name: getattr(structure.erasures, field.name) for field in fields(structure.erasures)})
    object.__setattr__(saga, "whole", [])
    saga.advance(category)
    records.cancel_erasure(youth_themselves(youth), saga.whole[0])

    records.agree(actor, youth, AgreementDraft("identity", "finalement oui", today()))
    assert "identity" in records.read_record(actor, youth).agreements


def _reference_of(structure: Structure, youth: YouthId) -> UUID:
    with structure.store.database.connection() as connection:
        query = structure.store.database.statement("SELECT reference FROM {subject_references} WHERE subject_id = %s")
        row = connection.execute(query, (youth,)).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]
