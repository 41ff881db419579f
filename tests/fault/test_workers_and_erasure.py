"""Several workers, and requests in flight: none answers with content after *closed*, nor with a key after *effective* (invariant 4)."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.bootstrap import Structure, build
from domain.refusals import RecordClosed
from tests.fault.live_site import STRUCTURE, LiveSite
from tests.given import closed, educator, filled, with_archive_agreement
from tests.integration.crypto_shredding.canaries import Canaries, Typist, type_everything

WORKERS = "3"
READERS = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to somebody who reads again and again; the moments are of one clock."""

    asked: float
    answered: float
    status: int
    text: str


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveSite]:
    monkeypatch.setenv("SILLAGE_WORKERS", WORKERS)
    monkeypatch.setenv("SILLAGE_SEALING", "none")
    site = LiveSite(tmp_path / "donnees")
    yield site
    if site.process is not None and site.process.poll() is None:
        site.process.kill()
        site.process.wait()


def _reading(typist: Typist, record: UUID, over: threading.Event, heard: list[Answer]) -> None:
    while not over.is_set():
        asked = time.monotonic()
        try:
            status, text = typist.send("GET", f"/api/v1/records/{record}")
        except OSError:
            continue
        heard.append(Answer(asked, time.monotonic(), status, text))


def _stage(typist: Typist, erasure: str) -> str:
    _, text = typist.send("GET", f"/api/v1/erasures/{erasure}")
    return str(json.loads(text).get("stage"))


def test_no_worker_shows_a_category_that_was_taken_back_nor_a_record_that_was_closed(site: LiveSite) -> None:
    said, over, heard = Canaries(), threading.Event(), []
    with site.founded() as databases:
        ((_, token),) = site.sign_in(databases, 1)
        service = build(site.settings, databases)
        with_archive_agreement(service.structure(STRUCTURE).records)
        service.close()
        site.serve()
        site.wait_until_it_answers()
        typist = Typist(site.port, token)
        record = type_everything(typist, said)
        readers = [threading.Thread(target=_reading, args=(Typist(site.port, token), record, over, heard)) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        time.sleep(1)
        taken_back = _done(typist, f"/records/{record}/agreements/identity", 8, method="DELETE")
        time.sleep(1)
        version = json.loads(typist.send("GET", f"/api/v1/records/{record}")[1])["version"]
        asked = json.loads(typist.send("POST", f"/api/v1/records/{record}/erasure", {"asked_in_person": True}, **_if_match(version))[1])
        closed_at = time.monotonic()
        deadline = time.monotonic() + 30
        while _stage(typist, asked["erasure"]) in {"closed", "None"}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(1)
        over.set()
        for reader in readers:
            reader.join()
        site.stop()
    shown = [answer for answer in heard if answer.status == HTTPStatus.OK]
    late = [answer for answer in heard if answer.asked > closed_at]
    name = said["IdentityGiven.last_name"]
    assert {True, False} == {name in answer.text for answer in shown}, "shown before, and not afterwards"
    assert [answer for answer in shown if answer.asked > taken_back and name in answer.text] == []
    assert len(late) > READERS
    assert {answer.status for answer in late} == {HTTPStatus.GONE}
    assert not any(said["Opened.pseudonym"] in answer.text for answer in late)


def _if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def _done(typist: Typist, path: str, version: int, *, method: str) -> float:
    typist.change(path, None, version, method=method)
    return time.monotonic()


def test_a_request_that_had_read_before_the_fence_shows_nothing_after_it(structure: Structure) -> None:
    """The slowest request of all: it has replayed the record, and a closing comes before its line in the trail."""
    actor, records = educator(), structure.records
    youth = filled(records, actor)

    class Sleeper(type(records)):  # type: ignore[misc]
        asleep = False

        def find_access(self, *arguments: Any) -> Any:
            found = super().find_access(*arguments)
            if not self.asleep:
                self.asleep = True
                closed(records, youth)
            return found

    sleeper = _asleep(Sleeper, structure)
    with pytest.raises(RecordClosed):
        sleeper.read_record(actor, youth)


def test_a_request_that_had_read_before_an_agreement_was_taken_back_shows_the_record_without_it(structure: Structure) -> None:
    actor, records = educator(), structure.records
    youth = filled(records, actor)

    class Sleeper(type(records)):  # type: ignore[misc]
        asleep = False

        def find_access(self, *arguments: Any) -> Any:
            found = super().find_access(*arguments)
            if not self.asleep:
                self.asleep = True
                records.withdraw_agreement(actor, youth, "identity")
            return found

    assert _asleep(Sleeper, structure).read_record(actor, youth).identity is None


def _asleep(kind: Any, structure: Structure) -> Any:
    records = structure.records
    parts = (records.mapper, records.recorder, records.mint_keys, records.mint_report_keys, records.clock, records.new_id)
    return kind(structure.id, *parts, event_store=records.events)
