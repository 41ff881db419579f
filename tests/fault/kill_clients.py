"""People at work over HTTP while everything is killed under them. Each remembers what was promised: acknowledged changes, disclosures.

After a doubt (no answer, a cut answer, 503) the same request is sent again with the same idempotency key, until the answer is definite.
"""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID, uuid4

from domain.identifiers import AccountId
from tests.given import today

_PATIENCE_SECONDS: Final = 90.0
_PAUSE_SECONDS: Final = 0.05
_TIMEOUT_SECONDS: Final = 15.0


@dataclass
class Promised:
    """What the service acknowledged about one record."""

    version: int
    notes: list[str] = field(default_factory=list)


@dataclass
class Definite:
    """A definite answer: not a refusal to answer, not a doubt."""

    status: int
    request: UUID
    body: Any


class Client(threading.Thread):
    """One educator, with records of their own."""

    def __init__(self, account: AccountId, token: str, port: int, end: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self.account = account
        self.records: dict[UUID, Promised] = {}
        self.erased: dict[UUID, UUID] = {}
        self.cancelled: list[UUID] = []
        self.outings: list[UUID] = []
        self.looks: list[tuple[UUID, UUID]] = []
        self.lists: list[tuple[UUID, int]] = []
        self.changes: list[UUID] = []
        self.doubts = 0
        self.surprises: list[str] = []
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._port, self._end, self._chance = port, end, random.Random(seed)  # noqa: S311 - it draws what to do next, not a key.

    def run(self) -> None:
        """Work until told to stop, and end on a definite answer."""
        try:
            while not self._end.is_set():
                self._act()
        except AssertionError as surprise:
            self.surprises.append(str(surprise))

    def _act(self) -> None:
        if not self.records:
            self._open()
            return
        youth = self._chance.choice(list(self.records))
        acts = (self._note, self._read, self._list, self._open_one, self._go_out, self._erase, self._think_again)
        (act,) = self._chance.choices(acts, (46, 25, 8, 9, 5, 5, 2))
        act(youth)

    def _words(self) -> str:
        """A text that nobody else writes; letters alone, since enough figures in a row may read as a national identity number."""
        return "".join(self._chance.choices("abcdefghijklmnop", k=24))

    def _open_one(self, _: UUID) -> None:
        self._open()

    def _open(self) -> None:
        informed = {"how": "dit de vive voix", "occurred_on": today().isoformat()}
        answer = self._send("POST", "/records", {"pseudonym": self._words(), "informed": informed}, expected=201)
        self.records[UUID(answer.body["id"])] = Promised(answer.body["version"])
        self.changes.append(answer.request)

    def _go_out(self, _: UUID) -> None:
        outing = {"occurred_on": today().isoformat(), "territory": "Nord", "counts": {"girl:11-15": 3, "boy:16-17": 2}}
        self.outings.append(UUID(self._send("POST", "/activities", outing, expected=201).body["id"]))

    def _note(self, youth: UUID) -> None:
        promised, text = self.records[youth], self._words()
        body = {"text": text, "occurred_on": today().isoformat()}
        answer = self._send("POST", f"/records/{youth}/notes", body, expected=201, version=promised.version)
        assert answer.body["version"] == promised.version + 1, f"version {answer.body['version']} after {promised.version}"
        promised.version += 1
        promised.notes.append(text)
        self.changes.append(answer.request)

    def _read(self, youth: UUID) -> None:
        answer = self._send("GET", f"/records/{youth}", expected=200)
        self.looks.append((answer.request, youth))
        seen = [note["text"] for note in answer.body["notes"]]
        assert seen == self.records[youth].notes, "a record read differs from what was acknowledged"

    def _list(self, _: UUID) -> None:
        answer = self._send("GET", "/caseload", expected=200)
        self.lists.append((answer.request, len(answer.body["items"])))
        assert not {row["id"] for row in answer.body["items"]} & {str(youth) for youth in self.erased}, "an erased youth is listed"

    def _erase(self, youth: UUID) -> None:
        erasure = self._close(youth)
        self.records.pop(youth)
        self.erased[youth] = erasure
        again = self._send("GET", f"/records/{youth}")
        assert again.status == HTTPStatus.GONE, f"{again.status} for a closed record"

    def _think_again(self, youth: UUID) -> None:
        """Close a record and open it again at once, which may come too late."""
        erasure = self._close(youth)
        answer = self._send("POST", f"/erasures/{erasure}/cancellation", {"asked_in_person": True})
        if answer.status == HTTPStatus.OK:
            self.records[youth].version += 2
            self.cancelled.append(erasure)
        else:
            assert answer.body.get("code") == "erasure_too_late", f"{answer.status} {answer.body.get('code')}"
            self.records.pop(youth)
            self.erased[youth] = erasure

    def _close(self, youth: UUID) -> UUID:
        body = {"asked_in_person": True}
        answer = self._send("POST", f"/records/{youth}/erasure", body, expected=202, version=self.records[youth].version)
        return UUID(answer.body["erasure"])

    def _send(self, method: str, path: str, body: Any = None, *, expected: int | None = None, version: int | None = None) -> Definite:
        headers = self._headers | {"Idempotency-Key": str(uuid4())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = self._try(method, path, None if body is None else json.dumps(body), headers)
            if answer is not None:
                assert expected in {None, answer.status}, f"{method} answered {answer.status} {answer.body.get('code')}"
                return answer
            assert time.monotonic() < deadline, f"{method}: no definite answer"
            self.doubts += 1
            time.sleep(_PAUSE_SECONDS)

    def _try(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Definite | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, f"/api/v1{path}", body, headers)
            response = connection.getresponse()
            content = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        assert response.status != HTTPStatus.INTERNAL_SERVER_ERROR, f"{method} answered 500"
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return None
        return Definite(response.status, UUID(response.headers["X-Request-Id"]), content)
