"""The use cases on the real store: sealed, in one statement, with the trail that PostgreSQL really holds."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.bootstrap import Structure
from api.imports.spreadsheets import read_workbook
from domain.catalogue_file import read_catalogue_file
from domain.drafts import ContactDraft, NoteDraft, OpeningDraft, OutingDraft
from domain.identifiers import AccountId, ErasureId, YouthId
from domain.intake import plan_import
from domain.keeping import Accepted
from domain.refusals import AlreadyImported, CommandKeyReused, ConcurrentChange, NotAllowed, RecordClosed
from domain.trail import CommandKey, Purpose, Role
from tests.given import OF_THE_GATE
from tests.unit.domain.in_memory import a_key
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, NOW, TOLD, actor, refused

INPUT = Path(__file__).parents[2] / "input"


def opened(structure: Structure) -> YouthId:
    return YouthId(structure.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD).stream)


def rows(structure: Structure, query: str) -> list[Any]:
    database = structure.store.database
    with database.connection() as connection:
        return connection.execute(database.statement(query)).fetchall()


def trail_of(structure: Structure) -> list[Any]:
    return rows(structure, "SELECT operation, outcome, reference IS NOT NULL, records FROM {access_trail} ORDER BY line")


def test_a_record_is_written_sealed_and_read_back_with_its_lines(structure: Structure) -> None:
    youth = opened(structure)
    structure.records.make_contact(actor(), youth, ContactDraft(A_DAY, present=(ANNE, "KB"), comment="à l'aise"))
    record = structure.records.read_record(actor(), youth)
    assert (record.pseudonym, record.contacts[0].comment, record.version) == ("Kiki", "à l'aise", 3)
    assert trail_of(structure) == [
        ("record.open", "granted", True, 1),
        ("record.change", "granted", True, 1),
        ("record.read", "granted", True, 1),
    ]
    assert not any(b"Kiki" in row[0] for row in rows(structure, "SELECT state FROM {events}"))


def test_a_stranger_and_an_unknown_record_meet_one_answer_and_leave_their_lines(structure: Structure) -> None:
    youth = opened(structure)
    refused(NotAllowed, lambda: structure.records.read_record(actor(BRUNO), youth))
    refused(NotAllowed, lambda: structure.records.read_record(actor(BRUNO), YouthId(uuid4())))
    assert trail_of(structure)[1:] == [("record.read", "refused", True, 0), ("record.read", "not_found", False, 0)]


@pytest.mark.parametrize("expected_version", [2, None])
def test_a_repeated_change_is_there_once(structure: Structure, expected_version: int | None) -> None:
    youth, key = opened(structure), CommandKey(ANNE, a_key())
    tries = [
        structure.records.add_note(actor(), youth, NoteDraft("vu", A_DAY), command=key, expected_version=expected_version) for _ in range(3)
    ]
    assert tries == [Accepted(youth, 3), Accepted(youth, 3, replayed=True), Accepted(youth, 3, replayed=True)]
    assert len(structure.records.read_record(actor(), youth).notes) == 1
    refused(CommandKeyReused, lambda: structure.records.add_note(actor(), youth, NoteDraft("autre", A_DAY), command=key))


def test_a_repeated_opening_and_a_repeated_outing_are_there_once(structure: Structure) -> None:
    key, other = CommandKey(ANNE, a_key()), CommandKey(ANNE, a_key())
    first = structure.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD, command=key)
    assert structure.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD, command=key) == Accepted(
        first.stream, 2, replayed=True
    )
    outing = structure.records.record_outing(actor(), OutingDraft(A_DAY), command=other)
    assert structure.records.record_outing(actor(), OutingDraft(A_DAY), command=other) == Accepted(outing.stream, 1, replayed=True)
    assert rows(structure, "SELECT count(*) FROM {events}") == [(OF_THE_GATE + 3,)]


def test_a_stale_version_is_refused_and_writes_no_line(structure: Structure) -> None:
    youth = opened(structure)
    lines = len(trail_of(structure))
    refused(ConcurrentChange, lambda: structure.records.add_note(actor(), youth, NoteDraft("vu", A_DAY), expected_version=1))
    assert len(trail_of(structure)) == lines


def test_closing_writes_both_streams_and_the_fence_together_and_once(structure: Structure) -> None:
    youth, key = opened(structure), CommandKey(ANNE, a_key())
    erasure = structure.records.close_record(actor(), youth, asked_in_person=True, command=key)
    assert structure.records.close_record(actor(), youth, asked_in_person=True, command=key) == erasure
    assert rows(structure, "SELECT subject_id, erasure_id, stream_version, whole FROM {erasure_fences}") == [(youth, erasure, 3, True)]
    refused(RecordClosed, lambda: structure.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    assert structure.records.read_erasure(actor(BRUNO, Role.DPO), erasure).subject == youth
    refused(NotAllowed, lambda: structure.records.read_erasure(actor(BRUNO), ErasureId(uuid4())))


def test_the_catalogue_of_2021_comes_in_once(structure: Structure) -> None:
    boss = actor(role=Role.ADMINISTRATOR)
    items = read_catalogue_file((INPUT / "catalogue_items_2021.csv").read_text(encoding="utf-8"))
    first = structure.records.load_catalogue(boss, items)
    assert structure.records.load_catalogue(boss, items) == Accepted(first.stream, first.version, replayed=True)
    found = structure.records.read_catalogue(actor()).items.values()
    assert (len(found), any(item.is_on for item in found)) == (18, False)


def test_the_workbook_of_a_service_comes_in_whole_and_once(structure: Structure) -> None:
    content = (INPUT / "suivi_jeunes.xlsx").read_bytes()
    plan = plan_import(read_workbook(content, "suivi_jeunes.xlsx"), mapping=None, today=NOW.date())
    importer = actor(purpose=Purpose.TAKE_OVER_FILES)
    accounts = {"FT": AccountId(ANNE), "KB": AccountId(BRUNO)}
    digest = hashlib.sha256(content).digest()

    result = structure.records.run_import(importer, plan, file_digest=digest, accounts=accounts)

    assert (result.opened, result.contacts) == (
        len(plan.youths),
        len(plan.contacts) + sum(len(chantier.participants) for chantier in plan.chantiers),
    )
    assert rows(structure, "SELECT count(*) FROM {events}") == [(OF_THE_GATE + result.events,)]
    assert rows(structure, "SELECT count(*) FROM {access_trail} WHERE operation = 'import.run' AND reference IS NOT NULL") == [
        (result.opened,)
    ]
    refused(AlreadyImported, lambda: structure.records.run_import(importer, plan, file_digest=digest, accounts=accounts))
    assert rows(structure, "SELECT count(*) FROM {events}") == [(OF_THE_GATE + result.events,)]
