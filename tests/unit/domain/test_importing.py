from dataclasses import replace
from datetime import date

import pytest

from domain.drafts import ContactDraft, OpeningDraft
from domain.identifiers import YouthId
from domain.intake import (
    Agreement,
    Channel,
    Gender,
    HeadCount,
    ImportPlan,
    PlannedChantier,
    PlannedContact,
    PlannedOuting,
    PlannedPresence,
    PlannedYouth,
    SourceLine,
    WideBand,
    WorkbookMapping,
    YouthReference,
)
from domain.record.youth_record import YouthRecord
from domain.refusals import AlreadyImported, ImportRefused, NotAllowed, NothingToWrite
from domain.trail import Operation, Role
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, NOW, TOLD, actor, refused

KIKI = PlannedYouth(
    source=SourceLine("Jeunes", 5),
    line_digest=b"k" * 32,
    agreement=Agreement.AGREED,
    pseudonym="Kiki",
    agreement_read="oral",
    first_name="Kilian",
    family_name="Martin",
    birth_year=2010,
    gender=Gender.BOY,
    territory="Papus",
    met_at="copain",
    first_contact=date(2024, 3, 1),
    referents=("KB", "XX"),
    situation="CFA",
    remark="CV fait ensemble",
)
CODE = PlannedYouth(source=SourceLine("Jeunes", 6), line_digest=b"c" * 32, agreement=Agreement.UNKNOWN, pseudonym="J-0006", birth_year=2009)
CONTACT = PlannedContact(
    source=SourceLine("Contacts", 9),
    line_digest=b"n" * 32,
    part=0,
    youth=YouthReference(source=KIKI.source),
    occurred_on=A_DAY,
    place="hall",
    channel=Channel.STREET,
    minutes=20,
    themes=("emploi",),
    educators=("KB", "XX"),
    comment="à l'aise",
)


@pytest.fixture
def world() -> World:
    return World()


def a_plan(**parts: tuple[object, ...]) -> ImportPlan:
    return replace(ImportPlan(mapping=WorkbookMapping(sheets=())), **parts)  # type: ignore[arg-type]


def run(world: World, plan: ImportPlan, digest: bytes = b"file") -> object:
    return world.records.run_import(actor(), plan, file_digest=digest, accounts={"KB": BRUNO})


def only_record(world: World) -> YouthRecord:
    (youth,) = world.rings
    record = world.records.find(youth)
    assert isinstance(record, YouthRecord)
    return record


def test_somebody_who_agreed_comes_in_by_name_with_their_agreement_and_their_line(world: World) -> None:
    run(world, a_plan(youths=(KIKI,)))
    record = only_record(world)
    assert (record.pseudonym, record.birth_year, record.gender, record.territory, record.met_through) == (
        "Kiki",
        2010,
        "boy",
        "Papus",
        "copain",
    )
    assert record.identity is not None
    assert (record.identity.first_name, record.identity.last_name) == ("Kilian", "Martin")
    assert "oral" in record.agreements["identity"].what_was_said
    assert [note.text for note in record.notes] == ["Situation : CFA", "CV fait ensemble"]
    assert (record.source_line, record.source_digest) == ("Jeunes:5", KIKI.line_digest.hex())


def test_initials_become_accounts_and_those_of_nobody_go_to_the_importer(world: World) -> None:
    run(world, a_plan(youths=(KIKI, replace(CODE, referents=("XX",)))))
    assert [world.records.find(youth).referents for youth in world.rings] == [[BRUNO], [ANNE]]


def test_somebody_who_was_not_asked_comes_in_under_a_code_and_nothing_else(world: World) -> None:
    run(world, a_plan(youths=(CODE,)))
    record = only_record(world)
    assert (record.pseudonym, record.informed, record.agreements, record.identity, record.notes) == ("J-0006", None, {}, None, [])


def test_an_agreement_without_a_family_name_writes_no_identity(world: World) -> None:
    run(world, a_plan(youths=(replace(KIKI, first_name=None, family_name=None),)))
    record = only_record(world)
    assert record.informed is not None
    assert (record.agreements, record.identity) == ({}, None)


def test_an_imported_contact_keeps_who_was_there_and_its_line(world: World) -> None:
    run(world, a_plan(youths=(KIKI,), contacts=(CONTACT,)))
    (contact,) = only_record(world).contacts
    assert (contact.present, contact.typed_by, contact.initiated_by) == ([BRUNO, "XX"], ANNE, "other")
    assert (contact.source_line, contact.source_digest) == ("Contacts:9", f"{CONTACT.line_digest.hex()}:0")


def test_contacts_are_written_in_the_order_of_their_days(world: World) -> None:
    earlier = replace(CONTACT, source=SourceLine("Contacts", 10), line_digest=b"o" * 32, occurred_on=date(2024, 1, 1))
    run(world, a_plan(youths=(KIKI,), contacts=(CONTACT, earlier)))
    assert [contact.occurred_on for contact in only_record(world).contacts] == [date(2024, 1, 1), A_DAY]


def test_an_attached_line_completes_the_record_of_the_other(world: World) -> None:
    bare = replace(KIKI, birth_year=None, territory=None, first_name=None, family_name=None, situation=None, remark=None)
    twin = replace(KIKI, source=SourceLine("Jeunes", 7), attach_to=YouthReference(source=KIKI.source), first_contact=date(2023, 1, 1))
    contact = replace(CONTACT, youth=YouthReference(source=twin.source))
    run(world, a_plan(youths=(bare, twin), contacts=(contact,)))
    record = only_record(world)
    assert (record.birth_year, record.territory, record.first_contact_on) == (2010, "Papus", date(2023, 1, 1))
    assert record.identity is not None
    assert len(record.contacts) == 1


