"""`append-raw` and `append-stock`: what an accepted change costs, eight processes writing at once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from statistics import median
from typing import Final
from uuid import UUID, uuid4

import psycopg

from api.bootstrap import Structure
from domain.drafts import OpeningDraft
from domain.identifiers import StructureId, YouthId
from domain.record.youth_record import YouthRecord
from domain.trail import CommandKey, Operation, TrailLine
from tests.benchmarks.filling import Load, educator, fill
from tests.benchmarks.fleet import Contenders, Round, fleet
from tests.benchmarks.ground import Ground, say
from tests.benchmarks.measure import Measure, median_ratio, percentile
from tests.benchmarks.stock import StockApplication, StockRecord, environment, new_key

PROCESSES: Final = 8
_ROUNDS: Final = 21
_SECONDS: Final = 0.4
_KEY: Final = new_key()

# Of about the length that a note has (facts §5): 420 bytes as JSON.
NOTE: Final = "Rencontre au local, on a parlé de la mission locale et du logement ; il rappelle jeudi. " * 3
DAY: Final = date(2026, 11, 20)

_BARE_TABLES: Final = """
CREATE SCHEMA bare;
CREATE TABLE bare.events (
    originator_id uuid NOT NULL, originator_version bigint NOT NULL,
    notification_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY, state bytea, purged_digest bytea,
    PRIMARY KEY (originator_id, originator_version));
CREATE UNIQUE INDEX ON bare.events (notification_id);
ALTER TABLE bare.events ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE TABLE bare.idempotency (
    account uuid NOT NULL, key_digest bytea NOT NULL, stream uuid NOT NULL, version bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (account, key_digest));
CREATE TABLE bare.access_trail (
    line bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account uuid NOT NULL, role text NOT NULL, purpose text NOT NULL, operation text NOT NULL, outcome text NOT NULL,
    reference uuid, categories text[] NOT NULL, records integer NOT NULL, request uuid NOT NULL);
CREATE INDEX ON bare.access_trail (reference, line) WHERE reference IS NOT NULL;
CREATE INDEX ON bare.access_trail (account, line);
"""
_BARE_EVENT: Final = "INSERT INTO bare.events (originator_id, originator_version, state) VALUES (%b, %b, %b)"
_BARE_KEY: Final = "INSERT INTO bare.idempotency (account, key_digest, stream, version) VALUES (%b, %b, %b, %b)"
_BARE_LINE: Final = (
    "INSERT INTO bare.access_trail (account, role, purpose, operation, outcome, reference, categories, records, request)"
    " VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b)"
)


def measure(ground: Ground, load: Load) -> list[Measure]:
    """Measure both rows in one run."""
    structure, address = ground.new_structure("append"), ground.new_reference("append")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_BARE_TABLES)
    with ground.structure(structure) as opened:
        fill(opened, [educator()], youths=load.youths, events=load.events // load.youths)
    # The library creates its tables, and alters them, whenever it opens: eight processes at once were seen to trip over each other.
    StockApplication(environment(address, _KEY)).close()
    ground.settle()
    equip = partial(_equip, structure=structure, address=address, key=_KEY)
    with fleet(ground, equip, processes=PROCESSES) as crew:
        results = crew.interleave(["ours", "bare", "barest", "stock"], rounds=_ROUNDS, seconds=_SECONDS)
    for name, rounds in results.items():
        say(f"  {name:6} {_rate(rounds):7.0f} changes/s   p99 {_p99(rounds) * 1000:5.1f} ms")
    return [_row("append-raw", "bare", 0.9, results, load.name), _row("append-stock", "stock", 2.5, results, load.name)]


def _row(name: str, reference: str, target: float, results: dict[str, list[Round]], load: str) -> Measure:
    rates = {contender: [run.per_second for run in rounds] for contender, rounds in results.items()}
    ratio = median_ratio(rates["ours"], rates[reference])
    return Measure(name, ratio, target, _rate(results["ours"]), _rate(results[reference]), "changes/s", load)


def _rate(rounds: list[Round]) -> float:
    return median(run.per_second for run in rounds)


def _p99(rounds: list[Round]) -> float:
    return percentile([latency for run in rounds for latency in run.latencies], 0.99)


@contextmanager
def _equip(ground: Ground, _number: int, *, structure: StructureId, address: str, key: str) -> Iterator[Contenders]:
    with ground.structure(structure) as opened, psycopg.connect(address, autocommit=True) as connection:
        application = StockApplication(environment(address, key, create_tables=False))
        try:
            ours, sealed_bytes = _ours(opened)
            bare, barest = _bare(connection, sealed_bytes)
            yield {"ours": ours, "bare": bare, "barest": barest, "stock": _stock(application)}
        finally:
            application.close()


def _ours(structure: Structure) -> tuple[Callable[[], object], int]:
    """Give one accepted change, and the bytes that its sealed event has."""
    youth, actor = YouthId(uuid4()), educator()
    store, at = structure.store.events, datetime.now(UTC)
    structure.store.key_store.mint(youth)
    record = YouthRecord.open(youth, OpeningDraft("Zed"), referents=[actor.account], by=actor.account, at=at)
    opening = store.put(record.collect_events(), trail=TrailLine(actor, Operation.OPEN_RECORD, subjects=(youth,), records=1))
    versions = count(len(opening) + 1)

    def change() -> object:
        event = _note(youth, next(versions), actor.account, at)
        line = TrailLine(actor, Operation.CHANGE_RECORD, subjects=(youth,), categories=(event.category,), records=1)
        return store.put([event], trail=line, command=CommandKey(actor.account, os.urandom(32)))

    change()
    return change, len(structure.store.recorder.select_events(youth)[-1].state)


def _note(youth: UUID, version: int, by: UUID, at: datetime) -> YouthRecord.NoteAdded:
    return YouthRecord.NoteAdded(originator_id=youth, originator_version=version, timestamp=at, text=NOTE, occurred_on=DAY, by=by)


def _bare(connection: psycopg.Connection[tuple[object, ...]], size: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Insert the same three rows, of the same bytes, in one transaction sent as one pipeline.

    The first is the row's reference: a pipeline around a transaction. The second leaves BEGIN and COMMIT out, since what a pipeline sends
    at once is one transaction by itself: the least that psycopg can do, given beside the row and no part of it.
    """
    youth, account, request, reference, state = uuid4(), uuid4(), uuid4(), uuid4(), os.urandom(size)
    versions, cursor = count(1), connection.cursor(binary=True)
    line = (account, "educator", "accompany", "record.change", "granted", reference, ["follow_up"], 1, request)

    def three_rows() -> None:
        version = next(versions)
        cursor.execute(_BARE_EVENT, (youth, version, state), prepare=True)
        cursor.execute(_BARE_KEY, (account, os.urandom(32), youth, version), prepare=True)
        cursor.execute(_BARE_LINE, line, prepare=True)

    def bare() -> None:
        with connection.pipeline(), connection.transaction():
            three_rows()

    def barest() -> None:
        with connection.pipeline():
            three_rows()

    return bare, barest


def _stock(application: StockApplication) -> Callable[[], object]:
    """Save one event the library's way: no trail, no idempotency row, one key for everybody."""
    record, by = StockRecord.open("Zed"), uuid4()
    application.save(record)

    def save() -> None:
        record.add_note(NOTE, DAY, by)
        record.notes.clear()
        application.save(record)

    return save
