"""Everything is killed with SIGKILL at random moments while people work: the service, PostgreSQL's first process, any other of its
processes (invariants 2, 3, 9; R181, R185, R187).

Afterwards: each acknowledged change is there exactly once, each disclosure has its line, no record is half erased, the views have caught up
and equal a rebuild.
"""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.bootstrap import Structure, build
from api.databases import Databases
from crypto_shredding.postgresql.embedded_postgresql import start
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.archive_gate import gate_of
from domain.oblivion.erasure import Stage
from projections.position import Position
from projections.rebuild import rebuild
from tests.fault.kill_clients import Client
from tests.fault.live_site import STRUCTURE, LiveSite
from tests.given import educator
from tests.integration.projections.scenes import contents

CLIENTS = 6
KILLS, LONG_KILLS = 20, 90
SHARE_AT_WORK = 0.8
"""How many of the kills wait until somebody was acknowledged something; the others hit a start, a recovery, whatever is going on."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LiveSite]:
    site = LiveSite(tmp_path / "donnees")
    yield site
    if site.process is not None and site.process.poll() is None:
        site.process.kill()
        site.process.wait()
    if (site.folder / "postgresql").exists():
        start(site.folder).stop()


def _work_under_kills(site: LiveSite, databases: Databases, kills: int) -> list[Client]:
    stop = threading.Event()
    people = site.sign_in(databases, CLIENTS)
    clients = [Client(account, token, site.port, stop, site.chance.randrange(2**32)) for account, token in people]
    site.serve()
    site.wait_until_it_answers()
    for client in clients:
        client.start()
    while sum(site.kills.values()) < kills:
        if site.chance.random() < SHARE_AT_WORK:
            _until_somebody_gets_on(site, clients)
        time.sleep(site.chance.uniform(0, 0.8))
        site.keep()
        site.chance.choice((site.kill_service, site.kill_postmaster, site.kill_a_backend))()
    time.sleep(1)
    stop.set()
    deadline = time.monotonic() + 120
    while any(client.is_alive() for client in clients):
        assert time.monotonic() < deadline, "somebody waits for an answer"
        site.keep()
        time.sleep(0.1)
    return clients


def _until_somebody_gets_on(site: LiveSite, clients: list[Client]) -> None:
    before, deadline = sum(len(client.changes) for client in clients), time.monotonic() + 10
    while sum(len(client.changes) for client in clients) == before and time.monotonic() < deadline:
        site.keep()
        time.sleep(0.02)


def _rows(address: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as owner:
        return owner.execute(query, parameters).fetchall()


def test_what_was_acknowledged_survives_every_kill_exactly_once(
    site: LiveSite, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    site.chance.seed(seed)
    with site.founded() as databases:
        clients = _work_under_kills(site, databases, LONG_KILLS if request.config.getoption("--long") else KILLS)
        with capsys.disabled():
            print(f" {_summary(site, clients)}, seed {seed}", end="")  # noqa: T201
        assert [surprise for client in clients for surprise in client.surprises] == []
        _keeps_its_promises(site, databases, clients)
        assert site.stop() in {0, -signal.SIGTERM}
    assert "unexpected_error" not in site.log.read_text("utf-8")


def _summary(site: LiveSite, clients: list[Client]) -> str:
    promised = sum(len(client.changes) + len(client.looks) + len(client.lists) for client in clients)
    doubts = sum(client.doubts for client in clients)
    erased, cancelled = (sum(len(found) for found in each) for each in zip(*((c.erased, c.cancelled) for c in clients), strict=True))
    return f"{site.kills}, {site.starts} starts, {promised} promises, {doubts} doubts, {erased} erasures, {cancelled} cancelled"


def _keeps_its_promises(site: LiveSite, databases: Databases, clients: list[Client]) -> None:
    service = build(site.settings, databases)
    try:
        structure = service.structure(STRUCTURE)
        _comes_to_rest(structure)
        for client in clients:
            _has_its_records(structure, client)
        _has_no_other_stream(databases, clients)
        _has_its_lines(databases, clients)
        _has_nobody_half_erased(structure, databases, clients)
        _views_equal_a_rebuild(structure)
    finally:
        service.close()


def _comes_to_rest(structure: Structure) -> None:
    """The service that was started last catches up and ends what was begun, without anybody's help."""
    assert Position(structure.store.database).catch_up(30)
    deadline = time.monotonic() + 30
    while structure.erasures.unfinished():
        assert time.monotonic() < deadline, "an erasure does not come to its end"
        time.sleep(0.1)
    assert Position(structure.store.database).catch_up(30)


