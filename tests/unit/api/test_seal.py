"""The seal of the service: what opens it, what several workers share of it, how long a wrong try waits, what a passphrase must be (N36)."""

import asyncio
import contextlib
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from anyio.from_thread import start_blocking_portal

from api import seal as seal_module
from api.commands.passphrases import TooEasy, check_strength, read_secret
from api.commands.troubles import Trouble
from api.seal import Patience, Seal, TooManyTries
from api.seal_agent import Agent, AgentDoor
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.passphrase import CHEAPEST
from crypto_shredding.keys.provider import Providers, WrongSecret
from tests.fault.processes import context

STRUCTURE = UUID("a1fa0000-0000-4000-8000-000000000001")
PHRASE = "une barque verte dort sous le pont"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of keys that a passphrase seals."""
    provider = FileProvider(tmp_path / "cles", costs=CHEAPEST)
    provider.new_epoch(STRUCTURE, 1)
    provider.set_passphrase(PHRASE)
    return tmp_path / "cles"


@pytest.fixture
def agent() -> Iterator[Agent]:
    with Agent() as agent:
        yield agent


def a_seal(folder: Path, agent: Agent | None = None) -> Seal:
    """The seal of one more process."""
    return Seal(Providers(FileProvider(folder, costs=CHEAPEST)), AgentDoor(agent.address) if agent else None)


def soon(condition: Callable[[], object], seconds: float = 2.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


def test_nothing_begins_before_the_secret_is_given(folder: Path) -> None:
    seal, begun = a_seal(folder), threading.Event()

    with seal.followed(begun.set):
        assert not begun.wait(0.1)
        assert (seal.is_open(), seal.missing) == (False, ("file",))
        seal.open("file", PHRASE)

        assert seal.is_open()
        assert begun.is_set()
        assert seal.missing == ()


def test_a_wrong_secret_opens_nothing(folder: Path) -> None:
    seal, begun = a_seal(folder), threading.Event()

    with seal.followed(begun.set):
        for secret in ("", "une barque verte dort sous le Pont", PHRASE[:-1]):
            with pytest.raises(WrongSecret):
                seal.open("file", secret, patience=0)

    assert not seal.is_open()
    assert not begun.is_set()


def test_what_no_secret_protects_is_open_at_once(tmp_path: Path) -> None:
    seal, begun = a_seal(tmp_path), threading.Event()
    assert seal.is_open()

    with seal.followed(begun.set):
        assert begun.is_set()


def test_an_open_service_judges_no_secret(folder: Path) -> None:
    seal = a_seal(folder)
    with seal.followed(lambda: None):
        seal.open("file", PHRASE)

        seal.open("file", "anything at all")


def test_nothing_is_answered_before_what_comes_first_is_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal_module, "_PAUSE_SECONDS", 0.05)
    tries: list[bool] = []
    seal = a_seal(folder)

    def begin() -> None:
        tries.append(seal.is_open())
        if len(tries) < 3:
            raise psycopg.OperationalError

    with seal.followed(begin):
        seal.open("file", PHRASE)

    assert tries == [False, False, False]
    assert seal.is_open()


def test_a_passphrase_that_was_set_meanwhile_closes_it_again(tmp_path: Path) -> None:
    seal = a_seal(tmp_path / "cles")
    begun: list[int] = []
    with seal.followed(lambda: begun.append(1)):
        FileProvider(tmp_path / "cles", costs=CHEAPEST).set_passphrase(PHRASE)
        assert seal.is_open()

        seal.close_again()

        assert not seal.is_open()
        seal.open("file", PHRASE)
        assert seal.is_open()
    assert begun == [1]


def test_opening_one_worker_opens_the_others_and_those_that_come_after(folder: Path, agent: Agent) -> None:
    first, second = a_seal(folder, agent), a_seal(folder, agent)
    with first.followed(lambda: None), second.followed(lambda: None):
        first.open("file", PHRASE)

        assert soon(second.is_open, 1.5)
    third = a_seal(folder, agent)
    with third.followed(lambda: None):
        assert soon(third.is_open, 1.5)


def test_what_does_not_open_any_more_is_forgotten_by_all(folder: Path, agent: Agent) -> None:
    AgentDoor(agent.address).keep("file", os.urandom(32))
    seal = a_seal(folder, agent)

    with seal.followed(lambda: None):
        assert soon(lambda: not AgentDoor(agent.address).held())

    assert not seal.is_open()


def test_what_was_renewed_is_not_forgotten_for_what_it_replaced(agent: Agent) -> None:
    door = AgentDoor(agent.address)
    door.keep("file", b"new")

    door.forget("file", b"old")

    assert door.held() == {"file": b"new"}


def test_the_agent_is_a_private_folder_that_goes_with_it() -> None:
    with Agent() as agent:
        AgentDoor(agent.address).keep("file", b"something that no file must hold")
        modes = stat.S_IMODE(agent.address.parent.stat().st_mode), agent.address.is_socket()
        files = [path for path in agent.address.parent.rglob("*") if path.is_file()]

    assert modes == (0o700, True)
    assert files == []
    assert not agent.address.parent.exists()
    assert AgentDoor(agent.address).held() == {}


def test_nonsense_keeps_nobody_else_from_the_agent(agent: Agent) -> None:
    door = AgentDoor(agent.address)
    door.keep("file", b"kept")

    for said in (b"\n", b"[]\n", b'{"keep": {"file": "zz"}}\n', b'{"keep": 3}\n', b"\xff\n", b"unfinished"):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(agent.address))
            peer.sendall(said)

    assert door.held() == {"file": b"kept"}


def ask_as(account: int, address: str, answers: Connection) -> None:
    os.setuid(account)
    answer = b""
    with socket.socket(socket.AF_UNIX) as peer, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        peer.connect(address)
        peer.sendall(b"{}\n")
        answer = peer.recv(99)
    answers.send(answer)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account, to be refused by the agent")
def test_the_agent_answers_no_other_account(agent: Agent) -> None:
    AgentDoor(agent.address).keep("file", b"kept")
    # The folder alone would keep it out: it is opened wide, so that the account of the peer decides.
    agent.address.parent.chmod(0o777)
    agent.address.chmod(0o777)
    received = []

    for account in (65534, 0):
        ours, theirs = context().Pipe()
        asking = context().Process(target=ask_as, args=(account, str(agent.address), theirs))
        asking.start()
        theirs.close()
        received.append(ours.recv())
        asking.join()

    assert received == [b"", b'{"file": "' + b"kept".hex().encode() + b'"}\n']


def wrong() -> None:
    raise WrongSecret


def tried(patience: Patience, *acts: Callable[[], None]) -> list[BaseException | None]:
    async def at_once() -> list[BaseException | None]:
        return await asyncio.gather(*(patience.tried(act) for act in acts), return_exceptions=True)

    # A loop in a thread of its own: a browser of another test may have left one here.
    with start_blocking_portal() as portal:
        return portal.call(at_once)


def test_each_wrong_try_makes_the_next_one_wait_longer_up_to_a_limit() -> None:
    patience = Patience(least=0.001, longest=0.005)
    delays = [patience.delay()]

    for _ in range(5):
        tried(patience, wrong)
        delays.append(patience.delay())

    assert delays == [0.001, 0.002, 0.004, 0.005, 0.005, 0.005]


def test_a_right_try_is_never_refused_and_ends_the_waiting() -> None:
    patience = Patience(least=0.001, longest=0.005)
    tried(patience, *[wrong] * 12)

    assert tried(patience, lambda: None) == [None]

    assert patience.delay() == 0.001


def test_a_quiet_time_ends_the_waiting_too() -> None:
    patience = Patience(least=0.001, longest=1.0, quiet=0.05)
    tried(patience, wrong)
    assert patience.delay() == 0.002

    time.sleep(0.06)

    assert patience.delay() == 0.001


def test_one_try_at_a_time_and_a_crowd_is_told_so() -> None:
    at_once, most = [0], [0]

    def act() -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        at_once[0] -= 1

    answers = tried(Patience(least=0.001, most=4), *[act] * 6)

    assert most == [1]
    assert [isinstance(answer, TooManyTries) for answer in answers] == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    "passphrase",
    ["cheval correct pile agrafe lune", "le-vent-se-lève-il-faut-tenter", "f7 kQ2!vRz9 mXw4$pLn8", "Пять слов никак между собой связаны"],
)
def test_a_strong_passphrase_is_taken(passphrase: str) -> None:
    check_strength(passphrase)


@pytest.mark.parametrize(
    "passphrase",
    [
        "",
        "sillage2026!",
        "quatre mots de trop",
        "a b c d e f g",
        "le le le le le le le",
        "aaaaaaaaaaaaaaaaaaaaaaaaa",
        "01234567890123456789",
        "0612345678 0687654321",
        "azertyuiopqsdfghjklmwxcvbn",
        "abcdefghijklmnopqrstuvwxyz",
        "motdepasse motdepasse motdepasse",
    ],
)
def test_a_weak_passphrase_is_refused(passphrase: str) -> None:
    with pytest.raises(TooEasy):
        check_strength(passphrase)


def test_the_secret_is_read_from_a_file_that_is_nobody_else_s(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{PHRASE} \r\n1234\n", "utf-8")
    settings = Settings(passphrase_file=file)

    file.chmod(0o604)
    with pytest.raises(Trouble, match="chmod 600"):
        read_secret(settings, "file")
    file.chmod(0o600)

    assert [read_secret(settings, "file"), read_secret(settings, "pkcs11", 1)] == [PHRASE, "1234"]
    with pytest.raises(Trouble, match="ligne 3"):
        read_secret(settings, "file", 2)
