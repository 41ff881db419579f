"""`epoch-rotation`: 20 000 youths go over to a fresh epoch, file provider, database writes included (design §11). `rotation-reads`: what
readers and writers of the same process notice of a rotation."""

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import uuid4

from api.bootstrap import Structure
from api.chores import PACE
from crypto_shredding.keys.part_time import PartTime
from domain.drafts import NoteDraft
from domain.identifiers import YouthId
from domain.trail import Actor
from tests.benchmarks.filling import Load, educator, fill
from tests.benchmarks.ground import Ground, say
from tests.benchmarks.measure import Measure, percentile

_YOUTHS: Final = 20_000
_ROUNDS: Final = 5
_BATCH: Final = 2_000
_RINGS: Final = {"S": 20_000, "M": 60_000, "L": 200_000}
_QUIET_SECONDS: Final = 30.0
_READ: Final = 20
_WRITTEN: Final = 200
"""Records that are written in turn, so that none grows beyond what one has: a longer record is slower to write, rotation or not."""
_THINK_SECONDS: Final = 0.02


def measure(ground: Ground, load: Load) -> list[Measure]:
    """Rotate, and see how long the rings take: from the new epoch's beginning until not a single one is left under the old one."""
    structure = ground.new_structure("rotate")
    times: list[float] = []
    with ground.structure(structure) as opened:
        mint_rings(opened, _YOUTHS)
        for _ in range(_ROUNDS):
            ground.settle()
            times.append(rotation_seconds(opened))
    say(f"  {_YOUTHS} youths: {' '.join(f'{seconds:.2f}' for seconds in times)} s until none is left under the old epoch")
    fastest = min(times)
    return [Measure("epoch-rotation", fastest, 1.0, fastest, 1.0, "s", load.name, at_most=True)]


def mint_rings(structure: Structure, youths: int) -> list[YouthId]:
    """Make the rings of so many youths; give their identifiers."""
    made: list[YouthId] = []
    while len(made) < youths:
        batch = [YouthId(uuid4()) for _ in range(min(_BATCH, youths - len(made)))]
        structure.store.key_store.mint_many(batch)
        made += batch
    return made


def rotation_seconds(structure: Structure, *, pace: float = 1.0) -> float:
    """Rotate to the end; give the seconds of the part that every ring takes part in."""
    moments: dict[str, float] = {}

    def note(step: str) -> None:
        moments[step] = time.monotonic()

    replace(structure.rotation, reached=note).rotate(PartTime(pace))
    return moments["rewrapped"] - moments["begun"]


def reads(ground: Ground, load: Load) -> list[Measure]:
    """Read and write in threads of the process that rotates, as a service does at night; compare the slowest reads with those before."""
    structure = ground.new_structure("rotating")
    with ground.structure(structure) as opened:
        actor = educator()
        youths = fill(opened, [actor], youths=_READ + _WRITTEN, events=60)
        records = youths[:_READ], youths[_READ:]
        mint_rings(opened, _RINGS[load.name])
        ground.settle()
        quiet = _slowest(opened, actor, records, lambda: time.sleep(_QUIET_SECONDS))
        seconds: list[float] = []
        rotating = _slowest(opened, actor, records, lambda: seconds.append(rotation_seconds(opened, pace=PACE)))
    say(f"  {_RINGS[load.name]} rings in {seconds[0]:.0f} s; p99 of a read: {quiet:.1f} ms before, {rotating:.1f} ms meanwhile")
    return [Measure("rotation-reads", rotating / quiet, 2.0, rotating, quiet, "ms", load.name, at_most=True)]


def _slowest(
    structure: Structure, actor: Actor, records: tuple[Sequence[YouthId], Sequence[YouthId]], meanwhile: Callable[[], object]
) -> float:
    """Give the p99 of reads (milliseconds) while `meanwhile` goes on, and fail on the first read or write that does not succeed."""
    (read_ones, written_ones), over, times = records, threading.Event(), []

    def read() -> None:
        for youth in itertools.cycle(read_ones):
            if over.is_set():
                return
            began = time.monotonic()
            structure.records.read_record(actor, youth)
            times.append((time.monotonic() - began) * 1000)
            time.sleep(_THINK_SECONDS)

    def write() -> None:
        for youth in itertools.cycle(written_ones):
            if over.is_set():
                return
            structure.records.add_note(actor, youth, NoteDraft("vu", date(2026, 11, 20)))
            time.sleep(_THINK_SECONDS)

    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(act) for act in (read, read, read, write)]
        meanwhile()
        over.set()
        for done in work:
            done.result()
    return percentile(times, 0.99)
