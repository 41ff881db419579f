"""The factor shown anew that grave acts ask for, and that nothing else does (R139)."""

from datetime import timedelta

import psycopg
import pytest
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.bootstrap import Structure
from api.databases import Databases
from tests.integration.doors.doors import COOKIE, INVITED, PASSWORD, Clock, browser, lines_of, program, token_of


def grow_stale(databases: Databases) -> None:
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.sessions SET proven_at = proven_at - interval '5 minutes 1 second'")


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


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/mon-compte/mot-de-passe"),
        ("POST", "/mon-compte/cles"),
        ("POST", "/mon-compte/cles/retrait"),
        ("POST", "/mon-compte/jetons"),
        ("POST", "/mon-compte/connexions/fin"),
        ("POST", "/mon-compte/connexions/00000000-0000-4000-8000-000000000009/fin"),
        ("DELETE", "/api/v1/sessions"),
        ("DELETE", "/api/v1/sessions/00000000-0000-4000-8000-000000000009"),
    ],
)
def test_what_one_signs_in_with_and_where_changes_with_a_fresh_factor_alone(
    phone: TestClient, databases: Databases, method: str, path: str
) -> None:
    grow_stale(databases)

    answer = phone.request(method, path, data={"sure": "oui"} if method == "POST" else None)

    assert answer.status_code == 401
    assert ("step_up" if path.startswith("/api") else "Confirmez que c’est bien vous") in answer.text


DAYS = "first=2026-11-01&last=2026-11-27"
TAKEN_AWAY = (
    (f"/acces/export.csv?{DAYS}", f"/api/v1/trail/export?{DAYS}"),
    (f"/registres/dossier-de-controle.zip?{DAYS}", f"/api/v1/control-file?{DAYS}"),
    ("/acces/sceau/journal", "/api/v1/seal/journal"),
)


@pytest.mark.parametrize(("page", "api"), TAKEN_AWAY)
def test_what_hands_the_trail_out_asks_for_a_fresh_factor_which_no_token_has(
    watch: TestClient, databases: Databases, page: str, api: str
) -> None:
    token, fresh = token_of(watch), [watch.get(path).status_code for path in (page, api)]
    grow_stale(databases)

    stale = [watch.get(path).status_code for path in (page, api)]
    by_token = program(watch.app, token).get(api)

    assert (fresh, stale) == ([200] * 2, [401] * 2)
    assert (by_token.status_code, by_token.json()["code"]) == (401, "step_up")


def test_looking_and_daily_work_ask_for_no_fresh_factor(phone: TestClient, databases: Databases) -> None:
    grow_stale(databases)

    assert [phone.get(path).status_code for path in ("/dossiers", "/mon-compte", "/mon-compte/mot-de-passe")] == [200] * 3
    assert phone.post("/finalite", data={"purpose": "honour_rights"}).status_code == 303
    assert phone.post("/mon-compte/cles/retrait", data={"passkey": "00"}).status_code == 401
