"""`erase-flat`: from *closed* to *effective*, whether the youth has ten events or ten thousand."""

import gc
import time
from statistics import median
from typing import Final

from api.bootstrap import Structure
from domain.identifiers import YouthId
from domain.trail import Actor
from tests.benchmarks.filling import Load, educator, fill
from tests.benchmarks.ground import Ground, say
from tests.benchmarks.measure import Measure
from tests.given import with_archive_agreement

_SHORT: Final = 10
_LONG: Final = 10_000
_ROUNDS: Final = 10
_DAYS: Final = 31 * 8
"""Both youths were met in the same eight months: it is events that are compared, and the figures have a row a month."""


def measure(ground: Ground, load: Load) -> list[Measure]:
    """Erase short and long records in turns, with no fixed wait."""
    structure, actor = ground.new_structure("erase"), educator()
    with ground.structure(structure) as opened:
        with_archive_agreement(opened.records)
        fill(opened, [educator()], youths=load.youths, events=load.events // load.youths)
        short = fill(opened, [actor], youths=_ROUNDS + 1, events=_SHORT, days=_DAYS)
        long = fill(opened, [actor], youths=_ROUNDS + 1, events=_LONG, days=_DAYS)
        opened.runner.run_once()
        ground.settle()
        times: dict[int, list[float]] = {_SHORT: [], _LONG: []}
        for number, pair in enumerate(zip(short, long, strict=True)):
            turns = [(_SHORT, pair[0]), (_LONG, pair[1])]
            # Whoever comes second is in the wake of the other one's purge: the order changes with each round.
            for events, youth in turns if number % 2 else reversed(turns):
                times[events].append(_erase(opened, actor, youth))
    # The first round does not count. An erasure is a handful of durable writes: single times scatter, so medians are compared.
    few, many = (median(times[events][1:]) for events in (_SHORT, _LONG))
    for events, milliseconds in times.items():
        say(f"  {events} events: {' '.join(f'{time:.0f}' for time in milliseconds)} ms")
    return [Measure("erase-flat", many / few, 1.2, many, few, "ms", load.name, at_most=True)]


def _erase(structure: Structure, actor: Actor, youth: YouthId) -> float:
    """Erase one record; give the milliseconds from *closed* to *effective*, by the clock that the database and this process share."""
    erasure = structure.records.close_record(actor, youth, asked_in_person=True)
    # From here on: whoever asked has the answer, and what their process does with its memory is no part of the erasure.
    gc.collect()
    closed = time.time()
    while not structure.erasures.advance(erasure):
        structure.runner.run_once()
    database = structure.store.database
    query = database.statement("SELECT extract(epoch FROM effective_at)::float8 FROM {erasure_fences} WHERE erasure_id = %b")
    with database.connection() as connection:
        effective = float(connection.rows(query, (erasure,))[0][0])
    return (effective - closed) * 1000
