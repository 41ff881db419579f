"""The runner: each event is in the views once, whatever happens; it stops where it must and nowhere else."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.bootstrap import Structure, build
from api.databases import Databases, add_structure, find_databases, migrate
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.embedded_postgresql import start
from domain.drafts import OutingDraft
from domain.refusals import StoreUnavailable
from projections.position import Position
from projections.runner import AnotherRunnerLeads, Runner, State, Stopped
from tests.conftest import ALPHA
from tests.given import OF_THE_GATE
from tests.integration.projections.scenes import A_DAY, Desk, contents


def runner_of(structure: Structure, report: Callable[..., None] = lambda *_, **__: None, **options: Any) -> Runner:
    store = structure.runner_store
    return Runner(
        structure.id,
        store.database,
        follower=store.recorder.follower,
        reader=store.mapper,
        sealer=store.sealer,
        report=report,
        **options,
    )


@contextmanager
def running(runner: Runner) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=runner.run_forever, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def within(seconds: float, truth: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if truth():
            return True
        time.sleep(0.01)
    return False


def opens(desk: Desk) -> bool:
    try:
        desk.open("after")
    except (psycopg.OperationalError, StoreUnavailable):
        return False
    return True


def test_what_was_written_is_in_the_views_milliseconds_later(structure: Structure) -> None:
    desk = Desk(structure)
    position = Position(structure.store.database)
    with running(runner_of(structure)):
        for number in range(1, 6):
            desk.open()
            began = time.monotonic()
            assert position.catch_up(5)
            assert len(structure.caseload.of(desk.account())) == number
    assert time.monotonic() - began < 1


def test_waiting_for_views_that_nobody_brings_forward_ends(structure: Structure) -> None:
    Desk(structure).open()

    assert not Position(structure.store.database).catch_up(0.05)


def test_one_runner_leads_and_another_takes_over(structure: Structure) -> None:
    desk = Desk(structure)
    first, second = runner_of(structure), runner_of(structure)
    with running(first):
        assert within(5, lambda: first.state is State.FOLLOWING)
        with pytest.raises(AnotherRunnerLeads):
            second.run_once()

    desk.open()
    second.run_once()

    assert first.state is State.ENDED
    assert len(structure.caseload.of(desk.account())) == 1


@pytest.mark.parametrize("batch_size", [1, 3, 500])
def test_the_size_of_the_batches_does_not_show(structure: Structure, batch_size: int) -> None:
    desk = Desk(structure)
    youths = [desk.open(f"n{number}") for number in range(4)]
    for day in range(4):
        for youth in youths:
            desk.meet(youth, A_DAY - timedelta(days=31 * day))
    assert not structure.erasures.advance(desk.close(youths[0]))

    runner_of(structure, batch_size=batch_size).run_once()
    held = contents(structure)

    assert [row[3][0] for row in held["caseload"]] == [4, 4, 4]
    assert [state for _, state in held["figures"]] == [[["Les Oliviers", "girl", band, 3]] for band in ("11-15", "16-17", "16-17", "16-17")]
    assert len(held["erased_figures"]) == 4


def stopped_at(structure: Structure, runner: Runner) -> Stopped:
    with pytest.raises(Stopped) as stopped:
        runner.run_once()
    assert Position(structure.store.database).current() < stopped.value.position
    return stopped.value


def test_an_unknown_key_stops_the_runner_at_that_event_and_mending_it_loses_nothing(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    before, lost, after = (desk.open(name) for name in ("before", "lost", "after"))
    desk.meet(after)
    with psycopg.connect(databases.keys) as connection:
        connection.execute("CREATE TABLE s_alpha.kept AS SELECT * FROM s_alpha.key_rings WHERE subject_id = %s", (lost,))
        connection.execute("DELETE FROM s_alpha.key_rings WHERE subject_id = %s", (lost,))

    stopped = stopped_at(structure, runner_of(structure))
    again = stopped_at(structure, runner_of(structure))
    shown = [row.youth for row in structure.caseload.of(desk.account())]
    with psycopg.connect(databases.keys) as connection:
        connection.execute("INSERT INTO s_alpha.key_rings SELECT * FROM s_alpha.kept")
    structure.runner.run_once()

    assert (stopped.reason, stopped.position) == ("KeyUnknown", again.position)
    assert shown == [before]
    assert {row.youth for row in structure.caseload.of(desk.account())} == {before, lost, after}


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_a_changed_ciphertext_stops_the_runner_at_that_event(structure: Structure, databases: Databases, batch_size: int) -> None:
    desk = Desk(structure)
    kept, changed = desk.open("kept"), desk.open("changed")
    with psycopg.connect(databases.main) as connection:
        connection.execute(
            "UPDATE s_alpha.events SET state = set_byte(state, 60, get_byte(state, 60) # 1)"
            " WHERE originator_id = %s AND originator_version = 2",
            (changed,),
        )

    stopped = stopped_at(structure, runner_of(structure, batch_size=batch_size))

    assert stopped.reason == "Tampered"
    assert {row.youth for row in structure.caseload.of(desk.account())} == {kept, changed}


def test_a_stop_is_told_with_its_position_and_its_reason_and_nothing_else(structure: Structure, databases: Databases) -> None:
    youth = Desk(structure).open("Canari-7431")
    with psycopg.connect(databases.keys) as connection:
        connection.execute("DELETE FROM s_alpha.key_rings WHERE subject_id = %s", (youth,))
    told: list[tuple[str, dict[str, object]]] = []
    runner = runner_of(structure, lambda event, **fields: told.append((event, fields)))

    runner.run_forever(threading.Event())

    assert runner.state is State.STOPPED
    assert told[-1] == ("runner.stopped", {"position": OF_THE_GATE + 1, "reason": "KeyUnknown"})
    assert "Canari" not in repr(told)
    assert str(youth) not in repr(told)


def test_connections_cut_at_random_moments_lose_and_repeat_nothing(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youths = [desk.open(f"n{number}") for number in range(5)]
    runner = runner_of(structure, batch_size=2)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'sillage_runner'"
    with running(runner), psycopg.connect(databases.main, autocommit=True) as owner:
        for _ in range(20):
            for youth in youths:
                desk.meet(youth)
            structure.records.record_outing(desk.actor, OutingDraft(A_DAY, minutes=10, territory="La Rose"))
            owner.execute(cut)
        caught_up = within(30, lambda: Position(structure.store.database).catch_up(0.1))

    held = contents(structure)
    assert caught_up
    assert [row[3][0] for row in held["caseload"]] == [20] * 5
    assert held["activity_figures"][0][1] == [["acts", "La Rose", "street_work", 20], ["minutes", "La Rose", "street_work", 200]]


def test_the_runner_outlives_a_restart_of_the_database(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path, demonstration=True, in_flight_seconds=0, pool_size=4)
    databases = find_databases(settings)
    server, provider = databases.server, Providers(FileProvider(settings.provider_folder))
    assert server is not None
    told: list[str] = []
    try:
        migrate(databases, provider)
        add_structure(databases, provider, ALPHA, "alpha", "Structure alpha")
        service = build(settings, databases)
        structure = service.structure(ALPHA)
        desk, runner = Desk(structure), runner_of(structure, lambda event, **_: told.append(event))
        with running(runner):
            desk.open("before")
            assert within(10, lambda: len(structure.caseload.of(desk.account())) == 1)
            server.stop()
            assert within(10, lambda: runner.state is State.DISCONNECTED)
            server = start(tmp_path)
            assert within(10, lambda: opens(desk))
            assert within(10, lambda: Position(structure.store.database).catch_up(0.1))
        assert len(structure.caseload.of(desk.account())) >= 2
        service.close()
    finally:
        server.stop()

    assert told[:3] == ["runner.following", "runner.disconnected", "runner.following"]
