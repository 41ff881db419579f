"""Passkeys that open nothing: they wait like wrong passwords, and the owner is told when it is repeated (R140).

That the right one never waits is shown with a real authenticator: `e2e/test_passkeys.py`.
"""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.bootstrap import Service, Structure
from api.databases import Databases
from domain.trail import Purpose, Role
from tests.integration.doors.doors import NAME, PASSWORD, Clock, account_of, browser, come_in, notices_of


def forged(structure: Structure, account: UUID) -> dict[str, str]:
    """Answer for `account` as an authenticator that it does not have."""
    challenge = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    client = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": "https://sillage.test"}).encode()
    handle = structure.id.bytes + account.bytes
    parts = {"clientDataJSON": client, "authenticatorData": bytes(37), "signature": b"none", "userHandle": handle}
    response = {name: base64.urlsafe_b64encode(part).decode().rstrip("=") for name, part in parts.items()}
    return {"answer": json.dumps({"id": "bm9uZQ", "rawId": "bm9uZQ", "type": "public-key", "response": response})}


def tried(app: FastAPI, structure: Structure, account: UUID, times: int, place: str = "203.0.113.7") -> list[Any]:
    return [browser(app, place).post("/connexion/cle", data=forged(structure, account)) for _ in range(times)]


def refusals_in_trail(structure: Structure) -> int:
    refused = "operation = 'session.open' AND outcome = 'refused'"
    query = structure.store.database.statement(f"SELECT count(*) FROM {{access_trail}} WHERE {refused}")
    with structure.store.database.connection() as connection:
        return int(connection.execute(query).fetchall()[0][0])


def test_refused_passkeys_wait_whether_or_not_there_is_such_an_account(app: FastAPI, structure: Structure, zoe: Account) -> None:
    answers = {account: tried(app, structure, account, 5) for account in (zoe.account_id, uuid4())}

    assert [[answer.status_code for answer in five] for five in answers.values()] == [[401] * 4 + [429]] * 2
    last = answers[zoe.account_id][-1]
    assert "La bonne clé entre tout de suite" in last.text
    assert int(last.headers["retry-after"]) >= 1
    assert refusals_in_trail(structure) == 8


def test_another_address_of_the_same_line_is_the_same_place(app: FastAPI, structure: Structure, zoe: Account) -> None:
    places = [f"2001:db8:7:1::{number:x}" for number in range(1, 6)]

    answers = [tried(app, structure, zoe.account_id, 1, place)[0] for place in (*places, "2001:db8:7:2::1")]

    assert [answer.status_code for answer in answers] == [401] * 4 + [429, 401]


def test_refused_passkeys_elsewhere_make_nobody_wait_for_a_password(app: FastAPI, clock: Clock, structure: Structure, zoe: Account) -> None:
    tried(app, structure, zoe.account_id, 5)

    assert come_in(browser(app), NAME, clock.code()).status_code == 303


@pytest.mark.parametrize(("times", "told"), [(2, []), (3, ["passkey_refused"]), (4, ["passkey_refused"])])
def test_the_owner_is_told_of_repeated_refusals_and_not_of_one(
    app: FastAPI, structure: Structure, zoe: Account, *, times: int, told: list[str]
) -> None:
    tried(app, structure, zoe.account_id, times)

    assert notices_of(structure, zoe) == told


def test_the_right_passkey_forgets_what_was_refused_before(
    app: FastAPI, structure: Structure, zoe: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried(app, structure, zoe.account_id, 2)
    with monkeypatch.context() as signed:
        signed.setattr("api.accounts.passkeys._is_signed", lambda *_, **__: True)
        assert tried(app, structure, zoe.account_id, 1)[0].status_code == 303
    tried(app, structure, zoe.account_id, 2)

    assert notices_of(structure, zoe) == []


@pytest.mark.parametrize(("times", "told"), [(2, []), (3, ["step_up_failed"])])
@pytest.mark.parametrize("by_passkey", [True, False])
def test_the_owner_is_told_of_repeated_failed_confirmations(
    app: FastAPI, clock: Clock, structure: Structure, zoe: Account, databases: Databases, *, times: int, told: list[str], by_passkey: bool
) -> None:
    client: TestClient = browser(app)
    come_in(client, NAME, clock.code())
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.sessions SET proven_at = proven_at - interval '6 minutes'")
    wrong = forged(structure, zoe.account_id) if by_passkey else {"password": PASSWORD, "code": "000000"}

    statuses = [client.post("/confirmation", data=wrong).status_code for _ in range(times)]

    assert statuses == [401] * times
    assert notices_of(structure, zoe) == told
    page = client.get("/mon-compte").text
    assert ("confirmer un acte grave" in page) is bool(told)


def test_failed_confirmations_by_passkey_wait_too(app: FastAPI, clock: Clock, structure: Structure, zoe: Account) -> None:
    client = browser(app)
    come_in(client, NAME, clock.code())

    statuses = [client.post("/confirmation", data=forged(structure, zoe.account_id)).status_code for _ in range(5)]

    assert statuses == [401] * 4 + [429]


def test_failures_of_somebody_without_a_password_are_nobody_else_s(app: FastAPI, service: Service, structure: Structure) -> None:
    careless, other = (account_of(service, Role.EDUCATOR, name) for name in ("Ali B.", "Inès R."))
    for account, times in ((careless, 3), (other, 1)):
        structure.accounts.add(account)
        token = service.directory.open_session(structure.id, account.account_id, Purpose.ACCOMPANY, timedelta(hours=1))
        for _ in range(times):
            sent = {"password": PASSWORD, "code": "000000"}
            assert browser(app).post("/confirmation", data=sent, headers={"Authorization": f"Bearer {token}"}).status_code == 401

    assert (notices_of(structure, careless), notices_of(structure, other)) == (["step_up_failed"], [])


def test_whoever_failed_to_confirm_does_not_forget_the_notice_of_it(
    app: FastAPI, clock: Clock, structure: Structure, zoe: Account, databases: Databases
) -> None:
    client = browser(app)
    come_in(client, NAME, clock.code())
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.sessions SET proven_at = proven_at - interval '6 minutes'")
    for _ in range(3):
        client.post("/confirmation", data={"password": PASSWORD, "code": "000000"})

    client.post("/mon-compte/avis", data={"reprise": "/mon-compte"})
    kept = notices_of(structure, zoe)
    clock.now += timedelta(seconds=30)
    owner_s = browser(app, "203.0.113.8")
    come_in(owner_s, NAME, clock.code())
    owner_s.post("/mon-compte/avis", data={"reprise": "/mon-compte"})

    assert (kept, notices_of(structure, zoe)) == (["step_up_failed"], [])
