"""The service as it stands outside the demonstration: nobody comes in with one click."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.accounts.password_hashing import CHEAPEST
from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.settings import Settings
from api.web.app import create_app
from domain.trail import Role
from tests.conftest import ALPHA
from tests.integration.doors.doors import ADDRESS, NAME, Clock, account_of, browser, come_in, with_password


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(settings: Settings, databases: Databases, clock: Clock) -> Iterator[Service]:
    """Passwords at the price of tests."""
    real = settings.model_copy(update={"demonstration": False, "public_address": ADDRESS})
    service = build(real, databases, clock=clock, password_costs=CHEAPEST)
    yield service
    service.close()


@pytest.fixture
def structure(service: Service) -> Structure:
    return service.structure(ALPHA)


@pytest.fixture
def app(service: Service) -> FastAPI:
    return create_app(service)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return browser(app)


@pytest.fixture
def zoe(service: Service, structure: Structure) -> Account:
    """An educator with a password and a phone."""
    return with_password(service, structure, account_of(service, Role.EDUCATOR), NAME)


@pytest.fixture
def leo(service: Service, structure: Structure) -> Account:
    """An administrator with a password and a phone."""
    return with_password(service, structure, account_of(service, Role.ADMINISTRATOR, "Léo A."), "leo.a")


@pytest.fixture
def desk(app: FastAPI, clock: Clock, leo: Account) -> TestClient:
    """The administrator's browser, signed in a moment ago."""
    client = browser(app)
    assert leo
    assert come_in(client, "leo.a", clock.code()).status_code == 303
    return client


@pytest.fixture
def watch(app: FastAPI, service: Service, structure: Structure, clock: Clock) -> TestClient:
    """The DPO's browser, signed in a moment ago."""
    with_password(service, structure, account_of(service, Role.DPO, "Dora D."), "dora.d")
    client = browser(app)
    assert come_in(client, "dora.d", clock.code()).status_code == 303
    return client


@pytest.fixture
def phone(app: FastAPI, clock: Clock, zoe: Account) -> TestClient:
    """The educator's browser, signed in a moment ago."""
    client = browser(app)
    assert zoe
    assert come_in(client, NAME, clock.code()).status_code == 303
    return client
