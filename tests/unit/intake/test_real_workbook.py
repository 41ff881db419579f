"""Each nasty line of the real workbook, by its row number."""

from datetime import date, time

import pytest

from domain.intake import (
    Agreement,
    Channel,
    Consequence,
    DoubtfulLine,
    Field,
    Gender,
    ImportPlan,
    KnownRecord,
    PlannedYouth,
    ReasonCode,
    Sheet,
    SheetKind,
    SourceLine,
    WideBand,
    plan_import,
)


def youth_at(plan: ImportPlan, row: int) -> PlannedYouth | None:
    return next((youth for youth in plan.youths if youth.source == SourceLine("Jeunes", row)), None)


def doubts_at(plan: ImportPlan, row: int, sheet: str = "Jeunes") -> list[DoubtfulLine]:
    return [doubt for doubt in plan.doubts if doubt.source == SourceLine(sheet, row)]


def reasons_at(plan: ImportPlan, row: int, sheet: str = "Jeunes") -> set[ReasonCode]:
    return {doubt.reason for doubt in doubts_at(plan, row, sheet)}


def test_sheets_and_headers_are_found_under_the_title_row(plan: ImportPlan) -> None:
    kinds = [(sheet.sheet, sheet.kind, sheet.header_row) for sheet in plan.mapping.sheets]
    youths = plan.mapping.sheets[0].field_columns()

    assert kinds == [
        ("Jeunes", SheetKind.YOUTHS, 3),
        ("Contacts", SheetKind.CONTACTS, 1),
        ("Travail de rue", SheetKind.OUTINGS, 1),
        ("Chantiers", SheetKind.CHANTIERS, 1),
    ]
    assert (youths[Field.PSEUDONYM], youths[Field.FAMILY_NAME], youths[Field.AGREEMENT]) == (1, 2, 10)


def test_free_text_of_outings_is_left_out(plan: ImportPlan) -> None:
    atmosphere = plan.mapping.sheets[2].columns[-1]

    assert (atmosphere.header, atmosphere.field) == ("Ambiance", None)


def test_the_counts_of_the_workbook(plan: ImportPlan) -> None:
    counts = plan.counts

    assert (counts.youths_read, counts.youths_refused, counts.youths_set_aside) == (544, 48, 4)
    assert (counts.youths_agreed, counts.youths_anonymous) == (333, 159)
    assert (counts.contact_lines_read, counts.outings, counts.chantiers) == (9000, 620, 26)
    assert counts.youths_read == counts.youths_agreed + counts.youths_anonymous + counts.youths_refused + counts.youths_set_aside


def test_the_total_row_is_no_youth(plan: ImportPlan) -> None:
    assert youth_at(plan, 553) is None
    assert not doubts_at(plan, 553)


def test_who_agreed_is_written_with_the_year_alone(plan: ImportPlan) -> None:
    written = youth_at(plan, 16)

    assert written is not None
    assert (written.agreement, written.agreement_read) == (Agreement.AGREED, "oui")
    assert (written.pseudonym, written.first_name, written.family_name) == ("Théo", "Théo", "Chevalier")
    assert (written.birth_year, written.gender, written.territory) == (2005, Gender.BOY, "Les Izards")
    assert (written.first_contact, written.referents) == (date(2023, 7, 29), ("SM",))
    assert (written.situation, written.remark) == ("mission locale", "convoc. tribunal le mois prochain")


def test_who_agreed_without_a_family_name_has_no_identity(plan: ImportPlan) -> None:
    written = youth_at(plan, 5)

    assert written is not None
    assert (written.pseudonym, written.first_name, written.family_name) == ("Titi", None, None)


def test_who_was_not_asked_is_written_under_a_code(plan: ImportPlan) -> None:
    written = youth_at(plan, 14)

    assert written is not None
    assert (written.agreement, written.pseudonym, written.birth_year) == (Agreement.UNKNOWN, "J-0307", 2011)
    assert (written.first_name, written.family_name, written.gender, written.territory) == (None, None, None, None)
    assert (written.met_at, written.situation, written.remark) == (None, None, None)


