"""Processes that do the same thing at the same moment: what one machine takes when several workers write or read at once."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

from tests.benchmarks.ground import Ground

Contenders = Mapping[str, Callable[[], object]]
"""By name, what one process does once."""
Equip = Callable[[Ground, int], AbstractContextManager[Contenders]]
"""Opens, in the process of that number, the connections of every contender."""

_HEAD_START_SECONDS: Final = 0.05
_START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Round:
    """What the fleet did in one round. `latencies` are in seconds."""

    per_second: float
    latencies: Sequence[float]


class Fleet:
    """A number of processes, each with its own connections."""

    def __init__(self, doors: Sequence[Connection]) -> None:
        self._doors = doors

    def run(self, contender: str, seconds: float, *, threads: int = 1) -> Round:
        """Have every process do the same, in each of its `threads`, again and again, for `seconds`."""
        begin = time.monotonic() + _HEAD_START_SECONDS
        for door in self._doors:
            door.send((contender, begin, begin + seconds, threads))
        latencies = [latency for door in self._doors for latency in door.recv()]
        return Round(len(latencies) / seconds, latencies)

    def interleave(self, contenders: Sequence[str], *, rounds: int, seconds: float, threads: int = 1) -> dict[str, list[Round]]:
        """Run A, B, A, B…, after a round each that does not count."""
        for contender in contenders:
            self.run(contender, seconds / 2, threads=threads)
        results: dict[str, list[Round]] = {contender: [] for contender in contenders}
        for number in range(rounds):
            # The order turns with each round, so that nobody always comes after the same one.
            for contender in contenders if number % 2 else reversed(contenders):
                results[contender].append(self.run(contender, seconds, threads=threads))
        return results


@contextmanager
def fleet(ground: Ground, equip: Equip, *, processes: int) -> Iterator[Fleet]:
    """Start the processes, lend the fleet, end them."""
    # A process that begins anew, not a fork: pools and their threads do not survive one.
    context = multiprocessing.get_context("spawn")
    doors, crew = [], []
    for number in range(processes):
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, ground, equip, number), daemon=True)
        process.start()
        doors.append(ours)
        crew.append(process)
    try:
        for door in doors:
            if not door.poll(_START_SECONDS) or door.recv() != "ready":
                raise RuntimeError("a process of the bench did not start")
        yield Fleet(doors)
    finally:
        for door in doors:
            door.close()
        for process in crew:
            process.join(_START_SECONDS)


def _serve(door: Connection, ground: Ground, equip: Equip, number: int) -> None:
    with equip(ground, number) as contenders:
        door.send("ready")
        while True:
            try:
                contender, begin, end, threads = door.recv()
            except EOFError:
                return
            time.sleep(max(0.0, begin - time.monotonic()))
            with ThreadPoolExecutor(threads) as pool:
                work = [pool.submit(_repeat, contenders[contender], end) for _ in range(threads)]
            door.send([latency for done in work for latency in done.result()])


def _repeat(operation: Callable[[], object], end: float) -> list[float]:
    latencies = []
    now = time.monotonic()
    while now < end:
        operation()
        before, now = now, time.monotonic()
        latencies.append(now - before)
    return latencies
