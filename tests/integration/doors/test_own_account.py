"""One's own account: where one is signed in, for what, and what one signs in with (R138, N16)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pyotp
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.accounts.factors import Passkey
from api.bootstrap import Service, Structure
from tests.integration.doors.doors import NAME, PASSWORD, Clock, browser, come_in, lines_of, notices_of, seed_in

NEW = "tuile hamac radis plomb"


def changed(phone: TestClient, clock: Clock, present: str) -> Any:
    """Change the password, the phone's codes and the name on one's own page."""
    sealed, shown = seed_in(phone.get("/mon-compte/mot-de-passe").text)
    form = {"present": present, "sign_in_name": "zoe.b", "password": NEW, "seed": sealed, "code": pyotp.TOTP(shown).at(clock.now)}
    return phone.post("/mon-compte/mot-de-passe", data=form)


def test_a_password_is_changed_with_the_present_one_which_then_opens_nothing_and_the_person_is_told(
    app: FastAPI, phone: TestClient, clock: Clock, zoe: Account, structure: Structure
) -> None:
    clock.now += timedelta(seconds=30)
    elsewhere = browser(app)
    come_in(elsewhere, NAME, clock.code())

    answer = changed(phone, clock, PASSWORD)

    assert (answer.status_code, len(re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}", answer.text))) == (200, 10)
    assert (phone.get("/dossiers").status_code, elsewhere.get("/dossiers").status_code) == (200, 401)
    assert "un mot de passe et des codes ont été choisis" in phone.get("/dossiers").text
    clock.now += timedelta(seconds=30)
    assert [come_in(browser(app), name, clock.code()).status_code for name in (NAME, "zoe.b")] == [401, 401]
    factor = structure.factors.password_of(zoe.account_id)
    assert factor is not None
    assert come_in(browser(app), "zoe.b", pyotp.TOTP(factor.seed).at(clock.now), NEW).status_code == 303


def test_without_the_present_password_nothing_changes_and_guesses_wait(
    app: FastAPI, phone: TestClient, clock: Clock, zoe: Account, structure: Structure
) -> None:
    answers = [changed(phone, clock, wrong) for wrong in ("", NEW, "lampe granit vélo", "x" * 300, "five")]

    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert all('href="#present"' in answer.text and NEW not in answer.text for answer in answers[:4])
    assert lines_of(structure, zoe).count(("factor.change", "refused")) == 4
    assert ("factor.change", "granted") not in lines_of(structure, zoe)
    assert notices_of(structure, zoe) == ["step_up_failed"]
    clock.now += timedelta(seconds=30)
    assert come_in(browser(app, "203.0.113.8"), NAME, clock.code()).status_code == 303


def test_after_a_mistake_the_drawing_is_the_one_that_the_phone_has_read(phone: TestClient, clock: Clock) -> None:
    sealed, shown = seed_in(phone.get("/mon-compte/mot-de-passe").text)
    good = {"present": PASSWORD, "sign_in_name": "zoe.b", "password": NEW, "seed": sealed, "code": pyotp.TOTP(shown).at(clock.now)}

    mistakes: tuple[dict[str, str], ...] = ({"present": NEW}, {"password": "trop court"}, {"code": "000000"}, {"seed": "00"})
    kept, *others, replaced = [phone.post("/mon-compte/mot-de-passe", data=good | mistake).text for mistake in mistakes]

    assert {seed_in(page)[1] for page in (kept, *others)} == {shown}
    assert (seed_in(replaced)[1] == shown, "Photographiez le nouveau dessin" in replaced) == (False, True)
    assert "nouveau dessin" not in kept
    assert phone.post("/mon-compte/mot-de-passe", data=good | {"seed": seed_in(kept)[0]}).status_code == 200


def test_who_has_no_password_yet_chooses_one_without(phone: TestClient, clock: Clock, zoe: Account, structure: Structure) -> None:
    structure.factors.forget(zoe.account_id)

    assert "present" not in phone.get("/mon-compte/mot-de-passe").text
    assert changed(phone, clock, "").status_code == 200
    assert structure.factors.ways()[zoe.account_id] == ("password",)


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


def test_the_only_way_in_is_not_removed(phone: TestClient, zoe: Account, structure: Structure) -> None:
    answer = phone.post("/mon-compte/cles/retrait", data={"passkey": "00"})

    assert answer.status_code == 303
    assert structure.factors.ways()[zoe.account_id] == ("password",)


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