@pytest.mark.parametrize("row", [24, 31, 34, 36, 37, 40, 547])
def test_who_refused_has_no_record(plan: ImportPlan, row: int) -> None:
    assert youth_at(plan, row) is None


@pytest.mark.parametrize("row", [30, 32])
def test_a_doubtful_agreement_is_written_anonymous(plan: ImportPlan, row: int) -> None:
    written = youth_at(plan, row)
    doubt = doubts_at(plan, row)[0]

    assert written is not None
    assert written.agreement is Agreement.UNKNOWN
    assert written.pseudonym.startswith("J-")
    assert (doubt.reason, doubt.column, doubt.header) == (ReasonCode.AGREEMENT_UNCLEAR, "K", "Accord")
    assert (doubt.read, doubt.consequence) == ("à revoir", Consequence.WRITTEN_ANONYMOUS)
    assert "« à revoir »" in doubt.sentence


def test_who_agreed_but_asked_for_no_name_is_written_anonymous(plan: ImportPlan) -> None:
    written = youth_at(plan, 50)

    assert written is not None
    assert written.agreement is Agreement.UNKNOWN
    assert reasons_at(plan, 50) == {ReasonCode.NAME_NOT_TO_BE_WRITTEN}


def test_row_547_impossible_and_future_dates_are_doubted_and_not_shown_since_the_person_refused(plan: ImportPlan) -> None:
    assert reasons_at(plan, 547) == {ReasonCode.DATE_IMPOSSIBLE, ReasonCode.DATE_IN_FUTURE}
    assert {doubt.read for doubt in doubts_at(plan, 547)} == {""}


def test_row_548_without_first_name_nor_nickname_is_set_aside(plan: ImportPlan) -> None:
    assert youth_at(plan, 548) is None
    assert [(d.reason, d.consequence) for d in doubts_at(plan, 548)] == [(ReasonCode.NAME_MISSING, Consequence.SET_ASIDE)]


def test_row_549_the_national_number_is_refused_and_the_rest_is_kept(plan: ImportPlan) -> None:
    written = youth_at(plan, 549)
    doubt = doubts_at(plan, 549)[0]

    assert written is not None
    assert (written.pseudonym, written.remark) == ("Sonia", None)
    assert (doubt.reason, doubt.column, doubt.header, doubt.read) == (ReasonCode.NATIONAL_NUMBER, "L", "Remarques", "")


def test_row_550_the_formula_is_text_and_no_name(plan: ImportPlan) -> None:
    doubt = doubts_at(plan, 550)[0]

    assert youth_at(plan, 550) is None
    assert (doubt.reason, doubt.consequence) == (ReasonCode.FORMULA, Consequence.SET_ASIDE)
    assert doubt.read.startswith("=HYPERLINK")


def test_row_551_the_broken_character_is_doubted(plan: ImportPlan) -> None:
    assert youth_at(plan, 551) is None
    assert reasons_at(plan, 551) == {ReasonCode.UNREADABLE_CHARACTERS}
    assert "\x92" not in doubts_at(plan, 551)[0].read


def test_row_552_the_name_of_4000_letters_is_set_aside_and_shown_short(plan: ImportPlan) -> None:
    assert youth_at(plan, 552) is None
    assert reasons_at(plan, 552) == {ReasonCode.TEXT_TOO_LONG}
    assert len(doubts_at(plan, 552)[0].read) == 60


@pytest.mark.parametrize(("later", "earlier"), [(133, 33), (172, 14), (233, 204), (251, 108), (358, 94), (404, 75), (481, 464), (487, 461)])
def test_the_same_youth_under_two_spellings_is_offered_and_not_merged(plan: ImportPlan, later: int, earlier: int) -> None:
    offered = {(offer.source.row, other.source.row) for offer in plan.duplicates for other in offer.others if other.source}

    pair = (later, earlier) if (later, earlier) in offered else (earlier, later)
    if pair not in offered:
        pytest.fail(f"rows {later} and {earlier} were not offered")
    assert youth_at(plan, pair[0]) is not None
    assert youth_at(plan, pair[1]) is not None


