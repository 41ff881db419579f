"""The service outside the demonstration, and what people do at its door."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyotp
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.accounts.factors import PasswordFactor
from api.bootstrap import Service, Structure
from api.databases import Databases
from domain.identifiers import AccountId
from domain.sign_in.one_time_codes import digest_of
from domain.trail import Role

ADDRESS = "https://sillage.test"
COOKIE = "__Host-sillage_session"
NAME = "zoe.m"
PASSWORD = "lampe granit vélo cerf"  # noqa: S105
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RECOVERY = "ABCD-EFGH-JKMN-PQRS-TVWX-YZ01"
INVITED = {"role": "educator", "display_name": "Inès R.", "initials": "IR", "idempotency_key": "one form"}
"""What the administrator types to invite somebody."""


class Clock:
    """The service's clock, which a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def code(self, *, steps_away: int = 0) -> str:
        """What the phone shows."""
        return pyotp.TOTP(SEED).at(self.now + timedelta(seconds=30 * steps_away))


def sealed_days_ago(structure: Structure, databases: Databases, days: int) -> None:
    """Have the database have sealed everything so long ago, for the last time."""
    structure.notary.catch_up()
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.checkpoints SET sealed_at = clock_timestamp() - %s", (timedelta(days=days),))


def browser(app: FastAPI, address: str = "203.0.113.7") -> TestClient:
    """Somebody's browser: it keeps its cookies, and says that our page sent what it sends."""
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "User-Agent": "Mozilla/5.0 (Linux; Android 14; Mobile)"}
    return TestClient(
        app, base_url=ADDRESS, raise_server_exceptions=False, headers=headers, follow_redirects=False, client=(address, 50000)
    )


def with_password(service: Service, structure: Structure, account: Account, name: str) -> Account:
    """Give an account a name, the password, the seed and one recovery code."""
    structure.accounts.add(account)
    structure.accounts.give_sign_in_name(account.account_id, name)
    factor = PasswordFactor(service.hashing.hashed(PASSWORD), SEED, 0)
    structure.factors.set_password(account.account_id, factor, [digest_of(RECOVERY)])
    return account


def come_in(client: TestClient, name: str, code: str, password: str = PASSWORD) -> Any:
    """Send the form of the door."""
    return client.post("/connexion/mot-de-passe", data={"structure": "alpha", "name": name, "password": password, "code": code})


def token_of(phone: TestClient, *, key: str = "") -> str:
    """Make a token for a program on one's own page, under the key of a new form where none is given."""
    page = phone.post("/mon-compte/jetons", data={"name": "tableur du bureau", "days": "30", "idempotency_key": key})
    found = re.search(r"sillage_[\w-]{43}", page.text)
    assert found, page.text
    return found[0]


def program(app: FastAPI, token: str) -> TestClient:
    """Give a program that has a token."""
    return TestClient(app, base_url=ADDRESS, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)


def seed_in(page: str) -> tuple[str, str]:
    """Read the seed of an enrolment's page: as the form sends it back, and as the phone takes it."""
    sealed, shown = re.search(r'name="seed" value="([0-9a-f]+)"', page), re.search(r'class="seed">([A-Z2-7 ]+)<', page)
    assert sealed
    assert shown
    return sealed[1], shown[1].replace(" ", "")


def account_of(service: Service, role: Role, name: str = "Zoé M.") -> Account:
    """Make an account that is not kept yet."""
    return Account(AccountId(service.new_id()), role, name, "ZM")


def lines_of(structure: Structure, account: Account) -> list[tuple[Any, ...]]:
    """What somebody did, as the trail has it: operation and outcome."""
    query = structure.store.database.statement("SELECT operation, outcome FROM {access_trail} WHERE account = %s ORDER BY line")
    with structure.store.database.connection() as connection:
        return connection.execute(query, (account.account_id,)).fetchall()


def notices_of(structure: Structure, account: Account) -> list[str]:
    found = structure.accounts.get(account.account_id)
    assert found is not None
    return [notice.partition(" ")[2] for notice in found.notices]
