"""The administrator's desk of accounts, one's own account, and the fresh factor that grave acts ask for (R138, R139, R155, R156)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account, Accounts, LastAdministrator
from api.accounts.factors import Passkey
from api.bootstrap import Service, Structure
from api.databases import Databases
from api.desk.ending_access import UnusedAccounts
from domain.identifiers import AccountId
from domain.refusals import TrailUnavailable
from domain.trail import Role
from tests.integration.doors.doors import COOKIE, NAME, PASSWORD, Clock, account_of, browser, come_in, with_password


@pytest.fixture
def leo(service: Service, structure: Structure) -> Account:
    return with_password(service, structure, account_of(service, Role.ADMINISTRATOR, "Léo A."), "leo.a")


@pytest.fixture
def desk(app: FastAPI, clock: Clock, leo: Account) -> TestClient:
    """The administrator's browser, signed in a moment ago."""
    client = browser(app)
    assert leo
    assert come_in(client, "leo.a", clock.code()).status_code == 303
    return client


@pytest.fixture
def phone(app: FastAPI, clock: Clock, zoe: Account) -> TestClient:
    """The educator's browser, signed in a moment ago."""
    client = browser(app)
    assert zoe
    assert come_in(client, NAME, clock.code()).status_code == 303
    return client


def grow_stale(databases: Databases) -> None:
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.sessions SET proven_at = proven_at - interval '5 minutes 1 second'")


def lines_of(structure: Structure, account: Account) -> list[tuple[Any, ...]]:
    query = structure.store.database.statement("SELECT operation, outcome FROM {access_trail} WHERE account = %s ORDER BY line")
    with structure.store.database.connection() as connection:
        return connection.execute(query, (account.account_id,)).fetchall()


INVITED = {"role": "educator", "display_name": "Inès R.", "initials": "IR", "idempotency_key": "one form"}


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


def test_being_invited_anew_leaves_a_notice(desk: TestClient, phone: TestClient, zoe: Account, structure: Structure, clock: Clock) -> None:
    answer = desk.post(f"/comptes/{zoe.account_id}/invitation", data={"sure": "oui"})
    found = structure.accounts.get(zoe.account_id)
    clock.now += timedelta(seconds=30)

    assert (answer.status_code, phone.get("/dossiers").status_code) == (200, 401)
    assert come_in(browser(desk.app), NAME, clock.code()).status_code == 401
    assert found is not None
    assert [notice.partition(" ")[2] for notice in found.notices] == ["invited_again"]


def test_a_grave_act_asks_for_a_fresh_factor_and_gives_the_form_back(
    desk: TestClient, databases: Databases, clock: Clock, structure: Structure, leo: Account
) -> None:
    grow_stale(databases)
    stale = desk.cookies[COOKIE]
    asked = desk.post("/comptes/inviter", data=INVITED)
    kept = {"reprise": "/comptes/inviter"} | {f"champ:{name}": value for name, value in INVITED.items()}
    assert all(f'name="{name}" value="{value}"' in asked.text for name, value in kept.items())

    wrong = desk.post("/confirmation", data=kept | {"password": PASSWORD, "code": "000000"})
    clock.now += timedelta(seconds=30)
    right = desk.post("/confirmation", data=kept | {"password": PASSWORD, "code": clock.code()})
    resumed = desk.post("/comptes/inviter", data=INVITED | {"reprendre": "oui"})
    done = desk.post("/comptes/inviter", data=INVITED)

    assert (asked.status_code, wrong.status_code, right.status_code) == (401, 401, 200)
    assert "Inès R." in wrong.text
    assert "Vous revoilà" in right.text
    assert 'value="Inès R."' in resumed.text
    assert (done.status_code, "invitation#" in done.text) == (200, True)
    assert desk.cookies[COOKIE] != stale
    assert browser(desk.app).get("/comptes", headers={"Cookie": f"{COOKIE}={stale}"}).status_code == 401
    assert [line for line in lines_of(structure, leo) if line[0] == "session.prove"] == [
        ("session.prove", "refused"),
        ("session.prove", "granted"),
    ]


def test_looking_and_daily_work_ask_for_no_fresh_factor(phone: TestClient, databases: Databases) -> None:
    grow_stale(databases)

    assert [phone.get(path).status_code for path in ("/dossiers", "/mon-compte", "/mon-compte/mot-de-passe")] == [200] * 3
    assert phone.post("/finalite", data={"purpose": "honour_rights"}).status_code == 303
    assert phone.post("/mon-compte/cles/retrait", data={"passkey": "00"}).status_code == 401


