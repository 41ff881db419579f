"""`record-rebuild` and `projection-rebuild`: from events to a record, and from events to the views."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Final
from uuid import UUID, uuid4

from api.bootstrap import Structure
from domain.drafts import InformationDraft, NoteDraft, OpeningDraft
from domain.identifiers import YouthId
from domain.record.youth_record import YouthRecord
from domain.trail import Operation, TrailLine
from projections.rebuild import rebuild
from tests.benchmarks.appending import DAY, NOTE
from tests.benchmarks.filling import Load, educator, fill
from tests.benchmarks.ground import Ground, say
from tests.benchmarks.measure import Measure, median_ratio
from tests.benchmarks.stock import StockApplication, StockRecord, environment, new_key
from tests.benchmarks.stock_view import project_all

_RECORD_EVENTS: Final = 1_000
_RECORD_ROUNDS: Final = 21
_VIEW_YOUTHS: Final = 60
_VIEW_EVENTS: Final = 50
_VIEW_ROUNDS: Final = 3


def record_rebuild(ground: Ground, load: Load) -> list[Measure]:
    """Rebuild one record of 1 000 events, in turns with the library's own `repository.get`."""
    structure = ground.new_structure("record")
    application = StockApplication(environment(ground.new_reference("record"), new_key()))
    with ground.structure(structure) as opened:
        ours, theirs = _our_record(opened), _their_record(application, _RECORD_EVENTS)
        ground.settle()
        ours_ms, theirs_ms = _in_turns(lambda: opened.records.find(ours), lambda: application.repository.get(theirs), _RECORD_ROUNDS)
    application.close()
    return [Measure("record-rebuild", median_ratio(theirs_ms, ours_ms), 2.0, median(ours_ms), median(theirs_ms), "ms", load.name)]


def projection_rebuild(ground: Ground, load: Load) -> list[Measure]:
    """Rebuild all views of 3 000 events, in turns with the library's runner and one upsert an event."""
    structure, address, key = ground.new_structure("views"), ground.new_reference("views"), new_key()
    application = StockApplication(environment(address, key))
    for _ in range(_VIEW_YOUTHS):
        _their_record(application, _VIEW_EVENTS)
    application.close()
    with ground.structure(structure) as opened:
        fill(opened, [educator() for _ in range(10)], youths=_VIEW_YOUTHS, events=_VIEW_EVENTS)
        ground.settle()
        ours_ms, theirs_ms = _in_turns(
            lambda: rebuild(opened.runner_store.database, opened.runner, lambda _reached, _target: None),
            lambda: project_all(environment(address, key), _VIEW_YOUTHS * _VIEW_EVENTS),
            _VIEW_ROUNDS,
        )
    events = _VIEW_YOUTHS * _VIEW_EVENTS * 1000
    ours, theirs = events / median(ours_ms), events / median(theirs_ms)
    return [Measure("projection-rebuild", median_ratio(theirs_ms, ours_ms), 15.0, ours, theirs, "events/s", load.name)]


def _in_turns(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Time A, B, A, B…, in milliseconds, after one turn each that does not count."""
    ours()
    milliseconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for contender, times in zip((ours, theirs), milliseconds, strict=True):
            begin = time.perf_counter()
            contender()
            times.append((time.perf_counter() - begin) * 1000)
        say(f"  round {number + 1}: ours {milliseconds[0][-1]:.1f} ms, theirs {milliseconds[1][-1]:.1f} ms")
    return milliseconds


def _our_record(structure: Structure) -> YouthId:
    """Write a record of notes, through the domain and the store."""
    youth, actor, at = YouthId(uuid4()), educator(), datetime.now(UTC)
    structure.store.key_store.mint(youth)
    record = YouthRecord.open(youth, OpeningDraft("Zed"), referents=[actor.account], by=actor.account, at=at)
    record.inform(InformationDraft("de vive voix", DAY), by=actor.account, at=at)
    for _ in range(_RECORD_EVENTS - 2):
        record.add_note(NoteDraft(NOTE, DAY), by=actor.account, at=at)
    line = TrailLine(actor, Operation.RUN_IMPORT, subjects=(youth,), records=1)
    structure.store.events.put_bulk(record.collect_events(), trail=line, import_digest=os.urandom(32))
    return youth


def _their_record(application: StockApplication, events: int) -> UUID:
    record, by = StockRecord.open("Zed"), uuid4()
    for _ in range(events - 1):
        record.add_note(NOTE, DAY, by)
    application.save(record)
    return record.id
