"""A runner that is killed, again and again, leaves each event in the views once (invariant 3)."""

import multiprocessing
import random
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from api.bootstrap import Structure, build
from api.databases import Databases
from api.settings import Settings
from domain.drafts import OutingDraft
from projections.position import Position
from projections.runner import AnotherRunnerLeads
from tests.conftest import ALPHA
from tests.integration.projections.scenes import A_DAY, Desk, contents
from tests.integration.projections.test_rebuild import rebuilt
from tests.integration.projections.test_runner import runner_of

KILLS = 6
PATIENCE_SECONDS = 20


def lead(data_folder: Path, keys_folder: Path, databases: Databases, door: Connection) -> None:
    """Run in a process of its own until somebody kills it."""
    settings = Settings(data_folder=data_folder, keys_folder=keys_folder, demonstration=True)
    structure = build(settings, databases).structure(ALPHA)
    runner_of(structure, lambda event, **_: door.send(event), batch_size=2).run_forever(threading.Event())


def test_killing_the_runner_at_random_moments_loses_and_repeats_nothing(
    structure: Structure, settings: Settings, databases: Databases
) -> None:
    desk, youths = Desk(structure), []
    for number in range(6):
        youths.append(desk.open(f"n{number}"))
        for _ in range(12):
            desk.meet(youths[number])
        structure.records.record_outing(desk.actor, OutingDraft(A_DAY, minutes=7, territory="La Rose"))
    assert not structure.erasures.advance(desk.close(youths[0]))
    positions = []

    for _ in range(KILLS):
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=lead, args=(settings.data_folder, settings.provider_folder, Databases(databases.main, databases.keys), there)
        )
        process.start()
        assert here.recv() == "runner.following"
        _wait_until_it_moved(structure, positions[-1] if positions else 0)
        time.sleep(random.uniform(0, 0.02))  # noqa: S311  A moment, not a secret.
        process.kill()
        process.join()
        positions.append(Position(structure.store.database).current())
    while Position(structure.store.database).current() < Position(structure.store.database).newest():
        _run_when_the_dead_have_let_go(structure)

    held = contents(structure)
    assert positions == sorted(positions)
    assert positions[0] > 0
    assert [row[3][0] for row in held["caseload"]] == [12] * 5
    assert held["activity_figures"][0][1] == [["acts", "La Rose", "street_work", 6], ["minutes", "La Rose", "street_work", 42]]
    assert [len(held[table]) for table in ("figures", "erased_figures", "folded")] == [1, 1, 1]
    rebuilt(structure)
    assert contents(structure) == held


def _wait_until_it_moved(structure: Structure, before: int) -> None:
    position, deadline = Position(structure.store.database), time.monotonic() + PATIENCE_SECONDS
    while not before < position.current() and position.current() < position.newest() and time.monotonic() < deadline:
        time.sleep(0.001)


def _run_when_the_dead_have_let_go(structure: Structure) -> None:
    try:
        runner_of(structure).run_once()
    except AnotherRunnerLeads:
        time.sleep(0.05)  # The server has not noticed yet that the killed one is gone.
