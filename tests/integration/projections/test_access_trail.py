"""Readings of the trail (N16, R080-R090): what the DPO, the youth and the referents are told, and what they are not."""

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from domain.identifiers import AccountId, YouthId
from domain.refusals import NotAllowed
from domain.trail import Operation, Outcome, Purpose, Role
from projections.access_trail import Line, Look, TrailFilter
from projections.queries import named_statements
from tests.given import to_its_end
from tests.integration.projections.scenes import Desk, somebody


def name_account(databases: Databases, account: AccountId, name: str, role: str = "educator") -> None:
    with psycopg.connect(databases.main) as connection:
        connection.execute(
            "INSERT INTO s_alpha.accounts (account_id, role, display_name) VALUES (%s, %s, %s)",
            (account, role, name),
        )


def reference_of(databases: Databases, youth: YouthId) -> object:
    with psycopg.connect(databases.main) as connection:
        row = connection.execute("SELECT reference FROM s_alpha.subject_references WHERE subject_id = %s", (youth,)).fetchone()
    assert row is not None
    return row[0]


def refused(structure: Structure, youth: YouthId) -> AccountId:
    intruder = Desk(structure)
    with pytest.raises(NotAllowed):
        structure.records.read_record(intruder.actor, youth)
    return intruder.account()


def test_the_dpo_reads_who_looked_at_a_record(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth, other = desk.open(), desk.open()
    name_account(databases, desk.account(), "Nadia B.")
    structure.records.read_record(desk.actor, youth)
    structure.records.read_record(desk.actor, other)
    intruder = refused(structure, youth)

    lines = structure.trail.lines(TrailFilter(reference=reference_of(databases, youth))).lines  # type: ignore[arg-type]

    assert [(line.account, line.name, line.operation, line.outcome) for line in lines] == [
        (intruder, None, "record.read", "refused"),
        (desk.account(), "Nadia B.", "record.read", "granted"),
        (desk.account(), "Nadia B.", "record.open", "granted"),
    ]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (TrailFilter(), 8),
        (TrailFilter(operation=Operation.READ_RECORD), 6),
        (TrailFilter(operation=Operation.READ_RECORD, outcome=Outcome.REFUSED), 1),
        (TrailFilter(outcome=Outcome.NOT_FOUND), 1),
        (TrailFilter(since=datetime.now(UTC) + timedelta(days=1)), 0),
        (TrailFilter(until=datetime.now(UTC) - timedelta(days=1)), 0),
        (TrailFilter(since=datetime.now(UTC) - timedelta(days=1), until=datetime.now(UTC) + timedelta(days=1)), 8),
        (TrailFilter(account=AccountId(uuid4())), 0),
        (TrailFilter(role=Role.EDUCATOR), 7),
        (TrailFilter(role=Role.YOUTH), 1),
    ],
)
def test_the_dpo_narrows_the_trail_down(structure: Structure, wanted: TrailFilter, number: int) -> None:
    desk = Desk(structure)
    youth = desk.open()
    desk.open()
    for _ in range(3):
        structure.records.read_record(desk.actor, youth)
    structure.records.read_record(somebody(Role.YOUTH, Purpose.OWN_RECORD, youth), youth)
    refused(structure, youth)
    with pytest.raises(NotAllowed):
        structure.records.read_record(desk.actor, YouthId(uuid4()))

    assert len(structure.trail.lines(wanted).lines) == number


def test_pages_follow_each_other_and_new_lines_do_not_shift_them(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    for _ in range(6):
        structure.records.read_record(desk.actor, youth)

    first = structure.trail.lines(TrailFilter(), limit=3)
    structure.records.read_record(desk.actor, youth)
    second = structure.trail.lines(TrailFilter(), before=first.before, limit=3)
    third = structure.trail.lines(TrailFilter(), before=second.before, limit=3)

    numbers = [line.line for page in (first, second, third) for line in page.lines]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 7
    assert third.before is None


def test_a_line_has_no_place_for_a_content_or_a_youths_identifier(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open("Canari-7431")
    desk.meet(youth, comment="Canari-7432")
    structure.records.read_record(desk.actor, youth)

    shown = repr(structure.trail.lines(TrailFilter()))

    assert "Canari" not in shown
    assert str(youth) not in shown
    assert {field.name for field in fields(Line)} == {
        *("line", "at", "account", "name", "role", "purpose", "operation"),
        *("outcome", "reference", "categories", "records", "request", "about"),
    }


def test_the_dpo_is_never_told_a_youths_name(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth = desk.open()
    self_service = somebody(Role.YOUTH, Purpose.OWN_RECORD, youth)
    name_account(databases, self_service.account, "Canari-7431", role="youth")
    structure.records.read_record(self_service, youth)

    line = structure.trail.lines(TrailFilter(account=self_service.account)).lines[0]

    assert (line.role, line.name) == ("youth", None)
    assert all(look.name != "Canari-7431" for look in structure.trail.seen_by_the_referent(youth))


def test_a_youth_reads_days_roles_and_purposes_and_neither_hours_nor_names(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth = desk.open()
    name_account(databases, desk.account(), "Nadia B.")
    for _ in range(3):
        structure.records.read_record(desk.actor, youth)
    refused(structure, youth)

    looks = structure.trail.seen_by_the_youth(youth)

    assert [(look.role, look.purpose, look.operation) for look in looks] == [
        ("educator", "accompany", "record.open"),
        ("educator", "accompany", "record.read"),
    ]
    assert {field.name for field in fields(Look)} == {"day", "role", "purpose", "operation", "name"}
    assert {look.name for look in looks} == {None}
    assert not isinstance(looks[0].day, datetime)
    assert "Nadia" not in repr(looks)


def test_a_youth_is_told_the_day_as_it_is_where_they_live(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth = desk.open()
    with psycopg.connect(databases.main) as connection:
        connection.execute("UPDATE s_alpha.access_trail SET at = '2026-07-01 22:30:00+00'")

    assert structure.trail.seen_by_the_youth(youth)[0].day.isoformat() == "2026-07-02"
    assert structure.trail.seen_by_the_youth(youth, zone="America/Guadeloupe")[0].day.isoformat() == "2026-07-01"


def test_a_referent_reads_who_opened_and_who_tried_to_open_a_record(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth, other = desk.open(), desk.open()
    name_account(databases, desk.account(), "Nadia B.")
    name_account(databases, refused(structure, youth), "Karim D.")
    structure.records.read_record(desk.actor, other)

    looks = structure.trail.seen_by_the_referent(youth)

    assert [(look.name, look.operation, look.outcome) for look in looks] == [
        ("Karim D.", "record.read", "refused"),
        ("Nadia B.", "record.open", "granted"),
    ]


def test_after_erasure_the_trail_no_longer_leads_to_the_youth(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    to_its_end(structure, desk.close(youth))

    assert structure.trail.seen_by_the_youth(youth) == ()
    assert structure.trail.seen_by_the_referent(youth) == ()
    assert len(structure.trail.lines(TrailFilter()).lines) >= 2


def test_the_trail_of_one_structure_is_not_in_the_other(structure: Structure, other_structure: Structure) -> None:
    Desk(structure).open()

    assert other_structure.trail.lines(TrailFilter()).lines == ()


def test_no_reading_of_the_trail_counts_what_people_do() -> None:
    for name, text in named_statements("access_trail").items():
        assert set(re.findall(r"group by (.*?);?$", text.lower(), re.MULTILINE)) <= {"t.reference"}, name
        assert "count(" not in text.lower(), name
