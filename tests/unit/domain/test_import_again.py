from dataclasses import replace
from datetime import date
from uuid import UUID

from domain.identifiers import YouthId
from domain.import_again import left_to_write, without_twins
from domain.intake import (
    Agreement,
    ImportPlan,
    PlannedChantier,
    PlannedContact,
    PlannedOuting,
    PlannedYouth,
    SourceLine,
    WorkbookMapping,
    YouthReference,
)

LINE, OTHER_LINE = SourceLine("Jeunes", 2), SourceLine("Jeunes", 3)
KIKI = PlannedYouth(LINE, b"k", Agreement.AGREED, "Kiki", referents=("KB",))
MOMO = PlannedYouth(OTHER_LINE, b"m", Agreement.AGREED, "Momo", referents=("JD",))
CONTACT = PlannedContact(SourceLine("Contacts", 2), b"c", 0, YouthReference(source=LINE), date(2026, 1, 5))
OUTING = PlannedOuting(SourceLine("Sorties", 2), b"o", date(2026, 1, 5))
CHANTIER = PlannedChantier(SourceLine("Chantiers", 2), b"h", "Fresque", date(2026, 1, 5), participants=(YouthReference(source=LINE),))
PLAN = ImportPlan(WorkbookMapping(()), (KIKI, MOMO), (CONTACT,), (), (OUTING,), (CHANTIER,))
RECORD = UUID(int=5)


def written(*digests: bytes) -> dict[str, UUID]:
    return {digest.hex(): RECORD for digest in digests}


def test_a_plan_of_new_lines_stays_whole() -> None:
    left = left_to_write(PLAN, {}, ())

    assert (left.plan, left.lines_known) == (PLAN, 0)


def test_a_line_that_is_written_is_left_aside_and_its_contacts_go_to_its_record() -> None:
    left = left_to_write(PLAN, written(b"k"), {YouthId(RECORD)})

    record = YouthReference(record=str(RECORD))
    assert left.plan.youths == (MOMO,)
    assert [contact.youth for contact in left.plan.contacts] == [record]
    assert left.plan.chantiers[0].participants == (record,)
    assert left.lines_known == 1


def test_the_contacts_of_a_line_in_somebody_else_s_record_are_left_aside_with_it() -> None:
    left = left_to_write(PLAN, written(b"k"), ())

    assert (left.plan.youths, left.plan.contacts, left.plan.chantiers[0].participants) == ((MOMO,), (), ())
    assert left.lines_known == 2


def test_a_line_attached_to_one_that_is_written_is_left_aside_too() -> None:
    attached = replace(PLAN, youths=(KIKI, replace(MOMO, attach_to=YouthReference(source=LINE))))

    left = left_to_write(attached, written(b"k"), {YouthId(RECORD)})

    assert left.plan.youths == ()


def test_an_activity_that_is_written_is_left_aside() -> None:
    left = left_to_write(PLAN, written(b"o", b"h"), ())

    assert (left.plan.outings, left.plan.chantiers, left.lines_known) == ((), (), 2)


def test_a_youth_whom_a_colleague_accompanies_is_left_aside_in_silence() -> None:
    plan, silent = without_twins(PLAN, {OTHER_LINE}, lambda _: False)

    assert (plan.youths, silent) == ((KIKI,), 1)


def test_whoever_would_come_to_the_importer_is_opened_so_that_nothing_is_told() -> None:
    plan, silent = without_twins(PLAN, {OTHER_LINE}, lambda youth: "JD" in youth.referents)

    assert (plan, silent) == (PLAN, 0)


def test_a_line_that_brings_contacts_is_opened_so_that_nothing_is_lost() -> None:
    plan, silent = without_twins(PLAN, {LINE}, lambda _: False)

    assert (plan, silent) == (PLAN, 0)
