"""`http-change` and `http-open`: what a person waits for, the whole way through the server."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count, cycle
from statistics import median
from typing import Final
from uuid import uuid4

import psycopg

from api.accounts.accounts import Account
from api.bootstrap import Service
from domain.identifiers import StructureId, YouthId
from domain.trail import Actor
from tests.benchmarks.appending import DAY, NOTE, PROCESSES
from tests.benchmarks.filling import Load, educator, fill
from tests.benchmarks.fleet import Contenders, fleet
from tests.benchmarks.ground import Ground, say
from tests.benchmarks.measure import Measure, median_ratio, percentile
from tests.benchmarks.serving import Client, server

WORKERS: Final = 2
_ROUNDS: Final = 5
_SECONDS: Final = 2.0
_RECORDS_A_CLIENT: Final = 20
_EVENTS_A_RECORD: Final = 50
_OPENED_EVENTS: Final = 60
_PEOPLE: Final = 40
_THINK_SECONDS: Final = 1.0
_WARM_SECONDS: Final = 3.0
_OPENING_SECONDS: Final = 12.0
HOUR: Final = timedelta(hours=1)

_BARE_TABLE: Final = """
CREATE TABLE events (
    originator_id uuid NOT NULL, originator_version bigint NOT NULL, notification_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    state bytea, PRIMARY KEY (originator_id, originator_version));
CREATE UNIQUE INDEX ON events (notification_id);
ALTER TABLE events ALTER COLUMN state SET STORAGE EXTERNAL;
"""
_BARE_INSERT: Final = "INSERT INTO events (originator_id, originator_version, state) VALUES (%b, %b, %b)"
_SEALED_BYTES: Final = 559


def change(ground: Ground, load: Load) -> list[Measure]:
    """Have eight clients write notes through the API, in turns with eight bare `INSERT`s."""
    structure, address = ground.new_structure("change"), ground.new_reference("change")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_BARE_TABLE)
    with ground.service() as service:
        people = [_person(service, structure) for _ in range(PROCESSES)]
        records = [fill(service.structure(structure), [actor], youths=_RECORDS_A_CLIENT, events=_EVENTS_A_RECORD) for actor, _ in people]
    ground.settle()
    tokens = [token for _, token in people]
    with server(ground, workers=WORKERS) as port:
        equip = partial(_equip_writer, port=port, tokens=tokens, records=records, address=address)
        with fleet(ground, equip, processes=PROCESSES) as crew:
            results = crew.interleave(["ours", "bare"], rounds=_ROUNDS, seconds=_SECONDS)
    ours, bare = ([run.per_second for run in results[name]] for name in ("ours", "bare"))
    p99 = percentile([latency for run in results["ours"] for latency in run.latencies], 0.99) * 1000
    say(f"  ours {median(ours):.0f} changes/s (p99 {p99:.0f} ms), bare {median(bare):.0f} inserts/s")
    return [Measure("http-change", median_ratio(ours, bare), 0.1, median(ours), median(bare), "changes/s", load.name)]


def open_record(ground: Ground, load: Load) -> list[Measure]:
    """Have 40 people open a record of 60 events, again and again, a second of thought between; with the trail, and without it."""
    structure = ground.new_structure("open")
    with ground.service() as service:
        people = [_person(service, structure) for _ in range(_PEOPLE)]
        actors = [actor for actor, _ in people]
        opened = service.structure(structure)
        records = fill(opened, actors, youths=_PEOPLE, events=_OPENED_EVENTS)
        fill(opened, [educator()], youths=load.youths, events=load.events // load.youths)
    ground.settle()
    tokens = [token for _, token in people]
    p99, size = _opened(ground, "with the trail", "api.serving:worker", tokens, records)
    _opened(ground, "without the trail", "tests.benchmarks.untrailed:worker", tokens, records)
    return [
        Measure("http-open", p99 / 100, 1.0, p99, 100.0, "ms (p99)", load.name, at_most=True),
        Measure("http-open", size / 20, 1.0, size, 20.0, "kB sent", load.name, at_most=True),
    ]


def _opened(ground: Ground, name: str, application: str, tokens: Sequence[str], records: Sequence[YouthId]) -> tuple[float, float]:
    """Have everybody open their record through a server of their own; give the p99 in milliseconds and the largest answer in kB."""
    with server(ground, workers=WORKERS, application=application) as port:
        visits = _visit(port, tokens, records)
    milliseconds, size = [visit[0] * 1000 for visit in visits], max(visit[1] for visit in visits) / 1000
    p99 = percentile(milliseconds, 0.99)
    say(f"  {name}: {len(visits)} openings: median {median(milliseconds):.1f} ms, p99 {p99:.1f} ms, {size:.1f} kB at most")
    return p99, size


def _person(service: Service, structure: StructureId) -> tuple[Actor, str]:
    """Give an educator of the structure, and the token of their session."""
    actor, home = educator(), service.structure(structure)
    home.accounts.add(Account(actor.account, actor.role, "Quelqu’un"))
    return actor, service.directory.open_session(structure, actor.account, actor.purpose, HOUR)


@contextmanager
def _equip_writer(
    _ground: Ground, number: int, *, port: int, tokens: Sequence[str], records: Sequence[Sequence[YouthId]], address: str
) -> Iterator[Contenders]:
    client = Client(port, tokens[number])
    with psycopg.connect(address, autocommit=True) as connection:
        yield {"ours": _writer(client, records[number]), "bare": _inserter(connection)}
    client.close()


def _writer(client: Client, records: Sequence[YouthId]) -> Callable[[], object]:
    """Write a note in one record after the other."""
    versions = dict.fromkeys(records, _EVENTS_A_RECORD)
    turns = cycle(records)
    body = json.dumps({"text": NOTE, "occurred_on": DAY.isoformat()}).encode()

    def write() -> None:
        youth = next(turns)
        headers = {"idempotency-key": os.urandom(16).hex(), "if-match": f'"{versions[youth]}"'}
        client.post(f"/api/v1/records/{youth}/notes", body, headers)
        versions[youth] += 1

    return write


def _inserter(connection: psycopg.Connection[tuple[object, ...]]) -> Callable[[], object]:
    stream, versions, state, cursor = uuid4(), count(1), os.urandom(_SEALED_BYTES), connection.cursor(binary=True)
    return lambda: cursor.execute(_BARE_INSERT, (stream, next(versions), state), prepare=True)


def _visit(port: int, tokens: Sequence[str], records: Sequence[YouthId]) -> list[tuple[float, int]]:
    """Open records as 40 people do; give the seconds and the bytes of each opening."""
    visits: list[tuple[float, int]] = []
    begin = time.monotonic()

    def one_person(number: int) -> None:
        client = Client(port, tokens[number])
        # They do not all begin at once.
        time.sleep(_THINK_SECONDS * number / _PEOPLE)
        while time.monotonic() - begin < _WARM_SECONDS + _OPENING_SECONDS:
            asked = time.monotonic()
            answer = client.get(f"/api/v1/records/{records[number]}")
            # What a server that has just started opens first, connections above all, does not count.
            if asked - begin > _WARM_SECONDS:
                visits.append((time.monotonic() - asked, answer.size))
            time.sleep(_THINK_SECONDS)
        client.close()

    crowd = [threading.Thread(target=one_person, args=(number,)) for number in range(_PEOPLE)]
    for person in crowd:
        person.start()
    for person in crowd:
        person.join()
    return visits
