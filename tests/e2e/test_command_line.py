"""The command line as people run it: a process, its words, its exit code (design §9)."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPResponse
from pathlib import Path
from typing import Self

import pytest

ROOT = Path(__file__).parents[2]
JEANNE = "4f0c1a52-6b1d-4f5e-9a3b-0d5c8a7e1101"
START_SECONDS = 60


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the demonstration was told once."""
    folder = tmp_path_factory.mktemp("sillage") / "donnees"
    with Demonstration(folder):
        pass
    return folder


class Demonstration:
    """`sillage demo` on a port of its own, from its address on the terminal to its last word."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __enter__(self) -> Self:
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api", "demo", "--port", "0"], cwd=ROOT, env=environment(self._data), stdout=subprocess.PIPE, text=True
        )
        self.address = self._wait_for_address()
        self.seconds = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.last_words, _ = self.process.communicate(timeout=START_SECONDS)

    def _wait_for_address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://\S+", line):
                return found.group()
        raise AssertionError(f"no address, exit code {self.process.wait()}")


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SILLAGE_")}
    # The sealed start has tests of its own (`test_sealed_start.py`).
    given = {
        "SILLAGE_DATA_FOLDER": str(data),
        "SILLAGE_SEALING": "none",
        "SILLAGE_IN_FLIGHT_SECONDS": "0",
        "SILLAGE_REQUESTS_A_MINUTE": "0",
        "COLUMNS": "200",
    }
    return kept | given


def sillage(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api", *words],
        cwd=ROOT,
        env=environment(data) | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def opened(url: str, content: bytes | None = None, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    assert url.startswith("http://127.0.0.1:")
    answer: HTTPResponse = urllib.request.urlopen(urllib.request.Request(url, content, dict(headers or {})))  # noqa: S310  # Checked.
    return answer


def running_servers(data: Path) -> bool:
    return (data / "postgresql" / "postmaster.pid").exists()


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Demonstration]:
    with Demonstration(data) as demonstration:
        yield demonstration


def test_a_second_start_serves_in_seconds_and_ctrl_c_stops_all(data: Path) -> None:
    with Demonstration(data) as demonstration, opened(demonstration.address) as answer:
        page = answer.read().decode()

    assert "Jeanne D." in page
    assert demonstration.process.returncode == 0
    assert "Stopped" in demonstration.last_words
    assert not running_servers(data)


def test_a_busy_port_is_one_sentence_in_two_languages_and_exit_code_2(data: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        refused = sillage(data, "demo", "--port", str(port))

    assert refused.returncode == 2
    french, english = refused.stderr.strip().splitlines()
    assert str(port) in french
    assert "--port" in french
    assert "not free" in english
    assert "Traceback" not in refused.stderr


def test_the_demonstration_refuses_a_real_database(data: Path) -> None:
    refused = sillage(data, "demo", SILLAGE_DATABASE="postgresql://x/a", SILLAGE_KEYS_DATABASE="postgresql://x/b")

    assert refused.returncode == 2
    assert "SILLAGE_DATABASE" in refused.stderr


def test_a_database_that_does_not_answer_is_exit_code_3(data: Path) -> None:
    away = {"SILLAGE_DATABASE": "postgresql://127.0.0.1:1/a", "SILLAGE_KEYS_DATABASE": "postgresql://127.0.0.1:1/b"}

    refused = sillage(data, "migrate", **away)

    assert refused.returncode == 3
    assert "Traceback" not in refused.stderr


def test_an_unknown_word_is_exit_code_2(data: Path) -> None:
    assert sillage(data, "dance").returncode == 2


def test_the_doctor_finds_a_sound_service(data: Path) -> None:
    sound = sillage(data, "doctor", "--json")

    checks = json.loads(sound.stdout)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert {check["check"] for check in checks} >= {"migrations", "structure_key", "views", "erasures", "streams_without_key"}
    assert not running_servers(data)


def test_keys_and_structures_are_listed_for_programs(data: Path) -> None:
    keys = json.loads(sillage(data, "keys", "status", "--json").stdout)
    structures = json.loads(sillage(data, "structure", "list", "--json").stdout)

    (state,) = keys
    assert state.pop("begun_at")
    assert state == {"structure": "le_fil", "epoch": 1, "provider": "file", "active": 27, "erased": 0, "waiting": 0}
    assert [structure["code"] for structure in structures] == ["le_fil"]


def test_a_polite_end_stops_the_embedded_server_too(data: Path) -> None:
    demonstration = Demonstration(data)
    demonstration.__enter__()

    demonstration.process.terminate()
    demonstration.process.communicate(timeout=START_SECONDS)

    assert not running_servers(data)


def test_the_first_account_of_a_new_installation_asks_for_its_structure_first(tmp_path: Path) -> None:
    asked = sillage(tmp_path / "donnees", "account", "first-administrator", "--name", "Léo A.", "--initials", "LA")

    assert asked.returncode == 2
    assert "structure add" in asked.stderr


def test_commands_work_beside_a_running_service_and_leave_its_server_alone(data: Path, served: Demonstration) -> None:
    rebuilt = sillage(data, "rebuild")

    assert rebuilt.returncode == 0, rebuilt.stderr
    with opened(served.address) as answer:
        assert answer.status == 200


def test_an_erasure_from_the_command_line_asks_first_and_goes_to_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "donnees"
    with Demonstration(folder) as demonstration:
        record = first_record(demonstration.address)

        refused = sillage(folder, "erase", record, "--account", JEANNE)
        erased = sillage(folder, "erase", record, "--account", JEANNE, "--yes")
        again = sillage(folder, "erase", record, "--account", JEANNE, "--yes")

    assert refused.returncode == 1
    assert (erased.returncode, again.returncode) == (0, 1), erased.stderr
    assert "Donnée effacée" in erased.stdout
    assert json.loads(sillage(folder, "keys", "status", "--json").stdout)[0]["erased"] == 1


def first_record(address: str) -> str:
    token = send(f"{address}/api/v1/session", {"account": JEANNE})["token"]
    return str(send(f"{address}/api/v1/caseload", None, token)["items"][0]["id"])


def send(url: str, body: object, token: str | None = None) -> dict[str, object]:
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    with opened(url, content, headers) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def test_several_workers_serve_one_door_and_end_together(data: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "api", "serve", "--workers", "2", "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROOT, env=environment(data), stderr=subprocess.PIPE, text=True)
    try:
        statuses = [status_when_ready(f"http://127.0.0.1:{port}/api/v1/session") for _ in range(20)]
    finally:
        process.terminate()
        _, log = process.communicate(timeout=START_SECONDS)

    assert set(statuses) == {401}
    requests = [line for line in map(json.loads, log.splitlines()) if line["event"] == "request"]
    assert {request["route"] for request in requests} == {"/api/v1/session"}
    assert len(requests) == 20


def test_serve_names_the_address_where_passkeys_work_and_the_local_one_besides(data: Path) -> None:
    given = environment(data) | {"SILLAGE_PUBLIC_ADDRESS": "https://sillage.example.org", "SILLAGE_DEMONSTRATION": "1"}
    words = [sys.executable, "-m", "api", "serve", "--port", "0"]
    process = subprocess.Popen(words, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        told = next(line for line in process.stdout if "Sillage : " in line)
    finally:
        process.terminate()
        process.communicate(timeout=START_SECONDS)

    assert re.search(r"Sillage : https://sillage\.example\.org \(sur cette machine : http://127\.0\.0\.1:\d+\) ", told)


def status_when_ready(url: str) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            return int(opened(url).status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError("no answer")