def _has_its_records(structure: Structure, client: Client) -> None:
    for youth, promised in client.records.items():
        record = structure.records.read_record(educator(client.account), YouthId(youth))
        assert record.version == promised.version
        assert [note.text for note in record.notes] == promised.notes
    listed = {row.youth for row in structure.caseload.of(client.account)}
    assert listed == set(client.records)


def _has_no_other_stream(databases: Databases, clients: list[Client]) -> None:
    """A record opened twice, or an erasure begun twice, would be a stream that nobody was told of."""
    streams = {row[0] for row in _rows(databases.main, "SELECT DISTINCT originator_id FROM s_alpha.events")}
    told = [{*client.records, *client.erased, *client.erased.values(), *client.cancelled, *client.outings} for client in clients]
    assert streams == set().union({gate_of(STRUCTURE)}, *told)


def _has_its_lines(databases: Databases, clients: list[Client]) -> None:
    rows = _rows(
        databases.main,
        "SELECT t.request, t.operation, r.subject_id FROM s_alpha.access_trail AS t"
        " LEFT JOIN s_alpha.subject_references AS r USING (reference) WHERE t.outcome = 'granted'",
    )
    lines = Counter(rows)
    of_request = Counter((request, operation) for request, operation, _ in rows)
    for client in clients:
        for request, youth in client.looks:
            subject = youth if youth in client.records else None
            assert lines[request, "record.read", subject] == 1
        for request, shown in client.lists:
            assert of_request[request, "caseload.list"] == max(shown, 1)
        for request in client.changes:
            assert of_request[request, "record.change"] + of_request[request, "record.open"] >= 1


def _has_nobody_half_erased(structure: Structure, databases: Databases, clients: list[Client]) -> None:
    left = {
        stream: (kept, gone)
        for stream, kept, gone in _rows(
            databases.main, "SELECT originator_id, count(state), count(*) - count(state) FROM s_alpha.events GROUP BY originator_id"
        )
    }
    rings = dict(_rows(databases.keys, "SELECT subject_id, state || coalesce(octet_length(slots), 0) FROM s_alpha.key_rings"))
    ledger = dict(_rows(databases.keys, "SELECT subject_id, erasure_id FROM s_alpha.erasure_ledger"))
    fences = dict(_rows(databases.main, "SELECT subject_id, erasure_id FROM s_alpha.erasure_fences WHERE purged_at IS NOT NULL"))
    cancelled = {row[0] for row in _rows(databases.main, "SELECT erasure_id FROM s_alpha.erasure_fences WHERE cancelled_at IS NOT NULL")}
    named = {row[0] for row in _rows(databases.main, "SELECT subject_id FROM s_alpha.subject_references")}
    erased = {youth: erasure for client in clients for youth, erasure in client.erased.items()}
    assert ledger == fences == erased
    assert cancelled == {erasure for client in clients for erasure in client.cancelled}
    for youth, erasure in erased.items():
        assert left[youth][0] == 0
        assert rings[youth] == "erased0"
        assert youth not in named
        found = structure.records.find_erasure(YouthId(youth))
        assert found is not None
        # By night, where the people are, the service has ended the epoch as well.
        assert found.id == ErasureId(erasure)
        assert found.stage in {Stage.PURGED, Stage.IRREVERSIBLE}
        assert found.purged_events == left[youth][1]
    for client in clients:
        for youth in client.records:
            assert left[youth][1] == 0
            assert rings[youth].startswith("active")
            assert youth in named


def _views_equal_a_rebuild(structure: Structure) -> None:
    before = contents(structure)
    rebuild(structure.runner_store.database, structure.runner, lambda _done, _all: None)
    assert contents(structure) == before
