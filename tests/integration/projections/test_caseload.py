"""The caseload of an educator (N8, N9): what it shows, and whom it never shows."""

from datetime import date

from api.bootstrap import Structure
from domain.drafts import AgreementDraft
from tests.given import to_its_end
from tests.integration.projections.scenes import Desk


def test_a_new_record_is_in_the_caseload_of_its_referent_alone(structure: Structure) -> None:
    mine, theirs = Desk(structure), Desk(structure)
    youth = mine.open("Éloïse", territory="Port-Neuf")

    structure.runner.run_once()

    (row,) = structure.caseload.of(mine.account())
    assert (row.youth, row.pseudonym, row.territory, row.contacts) == (youth, "Éloïse", "Port-Neuf", 0)
    assert structure.caseload.of(theirs.account()) == ()


def test_the_last_contact_is_the_latest_day_whatever_the_order_of_typing(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open(first_contact_on=date(2026, 1, 2))
    structure.runner.run_once()
    assert structure.caseload.of(desk.account())[0].last_contact == date(2026, 1, 2)

    for day in (date(2026, 3, 14), date(2026, 5, 20), date(2026, 4, 1)):
        desk.meet(youth, day)
    structure.runner.run_once()

    assert (structure.caseload.of(desk.account())[0].last_contact, structure.caseload.of(desk.account())[0].contacts) == (
        date(2026, 5, 20),
        3,
    )


def test_the_next_deadline_is_the_nearest_one_still_open(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    near = desk.step(youth, date(2026, 6, 1))
    desk.step(youth, date(2026, 9, 1))
    structure.runner.run_once()
    assert structure.caseload.of(desk.account())[0].next_deadline == date(2026, 6, 1)

    structure.records.complete_step(desk.actor, youth, near, "fait")
    structure.runner.run_once()

    assert structure.caseload.of(desk.account())[0].next_deadline == date(2026, 9, 1)


def test_a_handover_moves_the_row_from_one_referent_to_the_other(structure: Structure) -> None:
    before, after = Desk(structure), Desk(structure)
    youth = before.open()
    before.meet(youth)
    structure.runner.run_once()

    structure.records.name_referents(before.actor, youth, [after.account()])
    structure.runner.run_once()

    assert structure.caseload.of(before.account()) == ()
    assert [(row.youth, row.contacts) for row in structure.caseload.of(after.account())] == [(youth, 1)]


def test_two_referents_see_the_same_row(structure: Structure) -> None:
    first, second = Desk(structure), Desk(structure)
    youth = first.open()
    structure.records.name_referents(first.actor, youth, [first.account(), second.account()])
    first.meet(youth)

    structure.runner.run_once()

    assert structure.caseload.of(first.account()) == structure.caseload.of(second.account()) != ()


def test_what_was_taken_back_is_no_longer_counted(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open(first_contact_on=date(2026, 1, 2))
    structure.records.agree(desk.actor, youth, AgreementDraft("follow_up", "noter nos rencontres", date(2026, 1, 5)))
    desk.meet(youth)
    desk.step(youth, date(2026, 6, 1))
    structure.records.withdraw_agreement(desk.actor, youth, "follow_up")

    structure.runner.run_once()

    (row,) = structure.caseload.of(desk.account())
    assert (row.contacts, row.last_contact, row.next_deadline) == (0, date(2026, 1, 2), None)


def test_a_closed_record_leaves_the_caseload_before_the_views_have_heard_of_it(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    structure.runner.run_once()

    desk.close(youth)

    assert structure.caseload.of(desk.account()) == ()


def test_a_record_reopened_in_time_is_in_the_caseload_again_as_it_was(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    desk.meet(youth)
    desk.step(youth, date(2026, 6, 1))
    structure.runner.run_once()
    before = structure.caseload.of(desk.account())

    erasure = desk.close(youth)
    structure.runner.run_once()
    assert structure.caseload.of(desk.account()) == ()
    structure.records.cancel_erasure(desk.actor, erasure, asked_in_person=True)

    assert structure.caseload.of(desk.account()) == before
    structure.runner.run_once()
    assert structure.caseload.of(desk.account()) == before


def test_what_was_taken_back_stays_away_and_what_comes_after_a_new_agreement_is_counted(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    structure.records.agree(desk.actor, youth, AgreementDraft("follow_up", "noter nos rencontres", date(2026, 1, 5)))
    desk.meet(youth, date(2026, 3, 14))
    structure.records.withdraw_agreement(desk.actor, youth, "follow_up")
    to_its_end(structure, structure.erasures.unfinished()[0])
    structure.records.agree(desk.actor, youth, AgreementDraft("follow_up", "finalement oui", date(2026, 4, 1)))
    structure.runner.run_once()
    (empty,) = structure.caseload.of(desk.account())
    desk.meet(youth, date(2026, 4, 2))
    structure.runner.run_once()
    (row,) = structure.caseload.of(desk.account())

    assert (empty.contacts, empty.last_contact) == (0, None)
    assert (row.contacts, row.last_contact) == (1, date(2026, 4, 2))


def test_a_search_does_not_mind_accents_case_or_spaces(structure: Structure) -> None:
    desk = Desk(structure)
    for pseudonym in ("Éloïse  la Grande", "ZOÉ", "محمد", "Zed 🙂"):
        desk.open(pseudonym)
    structure.runner.run_once()

    def found(search: str) -> list[str]:
        return [row.pseudonym for row in structure.caseload.of(desk.account(), search)]

    assert [name.split()[0] for name in found("eloise LA g")] == ["Éloïse"]
    assert found("zo") == ["ZOÉ"]
    assert found("محمد") == ["محمد"]
    assert found("🙂") == ["Zed 🙂"]
    assert found("nobody") == []
    assert len(found("")) == 4


def test_no_row_holds_a_pseudonym_or_a_day_in_clear(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open("Canari-7431")
    desk.meet(youth, date(2026, 3, 14))
    structure.runner.run_once()

    with structure.runner_store.database.connection() as connection:
        text = structure.runner_store.database.statement("SELECT string_agg(encode(core || follow_up, 'escape'), '') FROM {caseload}")
        row = connection.execute(text).fetchone()

    assert row is not None
    assert "Canari" not in row[0]
    assert "2026-03" not in row[0]