def test_a_line_attached_to_an_attached_line_reaches_the_same_record(world: World) -> None:
    twin = replace(KIKI, source=SourceLine("Jeunes", 7), attach_to=YouthReference(source=KIKI.source))
    third = replace(KIKI, source=SourceLine("Jeunes", 8), attach_to=YouthReference(source=twin.source))
    run(world, a_plan(youths=(third, twin, KIKI), contacts=(replace(CONTACT, youth=YouthReference(source=third.source)),)))
    assert len(only_record(world).contacts) == 1


def test_contacts_reach_a_record_that_exists_once(world: World) -> None:
    youth = YouthId(world.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD).stream)
    contact = replace(CONTACT, youth=YouthReference(record=str(youth)))
    run(world, a_plan(contacts=(contact,)), b"one")
    assert [line.operation for line in world.recorder.trail[-2:]] == [Operation.CHANGE_RECORD, Operation.RUN_IMPORT]
    assert world.recorder.trail[-2].subjects == (youth,)
    world.records.make_contact(actor(), youth, ContactDraft(A_DAY))
    refused(NothingToWrite, lambda: run(world, a_plan(contacts=(contact,)), b"two"))
    assert len(world.records.find(youth).contacts) == 2


def test_nobody_imports_into_a_record_of_somebody_else(world: World) -> None:
    youth = world.records.open_record(actor(BRUNO), OpeningDraft("Kiki")).stream
    plan = a_plan(youths=(CODE,), contacts=(replace(CONTACT, youth=YouthReference(record=str(youth))),))
    refused(NotAllowed, lambda: run(world, plan))
    assert len(world.rings) == 1


def test_activities_are_counted_without_anybody_s_name(world: World) -> None:
    outing = PlannedOuting(
        SourceLine("Rue", 3),
        b"r" * 32,
        A_DAY,
        counts=(HeadCount(Gender.GIRL, WideBand.UNDER_16, 4), HeadCount(Gender.BOY, WideBand.UNDER_16, None)),
    )
    chantier = PlannedChantier(
        SourceLine("Chantiers", 2), b"h" * 32, "Peinture", A_DAY, youth_count=6, participants=(YouthReference(source=KIKI.source),)
    )
    presence = PlannedPresence(SourceLine("Contacts", 12), b"p" * 32, A_DAY, 6)
    run(world, a_plan(youths=(KIKI,), outings=(outing,), chantiers=(chantier,), presences=(presence,)))
    (contact,) = only_record(world).contacts
    assert (contact.channel, contact.place) == ("activity", "Peinture")
    assert world.last_line.records == 1


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    run(world, a_plan(youths=(KIKI,)))
    refused(AlreadyImported, lambda: run(world, a_plan(youths=(KIKI,))))
    assert len(world.rings) == 1


def test_one_line_that_a_rule_refuses_refuses_the_whole_file_and_names_the_line(world: World) -> None:
    bad = replace(CONTACT, source=SourceLine("Contacts", 77), line_digest=b"b" * 32, comment="x" * 4_001)
    refusal = refused(ImportRefused, lambda: run(world, a_plan(youths=(KIKI,), contacts=(CONTACT, bad))))
    assert (refusal.sheet, refusal.row) == ("Contacts", 77)
    assert "4000" in str(refusal)
    assert world.rings == {}
    assert world.recorder.max_notification_id() is None


def test_a_rival_import_of_the_same_file_is_told_so(world: World) -> None:
    def mint_while_a_rival_writes(youth: YouthId) -> None:
        world.mint(youth)
        world.recorder.imports.add(b"file")

    world.records.mint_keys = mint_while_a_rival_writes
    refused(AlreadyImported, lambda: run(world, a_plan(youths=(KIKI,))))
    assert world.recorder.max_notification_id() is None


def test_a_contact_of_a_line_that_is_not_written_refuses_the_whole_file(world: World) -> None:
    refusal = refused(ImportRefused, lambda: run(world, a_plan(youths=(CODE,), contacts=(CONTACT,))))
    assert (refusal.sheet, refusal.row) == ("Contacts", 9)


def test_only_educators_and_the_administrator_import(world: World) -> None:
    for role in (Role.DPO, Role.HEAD_OF_SERVICE, Role.FUNDER, Role.YOUTH):
        refused(
            NotAllowed, lambda role=role: world.records.run_import(actor(role=role), a_plan(youths=(CODE,)), file_digest=b"f", accounts={})
        )
    world.records.run_import(actor(role=Role.ADMINISTRATOR), a_plan(youths=(CODE,)), file_digest=b"f", accounts={})
    refused(NotAllowed, lambda: world.records.read_record(actor(role=Role.ADMINISTRATOR), only_record(world).youth))


def test_progress_is_told_and_ends_at_the_end(world: World) -> None:
    told: list[tuple[int, int]] = []
    world.records.run_import(actor(), a_plan(youths=(KIKI, CODE)), file_digest=b"f", accounts={}, progress=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_clock_of_an_imported_event_is_the_import_s_and_its_day_the_file_s(world: World) -> None:
    run(world, a_plan(youths=(KIKI,), contacts=(CONTACT,)))
    (contact,) = only_record(world).contacts
    assert (contact.timestamp, contact.occurred_on) == (NOW, A_DAY)
