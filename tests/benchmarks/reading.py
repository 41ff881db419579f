"""`caseload-flat`, `statistics-flat` and `read-trail`: what looking costs, and that it costs the same in a large structure."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Final

import psycopg

from api.accounts.accounts import Account
from api.bootstrap import Structure
from domain.identifiers import AccountId, RequestId, StructureId, YouthId
from domain.trail import Actor, Purpose, Role
from tests.benchmarks.filling import LOADS, Load, educator, fill
from tests.benchmarks.fleet import Contenders, fleet
from tests.benchmarks.ground import Ground, say
from tests.benchmarks.measure import Measure, percentile
from tests.benchmarks.serving import Client, server
from tests.benchmarks.web import HOUR

_CASELOAD: Final = 30
_LARGE_EVENTS: Final = 3
_LOOKS: Final = 150
_WARM_LOOKS: Final = 20
_FILLER_BYTES: Final = 64
_READS: Final = 400
_RECORD_EVENTS: Final = 60
_CREW: Final = 4
_SECONDS: Final = 2.0
_ROUNDS: Final = 3

_FILLER_EVENTS: Final = """
INSERT INTO {events} (originator_id, originator_version, notification_id, state) OVERRIDING SYSTEM VALUE
SELECT gen_random_uuid(), 1, -number, %(state)s FROM generate_series(1, %(rows)s) AS number
"""
_FILLER_LINES: Final = """
INSERT INTO {access_trail} (account, role, purpose, operation, outcome, reference, categories, records, request)
SELECT %(account)s, 'educator', 'accompany', 'record.read', 'granted', gen_random_uuid(), '{{core,follow_up}}', 1, gen_random_uuid()
FROM generate_series(1, %(rows)s)
"""


def flat(ground: Ground, _load: Load) -> list[Measure]:
    """Ask for the two pages in a structure of load L and in one of load S, in turns, through the server."""
    small, large = ground.new_structure("flat_s"), ground.new_structure("flat_l")
    tokens = {"S": _furnish(ground, small, LOADS["S"], 50), "L": _furnish(ground, large, LOADS["L"], _LARGE_EVENTS)}
    ground.settle()
    rows = []
    with server(ground, workers=1) as port:
        for place, (name, path) in enumerate((("caseload-flat", "/dossiers"), ("statistics-flat", "/chiffres"))):
            in_small, in_large = _look({load: Client(port, pair[place]) for load, pair in tokens.items()}, path)
            say(f"  {path}: S {in_small:.2f} ms, L {in_large:.2f} ms")
            rows.append(Measure(name, in_large / in_small, 1.3, in_large, in_small, "ms", "L/S", at_most=True))
    return rows


def read_trail(ground: Ground, load: Load) -> list[Measure]:
    """Count the commits of a logged read and of the same read unlogged; say the p99 of both at 8 and 40 clients."""
    structure, actor = ground.new_structure("reads"), educator()
    with ground.structure(structure) as opened:
        fill(opened, [educator()], youths=load.youths, events=load.events // load.youths)
        (youth,) = fill(opened, [actor], youths=1, events=_RECORD_EVENTS)
    ground.settle()
    commits = {name: _commits(ground, structure, actor, youth, name) for name in ("unlogged", "logged")}
    with fleet(ground, partial(_equip_reader, structure=structure, actor=actor, youth=youth), processes=_CREW) as crew:
        for clients in (8, 40):
            results = crew.interleave(list(commits), rounds=_ROUNDS, seconds=_SECONDS, threads=clients // _CREW)
            for name, rounds in results.items():
                latencies = [latency for run in rounds for latency in run.latencies]
                middle, p99 = median(latencies) * 1000, percentile(latencies, 0.99) * 1000
                say(f"  {clients} clients, {name}: median {middle:.1f} ms, p99 {p99:.1f} ms")
    more = round(commits["logged"] - commits["unlogged"], 1)
    return [Measure("read-trail", more, 1.0, commits["logged"], commits["unlogged"], "commits/read", load.name, at_most=True)]


def _furnish(ground: Ground, structure: StructureId, load: Load, events: int) -> tuple[str, str]:
    """Fill a structure up to a load, views included; give the tokens of an educator and of the head of service.

    Each educator has a caseload of the same size. What the two pages do not read is there in its number alone: events and trail lines up
    to the load's, at positions that no runner looks at.
    """
    with ground.service() as service:
        opened = service.structure(structure)
        team = [educator() for _ in range(load.youths // _CASELOAD)]
        fill(opened, team, youths=load.youths, events=events)
        opened.runner.run_once()
        _pad(ground, opened, load.events - load.youths * events)
        head = Actor(AccountId(educator().account), Role.HEAD_OF_SERVICE, Purpose.STEER, RequestId(educator().request))
        for actor in (team[0], head):
            opened.accounts.add(Account(actor.account, actor.role, "Quelqu’un"))
        tokens = [service.directory.open_session(structure, actor.account, actor.purpose, HOUR) for actor in (team[0], head)]
    return tokens[0], tokens[1]


def _pad(ground: Ground, structure: Structure, rows: int) -> None:
    if rows:
        parameters = {"rows": rows, "state": bytes(_FILLER_BYTES), "account": educator().account}
        with psycopg.connect(ground.main, autocommit=True) as connection:
            for text in (_FILLER_EVENTS, _FILLER_LINES):
                connection.execute(structure.store.database.statement(text), parameters)


def _look(clients: dict[str, Client], path: str) -> tuple[float, float]:
    """Ask for a page in turns; give the medians in milliseconds, S first."""
    times: dict[str, list[float]] = {load: [] for load in clients}
    for _ in range(_WARM_LOOKS + _LOOKS):
        for load, client in clients.items():
            begin = time.perf_counter()
            client.get(path)
            times[load].append((time.perf_counter() - begin) * 1000)
    for client in clients.values():
        client.close()
    small, large = (median(times[load][_WARM_LOOKS:]) for load in ("S", "L"))
    return small, large


def _reader(structure: Structure, actor: Actor, youth: YouthId, name: str) -> Callable[[], object]:
    if name == "logged":
        return lambda: structure.records.read_record(actor, youth)
    return lambda: structure.records.find(youth)


def _commits(ground: Ground, structure: StructureId, actor: Actor, youth: YouthId, name: str) -> float:
    """Count the commits of one read in the main database, by PostgreSQL's own count of its transactions."""
    before = _committed(ground)
    with ground.structure(structure) as opened:
        read = _reader(opened, actor, youth, name)
        for _ in range(_READS):
            read()
    return (_committed(ground) - before) / _READS


def _committed(ground: Ground) -> int:
    # A session hands its numbers in when it ends; ours have, by now.
    time.sleep(0.5)
    with psycopg.connect(ground.main, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        row = connection.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _equip_reader(ground: Ground, _number: int, *, structure: StructureId, actor: Actor, youth: YouthId) -> Iterator[Contenders]:
    with ground.structure(structure) as opened:
        yield {name: _reader(opened, actor, youth, name) for name in ("logged", "unlogged")}
