"""No line, no data (invariant 2, R082): what keeps the trail from being written keeps everything from being shown and from being written.

Each use case is tried with a real table that really refuses; a use case without a row here fails the test. The pages and the JSON API are
tried in `tests/integration/api/test_outages.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import Application

from api.bootstrap import Structure
from api.databases import Databases
from domain.activity import Activity
from domain.categories import Category
from domain.drafts import (
    AgreementDraft,
    ChantierDraft,
    HandoverDraft,
    IdentityDraft,
    InformationDraft,
    ItemDraft,
    OpeningDraft,
    OutingDraft,
    PresenceDraft,
    ReleaseDraft,
    ReportDraft,
    StepDraft,
)
from domain.identifiers import ActivityId, ErasureId, ReportId, YouthId
from domain.intake.cells import SourceLine
from domain.intake.mapping import WorkbookMapping
from domain.intake.plan import Agreement, ImportPlan, PlannedYouth
from domain.oblivion.erasure import Ground, Stage
from domain.record_keeping import RecordKeeping
from domain.refusals import NotAllowed, StoreUnavailable, TrailUnavailable
from domain.trail import Operation, Role
from tests.given import (
    LEILA,
    MARC,
    begun,
    closed,
    command,
    contact,
    educator,
    filled,
    information,
    note,
    opened,
    somebody,
    today,
    youth_themselves,
)

UNWRITABLE = {
    "the right is gone": "REVOKE INSERT ON s_alpha.access_trail FROM sillage_s_alpha_app, sillage_s_alpha_saga",
    "the disk is full": """
        CREATE FUNCTION s_alpha.disk_full() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER disk_full BEFORE INSERT ON s_alpha.access_trail FOR EACH ROW EXECUTE FUNCTION s_alpha.disk_full()""",
    "the table is damaged": "ALTER TABLE s_alpha.access_trail RENAME COLUMN purpose TO lost",
    "every line is refused": "ALTER TABLE s_alpha.access_trail ADD CONSTRAINT none CHECK (line < 0) NOT VALID",
}
WRITABLE_AGAIN = {
    "the disk is full": "DROP FUNCTION s_alpha.disk_full CASCADE",
    "the table is damaged": "ALTER TABLE s_alpha.access_trail RENAME COLUMN lost TO purpose",
    "every line is refused": "ALTER TABLE s_alpha.access_trail DROP CONSTRAINT none",
}
TABLES = ("events", "idempotency", "access_trail", "subject_references", "erasure_fences", "imports")


@dataclass(frozen=True)
class Scene:
    """What there was before the trail became unwritable."""

    records: RecordKeeping
    youth: YouthId
    unwritten: YouthId
    leaving: YouthId
    step: UUID
    activity: ActivityId
    erasure: ErasureId
    reference: UUID
    """What the trail calls the record of `youth`."""
    by_letter: ErasureId
    """An erasure that waits for a second person."""
    to_cancel: ErasureId
    report: ReportId


@pytest.fixture
def scene(structure: Structure, databases: Databases) -> Scene:
    records, actor = structure.records, educator()
    youth, leaving, asked = filled(records, actor), filled(records, actor), filled(records, actor)
    unwritten, gone = opened(records, actor, informed=False), opened(records, actor)
    outing = records.record_outing(actor, OutingDraft(today(), counts={"girl:11-15": 2}))
    records.load_catalogue(somebody(Role.ADMINISTRATOR), [ItemDraft("Suivi", "Scolarité", "feuille 2021")])
    step = next(iter(records.read_record(actor, youth).steps))
    reference, of_asked = _reference(databases, youth), _reference(databases, asked)
    by_letter = records.close_by_reference(somebody(Role.DPO), of_asked, Ground.OFFICE)
    report = ReportId(records.write_report(actor, _report()).stream)
    activity, erasure = ActivityId(outing.stream), closed(records, gone)
    to_cancel = closed(records, filled(records, actor))
    return Scene(records, youth, unwritten, leaving, step, activity, erasure, reference, by_letter, to_cancel, report)


def _reference(databases: Databases, youth: YouthId) -> UUID:
    with psycopg.connect(databases.main) as owner:
        row = owner.execute("SELECT reference FROM s_alpha.subject_references WHERE subject_id = %s", (youth,)).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _report() -> ReportDraft:
    return ReportDraft("des faits", "la CRIP", "je transmets", "vu deux fois", informed="dit de vive voix", countersigner=MARC)


def _plan() -> ImportPlan:
    youth = PlannedYouth(SourceLine("Jeunes", 2), b"d" * 32, Agreement.UNKNOWN, "A-17")
    return ImportPlan(WorkbookMapping(()), youths=(youth,))


ACTS: dict[str, Callable[[Scene], Any]] = {
    "read_record": lambda s: s.records.read_record(educator(), s.youth),
    "read_activity": lambda s: s.records.read_activity(educator(), s.activity),
    "read_catalogue": lambda s: s.records.read_catalogue(educator()),
    "read_erasure": lambda s: s.records.read_erasure(educator(), s.erasure),
    "disclose": lambda s: s.records.disclose(educator(), Operation.LIST_CASELOAD, subjects=[s.youth, s.leaving]),
    "disclose_about": lambda s: s.records.disclose_about(educator(), Operation.READ_OWN_TRAIL, s.youth),
    "preview_import": lambda s: s.records.preview_import(educator()),
    "show_known_records": lambda s: s.records.show_known_records(educator(), [s.youth]),
    "open_record": lambda s: s.records.open_record(educator(), OpeningDraft("Neuf"), informed=information(), command=command(educator())),
    "inform": lambda s: s.records.inform(educator(), s.unwritten, InformationDraft("de vive voix", today()), command=command(educator())),
    "agree": lambda s: s.records.agree(educator(), s.youth, AgreementDraft(Category.FOLLOW_UP, "lu ensemble", today())),
    "give_identity": lambda s: s.records.give_identity(educator(), s.youth, IdentityDraft("Autre", "Nom")),
    "withdraw_agreement": lambda s: s.records.withdraw_agreement(educator(), s.youth, Category.IDENTITY),
    "make_contact": lambda s: s.records.make_contact(educator(), s.youth, contact(), command=command(educator())),
    "add_note": lambda s: s.records.add_note(educator(), s.youth, note(), command=command(educator())),
    "take_step": lambda s: s.records.take_step(educator(), s.youth, StepDraft("logement", today())),
    "complete_step": lambda s: s.records.complete_step(educator(), s.youth, s.step, "obtenu"),
    "name_referents": lambda s: s.records.name_referents(educator(), s.youth, [LEILA]),
    "record_outing": lambda s: s.records.record_outing(educator(), OutingDraft(today(), counts={"boy:11-15": 1})),
    "record_chantier": lambda s: s.records.record_chantier(educator(), ChantierDraft("Peinture", today())),
    "count_presence": lambda s: s.records.count_presence(educator(), PresenceDraft(today(), 3)),
    "load_catalogue": lambda s: s.records.load_catalogue(somebody(Role.ADMINISTRATOR), [ItemDraft("Suivi", "Santé", "feuille 2021")]),
    "run_import": lambda s: s.records.run_import(educator(), _plan(), file_digest=b"f" * 32, accounts={}),
    "write_report": lambda s: s.records.write_report(educator(), _report(), command=command(educator())),
    "list_reports": lambda s: s.records.list_reports(educator()),
    "read_report": lambda s: s.records.read_report(educator(), s.report),
    "countersign_report": lambda s: s.records.countersign_report(educator(MARC), s.report),
    "send_report": lambda s: s.records.send_report(educator(), s.report, HandoverDraft(today(), "post")),
    "release_report": lambda s: s.records.release_report(educator(), s.report, ReleaseDraft(today(), "sa mère", "la mère", "demandé")),
    "list_erasures": lambda s: s.records.list_erasures(somebody(Role.DPO)),
    "approve_erasure": lambda s: s.records.approve_erasure(somebody(Role.ADMINISTRATOR), s.by_letter),
    "cancel_erasure": lambda s: s.records.cancel_erasure(educator(), s.to_cancel, asked_in_person=True),
    "shut_gate": lambda s: s.records.shut_gate(somebody(Role.DPO)),
    "open_gate": lambda s: s.records.open_gate(somebody(Role.DPO), "visa", "AD-31", None),
    "place_hold": lambda s: s.records.place_hold(somebody(Role.DPO), s.reference, "litigation", today()),
    "read_hold": lambda s: s.records.read_hold(somebody(Role.DPO), s.reference),
    "lift_hold": lambda s: s.records.lift_hold(somebody(Role.DPO), s.reference),
    "close_record": lambda s: s.records.close_record(educator(), s.leaving, asked_in_person=True, command=command(educator())),
    "close_by_reference": lambda s: s.records.close_by_reference(somebody(Role.DPO), s.reference, Ground.RETENTION),
}
"""Each public use case, in an order in which all of them can succeed afterwards."""

DISCLOSE_NOTHING = {
    *("accepted", "append", "append_new", "catalogue_id", "change", "erasure_of", "find", "find_erasure", "find_kind", "find_record"),
    *("gate", "known_records", "ledger", "left_to_import", "must_allow", "must_repeat", "obstacles_of", "records_of_others", "refused"),
    "store",
}
"""What the use cases are made of, and what only finds or compares: whoever shows what it found passes one of the above."""


def _counts(databases: Databases) -> dict[str, int]:
    with psycopg.connect(databases.main) as owner:
        return {table: owner.execute(f"SELECT count(*) FROM s_alpha.{table}").fetchone()[0] for table in TABLES}  # type: ignore[index]


def test_every_use_case_is_tried_here() -> None:
    public = {name for name in dir(RecordKeeping) if not name.startswith("_") and not hasattr(Application, name)}
    assert public == set(ACTS) | DISCLOSE_NOTHING


@pytest.mark.parametrize("how", UNWRITABLE)
def test_nothing_is_shown_and_nothing_is_written_without_the_line(scene: Scene, databases: Databases, how: str) -> None:
    before = _counts(databases)
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute(UNWRITABLE[how])
    for name, act in ACTS.items():
        with pytest.raises((TrailUnavailable, StoreUnavailable)) as refusal:
            act(scene)
        assert "Zébulon" not in repr(refusal.value), name
    for stranger in (somebody(Role.EDUCATOR), youth_themselves(scene.leaving)):
        for youth in (scene.youth, YouthId(uuid4())):
            with pytest.raises((TrailUnavailable, StoreUnavailable)):
                scene.records.read_record(stranger, youth)
    assert _counts(databases) == before


@pytest.mark.parametrize("how", WRITABLE_AGAIN)
def test_everything_goes_on_once_the_line_can_be_written_again(scene: Scene, databases: Databases, how: str) -> None:
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute(UNWRITABLE[how])
        with pytest.raises((TrailUnavailable, StoreUnavailable)):
            ACTS["read_record"](scene)
        owner.execute(WRITABLE_AGAIN[how])
    for act in ACTS.values():
        act(scene)
    with pytest.raises(NotAllowed):
        scene.records.read_record(somebody(Role.EDUCATOR), scene.youth)


def test_an_erasure_waits_for_the_line_and_then_ends(scene: Scene, structure: Structure, databases: Databases) -> None:
    def waits_for_the_line(stage: Stage) -> None:
        with psycopg.connect(databases.main, autocommit=True) as owner:
            owner.execute(UNWRITABLE["the disk is full"])
            with pytest.raises((TrailUnavailable, StoreUnavailable)):
                structure.erasures.advance(scene.erasure)
            assert scene.erasure in structure.erasures.unfinished()
            owner.execute(WRITABLE_AGAIN["the disk is full"])
        assert scene.records.find(scene.erasure).stage is stage

    waits_for_the_line(Stage.CLOSED)
    assert scene.records.find(scene.erasure).begun is None
    begun(structure, scene.erasure)
    waits_for_the_line(Stage.CLOSED)
    assert structure.erasures.advance(scene.erasure)
    assert scene.records.find(scene.erasure).stage is Stage.PURGED
    assert isinstance(scene.records.find(scene.activity), Activity)
