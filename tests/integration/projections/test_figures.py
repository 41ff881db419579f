"""Figures (N24-N28): who was met is counted once a month, erasure changes nothing of it, small numbers stay unseen."""

from datetime import date

import pytest

from api.bootstrap import Structure
from crypto_shredding.envelope import Tampered
from domain.drafts import AgreementDraft, ChantierDraft, OutingDraft, PresenceDraft
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Stage
from projections.disclosure import PublishedCell
from projections.figures import Acts, MonthOfFigures
from projections.rebuild import rebuild
from tests.given import begun, to_its_end
from tests.integration.projections.scenes import Desk, contents

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def figures_of(structure: Structure, month: date = MARCH) -> MonthOfFigures:
    structure.runner.run_once()
    published = structure.figures.of_months(month, month)
    assert published is not None
    return published[0] if published else MonthOfFigures(month, (), (), ())


def meet_girls(desk: Desk, number: int, day: date = date(2026, 3, 14)) -> None:
    for _ in range(number):
        desk.meet(desk.open(), day)


def test_eleven_youths_are_shown_and_ten_are_not(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 10)
    assert figures_of(structure).youths == ()

    meet_girls(desk, 1)

    assert figures_of(structure).youths == (PublishedCell("Les Oliviers", "girl", "16-17", 11),)