def test_one_sees_and_ends_one_s_own_sessions(app: FastAPI, phone: TestClient, clock: Clock) -> None:
    clock.now += timedelta(seconds=30)
    desktop = browser(app)
    desktop.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"
    come_in(desktop, NAME, clock.code())

    page = phone.get("/mon-compte").text
    other = re.search(r"/mon-compte/connexions/([0-9a-f-]{36})/fin", page)
    assert "téléphone" in page
    assert "ordinateur" in page
    assert "Firefox" not in page
    assert other
    phone.post(f"/mon-compte/connexions/{other[1]}/fin")

    assert (desktop.get("/dossiers").status_code, phone.get("/dossiers").status_code) == (401, 200)


def test_somebody_else_s_session_is_not_ended(
    phone: TestClient, desk: TestClient, service: Service, structure: Structure, leo: Account
) -> None:
    [session] = service.directory.sessions_of(structure.id, leo.account_id)

    phone.post(f"/mon-compte/connexions/{session.session_id}/fin")

    assert desk.get("/comptes").status_code == 200


def test_the_purpose_is_changed_with_one_gesture_and_each_line_says_it(phone: TestClient, zoe: Account, structure: Structure) -> None:
    answer = phone.post("/finalite", data={"purpose": "honour_rights", "reprise": "/sorties"})
    refused = phone.post("/finalite", data={"purpose": "review_access"})
    phone.get("/dossiers")

    query = structure.store.database.statement("SELECT operation, purpose FROM {access_trail} WHERE account = %s ORDER BY line")
    with structure.store.database.connection() as connection:
        lines = connection.execute(query, (zoe.account_id,)).fetchall()
    assert (answer.status_code, answer.headers["location"], refused.status_code) == (303, "/sorties", 422)
    assert lines[-2:] == [("session.purpose", "honour_rights"), ("caseload.list", "honour_rights")]


def test_an_account_that_nobody_used_for_sixty_days_is_closed_and_one_due_is_reviewed(
    service: Service, desk: TestClient, zoe: Account, structure: Structure, databases: Databases
) -> None:
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.accounts SET created_at = now() - interval '91 days', last_used_on = CURRENT_DATE - 60")
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE WHERE role = 'administrator'")

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


def token_of(phone: TestClient, days: int = 30) -> str:
    page = phone.post("/mon-compte/jetons", data={"name": "tableur du bureau", "days": str(days)})
    found = re.search(r"sillage_[\w-]{43}", page.text)
    assert found, page.text
    return found[0]


def test_a_token_opens_the_json_api_and_says_so_in_the_trail(
    app: FastAPI, phone: TestClient, zoe: Account, structure: Structure, databases: Databases
) -> None:
    token = token_of(phone)
    program = TestClient(app, base_url="https://sillage.test", headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)

    read, page = program.get("/api/v1/caseload"), program.get("/dossiers")
    grave = program.request("POST", "/api/v1/tokens", json={"name": "x", "days": 3}, headers={"Idempotency-Key": "k"})
    with psycopg.connect(databases.main) as owner:
        stored = str(owner.execute("SELECT t FROM directory.api_tokens AS t").fetchall())
        requests = owner.execute(
            "SELECT array_agg(operation ORDER BY line), count(DISTINCT request) FROM s_alpha.access_trail WHERE request ="
            " (SELECT request FROM s_alpha.access_trail WHERE operation = 'token.use' ORDER BY line LIMIT 1)"
        ).fetchone()

    assert zoe
    assert structure
    assert (read.status_code, page.status_code, grave.status_code) == (200, 401, 401)
    assert grave.json()["code"] == "step_up"
    assert token not in stored
    assert requests == (["token.use", "caseload.list"], 1)


def test_a_token_ends_when_revoked_when_old_and_with_its_account(
    app: FastAPI, phone: TestClient, zoe: Account, structure: Structure, databases: Databases
) -> None:
    first, second, third = (token_of(phone) for _ in range(3))

    def status(token: str) -> int:
        return (
            TestClient(app, base_url="https://sillage.test")
            .get("/api/v1/caseload", headers={"Authorization": f"Bearer {token}"})
            .status_code
        )

    before = [status(token) for token in (first, second, third)]
    found = re.search(r"/mon-compte/jetons/([0-9a-f-]{36})/fin", phone.get("/mon-compte").text)
    assert found
    assert phone.post(f"/mon-compte/jetons/{found[1]}/fin").status_code == 303
    revoked = status(third)
    with psycopg.connect(databases.main) as owner:
        owner.execute(
            "UPDATE directory.api_tokens SET expires_at = now() - interval '1 second'"
            " WHERE created_at = (SELECT min(created_at) FROM directory.api_tokens)"
        )
    old = status(first)
    structure.accounts.close(zoe.account_id)

    assert (before, revoked, old, status(second)) == ([200] * 3, 401, 401, 401)


