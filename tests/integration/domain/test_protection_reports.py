"""Child-protection reports on the real store: sealed apart, untouched by an erasure, met by the runner without a stop (N38)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from api.bootstrap import Structure
from domain.categories import Category
from domain.drafts import HandoverDraft, ReleaseDraft, ReportDraft
from domain.identifiers import AccountId, ReportId, YouthId
from domain.keeping import Accepted
from domain.refusals import NotAllowed, RecordErased, SubjectNotYours
from domain.reports.protection_report import ProtectionReport
from domain.trail import Role
from projections.access_trail import TrailFilter
from projections.rebuild import rebuild
from tests.given import LEILA, MARC, closed, command, educator, filled, opened, somebody, to_its_end, today
from tests.integration.projections.scenes import contents
from tests.unit.domain.scenes import refused

FACTS = "Le 18 novembre, il a dit que son oncle l'avait frappé."
DRAFT = ReportDraft(FACTS, "CRIP du département", "Transmettre ce jour.", "Un enfant se dit frappé.", informed="Dit avant, au local.")


def written(structure: Structure, **fields: Any) -> ReportId:
    return ReportId(structure.records.write_report(educator(), replace(DRAFT, **fields)).stream)


def followed_up(structure: Structure, report: ReportId) -> None:
    """Countersigned by MARC, handed over, and given to somebody in person."""
    structure.records.countersign_report(educator(MARC), report)
    structure.records.send_report(educator(), report, HandoverDraft(today(), "post"))
    structure.records.release_report(educator(), report, ReleaseDraft(today(), "Mme D.", "la mère", "Demande écrite."))


def told(report: ProtectionReport) -> dict[str, Any]:
    """All that a reader can learn of a report."""
    state = {name: value for name, value in vars(report).items() if not name.startswith("_")}
    return state | {"handovers": len(report.handovers), "releases": len(report.releases), "countersigned": bool(report.countersigned)}


def rows(structure: Structure, query: str) -> list[Any]:
    database = structure.store.database
    with database.connection() as connection:
        return connection.execute(database.statement(query)).fetchall()


def test_a_report_is_sealed_under_a_key_of_its_own(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    report = written(structure, subject=youth, countersigner=MARC)
    followed_up(structure, report)
    own, youths = structure.store.key_store.ring(report), structure.store.key_store.ring(youth)
    states = [bytes(row[0]) for row in rows(structure, "SELECT state FROM {events} ORDER BY notification_id")]
    assert [key.category for key in own.keys] == [Category.PROTECTION]
    assert sum(own.keys[0].key_id in state for state in states) == 4
    assert not {key.key_id for key in youths.keys} & {own.keys[0].key_id}
    assert not any(word in state for state in states for word in (b"oncle", b"CRIP", b"pr.written", youth.bytes))


def test_erasing_the_youth_to_the_end_and_rotating_leaves_the_report_to_its_people(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    about, apart = written(structure, subject=youth, countersigner=MARC), written(structure, countersigner=MARC)
    followed_up(structure, about)
    before = told(structure.records.read_report(educator(MARC), about))

    to_its_end(structure, closed(structure.records, youth))
    structure.rotation.rotate()
    for key_store in structure.key_stores:
        key_store.forget_ended_epochs()

    refused(RecordErased, lambda: structure.records.read_record(educator(), youth))
    assert told(structure.records.read_report(educator(MARC), about)) == before
    assert [report.id for report in structure.records.list_reports(educator(MARC)).reports] == [apart, about]
    assert structure.records.send_report(educator(), about, HandoverDraft(today(), "phone")).version == 5


def test_nobody_learns_from_a_report_that_a_record_was_there_or_was_erased(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    about, apart = written(structure, subject=youth), written(structure)
    to_its_end(structure, closed(structure.records, youth))
    shown = [told(structure.records.read_report(educator(), report)) for report in (about, apart)]
    assert shown[0] == shown[1]
    said = [str(refused(SubjectNotYours, lambda one=one: written(structure, subject=one))) for one in (youth, YouthId(uuid4()))]
    assert said[0] == said[1]


def test_the_runner_passes_over_reports_and_a_rebuild_does_too(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    structure.runner.run_once()
    before = contents(structure)
    followed_up(structure, written(structure, subject=youth, countersigner=MARC))
    [(highest,)] = rows(structure, "SELECT max(notification_id) FROM {events}")
    assert structure.runner.run_once() == highest
    assert contents(structure) == before
    assert rebuild(structure.runner_store.database, structure.runner, lambda _done, _all: None) == highest
    assert contents(structure) == before


def test_an_import_is_compared_with_records_past_the_reports(structure: Structure) -> None:
    report, youth = written(structure), opened(structure.records, educator())
    first = {event.originator_id for event in structure.records.store.first_events()}
    assert {report, youth} <= first
    assert structure.records.records_of_others(somebody(Role.ADMINISTRATOR))


def test_neither_the_youth_nor_the_referent_finds_a_report_among_the_accesses_to_the_record(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    seen = structure.trail.seen_by_the_youth(youth), structure.trail.seen_by_the_referent(youth)
    followed_up(structure, written(structure, subject=youth, countersigner=MARC))
    refused(SubjectNotYours, lambda: structure.records.write_report(educator(MARC), replace(DRAFT, subject=youth)))
    assert (structure.trail.seen_by_the_youth(youth), structure.trail.seen_by_the_referent(youth)) == seen
    lines = [line for line in structure.trail.lines(TrailFilter()).lines if line.operation.startswith("report.")]
    assert {(line.reference, line.records) for line in lines} == {(None, 0)}
    assert {(line.operation, line.purpose) for line in lines if line.outcome == "granted"} == {
        (f"report.{act}", "protect") for act in ("write", "countersign", "send", "release")
    }


def test_what_is_sent_again_is_there_once(structure: Structure) -> None:
    key, draft = command(educator()), replace(DRAFT, countersigner=MARC)
    first = structure.records.write_report(educator(), draft, command=key)
    assert structure.records.write_report(educator(), draft, command=key) == Accepted(first.stream, 1, replayed=True)
    again = command(educator(MARC))
    for _ in range(2):
        assert structure.records.countersign_report(educator(MARC), ReportId(first.stream), command=again).version == 2
    assert [report.id for report in structure.records.list_reports(educator()).reports] == [first.stream]


def test_reports_that_name_one_reader_at_the_same_moment_are_all_on_the_shelf(structure: Structure) -> None:
    authors = [AccountId(UUID(hashlib.md5(bytes([number]), usedforsecurity=False).hexdigest())) for number in range(6)]
    with ThreadPoolExecutor(len(authors)) as people:
        accepted = list(people.map(lambda who: structure.records.write_report(educator(who), replace(DRAFT, countersigner=MARC)), authors))
    assert {report.id for report in structure.records.list_reports(educator(MARC)).reports} == {one.stream for one in accepted}


def test_another_structure_knows_nothing_of_it(structure: Structure, other_structure: Structure) -> None:
    report = written(structure)
    refused(NotAllowed, lambda: other_structure.records.read_report(educator(LEILA), report))
    assert other_structure.records.list_reports(educator(LEILA)).reports == []


def test_keys_minted_for_a_report_that_was_never_written_hinder_nobody(structure: Structure) -> None:
    structure.store.key_store.mint_report(uuid4())
    report = written(structure)
    structure.rotation.rotate()
    assert structure.records.read_report(educator(), report).facts == FACTS
