"""A fresh installation has nobody; the first administrator comes by a one-time link, everybody else by an invitation (R155, R137)."""

import re
from datetime import timedelta
from typing import Any

import psycopg
import pyotp
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.accounts.invitations import Invitations
from api.accounts.inviting import AdministratorExists, invite, invite_first_administrator, link_of
from api.bootstrap import Service, Structure
from api.databases import Databases
from domain.trail import Role
from tests.integration.doors.doors import ADDRESS, COOKIE, PASSWORD, Clock, account_of, browser, come_in, seed_in, with_password


def choice(client: TestClient, code: str) -> dict[str, str]:
    """Open an invitation; give the fields of its form and the seed that the phone reads."""
    page = client.post("/invitation", data={"invitation": code})
    assert page.status_code == 200, page.text
    sealed, shown = seed_in(page.text)
    return {"invitation": code, "seed": sealed, "shown": shown}


def accepted(client: TestClient, clock: Clock, invitation: str, /, **typed: str) -> Any:
    fields = choice(client, invitation)
    phone = pyotp.TOTP(fields.pop("shown")).at(clock.now)
    return client.post("/invitation/mot-de-passe", data=fields | {"sign_in_name": "leo.a", "password": PASSWORD, "code": phone} | typed)


def test_a_fresh_installation_has_no_account_that_opens_anything(structure: Structure, client: TestClient, clock: Clock) -> None:
    assert structure.accounts.all() == []
    assert structure.accounts.administrators() == set()
    assert [come_in(client, name, clock.code()).status_code for name in ("admin", "administrateur")] == [401, 401]
    assert client.post("/connexion", data={"account": str(structure.id)}).status_code == 404


def test_the_first_administrator_comes_in_once_by_the_printed_link(
    service: Service, structure: Structure, app: FastAPI, clock: Clock
) -> None:
    code = invite_first_administrator(service, structure, "Léo A.", "LA")
    assert structure.accounts.administrators() == set()

    client = browser(app)
    answer = accepted(client, clock, code)
    again = browser(app).post("/invitation", data={"invitation": code})

    assert link_of(service, code) == f"{ADDRESS}/invitation#{code}"
    assert (answer.status_code, len(re.findall(r"<li><code>[0-9A-Z-]{29}</code>", answer.text))) == (200, 10)
    assert client.get("/catalogue").status_code in {200, 404}
    assert (again.status_code, "a déjà servi" in again.text) == (409, True)
    assert len(structure.accounts.administrators()) == 1
    with pytest.raises(AdministratorExists):
        invite_first_administrator(service, structure, "Autre", "AU")


def test_the_first_link_lasts_a_quarter_of_an_hour_and_asking_again_makes_no_second_account(
    service: Service, structure: Structure, client: TestClient, databases: Databases
) -> None:
    first = invite_first_administrator(service, structure, "Léo A.", "LA")
    second = invite_first_administrator(service, structure, "Léo A.", "LA")
    earlier = client.post("/invitation", data={"invitation": first}).status_code
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.invitations SET expires_at = expires_at - interval '15 minutes'")

    assert (earlier, client.post("/invitation", data={"invitation": second}).status_code) == (409, 409)
    assert len(structure.accounts.all()) == 1


def test_what_does_not_do_is_said_at_its_field_and_no_secret_comes_back(
    service: Service, structure: Structure, app: FastAPI, clock: Clock
) -> None:
    with_password(service, structure, account_of(service, Role.EDUCATOR), "zoe.m")
    code = invite(service, structure, account_of(service, Role.EDUCATOR, "Inès R."))
    faults = {
        "password": ("trop court", "motdepasse123456", "Structure alpha 2026", "Inès est la meilleure"),
        "sign_in_name": ("zoe.m", "é", "a b"),
        "code": ("000000", ""),
    }

    for field, values in faults.items():
        for value in values:
            answer = accepted(browser(app), clock, code, **{field: value})
            assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True), value
            assert PASSWORD not in answer.text
            assert COOKIE not in answer.cookies

    assert accepted(browser(app), clock, code, sign_in_name="ines.r").status_code == 200


