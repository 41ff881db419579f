"""A sealed service behind its HTTP door: it answers nothing but its door, asks no database, and opens with the secret alone (N36)."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api import logs, pages, v1
from api.accounts.accounts import Account
from api.accounts.sign_in import USUAL_PURPOSE
from api.bootstrap import Service, build
from api.databases import Databases
from api.pages import sealed
from api.seal import Patience, Seal
from api.settings import Settings
from api.web.app import create_app
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.passphrase import CHEAPEST
from crypto_shredding.keys.pkcs11_provider import Pkcs11Provider
from crypto_shredding.keys.provider import Providers
from domain.identifiers import AccountId
from domain.trail import Role
from projections.runner import State
from tests.conftest import ALPHA
from tests.integration.api.people import DAY
from tests.softhsm import PIN, new_token

PHRASE = "une barque verte dort sous le pont"
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
FORM = {"place": "file", "secret": PHRASE}


def protect(folder: Path, secret: str = PHRASE) -> None:
    FileProvider(folder, costs=CHEAPEST).set_passphrase(secret)


@pytest.fixture
def sealed_service(settings: Settings, databases: Databases) -> Iterator[Service]:
    """The service of an association, whose keys a passphrase seals."""
    protect(settings.provider_folder)
    service = build(settings.model_copy(update={"demonstration": False}), databases)
    yield service
    service.close()


@pytest.fixture
def log() -> Iterator[StringIO]:
    stream, root = StringIO(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure("info", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def app_of(service: Service, **patience: float) -> FastAPI:
    return create_app(service, Seal(service.providers, patience=Patience(**{"least": 0.0, **patience})))  # type: ignore[arg-type]


@pytest.fixture
def client(sealed_service: Service) -> Iterator[TestClient]:
    """A browser before the running application."""
    with TestClient(app_of(sealed_service), base_url="https://sillage.example", headers=PAGE, follow_redirects=False) as client:
        yield client


def paths(router: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path of a router, an identifier in the place of each of its variables."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            filled = "/".join(str(uuid4()) if part.startswith("{") else part for part in route.path.split("/"))
            yield from ((method, f"{prefix}{filled}") for method in route.methods)
        elif hasattr(route, "original_router"):
            yield from paths(route.original_router, prefix)


def test_every_page_is_the_door_and_says_what_to_do(sealed_service: Service, client: TestClient) -> None:
    sealed_service.close()  # No page of a sealed service asks a database.
    answers = [client.request(method, path) for method, path in [*paths(pages.router), ("GET", "/unknown")]]

    assert len(answers) > 20
    assert {answer.status_code for answer in answers} == {503}
    assert all('action="/ouverture"' in answer.text and "Service scellé" in answer.text for answer in answers)
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers)


def test_every_route_of_the_api_says_that_it_is_sealed(sealed_service: Service, client: TestClient) -> None:
    sealed_service.close()
    asked = [*paths(v1.router, "" if next(iter(paths(v1.router)))[1].startswith("/api") else "/api/v1"), ("GET", "/api/v1/openapi.json")]
    answers = [client.request(method, path, headers={"Accept": "application/json"}) for method, path in asked]

    assert len(answers) > 20
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "sealed")}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


def test_the_door_and_what_it_is_drawn_with_are_there(sealed_service: Service, client: TestClient) -> None:
    sealed_service.close()
    door = client.get("/ouverture")

    assert door.status_code == 200
    assert 'type="password"' in door.text
    assert 'autocomplete="off"' in door.text
    assert client.get("/static/sillage.css").status_code == 200


@pytest.mark.parametrize("secret", ["", "une barque verte dort sous le Pont", PHRASE * 200])
def test_a_wrong_secret_is_told_what_to_do_and_is_repeated_nowhere(client: TestClient, log: StringIO, secret: str) -> None:
    answer = client.post("/ouverture", data={"place": "file", "secret": secret})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "recommencez" in answer.text or "Tapez" in answer.text
    assert "barque" not in answer.text + str(answer.headers) + log.getvalue()
    assert client.get("/").status_code == 503


def test_the_right_secret_opens_everything(sealed_service: Service, client: TestClient, log: StringIO) -> None:
    structure = sealed_service.structure(ALPHA)
    assert structure.runner.state is State.NOT_STARTED
    assert sealed_service.background._threads == []

    answer = client.post("/ouverture", data=FORM | {"secret": f" {PHRASE} "})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert len(sealed_service.background._threads) == 3 * len(sealed_service.structures())
    assert opened_record(sealed_service, client).status_code == 201
    assert "Entrer" in client.get("/").text
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert "seal.opened" in events
    assert "barque" not in log.getvalue()


def opened_record(service: Service, client: TestClient) -> Any:
    account = Account(AccountId(uuid4()), Role.EDUCATOR, "Personne fictive", "PF")
    service.structure(ALPHA).accounts.add(account)
    token = service.directory.open_session(ALPHA, account.account_id, USUAL_PURPOSE[Role.EDUCATOR], timedelta(hours=1))
    record = {"pseudonym": "Kiki", "birth_year": 2009, "informed": {"how": "de vive voix", "occurred_on": DAY}}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    return client.post("/api/v1/records", json=record, headers=headers)


def test_another_site_cannot_send_the_form(client: TestClient) -> None:
    answer = client.post("/ouverture", data=FORM, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert client.get("/").status_code == 503


def test_an_open_service_does_not_judge_a_secret(client: TestClient) -> None:
    client.post("/ouverture", data=FORM)

    answers = [client.post("/ouverture", data={"place": "file", "secret": secret}) for secret in (PHRASE, "any other one")]

    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, "/")] * 2


def test_a_crowd_of_tries_is_told_to_come_again(sealed_service: Service) -> None:
    with TestClient(app_of(sealed_service, most=0), base_url="https://sillage.example", headers=PAGE) as client:
        answer = client.post("/ouverture", data=FORM)

    assert answer.status_code == 429
    assert "recommencez dans quelques secondes" in answer.text


def test_a_damaged_seal_is_told_with_what_to_do(settings: Settings, client: TestClient) -> None:
    seal = settings.provider_folder / "seal.json"
    seal.chmod(0o600)
    seal.write_bytes(b"{")

    answer = client.post("/ouverture", data=FORM)

    assert answer.status_code == 503
    assert "remettez-le depuis une copie" in answer.text


def test_a_passphrase_set_under_a_running_service_closes_it_at_the_next_key(service: Service, settings: Settings) -> None:
    with TestClient(app_of(service), base_url="http://127.0.0.1", headers=PAGE, follow_redirects=False) as client:
        assert client.get("/api/v1/session").status_code == 401
        protect(settings.provider_folder)
        for key_store in service.structure(ALPHA).key_stores:
            key_store._keks.clear()

        sealed_answer = opened_record(service, client)
        opening = client.post("/ouverture", data=FORM)

        assert (sealed_answer.status_code, sealed_answer.json()["code"]) == (503, "sealed")
        assert opening.status_code == 303
        assert opened_record(service, client).status_code == 201


def test_during_a_move_to_a_token_both_secrets_are_asked_for_one_after_the_other(sealed_service: Service) -> None:
    token = new_token("a-move")
    providers = Providers(Pkcs11Provider(token.module, token.label), sealed_service.providers.all)
    app = create_app(sealed_service, Seal(providers, patience=Patience(least=0.0)))
    with TestClient(app, base_url="https://sillage.example", headers=PAGE, follow_redirects=False) as client:
        pages_shown = [client.get("/").text]
        wrong = client.post("/ouverture", data={"place": "pkcs11", "secret": "no PIN of ours"})
        for place, secret in (("pkcs11", PIN), ("file", PHRASE)):
            client.post("/ouverture", data={"place": place, "secret": secret})
            pages_shown.append(client.get("/ouverture").text)

    assert wrong.status_code == 422
    assert "un token se bloque" in wrong.text
    assert ["Code PIN du token" in shown for shown in pages_shown] == [True, False, False]
    assert ["Phrase de passe" in shown for shown in pages_shown] == [False, True, False]


def test_the_door_is_what_the_boundary_lets_through() -> None:
    assert {path for _, path in paths(sealed.router)} == {sealed.DOOR}
