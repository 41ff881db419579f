"""A passkey in a real browser, with a virtual authenticator: made at the invitation, used at the door, in seconds (N44, R130, R140)."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
import uvicorn
from playwright.sync_api import Browser, CDPSession, Page, expect

from api.accounts.inviting import invite, invite_first_administrator, link_of
from api.accounts.password_hashing import CHEAPEST
from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.settings import Settings
from api.web.app import create_app
from domain.trail import Role
from tests.conftest import ALPHA
from tests.e2e.conftest import PATIENCE, Shoot
from tests.e2e.test_every_page import faults_of
from tests.integration.doors.doors import account_of, with_password
from tests.integration.doors.test_refused_passkeys import forged


@dataclass(frozen=True)
class RealSite:
    """The service outside the demonstration, on its own port of `localhost`: the one plain address that browsers trust."""

    address: str
    service: Service
    structure: Structure


@pytest.fixture
def site(settings: Settings, databases: Databases) -> Iterator[RealSite]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        real = settings.model_copy(update={"demonstration": False, "public_address": address})
        service = build(real, databases, password_costs=CHEAPEST)
        server = uvicorn.Server(uvicorn.Config(create_app(service), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield RealSite(address, service, service.structure(ALPHA))
        server.should_exit = True
        thread.join(timeout=15)
        service.close()


@dataclass
class Phone:
    """A phone with an authenticator of its own, which recognises its owner."""

    page: Page
    cdp: CDPSession
    authenticator: str

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})["credentials"]
        return found

    def recognises(self, *, its_owner: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.authenticator, "isUserVerified": its_owner})


@pytest.fixture
def phone(browser: Browser, site: RealSite) -> Iterator[Phone]:
    context = browser.new_context(base_url=site.address, viewport={"width": 360, "height": 800}, locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield Phone(page, cdp, made["authenticatorId"])
    context.close()


def enrolled(site: RealSite, phone: Phone, role: Role = Role.EDUCATOR) -> None:
    """Open an invitation on the phone, and make its passkey."""
    code = invite(site.service, site.structure, account_of(site.service, role))
    phone.page.goto(link_of(site.service, code))
    phone.page.get_by_role("button", name="Créer ma clé d’accès").click()
    expect(phone.page.get_by_role("button", name="Quitter")).to_be_visible()


def test_the_first_administrator_comes_in_by_the_link_and_a_passkey(site: RealSite, phone: Phone, shoot: Shoot) -> None:
    code = invite_first_administrator(site.service, site.structure, "Léo A.", "LA")
    page = phone.page

    page.goto(link_of(site.service, code))
    expect(page.get_by_role("heading", name="Bonjour Léo A.")).to_be_visible()
    assert "#" not in page.url
    assert faults_of(page, shoot, "invitation-choix") == []
    page.get_by_role("button", name="Créer ma clé d’accès").click()

    expect(page.get_by_role("heading", name="Pourquoi êtes-vous là")).to_be_visible()
    assert faults_of(page, shoot, "finalite") == []
    [credential] = phone.credentials()
    assert (credential["isResidentCredential"], credential["rpId"]) == (True, "localhost")
    assert page.request.get("/invitation").ok


def test_from_a_locked_phone_to_a_signed_in_page_takes_seconds(site: RealSite, phone: Phone, shoot: Shoot) -> None:
    enrolled(site, phone)
    page = phone.page
    page.get_by_role("button", name="Quitter").click()
    expect(page.get_by_role("heading", name="Entrer", exact=True)).to_be_visible()
    assert faults_of(page, shoot, "entrer") == []
    page.goto("about:blank")

    began = time.perf_counter()
    page.goto("/dossiers")
    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()
    page.get_by_role("button", name="accompagner").click()
    expect(page.get_by_role("heading", name="Mes jeunes")).to_be_visible()
    seconds = time.perf_counter() - began

    print(f"from a locked phone to a signed-in page by passkey: {seconds:.2f} s")  # noqa: T201
    assert seconds < 10


def test_an_authenticator_that_does_not_recognise_its_user_opens_nothing(site: RealSite, phone: Phone) -> None:
    enrolled(site, phone)
    page = phone.page
    page.get_by_role("button", name="Quitter").click()
    phone.recognises(its_owner=False)

    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()

    expect(page.get_by_role("status").filter(has_text="Rien n’a été reconnu")).to_be_visible()


def test_a_passkey_of_a_closed_account_and_a_copied_one_open_nothing(site: RealSite, phone: Phone, databases: Databases) -> None:
    enrolled(site, phone)
    page = phone.page
    page.get_by_role("button", name="Quitter").click()
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.passkeys SET sign_count = 1000")

    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()
    expect(page.get_by_role("alert")).to_contain_text("Cette clé d’accès n’ouvre pas")
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.passkeys SET sign_count = 1")
        owner.execute("UPDATE s_alpha.accounts SET deactivated_at = now()")
    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()

    expect(page.get_by_role("alert")).to_contain_text("Cette clé d’accès n’ouvre pas")


def test_a_thousand_guesses_do_not_keep_the_true_person_out(site: RealSite, phone: Phone) -> None:
    enrolled(site, phone)
    page = phone.page
    page.get_by_role("button", name="Quitter").click()
    [account] = site.structure.accounts.all()
    site.structure.accounts.give_sign_in_name(account.account_id, "zoe.m")
    statuses = _guessed(site, 1000)

    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()

    expect(page.get_by_role("heading", name="Pourquoi êtes-vous là")).to_be_visible()
    assert set(statuses) == {401, 429}
    assert statuses.count(401) < 15


def test_refused_passkeys_from_the_same_place_do_not_keep_the_true_person_out(site: RealSite, phone: Phone) -> None:
    enrolled(site, phone)
    page = phone.page
    page.get_by_role("button", name="Quitter").click()
    [account] = site.structure.accounts.all()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Origin": site.address}
    body = urlencode(forged(site.structure, account.account_id))
    statuses = [page.request.post("/connexion/cle", data=body, headers=headers).status for _ in range(40)]

    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()

    expect(page.get_by_role("heading", name="Pourquoi êtes-vous là")).to_be_visible()
    assert set(statuses) == {401, 429}
    assert statuses.count(401) < 15


def test_what_was_signed_once_opens_nothing_again(site: RealSite, phone: Phone) -> None:
    enrolled(site, phone)
    page = phone.page
    page.get_by_role("button", name="Quitter").click()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.url.endswith("/connexion/cle") else None)
    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()
    expect(page.get_by_role("heading", name="Pourquoi êtes-vous là")).to_be_visible()

    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": site.address}
    again = page.request.post("/connexion/cle", data=sent[0], headers=headers)

    assert (again.status, "n’ouvre pas" in again.text()) == (401, True)


def _guessed(site: RealSite, number: int) -> list[int]:
    """Try passwords, twenty at a time."""
    host = site.address.removeprefix("http://")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Origin": site.address}

    def guess(one: int) -> int:
        connection = HTTPConnection(host, timeout=30)
        form = {"structure": "alpha", "name": "zoe.m", "password": f"guess number {one} of many", "code": "000000"}
        connection.request("POST", "/connexion/mot-de-passe", urlencode(form), headers)
        return connection.getresponse().status

    with ThreadPoolExecutor(20) as crowd:
        return list(crowd.map(guess, range(number)))


def test_the_desk_of_accounts_and_one_s_own_account_are_fit_for_a_phone(site: RealSite, phone: Phone, shoot: Shoot) -> None:
    page = phone.page
    page.goto(link_of(site.service, invite_first_administrator(site.service, site.structure, "Léo A.", "LA")))
    page.get_by_role("button", name="Créer ma clé d’accès").click()
    page.get_by_role("button", name="faire marcher le service").click()
    faults = []
    for address in ("/comptes", "/comptes/inviter", "/mon-compte", "/mon-compte/mot-de-passe", "/invitation"):
        page.goto(address)
        faults += faults_of(page, shoot, address.strip("/").replace("/", "-"))
    [account] = site.structure.accounts.all()
    with_password(site.service, site.structure, account, "leo.a")
    page.goto("/mon-compte/mot-de-passe")
    for label, typed in (
        ("Mot de passe actuel", "oublié"),
        ("Nouveau mot de passe", "tuile hamac radis plomb"),
        ("Les 6 chiffres", "000000"),
    ):
        page.get_by_label(label).fill(typed)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Mot de passe actuel")).to_have_attribute("aria-invalid", "true")
    faults += faults_of(page, shoot, "mon-compte-mot-de-passe-refuse")
    page.goto("/comptes/inviter")
    page.get_by_label("Nom affiché").fill("Inès R.")
    page.get_by_label("Initiales").fill("IR")
    page.get_by_label("éducatrice ou éducateur").check()
    page.get_by_role("button", name="Inviter").click()
    expect(page.get_by_role("heading", name="Invitation de Inès R.")).to_be_visible()
    faults += faults_of(page, shoot, "comptes-invitee")
    page.get_by_role("link", name="C’est remis").click()
    page.get_by_role("link", name="Inès R.").click()
    faults += faults_of(page, shoot, "compte")

    assert faults == []


def test_a_grave_act_on_a_stale_session_is_confirmed_with_one_touch(
    site: RealSite, phone: Phone, databases: Databases, shoot: Shoot
) -> None:
    page = phone.page
    page.goto(link_of(site.service, invite_first_administrator(site.service, site.structure, "Léo A.", "LA")))
    page.get_by_role("button", name="Créer ma clé d’accès").click()
    page.get_by_role("button", name="faire marcher le service").click()
    page.goto("/comptes/inviter")
    page.get_by_label("Nom affiché").fill("Inès R.")
    page.get_by_label("Initiales").fill("IR")
    page.get_by_label("éducatrice ou éducateur").check()
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.sessions SET proven_at = proven_at - interval '6 minutes'")

    page.get_by_role("button", name="Inviter").click()
    expect(page.get_by_role("heading", name="Confirmez que c’est bien vous")).to_be_visible()
    assert faults_of(page, shoot, "confirmer") == []
    page.get_by_role("button", name="Confirmer avec ma clé d’accès").click()
    page.get_by_role("button", name="Reprendre mon texte").click()
    expect(page.get_by_label("Nom affiché")).to_have_value("Inès R.")
    page.get_by_role("button", name="Inviter").click()

    expect(page.get_by_role("heading", name="Invitation de Inès R.")).to_be_visible()


def test_changing_user_on_a_shared_phone_asks_for_the_next_passkey_at_once(site: RealSite, phone: Phone) -> None:
    enrolled(site, phone)
    page = phone.page
    page.get_by_role("button", name="accompagner").click()

    began = time.perf_counter()
    page.get_by_role("button", name="Changer de personne").click()
    page.get_by_role("button", name="accompagner").click()
    expect(page.get_by_role("heading", name="Mes jeunes")).to_be_visible()
    seconds = time.perf_counter() - began

    print(f"changing user on a shared phone: {seconds:.2f} s")  # noqa: T201
    assert seconds < 10
