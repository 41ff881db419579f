"""The administrator's desk of accounts: inviting, another role, closing, reviewing (R155, R156)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account, Accounts, LastAdministrator
from api.bootstrap import Service, Structure
from api.databases import Databases
from api.desk.ending_access import UnusedAccounts
from domain.identifiers import AccountId
from domain.refusals import TrailUnavailable
from domain.trail import Role
from tests.integration.doors.doors import INVITED, NAME, Clock, account_of, browser, come_in, lines_of, sealed_days_ago, with_password


def test_a_form_that_is_sent_twice_invites_once_and_its_link_is_shown_once(desk: TestClient, structure: Structure, leo: Account) -> None:
    answers = [desk.post("/comptes/inviter", data=INVITED) for _ in range(2)]
    codes = [re.search(r"invitation#([0-9A-Z-]{29})", answer.text) for answer in answers]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert codes[0]
    assert codes[1]
    assert [account.display_name for account in structure.accounts.all() if account.role is Role.EDUCATOR] == ["Inès R."]
    assert codes[1][1] not in desk.get("/comptes").text
    assert ("account.manage", "granted") in lines_of(structure, leo)


@pytest.mark.parametrize("field", ["role", "display_name", "initials"])
def test_an_invitation_without_a_name_a_role_or_initials_says_which(desk: TestClient, field: str) -> None:
    answer = desk.post("/comptes/inviter", data=INVITED | {field: " "})

    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)


def test_nobody_else_finds_the_desk_and_an_unknown_account_is_the_same_answer(
    phone: TestClient, desk: TestClient, structure: Structure, leo: Account, zoe: Account
) -> None:
    youth = Account(structure.id, Role.YOUTH, "Jeune", None, structure.id)  # type: ignore[arg-type]
    structure.accounts.add(youth)

    shut = [phone.get("/comptes"), phone.get(f"/comptes/{leo.account_id}"), phone.post("/comptes/inviter", data=INVITED)]
    unknown = [desk.get(f"/comptes/{name}") for name in (youth.account_id, "00000000-0000-4000-8000-000000000009")]

    assert [answer.status_code for answer in (*shut, *unknown)] == [404] * 5
    assert "Jeune" not in desk.get("/comptes").text
    assert ("account.list", "refused") in lines_of(structure, zoe)


def test_closing_an_account_holds_at_the_next_request_and_everywhere(
    desk: TestClient, phone: TestClient, zoe: Account, app: FastAPI, clock: Clock
) -> None:
    before = phone.get("/dossiers").status_code
    answer = desk.post(f"/comptes/{zoe.account_id}/fermeture", data={"sure": "oui"})
    clock.now += timedelta(seconds=30)

    assert (before, answer.status_code, phone.get("/dossiers").status_code) == (200, 303, 401)
    assert come_in(browser(app), NAME, clock.code()).status_code == 401
    assert "Comptes fermés" in desk.get("/comptes").text


def test_the_last_administrator_cannot_close_or_demote_themself(desk: TestClient, leo: Account, structure: Structure) -> None:
    answers = [
        desk.post(f"/comptes/{leo.account_id}/fermeture", data={"sure": "oui"}),
        desk.post(f"/comptes/{leo.account_id}/role", data={"role": "educator"}),
        desk.post(f"/comptes/{leo.account_id}/invitation", data={"sure": "oui"}),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert "dernier compte" in answers[0].text
    assert structure.accounts.administrators() == {leo.account_id}


def test_two_administrators_who_close_each_other_at_once_leave_one(service: Service, structure: Structure, leo: Account) -> None:
    other = with_password(service, structure, account_of(service, Role.ADMINISTRATOR, "Ana B."), "ana.b")

    def closed(account: Account) -> bool:
        try:
            structure.accounts.close(account.account_id)
        except LastAdministrator:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        outcomes = list(both.map(closed, (leo, other)))

    assert sorted(outcomes) == [False, True]
    assert len(structure.accounts.administrators()) == 1


def test_another_role_holds_at_once_and_the_person_is_told(
    desk: TestClient, phone: TestClient, zoe: Account, app: FastAPI, clock: Clock
) -> None:
    desk.post(f"/comptes/{zoe.account_id}/role", data={"role": "dpo"})
    clock.now += timedelta(seconds=30)
    again = browser(app)
    come_in(again, NAME, clock.code())

    assert phone.get("/dossiers").status_code == 401
    assert again.get("/dossiers").status_code == 404
    page = again.get("/mon-compte")
    assert "votre rôle a été changé" in page.text
    again.post("/mon-compte/avis", data={"reprise": "/mon-compte"})
    assert "votre rôle a été changé" not in again.get("/mon-compte").text


def test_the_administrator_signs_somebody_out_everywhere_and_they_are_told(
    desk: TestClient, phone: TestClient, zoe: Account, app: FastAPI, clock: Clock
) -> None:
    clock.now += timedelta(seconds=30)
    elsewhere = browser(app)
    come_in(elsewhere, NAME, clock.code())
    before = [one.get("/dossiers").status_code for one in (phone, elsewhere)]

    answer = desk.post(f"/comptes/{zoe.account_id}/connexions", data={"sure": "oui"})
    clock.now += timedelta(seconds=30)
    again = browser(app)
    come_in(again, NAME, clock.code())

    assert (before, answer.status_code) == ([200, 200], 303)
    assert [one.get("/dossiers").status_code for one in (phone, elsewhere, desk)] == [401, 401, 404]
    assert "terminées par l’administration" in again.get("/dossiers").text


def test_being_invited_anew_leaves_a_notice(desk: TestClient, phone: TestClient, zoe: Account, structure: Structure, clock: Clock) -> None:
    answer = desk.post(f"/comptes/{zoe.account_id}/invitation", data={"sure": "oui"})
    found = structure.accounts.get(zoe.account_id)
    clock.now += timedelta(seconds=30)

    assert (answer.status_code, phone.get("/dossiers").status_code) == (200, 401)
    assert come_in(browser(desk.app), NAME, clock.code()).status_code == 401
    assert found is not None
    assert [notice.partition(" ")[2] for notice in found.notices] == ["invited_again"]


def test_an_account_that_nobody_used_for_sixty_days_is_closed_and_one_due_is_reviewed(
    service: Service, desk: TestClient, zoe: Account, structure: Structure, databases: Databases
) -> None:
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.accounts SET created_at = now() - interval '91 days', last_used_on = CURRENT_DATE - 60")
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE WHERE role = 'administrator'")

    sealed_days_ago(structure, databases, 2)
    due = desk.get("/comptes").text
    desk.post(f"/comptes/{zoe.account_id}/revue", data={"sure": "oui"})
    reviewed = structure.accounts.get(zoe.account_id)
    kept = UnusedAccounts(structure.records, structure.accounts, service.directory, service.new_id).close()
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE - 61 WHERE role = 'educator'")
    closed = UnusedAccounts(structure.records, structure.accounts, service.directory, service.new_id).close()

    assert "À revoir" in due
    assert reviewed is not None
    assert reviewed.reviewed_on is not None
    assert (kept, closed) == (0, 1)


def test_a_form_sent_again_with_another_role_or_name_is_refused_and_hands_no_code_over(desk: TestClient, structure: Structure) -> None:
    first = desk.post("/comptes/inviter", data=INVITED | {"role": "administrator"})
    corrected = [
        desk.post("/comptes/inviter", data=INVITED | other) for other in ({}, {"role": "administrator", "display_name": "Inès T."})
    ]

    assert (first.status_code, [answer.status_code for answer in corrected]) == (200, [409, 409])
    assert all("a déjà invité" in answer.text and "invitation#" not in answer.text for answer in corrected)
    assert [account.role for account in structure.accounts.all() if account.display_name.startswith("Inès")] == [Role.ADMINISTRATOR]


def test_a_stop_in_the_middle_of_a_change_of_role_leaves_no_session_of_the_former_one(
    desk: TestClient, phone: TestClient, zoe: Account, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_and_stop(accounts: Accounts, account: AccountId, role: Role) -> None:
        change(accounts, account, role)
        raise RuntimeError

    change = Accounts.change_role
    monkeypatch.setattr(Accounts, "change_role", change_and_stop)
    stopped = desk.post(f"/comptes/{zoe.account_id}/role", data={"role": "dpo"})

    changed = structure.accounts.get(zoe.account_id)
    assert changed is not None
    assert (stopped.status_code, changed.role, phone.get("/mon-compte").status_code) == (500, Role.DPO, 401)


def test_an_unused_account_is_closed_after_its_line_and_not_without(
    service: Service, zoe: Account, structure: Structure, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_days_ago(structure, databases, 2)
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE - 61")

    def unavailable(*_: object, **__: object) -> None:
        raise TrailUnavailable

    chore = UnusedAccounts(structure.records, structure.accounts, service.directory, service.new_id)
    with monkeypatch.context() as no_trail:
        no_trail.setattr(type(structure.records), "disclose", unavailable)
        with pytest.raises(TrailUnavailable):
            chore.close()
    kept = structure.accounts.get(zoe.account_id)

    assert kept is not None
    assert (kept.is_active, chore.close(), chore.close()) == (True, 1, 0)
    query = structure.store.database.statement("SELECT count(*) FROM {access_trail} WHERE operation = 'account.close_unused'")
    with structure.store.database.connection() as connection:
        assert connection.execute(query).fetchall() == [(1,)]


def test_the_last_account_of_administration_is_not_closed_by_itself_and_the_week_says_so(
    app: FastAPI, service: Service, structure: Structure, clock: Clock, *, zoe: Account, leo: Account, databases: Databases
) -> None:
    other = with_password(service, structure, account_of(service, Role.ADMINISTRATOR, "Ana B."), "ana.b")
    dpo = with_password(service, structure, account_of(service, Role.DPO, "Dina P."), "dina.p")
    sealed_days_ago(structure, databases, 2)
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE - 61 WHERE account_id <> %s", (dpo.account_id,))
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE - 70 WHERE account_id = %s", (other.account_id,))
    chore = UnusedAccounts(structure.records, structure.accounts, service.directory, service.new_id)

    closed = [chore.close(), chore.close()]

    left = {account.account_id for account in structure.accounts.all() if account.is_active}
    assert (closed, left) == ([2, 0], {leo.account_id, dpo.account_id})
    query = structure.store.database.statement("SELECT count(*) FROM {access_trail} WHERE operation = 'account.close_unused'")
    with structure.store.database.connection() as connection:
        assert connection.execute(query).fetchall() == [(2,)]
    watching = browser(app)
    come_in(watching, "dina.p", clock.code())
    assert "Le seul compte d’administration ne sert plus depuis 60 jours" in watching.get("/semaine").text
    structure.accounts.mark_used(leo.account_id)
    assert "Le seul compte" not in watching.get("/semaine").text
    assert zoe


def test_a_clock_that_leaps_two_months_ahead_closes_no_account_for_a_day(
    service: Service, zoe: Account, structure: Structure, databases: Databases
) -> None:
    """Or else nobody came for two months. Which of both it is cannot be told at once, and shows a day later."""
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE - 61")
    sealed_days_ago(structure, databases, 61)
    chore = UnusedAccounts(structure.records, structure.accounts, service.directory, service.new_id)

    within_the_hour = chore.close()
    structure.notary.catch_up()
    within_the_day = chore.close()
    query = structure.store.database.statement("SELECT outcome FROM {access_trail} WHERE operation = 'account.close_unused'")
    with structure.store.database.connection() as connection:
        lines = connection.execute(query).fetchall()
    sealed_days_ago(structure, databases, 2)

    assert (within_the_hour, within_the_day, lines, chore.close()) == (0, 0, [("refused",)], 1)
    assert zoe


def test_the_list_tells_when_an_account_closes_by_itself_but_for_the_last_one_of_administration(
    desk: TestClient, service: Service, structure: Structure, zoe: Account
) -> None:
    alone = desk.get("/comptes").text.count("Se ferme le")
    with_password(service, structure, account_of(service, Role.ADMINISTRATOR, "Ana B."), "ana.b")

    assert (alone, desk.get("/comptes").text.count("Se ferme le")) == (1, 3)
    assert zoe


def test_the_line_of_managing_an_account_says_which_one(desk: TestClient, structure: Structure, leo: Account, zoe: Account) -> None:
    desk.post("/comptes/inviter", data=INVITED)
    desk.post(f"/comptes/{zoe.account_id}/role", data={"role": "dpo"})
    desk.post(f"/comptes/{zoe.account_id}/fermeture", data={"sure": "oui"})

    [invited] = [account.account_id for account in structure.accounts.all() if account.display_name == "Inès R."]
    query = structure.store.database.statement(
        "SELECT reference, records FROM {access_trail} WHERE operation = 'account.manage' AND account = %s ORDER BY line"
    )
    with structure.store.database.connection() as connection:
        lines = connection.execute(query, (leo.account_id,)).fetchall()
    assert lines == [(invited, 0), (zoe.account_id, 0), (zoe.account_id, 0)]
