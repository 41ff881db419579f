"""Small workbooks, each showing one rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from domain.intake import (
    Agreement,
    Cell,
    Consequence,
    Decision,
    Field,
    ImportPlan,
    KnownRecord,
    MappingRefused,
    ReasonCode,
    Row,
    Sheet,
    SheetKind,
    SourceLine,
    YouthReference,
    columns_at,
    plan_import,
    propose_mapping,
)

TODAY = date(2026, 11, 22)
HEADERS: Row = ("N°", "Prénom / surnom", "Nom", "Né(e) le / âge", "Quartier", "Accord", "Remarques")
CONTACT_HEADERS: Row = ("Date", "Jeune", "Lieu", "Commentaire")
FIRST = 2


def youths(*rows: Row) -> Sheet:
    return Sheet("Jeunes", (HEADERS, *rows))


def contacts(*rows: Row) -> Sheet:
    return Sheet("Contacts", (CONTACT_HEADERS, *rows))


def planned(*sheets: Sheet, known: tuple[KnownRecord, ...] = (), decisions: Mapping[SourceLine, Decision] | None = None) -> ImportPlan:
    return plan_import(sheets, mapping=None, today=TODAY, known=known, decisions=decisions)


def reasons(plan: ImportPlan) -> list[ReasonCode]:
    return [doubt.reason for doubt in plan.doubts]


LINA = (1, "Lina", "Sow", 2010, "Papus", "oui", None)
SAMIR = (2, "Samir", "Diop", 2009, "Papus", "oral", None)
OUMAR_REFUSED = (3, "Oumar", "Cissé", 2008, "Papus", "non", "veut passer le permis")
MAYA_NOT_ASKED = (4, "Maya", "Lopez", 2008, "Papus", None, "cherche un stage")


def test_several_youths_in_one_cell_give_one_contact_each() -> None:
    plan = planned(youths(LINA, SAMIR), contacts(("12/03/2025", "Lina, Samir et Lina Sow", "rue", "CV")))

    assert [(c.part, c.youth.source, c.comment) for c in plan.contacts] == [
        (0, SourceLine("Jeunes", FIRST), "CV"),
        (1, SourceLine("Jeunes", FIRST + 1), "CV"),
    ]


def test_a_line_that_also_names_who_refused_counts_them_and_leaves_the_comment() -> None:
    plan = planned(youths(LINA, OUMAR_REFUSED), contacts(("12/03/2025", "Lina et Oumar", "rue", "dispute")))

    assert [contact.comment for contact in plan.contacts] == [None]
    assert [presence.count for presence in plan.presences] == [1]
    assert reasons(plan) == [ReasonCode.SPEAKS_OF_A_REFUSAL]


def test_a_comment_goes_to_who_agreed_and_not_to_who_was_not_asked() -> None:
    plan = planned(youths(LINA, MAYA_NOT_ASKED), contacts(("12/03/2025", "Lina et Maya", "rue", "CV")))

    assert [contact.comment for contact in plan.contacts] == ["CV", None]


def test_an_unknown_name_is_set_aside_and_shown() -> None:
    plan = planned(youths(LINA), contacts(("12/03/2025", "Sofiane", "rue", None)))

    assert plan.contacts == plan.presences == ()
    assert [(d.reason, d.read, d.consequence) for d in plan.doubts] == [(ReasonCode.PERSON_UNKNOWN, "Sofiane", Consequence.SET_ASIDE)]
    assert plan.counts.contact_lines_set_aside == 1


def test_an_unknown_name_that_holds_the_name_of_who_refused_is_not_shown() -> None:
    plan = planned(youths(OUMAR_REFUSED), contacts(("12/03/2025", "Oumar C.", "rue", None)))

    assert [(d.reason, d.read) for d in plan.doubts] == [(ReasonCode.PERSON_UNKNOWN, "")]
    assert "Oumar" not in plan.doubts[0].sentence


def test_a_name_cut_short_by_the_preview_does_not_show_its_beginning() -> None:
    long = "a" * 56 + " Oumar"

    plan = planned(youths(OUMAR_REFUSED), contacts(("12/03/2025", long, "rue", None)))

    assert [(d.reason, d.read) for d in plan.doubts] == [(ReasonCode.PERSON_UNKNOWN, "")]


def test_a_cell_that_was_not_understood_is_not_shown_when_it_names_who_refused() -> None:
    plan = planned(youths((1, "Lina", "Sow", "comme Oumar", None, "oui", None), OUMAR_REFUSED))

    assert [(d.reason, d.read) for d in plan.doubts] == [(ReasonCode.BIRTH_UNREADABLE, "")]
    assert "Oumar" not in plan.doubts[0].sentence


@pytest.mark.parametrize("text", ["avec Oumar", "le frère de OUMAR CISSE", "chez les Cissé"])
def test_a_comment_that_names_who_refused_is_left_blank(text: str) -> None:
    plan = planned(youths(LINA, OUMAR_REFUSED), contacts(("12/03/2025", "Lina", "rue", text)))

    assert [contact.comment for contact in plan.contacts] == [None]
    assert reasons(plan) == [ReasonCode.NAMES_SOMEBODY_ELSE]


def test_a_place_that_names_who_was_not_asked_is_left_blank() -> None:
    plan = planned(youths(LINA, MAYA_NOT_ASKED), contacts(("12/03/2025", "Lina", "chez Maya", None)))

    assert (plan.contacts[0].place, plan.contacts[0].channel) == (None, None)


def test_a_contact_without_a_sure_day_is_set_aside() -> None:
    plan = planned(youths(LINA), contacts(("31/02/2025", "Lina", "rue", None), (None, "Lina", "rue", None)))

    assert plan.contacts == ()
    assert reasons(plan) == [ReasonCode.DATE_IMPOSSIBLE, ReasonCode.DATE_MISSING]


def test_the_code_holds_nothing_of_the_name_when_the_number_is_the_nickname() -> None:
    plan = planned(youths((113, "113", None, 2008, None, None, None), ("Maya1", "Maya", None, 2008, None, None, None)))

    assert [youth.pseudonym for youth in plan.youths] == ["L-0002", "L-0003"]


def test_two_lines_of_one_number_get_two_codes() -> None:
    plan = planned(youths((7, "Ana", None, 2008, None, None, None), (7, "Zoé", None, 2005, None, None, None)))

    assert [youth.pseudonym for youth in plan.youths] == ["J-0007", "J-0007-2"]


TWICE = (LINA, (9, "LINA", "SOW", "vers 2010", "Papus", "oui", "permis"))
SECOND = SourceLine("Jeunes", FIRST + 1)


def test_a_likeness_within_the_file_is_separate_until_decided() -> None:
    plan = planned(youths(*TWICE))

    assert len(plan.youths) == 2
    assert [(offer.source, offer.default, offer.decision) for offer in plan.duplicates] == [(SECOND, Decision.SEPARATE, Decision.SEPARATE)]


def test_attaching_completes_the_first_line_and_gathers_the_contacts() -> None:
    file = (youths(*TWICE), contacts(("12/03/2025", "Lina Sow", "rue", None)))

    apart, together = planned(*file), planned(*file, decisions={SECOND: Decision.ATTACH})

    assert reasons(apart) == [ReasonCode.PERSON_AMBIGUOUS]
    assert [youth.attach_to for youth in together.youths] == [None, YouthReference(source=SourceLine("Jeunes", FIRST))]
    assert [contact.youth.source for contact in together.contacts] == [SourceLine("Jeunes", FIRST)]


def test_skipping_writes_nothing_of_the_line_and_gathers_the_contacts() -> None:
    plan = planned(youths(*TWICE), contacts(("12/03/2025", "Lina Sow", "rue", None)), decisions={SECOND: Decision.SKIP})

    assert [youth.source.row for youth in plan.youths] == [FIRST]
    assert [skipped.source for skipped in plan.skipped] == [SECOND]
    assert len(plan.contacts) == 1


def test_attaching_to_a_line_under_a_code_brings_no_name_into_it() -> None:
    anonymous_first = youths((8, "Lina", "Sow", 2010, "Papus", None, None), LINA)

    plan = planned(anonymous_first, decisions={SECOND: Decision.ATTACH})

    assert [(youth.agreement, youth.first_name, youth.remark) for youth in plan.youths] == [(Agreement.UNKNOWN, None, None)] * 2


def test_a_refusal_on_another_line_of_the_same_name_sets_the_line_aside() -> None:
    plan = planned(youths(LINA, (9, "Lina", "Sow", 2010, "Papus", "non", None)))

    assert plan.youths == ()
    assert reasons(plan) == [ReasonCode.AGREEMENT_CONTRADICTED]
    assert (plan.counts.youths_refused, plan.counts.youths_set_aside) == (1, 1)


def test_who_is_decided_to_be_two_people_is_written_despite_the_other_refusal() -> None:
    both = youths(LINA, (9, "Lina", "Sow", 2010, "Papus", "non", None))

    plan = planned(both, decisions={SourceLine("Jeunes", FIRST): Decision.SEPARATE})

    assert [youth.agreement for youth in plan.youths] == [Agreement.AGREED]


def test_homonyms_with_other_years_are_two_people() -> None:
    plan = planned(youths(LINA, (9, "Lina", "Sow", 2004, "Papus", "oui", None)))

    assert len(plan.youths) == 2
    assert plan.duplicates == ()


def test_a_record_that_exists_is_not_opened_again_but_may_be() -> None:
    known = (KnownRecord("r1", "lina", "SOW", 2010),)
    first = SourceLine("Jeunes", FIRST)

    by_default = planned(youths(LINA), known=known)
    opened = planned(youths(LINA), known=known, decisions={first: Decision.SEPARATE})
    attached = planned(youths(LINA), known=known, decisions={first: Decision.ATTACH})

    assert by_default.youths == ()
    assert [offer.reason for offer in by_default.duplicates] == [ReasonCode.RECORD_EXISTS]
    assert [youth.attach_to for youth in opened.youths] == [None]
    assert [youth.attach_to for youth in attached.youths] == [YouthReference(record="r1")]


def test_a_record_that_resembles_is_offered_and_the_line_opens_its_own() -> None:
    plan = planned(youths((1, "Fatoumata", "Sow", 2010, None, "oui", None)), known=(KnownRecord("r1", "Fatou", "Sow", 2010),))

    assert [(offer.reason, offer.decision) for offer in plan.duplicates] == [(ReasonCode.RECORD_ALIKE, Decision.SEPARATE)]
    assert len(plan.youths) == 1


def test_a_contact_finds_a_record_that_exists_and_is_not_in_the_file() -> None:
    plan = planned(contacts(("12/03/2025", "Lina Sow", "rue", "CV")), known=(KnownRecord("r1", "Lina", "Sow", 2010),))

    assert [(contact.youth, contact.comment) for contact in plan.contacts] == [(YouthReference(record="r1"), "CV")]


def test_homonyms_of_one_year_find_each_their_own_record_again() -> None:
    two = youths((1, "Bob", None, 2010, "Papus", "oui", None), (2, "Bob", None, 2010, "Papus", "oui", None))
    known = (KnownRecord("r1", "Bob", None, 2010, "Papus"), KnownRecord("r2", "Bob", None, 2010, "Papus"))

    plan = planned(two, known=known)

    assert [skipped.youth.record for skipped in plan.skipped] == ["r1", "r2"]


def test_a_line_under_a_code_finds_its_code_before_its_namesake() -> None:
    known = (KnownRecord("namesake", "Maya", "Lopez", 2008), KnownRecord("own", "J-0004", None, 2008))

    plan = planned(youths(MAYA_NOT_ASKED), known=known)

    assert [skipped.youth.record for skipped in plan.skipped] == ["own"]


def test_a_national_number_is_refused_in_any_cell_of_any_sheet() -> None:
    number = "2 06 05 31 555 123 21"
    ignored = Sheet("Divers", (("rien", number), (206053155512321.0,)))

    plan = planned(youths((1, "Lina", number, number, number, "oui", number)), contacts(("12/03/2025", number, number, number)), ignored)

    refused = {(doubt.source.sheet, doubt.source.row, doubt.column) for doubt in plan.doubts if doubt.reason is ReasonCode.NATIONAL_NUMBER}
    assert refused >= {("Jeunes", 2, letter) for letter in "CDEG"} | {("Divers", 1, "B"), ("Divers", 2, "A"), ("Contacts", 2, "B")}
    assert all("555" not in doubt.read + doubt.sentence for doubt in plan.doubts)
    assert plan.youths[0].family_name is None


def test_the_mapping_can_be_changed() -> None:
    strange = Sheet("Feuil1", (("qui", "d'accord ?"), ("Lina", "oui")))
    proposed = propose_mapping((strange,))
    columns = columns_at(strange, 1, SheetKind.YOUTHS)
    chosen = replace(
        proposed,
        sheets=(
            replace(
                proposed.sheets[0],
                kind=SheetKind.YOUTHS,
                header_row=1,
                columns=(replace(columns[0], field=Field.PSEUDONYM), replace(columns[1], field=Field.AGREEMENT)),
            ),
        ),
    )

    plan = plan_import((strange,), mapping=chosen, today=TODAY)

    assert proposed.sheets[0].kind is SheetKind.IGNORED
    assert [youth.pseudonym for youth in plan.youths] == ["Lina"]
    assert plan.mapping == chosen


def test_a_mapping_that_does_not_fit_is_refused_with_a_sentence() -> None:
    sheet = youths(LINA)
    proposed = propose_mapping((sheet,)).sheets[0]
    without_name = replace(proposed, columns=tuple(c for c in proposed.columns if c.field is not Field.PSEUDONYM))
    twice = replace(proposed, columns=tuple(replace(c, field=Field.PSEUDONYM) for c in proposed.columns))
    foreign = replace(proposed, columns=(*proposed.columns[:2], replace(proposed.columns[2], field=Field.PAID)))
    renamed = replace(proposed, sheet="Autre")
    far = replace(proposed, header_row=99)

    for wrong in (without_name, twice, foreign, renamed, far):
        with pytest.raises(MappingRefused, match=r"feuilles|Feuille"):
            plan_import((sheet,), mapping=replace(propose_mapping((sheet,)), sheets=(wrong,)), today=TODAY)


def test_a_header_repeated_and_a_total_are_no_lines() -> None:
    plan = planned(youths(LINA, HEADERS, SAMIR, ("Total", 2, None, "=SUM(A1)", None, None, None)))

    assert [youth.source.row for youth in plan.youths] == [2, 4]
    assert plan.counts.youths_read == 2
    assert plan.doubts == ()


def test_a_youth_called_total_is_a_line() -> None:
    plan = planned(youths((1, "Total", None, 2010, None, "oui", None)))

    assert [youth.pseudonym for youth in plan.youths] == ["Total"]


def test_the_same_line_has_the_same_digest_wherever_it_has_moved() -> None:
    spaced = (1, " Lina ", "Sow", 2010.0, "Papus", "oui", "")

    first = planned(youths(LINA, SAMIR)).youths
    moved = planned(Sheet("Feuil3", (("titre",), HEADERS, (None,), SAMIR, spaced))).youths

    assert {youth.line_digest for youth in first} == {youth.line_digest for youth in moved}


def test_identical_lines_have_different_digests() -> None:
    plan = planned(youths(LINA), contacts(("12/03/2025", "Lina", "rue", None), ("12/03/2025", "Lina", "rue", None)))

    assert len({contact.line_digest for contact in plan.contacts}) == 2


@pytest.mark.parametrize("cell", ["", None, "=1+1", "\x00", "L" * 5000, 3.5, True, date(2030, 1, 1)])
def test_a_sheet_full_of_one_thing_is_planned_without_a_crash(cell: Cell) -> None:
    plan = planned(youths((cell,) * 7), contacts((cell,) * 4))

    assert plan.contacts == ()
