"""Nobody who follows the events misses one or gets one twice, whatever is written meanwhile (design §5, event_store_facts §5.2).

Eight processes write single events, pairs, closings over two streams and small imports as fast as they can, while followers read in a
tight loop. The test proves itself: a third follower, `Hasty`, reads up to the highest visible position without waiting for the writers
that are still at work, as a naive `max(id)` tail does. It loses hundreds of events in the very same run; if it lost none, the load
would prove nothing and the test fails. To see the real follower fail likewise, make `Follower._settled` return `True` at once.
"""

from itertools import pairwise

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.following import Follower
from tests.fault.gap_work import Hasty, Seen, follow, write
from tests.fault.processes import Site, context
from tests.given import OF_THE_GATE

WRITERS = 8
SECONDS, LONG_SECONDS = 8.0, 60.0


def _run(site: Site, seconds: float) -> tuple[int, dict[str, list[Seen]]]:
    """Let everybody work for `seconds`; give how many events were acknowledged, and what each follower saw by its kind."""
    processes = context()
    start, end = processes.Barrier(WRITERS + 3), processes.Event()
    acknowledged, seen = processes.Queue(), processes.Queue()
    writers = [processes.Process(target=write, args=(site, seconds, start, acknowledged)) for _ in range(WRITERS)]
    followers = [processes.Process(target=follow, args=(site, kind, start, end, seen)) for kind in (Follower, Follower, Hasty)]
    for process in (*writers, *followers):
        process.start()
    written = sum(acknowledged.get(timeout=seconds + 60) for _ in writers)
    end.set()
    found: dict[str, list[Seen]] = {}
    for _ in followers:
        kind, rows = seen.get(timeout=60)
        found.setdefault(kind, []).append(rows)
    for process in (*writers, *followers):
        process.join(30)
        assert process.exitcode == 0
    return written, found


def test_eight_writers_and_no_event_is_missed_or_seen_twice(
    databases: Databases, settings: Settings, structure: Structure, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = LONG_SECONDS if request.config.getoption("--long") else SECONDS
    written, found = _run(Site(settings, databases, structure.id), seconds)
    with psycopg.connect(databases.main) as owner:
        stored = owner.execute(
            "SELECT notification_id, originator_id::text, originator_version FROM s_alpha.events ORDER BY notification_id"
        ).fetchall()
    assert len(stored) == written + OF_THE_GATE
    for seen in found["Follower"]:
        assert seen == stored
    _each_stream_in_order(stored)
    (hasty,) = found["Hasty"]
    missed = len(stored) - len(hasty)
    with capsys.disabled():
        print(f" {len(stored)} events in {seconds:.0f} s, 0 missed; {missed} missed by a follower that does not wait", end="")  # noqa: T201
    assert missed > 0, "this load would not show a gap: it proves nothing"


def _each_stream_in_order(stored: Seen) -> None:
    by_stream: dict[str, list[int]] = {}
    for _, stream, version in stored:
        by_stream.setdefault(stream, []).append(version)
    for versions in by_stream.values():
        assert versions[0] == 1
        assert all(after == before + 1 for before, after in pairwise(versions))
