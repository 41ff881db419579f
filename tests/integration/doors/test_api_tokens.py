"""Personal tokens for programs: what they open, when they end, what they may not do."""

import re

import psycopg
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.accounts.api_tokens import ApiTokens
from api.bootstrap import Service, Structure
from api.databases import Databases
from tests.integration.doors.doors import lines_of, program, token_of

ASKED = {"name": "tableur", "days": 3}


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


def test_a_form_that_is_sent_twice_makes_one_token_and_the_second_answer_s_secret_opens(
    app: FastAPI, phone: TestClient, service: Service, structure: Structure, zoe: Account
) -> None:
    first, second = (token_of(phone, key="one click") for _ in range(2))

    made = ApiTokens(service.directory).of(structure.id, zoe.account_id)
    opened = [program(app, token).get("/api/v1/session").status_code for token in (first, second)]
    assert (len(made), opened) == (1, [401, 200])
    third, of_the_api = token_of(phone), [phone.post("/api/v1/tokens", json=ASKED, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in of_the_api] == [201] * 2
    assert program(app, third).get("/api/v1/session").status_code == 200
    assert len(ApiTokens(service.directory).of(structure.id, zoe.account_id)) == 3


def test_a_colleague_s_form_with_the_same_key_leaves_a_token_alone(app: FastAPI, phone: TestClient, desk: TestClient) -> None:
    mine, theirs = token_of(phone, key="one click"), token_of(desk, key="one click")

    assert [program(app, token).get("/api/v1/session").status_code for token in (mine, theirs)] == [200] * 2


def test_no_token_lives_longer_than_ninety_days(phone: TestClient) -> None:
    answer = phone.post("/mon-compte/jetons", data={"name": "tableur", "days": "91"})

    assert (answer.status_code, 'href="#days"' in answer.text) == (422, True)


def test_another_role_takes_the_tokens_of_the_former_one_too(desk: TestClient, phone: TestClient, zoe: Account) -> None:
    program_of_hers = program(desk.app, token_of(phone))
    before = program_of_hers.get("/api/v1/session").status_code

    desk.post(f"/comptes/{zoe.account_id}/role", data={"role": "dpo"})
    desk.post(f"/comptes/{zoe.account_id}/role", data={"role": "educator"})

    assert (before, program_of_hers.get("/api/v1/session").status_code) == (200, 401)


def test_a_token_keeps_its_purpose_and_does_not_sign_out(desk: TestClient, phone: TestClient, zoe: Account, structure: Structure) -> None:
    program_of_hers = program(desk.app, token_of(phone))

    purpose = program_of_hers.put("/api/v1/session/purpose", json={"purpose": "honour_rights"})
    out = program_of_hers.delete("/api/v1/session")

    assert [(answer.status_code, answer.json()["code"]) for answer in (purpose, out)] == [(409, "token_is_no_session")] * 2
    assert not {"session.purpose", "session.close"} & {operation for operation, _ in lines_of(structure, zoe)}