def test_no_token_lives_longer_than_ninety_days(phone: TestClient) -> None:
    answer = phone.post("/mon-compte/jetons", data={"name": "tableur", "days": "91"})

    assert (answer.status_code, 'href="#days"' in answer.text) == (422, True)


def test_the_only_way_in_is_not_removed(phone: TestClient, zoe: Account, structure: Structure) -> None:
    answer = phone.post("/mon-compte/cles/retrait", data={"passkey": "00"})

    assert answer.status_code == 303
    assert structure.factors.ways()[zoe.account_id] == ("password",)


def program(app: FastAPI, token: str) -> TestClient:
    return TestClient(app, base_url="https://sillage.test", headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)


def test_a_form_sent_again_with_another_role_or_name_is_refused_and_hands_no_code_over(desk: TestClient, structure: Structure) -> None:
    first = desk.post("/comptes/inviter", data=INVITED | {"role": "administrator"})
    corrected = [
        desk.post("/comptes/inviter", data=INVITED | other) for other in ({}, {"role": "administrator", "display_name": "Inès T."})
    ]

    assert (first.status_code, [answer.status_code for answer in corrected]) == (200, [409, 409])
    assert all("a déjà invité" in answer.text and "invitation#" not in answer.text for answer in corrected)
    assert [account.role for account in structure.accounts.all() if account.display_name.startswith("Inès")] == [Role.ADMINISTRATOR]


def test_another_role_takes_the_tokens_of_the_former_one_too(desk: TestClient, phone: TestClient, zoe: Account) -> None:
    program_of_hers = program(desk.app, token_of(phone))
    before = program_of_hers.get("/api/v1/session").status_code

    desk.post(f"/comptes/{zoe.account_id}/role", data={"role": "dpo"})
    desk.post(f"/comptes/{zoe.account_id}/role", data={"role": "educator"})

    assert (before, program_of_hers.get("/api/v1/session").status_code) == (200, 401)


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


def test_a_token_keeps_its_purpose_and_does_not_sign_out(desk: TestClient, phone: TestClient, zoe: Account, structure: Structure) -> None:
    program_of_hers = program(desk.app, token_of(phone))

    purpose = program_of_hers.put("/api/v1/session/purpose", json={"purpose": "honour_rights"})
    out = program_of_hers.delete("/api/v1/session")

    assert [(answer.status_code, answer.json()["code"]) for answer in (purpose, out)] == [(409, "token_is_no_session")] * 2
    assert not {"session.purpose", "session.close"} & {operation for operation, _ in lines_of(structure, zoe)}


def test_of_two_passkeys_that_are_removed_at_once_one_stays(zoe: Account, structure: Structure) -> None:
    outcomes: list[list[bool]] = []
    for number in range(10):
        structure.factors.forget(zoe.account_id)
        keys = [bytes([number, one]) for one in range(2)]
        for key in keys:
            structure.factors.add_passkey(Passkey(key, zoe.account_id, b"public", 0, "téléphone"))
        with ThreadPoolExecutor(2) as both:
            outcomes.append(sorted(both.map(lambda key: structure.factors.remove_passkey(zoe.account_id, key), keys)))

    assert outcomes == [[False, True]] * 10


def test_the_last_passkey_is_refused_with_its_reason(phone: TestClient, zoe: Account, structure: Structure) -> None:
    structure.factors.forget(zoe.account_id)
    structure.factors.add_passkey(Passkey(b"one", zoe.account_id, b"public", 0, "téléphone"))

    answers = [phone.post("/mon-compte/cles/retrait", data={"passkey": key.hex()}) for key in (b"one", b"another")]

    assert [answer.status_code for answer in answers] == [409, 303]
    assert "seul moyen" in answers[0].text
    assert structure.factors.ways()[zoe.account_id] == ("passkey",)


def test_an_unused_account_is_closed_after_its_line_and_not_without(
    service: Service, zoe: Account, structure: Structure, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.accounts SET last_used_on = CURRENT_DATE - 61")

    def unavailable(*_: object) -> None:
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
