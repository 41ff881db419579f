"""Somebody signed in, as the tests of the JSON API play them."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.testclient import TestClient

from api.bootstrap import Structure
from domain.identifiers import AccountId
from domain.trail import Role

DAY = "2026-11-02"
CANARY = "zibeline-de-lune"
"""What the note of `kept` says."""


@dataclass
class Person:
    """Somebody signed in, with a client that bears their token."""

    account: AccountId
    role: Role
    client: TestClient
    structure: Structure

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(f"/api/v1{path}", **options)

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, version: int | None = None) -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.client.request(method, f"/api/v1{path}", json=body, headers=headers)

    def version_of(self, record: str) -> int:
        """How many events the record has, as whoever may read it is told."""
        return int(self.get(f"/records/{record}").headers["etag"].strip('"'))

    def lines(self) -> list[tuple[str, str]]:
        """What the trail holds of this person: operation and outcome, in order."""
        database = self.structure.store.database
        query = database.statement("SELECT operation, outcome FROM {access_trail} WHERE account = %s ORDER BY line")
        with database.connection() as connection:
            return [(row[0], row[1]) for row in connection.execute(query, (self.account,)).fetchall()]