def test_a_seed_of_another_account_or_of_one_s_own_making_is_refused(
    service: Service, structure: Structure, app: FastAPI, clock: Clock
) -> None:
    codes = [invite(service, structure, account_of(service, Role.EDUCATOR, name)) for name in ("Inès R.", "Karim B.")]
    other = choice(browser(app), codes[0])
    phone = pyotp.TOTP(other["shown"]).at(clock.now)

    answers = [accepted(browser(app), clock, codes[1], seed=seed, code=phone) for seed in (other["seed"], "JBSWY3DPEHPK3PXP", "00")]

    assert [(answer.status_code, "trop attendu" in answer.text) for answer in answers] == [(409, True)] * 3


def test_after_a_mistake_the_drawing_is_the_one_that_the_phone_has_read(
    service: Service, structure: Structure, client: TestClient, clock: Clock
) -> None:
    code = invite(service, structure, account_of(service, Role.EDUCATOR, "Inès R."))
    fields = choice(client, code)
    shown = fields.pop("shown")
    good = fields | {"sign_in_name": "ines.r", "password": PASSWORD, "code": pyotp.TOTP(shown).at(clock.now)}
    mistakes = ({"password": "trop court"}, {"code": "000000"}, {"sign_in_name": "é"})

    pages = [client.post("/invitation/mot-de-passe", data=good | mistake).text for mistake in mistakes]
    pages.append(client.post("/invitation/cle", data=fields | {"answer": "{}"}).text)

    assert [seed_in(page)[1] for page in pages] == [shown] * 4
    assert not [page for page in pages if "nouveau dessin" in page]
    assert len({re.findall(r'class="drawing"><img src="([^"]+)"', page)[0] for page in pages[:2]}) == 1
    assert client.post("/invitation/mot-de-passe", data=good | {"seed": seed_in(pages[0])[0]}).status_code == 200


@pytest.mark.parametrize("seed", ["", "00", "é", "JBSWY3DPEHPK3PXP"])
def test_a_drawing_that_serves_no_more_is_replaced_and_the_page_says_so(
    service: Service, structure: Structure, client: TestClient, clock: Clock, seed: str
) -> None:
    code = invite(service, structure, account_of(service, Role.EDUCATOR, "Inès R."))
    before = choice(client, code)["shown"]

    answer = accepted(client, clock, code, seed=seed, sign_in_name="é")

    sealed, shown = seed_in(answer.text)
    assert (answer.status_code, shown == before, sealed == seed) == (422, False, False)
    assert "Photographiez le nouveau dessin" in answer.text
    assert 'href="#code"' in answer.text


def test_being_invited_anew_ends_sessions_and_factors(service: Service, structure: Structure, app: FastAPI, clock: Clock) -> None:
    zoe: Account = with_password(service, structure, account_of(service, Role.EDUCATOR), "zoe.m")
    client = browser(app)
    come_in(client, "zoe.m", clock.code())

    invite(service, structure, zoe)
    clock.now += timedelta(seconds=30)

    assert client.get("/dossiers").status_code == 401
    assert come_in(browser(app), "zoe.m", clock.code()).status_code == 401


def test_the_code_stands_in_no_address_and_no_database(service: Service, structure: Structure, databases: Databases) -> None:
    code = invite(service, structure, account_of(service, Role.EDUCATOR))

    with psycopg.connect(databases.main) as owner:
        stored = str(owner.execute("SELECT i FROM directory.invitations AS i").fetchall())

    assert link_of(service, code).partition("#")[2] == code
    assert code.replace("-", "") not in stored.replace("-", "")


def test_the_page_of_recovery_codes_says_the_name_that_was_chosen(
    service: Service, structure: Structure, app: FastAPI, clock: Clock
) -> None:
    account = account_of(service, Role.EDUCATOR, "Inès R.")
    first = accepted(browser(app), clock, invite(service, structure, account), sign_in_name="ines.r")
    again = accepted(browser(app), clock, invite(service, structure, account), sign_in_name="ines.toure")

    assert re.search(r"Votre identifiant\s: ines\.r<", first.text)
    assert re.search(r"Votre identifiant\s: ines\.toure<", again.text)


def test_who_sends_an_invitation_too_late_does_not_rename_whoever_took_it(
    service: Service, structure: Structure, app: FastAPI, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_of(service, Role.EDUCATOR, "Inès R.")
    code = invite(service, structure, account)
    structure.accounts.give_sign_in_name(account.account_id, "ines.r")
    monkeypatch.setattr(Invitations, "take", lambda _self, _code: False)

    answer = accepted(browser(app), clock, code, sign_in_name="thief")

    found = structure.accounts.get(account.account_id)
    assert found is not None
    assert (answer.status_code, found.sign_in_name) == (409, "ines.r")