def test_a_youth_met_often_counts_once_a_month_and_in_each_month(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    meet_girls(desk, 10)
    for day in (date(2026, 3, 1), date(2026, 3, 14), date(2026, 3, 31), date(2026, 4, 1)):
        desk.meet(youth, day)

    assert [cell.people for cell in figures_of(structure).youths] == [11]
    assert contents(structure)["figures"][1] == (APRIL, [["Les Oliviers", "girl", "16-17", 1]])


def test_a_youth_met_in_two_territories_counts_in_the_first_one(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    desk.meet(youth, date(2026, 3, 2), territory="La Rose")
    desk.meet(youth, date(2026, 3, 3))
    structure.runner.run_once()

    assert contents(structure)["figures"] == [(MARCH, [["La Rose", "girl", "16-17", 1]])]


def test_a_small_territory_does_not_show_and_cannot_be_subtracted(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 12)
    desk.meet(desk.open(territory="La Rose"))

    assert [(cell.territory, cell.people) for cell in figures_of(structure).youths] == [("Les Oliviers", 12)]


def test_closing_a_record_changes_no_figure(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 10)
    youth = desk.open()
    desk.meet(youth)
    before = figures_of(structure)

    erasure = desk.close(youth)

    assert figures_of(structure) == before
    begun(structure, erasure)
    assert figures_of(structure) == before
    assert [cell.people for cell in before.youths] == [11]


def test_erasing_a_youth_changes_no_figure_and_leaves_no_row(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 10)
    youth = desk.open()
    desk.meet(youth)
    before = figures_of(structure)
    erasure = desk.close(youth)

    to_its_end(structure, erasure)
    structure.runner.run_once()

    held = contents(structure)
    assert figures_of(structure) == before
    assert structure.records.find(erasure).stage == Stage.PURGED
    assert youth not in {row[0] for row in (*held["caseload"], *held["contributions"])}
    assert held["erased_figures"] == [(MARCH, [["Les Oliviers", "girl", "16-17", 1]])]


def test_the_saga_waits_until_the_figures_hold_what_the_youth_contributed(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    desk.meet(youth)
    structure.runner.run_once()
    erasure = desk.close(youth)

    for _ in range(3):
        assert not structure.erasures.advance(erasure)
    assert structure.store.key_store.ring(youth).keys
    structure.runner.run_once()

    assert structure.erasures.advance(erasure)


def taken_back(structure: Structure, desk: Desk, youth: YouthId) -> ErasureId:
    """The erasure of a youth's follow-up, which they agreed to and took back."""
    structure.records.agree(desk.actor, youth, AgreementDraft("follow_up", "noter nos rencontres", date(2026, 3, 20)))
    structure.records.withdraw_agreement(desk.actor, youth, "follow_up")
    return structure.erasures.unfinished()[-1]


def test_a_follow_up_taken_back_changes_no_figure_and_no_month_stays_with_the_youth(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 10)
    youth = desk.open(first_contact_on=date(2026, 3, 1))
    desk.meet(youth)
    before = figures_of(structure)

    erasure = taken_back(structure, desk, youth)
    at_once = figures_of(structure)
    to_its_end(structure, erasure)

    held = contents(structure)
    assert ([cell.people for cell in before.youths], at_once, figures_of(structure)) == ([11], before, before)
    assert (youth, ["girl", 2010, "Les Oliviers", {}], None) in held["contributions"]
    assert held["erased_figures"] == [(MARCH, [["Les Oliviers", "girl", "16-17", 1]])]
    assert held["folded"] == [(erasure,)]


def test_what_was_folded_with_a_follow_up_is_not_counted_again_by_a_rebuild(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 10)
    youth = desk.open(first_contact_on=date(2026, 3, 1))
    desk.meet(youth)
    erasure = taken_back(structure, desk, youth)
    structure.runner.run_once()
    live = contents(structure)

    for _ in ("its key lives", "its key is destroyed, its events are nulled"):
        rebuild(structure.runner_store.database, structure.runner, lambda *_: None)
        assert contents(structure) == live
        to_its_end(structure, erasure)


def test_who_is_met_again_after_taking_back_their_follow_up_counts_as_anybody_met_anew(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    desk.meet(youth)
    to_its_end(structure, taken_back(structure, desk, youth))
    structure.records.agree(desk.actor, youth, AgreementDraft("follow_up", "finalement oui", date(2026, 4, 1)))
    desk.meet(youth, APRIL)
    structure.runner.run_once()

    held = contents(structure)
    assert held["figures"] == [(APRIL, [["Les Oliviers", "girl", "16-17", 1]])]
    to_its_end(structure, desk.close(youth))
    assert contents(structure)["figures"] == []
    assert [month for month, _ in contents(structure)["erased_figures"]] == [MARCH, APRIL]


def test_a_closing_that_is_cancelled_moves_no_figure(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 11)
    figures_of(structure)
    live = contents(structure)
    youth = structure.caseload.of(desk.account())[0].youth

    structure.records.cancel_erasure(desk.actor, desk.close(youth), asked_in_person=True)
    structure.runner.run_once()

    assert contents(structure) == live


def test_outings_chantiers_and_people_met_are_counted_without_naming_anybody(structure: Structure) -> None:
    desk, records = Desk(structure), structure.records
    counts = {"girl:11-15": 12, "boy:16-17": 15, "boy:under-16": 0}
    records.record_outing(desk.actor, OutingDraft(date(2026, 3, 3), minutes=180, territory="Port-Neuf", counts=counts))
    records.record_outing(desk.actor, OutingDraft(date(2026, 3, 9), minutes=90, territory="Port-Neuf"))
    records.record_chantier(desk.actor, ChantierDraft("Fresque", date(2026, 3, 2), minutes=600, territory="La Rose", youths=4))
    records.count_presence(desk.actor, PresenceDraft(date(2026, 3, 4), 3, territory="La Rose"))

    month = figures_of(structure)

    assert month.acts == (
        Acts("La Rose", "chantier", 1, 600),
        Acts("La Rose", "presence", 1, 0),
        Acts("Port-Neuf", "street_work", 2, 270),
    )
    assert month.people == (PublishedCell("Port-Neuf", "boy", "16-17", 15), PublishedCell("Port-Neuf", "girl", "11-15", 12))


def test_what_is_asked_for_does_not_change_what_is_shown(structure: Structure) -> None:
    desk = Desk(structure)
    for territory, number in (("A", 8), ("B", 7)):
        for _ in range(number):
            desk.meet(desk.open(territory=territory), date(2026, 3, 14))
    desk.meet(desk.open(territory="C"), date(2026, 2, 14))
    structure.runner.run_once()

    alone = structure.figures.of_months(MARCH, MARCH)
    among_others = structure.figures.of_months(date(2024, 1, 1), date(2026, 12, 1))

    assert alone is not None
    assert among_others is not None
    assert alone[0].youths == (PublishedCell(None, "girl", "16-17", 15),)
    assert alone[0] in among_others


def test_the_figures_need_no_key_of_a_youth(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 11)
    before = figures_of(structure)
    for youth in {row.youth for row in structure.caseload.of(desk.account())}:
        erasure = desk.close(youth)
        begun(structure, erasure)
        structure.erasures.destruction.destroy_ring(youth, erasure)

    assert figures_of(structure) == before


def test_a_row_moved_to_another_month_does_not_open(structure: Structure) -> None:
    desk = Desk(structure)
    meet_girls(desk, 1)
    structure.runner.run_once()
    database = structure.runner_store.database
    with database.connection() as connection:
        connection.execute(database.statement("UPDATE {figures} SET month = '2026-04-01'"))

    with pytest.raises(Tampered):
        structure.figures.of_months(APRIL, APRIL)
