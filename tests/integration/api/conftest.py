"""The whole service behind its HTTP door: real databases, real sessions, one client a person."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.accounts.sign_in import USUAL_PURPOSE
from api.bootstrap import Service, Structure
from api.web.app import create_app
from domain.identifiers import AccountId, YouthId
from domain.trail import Role
from projections import position
from tests.integration.api.people import CANARY, DAY, Person


@pytest.fixture
def app(service: Service) -> FastAPI:
    return create_app(service)


@pytest.fixture
def late_views(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists wait for no view: only the test itself moves them."""
    monkeypatch.setattr(position, "OWN_WRITES_SECONDS", 0.0)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """Nobody in particular."""
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False, headers={"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def person(app: FastAPI, service: Service, structure: Structure) -> Callable[..., Person]:
    """Make somebody of a role and sign them in."""

    def make(role: Role, *, subject: UUID | None = None, within: Structure = structure) -> Person:
        youth = None if subject is None else YouthId(subject)
        account = Account(AccountId(uuid4()), role, "Personne fictive", "PF", youth)
        within.accounts.add(account)
        token = service.directory.open_session(within.id, account.account_id, USUAL_PURPOSE[role], timedelta(hours=1))
        client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False, headers={"Authorization": f"Bearer {token}"})
        return Person(account.account_id, role, client, within)

    return make


@pytest.fixture
def educator(person: Callable[..., Person]) -> Person:
    return person(Role.EDUCATOR)


@pytest.fixture
def colleague(person: Callable[..., Person]) -> Person:
    return person(Role.EDUCATOR)


@pytest.fixture
def dpo(person: Callable[..., Person]) -> Person:
    return person(Role.DPO)


@pytest.fixture
def administrator(person: Callable[..., Person]) -> Person:
    return person(Role.ADMINISTRATOR)


@pytest.fixture
def record(educator: Person) -> str:
    """A record of the educator's, whose youth was informed: version 2."""
    answer = educator.send(
        "POST", "/records", {"pseudonym": "Kiki", "birth_year": 2009, "informed": {"how": "de vive voix", "occurred_on": DAY}}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def kept(educator: Person, record: str) -> str:
    """The same record with something in the follow-up and the identity."""
    educator.send("POST", f"/records/{record}/notes", {"text": CANARY, "occurred_on": DAY}, version=2)
    educator.send("POST", f"/records/{record}/agreements", {"category": "identity", "what_was_said": "oui", "occurred_on": DAY}, version=3)
    educator.send("PUT", f"/records/{record}/identity", {"first_name": "Inès"}, version=4)
    return record


@pytest.fixture
def youth(person: Callable[..., Person], record: str) -> Person:
    return person(Role.YOUTH, subject=UUID(record))
