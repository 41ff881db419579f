"""The notary misses no event and no line of the trail while eight processes write (design §5, §7).

The test proves itself as `test_gaps.py` does: beside the notary a follower that waits for nobody reads the trail, and loses lines in the
very same run. To see the notary fail likewise, let `JournalFollower` inherit from `Hasty`.
"""

from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.journal.following_journal import TRAIL, JournalFollower
from tests.fault.gap_work import Hasty, write
from tests.fault.processes import Site, context
from tests.journals import checked

WRITERS = 8
SECONDS, LONG_SECONDS = 8.0, 60.0


class HastyJournal(Hasty, JournalFollower):
    """A follower of the trail that takes the highest visible line for the end of what there is."""


def seal(site: Site, start: Barrier, end: Event, passes: "Queue[int]") -> None:
    done = 0
    with site.service() as (_, structure):
        start.wait(30)
        while not end.is_set():
            structure.notary.do()
            done += 1
    passes.put(done)


def follow_hastily(site: Site, start: Barrier, end: Event, seen: "Queue[int]") -> None:
    last, count = 0, 0
    with site.service() as (_, structure):
        follower = HastyJournal(structure.id, structure.notary.database)
        start.wait(30)
        while True:
            is_over = end.is_set()
            rows = follower.next_rows(TRAIL, last, 500)
            if rows:
                last, count = rows[-1].position, count + len(rows)
            elif is_over:
                break
    seen.put(count)


def test_eight_writers_and_the_notary_misses_nothing(
    databases: Databases,
    settings: Settings,
    structure: Structure,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    seconds = LONG_SECONDS if request.config.getoption("--long") else SECONDS
    site, processes = Site(settings, databases, structure.id), context()
    start, end = processes.Barrier(WRITERS + 3), processes.Event()
    acknowledged, passes, seen = processes.Queue(), processes.Queue(), processes.Queue()
    work = [processes.Process(target=write, args=(site, seconds, start, acknowledged)) for _ in range(WRITERS)]
    work += [processes.Process(target=seal, args=(site, start, end, passes)) for _ in range(2)]
    work.append(processes.Process(target=follow_hastily, args=(site, start, end, seen)))
    for process in work:
        process.start()
    for _ in range(WRITERS):
        acknowledged.get(timeout=seconds + 90)
    end.set()
    hasty, done = seen.get(timeout=90), [passes.get(timeout=90) for _ in range(2)]
    for process in work:
        process.join(60)
        assert process.exitcode == 0

    report = checked(structure, tmp_path)

    with psycopg.connect(databases.main) as owner:
        events, lines = (
            [row[0] for row in owner.execute(f"SELECT {column} FROM s_alpha.{table} ORDER BY 1".encode())]
            for column, table in (("notification_id", "events"), ("line", "access_trail"))
        )
        stored = owner.execute("SELECT tree, positions FROM s_alpha.sealed_leaves ORDER BY tree, first_leaf").fetchall()
    sealed = {
        tree: [int.from_bytes(p[at : at + 8], "big") for t, p in stored if t == tree for at in range(0, len(p), 8)] for tree in (1, 3)
    }
    assert sealed == {1: events, 3: lines}
    assert report.defects == []
    with request.getfixturevalue("capsys").disabled():
        print(f" {len(events)} events, {len(lines)} lines, {sum(done)} passes, 0 missed; {len(lines) - hasty} by a hasty one", end="")  # noqa: T201
    assert hasty < len(lines), "this load would not show a gap: it proves nothing"