def test_a_line_that_another_one_refuses_is_written_anonymous(plan: ImportPlan) -> None:
    written = youth_at(plan, 73)

    assert reasons_at(plan, 73) == {ReasonCode.AGREEMENT_CONTRADICTED}
    assert written is not None
    assert written.agreement is Agreement.UNKNOWN


def test_the_whole_names_of_who_has_not_agreed_stand_nowhere(plan: ImportPlan, workbook: tuple[Sheet, ...]) -> None:
    unnamed = [
        (row[1].strip(), row[2].strip())
        for row in workbook[0].rows[3:]
        if isinstance(row[1], str) and isinstance(row[2], str) and row[10] in {"non", None, "à revoir"}
    ]
    agreed = {(youth.first_name, youth.family_name) for youth in plan.youths}
    everything = " ".join(str(text) for text in texts_of(plan)).casefold()
    leaked = [f"{first} {last}" for first, last in unnamed if (first, last) not in agreed and f"{first} {last}".casefold() in everything]

    assert len(unnamed) > 80
    assert leaked == []


def texts_of(plan: ImportPlan) -> list[str | None]:
    of_youths = [
        text for y in plan.youths for text in (y.pseudonym, y.first_name, y.family_name, y.met_at, y.situation, y.remark, y.territory)
    ]
    of_contacts = [text for c in plan.contacts for text in (c.place, c.comment, *c.themes)]
    return of_youths + of_contacts + [doubt.read for doubt in plan.doubts] + [chantier.title for chantier in plan.chantiers]


def test_a_remark_that_names_somebody_who_refused_is_left_blank(plan: ImportPlan, workbook: tuple[Sheet, ...]) -> None:
    emptied = [doubt for doubt in plan.doubts if doubt.reason is ReasonCode.NAMES_SOMEBODY_ELSE]

    assert {doubt.source.row for doubt in emptied} >= {104, 229, 281, 529}
    for doubt in emptied:
        written = youth_at(plan, doubt.source.row)
        assert written is not None
        assert written.remark is None
        assert str(workbook[0].rows[doubt.source.row - 1][11]) not in doubt.sentence


def test_unknown_people_become_a_presence(plan: ImportPlan) -> None:
    presence = next(presence for presence in plan.presences if presence.source.row == 3)

    assert (presence.count, presence.occurred_on, presence.channel, presence.minutes) == (6, date(2025, 5, 16), Channel.PHONE, 60)
    assert (presence.themes, presence.educators) == (("santé",), ("FT",))


def test_a_full_name_finds_its_youth(plan: ImportPlan) -> None:
    contact = next(contact for contact in plan.contacts if contact.source.row == 22)
    record = youth_at(plan, contact.youth.source.row) if contact.youth.source else None

    assert record is not None
    assert (contact.occurred_on, contact.channel, contact.minutes) == (date(2024, 10, 25), Channel.PARTNER, 30)
    assert (contact.themes, contact.educators) == (("logement", "emploi"), ("FT", "KB"))


def test_a_name_that_several_bear_is_set_aside(plan: ImportPlan) -> None:
    doubt = doubts_at(plan, 8, "Contacts")[0]

    assert (doubt.reason, doubt.read, doubt.column) == (ReasonCode.PERSON_AMBIGUOUS, "Bob", "B")
    assert not [contact for contact in plan.contacts if contact.source.row == 8]


def test_a_contact_with_who_refused_is_a_mere_count(plan: ImportPlan, workbook: tuple[Sheet, ...]) -> None:
    presence = next(presence for presence in plan.presences if presence.source.row == 4)

    assert workbook[1].rows[3][1] == "Rania Garcia"
    assert (presence.count, presence.themes, presence.minutes) == (1, ("CMU/AME",), 45)
    assert not [contact for contact in plan.contacts if contact.source.row == 4]


def test_a_contact_with_who_was_not_asked_carries_no_comment(plan: ImportPlan) -> None:
    anonymous = {youth.source for youth in plan.youths if youth.agreement is Agreement.UNKNOWN}
    contacts = [contact for contact in plan.contacts if contact.youth.source in anonymous]

    assert contacts
    assert {contact.comment for contact in contacts} == {None}


def test_an_outing_keeps_its_hours_and_the_least_of_its_counts(plan: ImportPlan) -> None:
    outing = plan.outings[1]
    girls_under_16, boys_under_16, girls_older, boys_older = outing.counts

    assert (outing.source.row, outing.territory, outing.starts_at, outing.ends_at, outing.minutes) == (
        3,
        "Reynerie",
        time(17),
        time(18, 30),
        90,
    )
    assert (girls_under_16.gender, girls_under_16.band, girls_under_16.count) == (Gender.GIRL, WideBand.UNDER_16, 3)
    assert (boys_under_16.count, girls_older.count, boys_older.count) == (1, 5, 0)
    assert reasons_at(plan, 3, "Travail de rue") == {ReasonCode.COUNT_UNCLEAR}
    assert plan.outings[0].counts[3].count is None


def test_a_chantier_counts_everybody_and_links_who_is_known(plan: ImportPlan) -> None:
    fresque = plan.chantiers[0]

    assert (fresque.title, fresque.starts_on, fresque.ends_on) == ("Fresque 1", date(2024, 8, 16), date(2024, 8, 20))
    assert (fresque.minutes, fresque.partner, fresque.paid_cents, fresque.youth_count) == (6300, "bailleur", 62050, 6)
    assert plan.chantiers[10].paid_cents == 62050


def test_no_content_shows_in_a_repr(plan: ImportPlan) -> None:
    said = repr(plan.youths) + repr(plan.contacts) + repr(plan.doubts)

    assert "Chevalier" not in said
    assert "dispute avec la mère" not in said


def as_known(plan: ImportPlan) -> list[KnownRecord]:
    return [
        KnownRecord(f"record {number}", youth.pseudonym, youth.family_name, youth.birth_year, youth.territory)
        for number, youth in enumerate(plan.youths)
    ]


def test_a_second_run_opens_nobody_and_finds_the_same_people(plan: ImportPlan, workbook: tuple[Sheet, ...], today: date) -> None:
    record_of = {youth.source: record.reference for youth, record in zip(plan.youths, as_known(plan), strict=True)}

    again = plan_import(workbook, mapping=None, today=today, known=as_known(plan))

    assert again.youths == ()
    assert len(again.skipped) == len(plan.youths)
    assert [(c.source, c.part, c.line_digest, record_of[c.youth.source]) for c in plan.contacts if c.youth.source] == [
        (c.source, c.part, c.line_digest, c.youth.record) for c in again.contacts
    ]


def test_the_older_base_after_the_workbook_multiplies_nobody(plan: ImportPlan, older_base: tuple[Sheet, ...], today: date) -> None:
    after = plan_import(older_base, mapping=None, today=today, known=as_known(plan))

    assert after.youths == ()
    assert (after.counts.youths_read, after.counts.youths_refused, after.counts.youths_skipped) == (80, 9, 71)


def test_the_older_base_alone(older_base: tuple[Sheet, ...], today: date) -> None:
    alone = plan_import(older_base, mapping=None, today=today)

    assert alone.counts.youths_agreed + alone.counts.youths_anonymous == 71
    assert alone.mapping.sheets[0].kind is SheetKind.YOUTHS
    assert "Gülsüm" not in {youth.pseudonym for youth in alone.youths if youth.family_name == "Faure"}
