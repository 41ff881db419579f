"""Backups and restores killed with SIGKILL at each of their steps and in between: what is there is whole, and the next run ends it."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.bootstrap import build
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.backups.backup_contents import read_manifest
from crypto_shredding.backups.backup_file import FRAME_BYTES, Kind, opened
from domain.texts import NOTE
from tests.conftest import ALPHA, Templates
from tests.fault.backup_work import FREE, put_back, take
from tests.fault.processes import context
from tests.given import educator, filled, note
from tests.integration.crypto_shredding.backups import Vault, cloned, everything

BLIND_KILLS = 4


@dataclass(frozen=True)
class Ground:
    """A structure that has moved on since it was backed up: what it was, and what it is."""

    databases: Databases
    vault: Vault
    saved: dict[str, dict[str, list[tuple[Any, ...]]]]
    moved_on: dict[str, dict[str, list[tuple[Any, ...]]]]


@pytest.fixture(scope="module")
def ground(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    tmp_path = tmp_path_factory.mktemp("kills")
    settings = Settings(data_folder=tmp_path, keys_folder=templates.provider_folder, in_flight_seconds=0, pool_size=2)
    vault = Vault(tmp_path / "sauvegardes", templates.provider_folder)
    with cloned(templates, "kills") as databases:
        service = build(settings, databases)
        records = service.structure(ALPHA).records
        youth = filled(records, educator())
        for _ in range(3 * FRAME_BYTES // NOTE):
            records.add_note(educator(), youth, note("x" * NOTE))
        saved = everything(databases)
        vault.take(databases)
        filled(records, educator())
        service.close()
        Vault(tmp_path / "later", templates.provider_folder).take(databases)
        yield Ground(databases, vault, saved, everything(databases))


def steps_of(work: Callable[..., None], *arguments: object) -> list[str]:
    """The steps of a run that nobody kills."""
    steps: list[str] = []
    _run(work, arguments, lambda step: steps.append(step) is not None)
    return steps


def killed_at(step: str, work: Callable[..., None], *arguments: object) -> None:
    """Run `work` in a process of its own and kill it where it says that it has come to `step`."""
    assert _run(work, arguments, lambda reached: reached == step), f"{step} was never reached"


def killed_after(seconds: float, work: Callable[..., None], *arguments: object) -> None:
    """Run `work` in a process of its own and kill it `seconds` after it began, wherever it is by then."""

    def is_time(_step: str) -> bool:
        return True

    _run(work, arguments, is_time, seconds)


def _run(work: Callable[..., None], arguments: tuple[object, ...], is_the_last: Callable[[str], bool], later: float | None = None) -> bool:
    watching, watched = context().Pipe()
    process = context().Process(target=work, args=(*arguments, watched))
    process.start()
    watched.close()
    killed = False
    while not killed and (step := _next(watching)) is not None:
        killed = is_the_last(step)
        if not killed or later is not None:
            watching.send(FREE if later is not None else "go on")
    if killed:
        time.sleep(later or 0)
        process.kill()
    process.join()
    return killed


def _next(watching: Connection) -> str | None:
    try:
        return str(watching.recv())
    except EOFError:
        return None


def a_few(steps: list[str]) -> list[str]:
    """The first and the last step, and each that has a name; of those that only count bytes, one in the middle."""
    counting = [step for step in dict.fromkeys(steps) if " of " in step]
    chosen = {counting[0], counting[len(counting) // 2], counting[-1]}
    return [step for step in dict.fromkeys(steps) if step not in counting or step in chosen]


def test_a_killed_backup_leaves_no_file_that_is_not_whole_and_the_next_one_sweeps(ground: Ground, tmp_path: Path) -> None:
    arguments = tmp_path / "killed", ground.vault.provider_folder, ground.databases
    killed = Vault(*arguments[:2])
    _move_on(ground)
    chance = random.Random()  # noqa: S311  # It chooses moments, not secrets.
    left = []
    for step in a_few(steps_of(take, *arguments)):
        killed_at(step, take, *arguments)
        assert _whole(killed)
        left += _unfinished(killed)
    for _ in range(BLIND_KILLS):
        killed_after(chance.uniform(0, 0.1), take, *arguments)
        assert _whole(killed)
    assert left

    newest = {file.header.kind: file.path for file in killed.take(ground.databases) if file.code == "alpha"}

    assert not _unfinished(killed)
    killed.restore(ground.databases, ALPHA, main=newest[Kind.MAIN], keys=newest[Kind.KEYS], replace=True)
    assert everything(ground.databases) == ground.moved_on


def _whole(vault: Vault) -> bool:
    """Whether each file that is in place can be read to its end."""
    for path in vault.folder.glob("*.sillage"):
        with opened(path, vault.key) as reader:
            read_manifest(reader)
            while not reader._ended:
                reader._frame()
            assert reader._file.read() == b""
    return True


def _unfinished(vault: Vault) -> list[Path]:
    return list(vault.folder.glob("*.part"))


def test_a_killed_restore_leaves_what_was_there_or_a_locked_structure_and_the_next_one_ends_it(ground: Ground) -> None:
    arguments = ground.vault.folder, ground.vault.provider_folder, ground.databases, ALPHA
    steps = a_few(steps_of(put_back, *arguments))
    assert everything(ground.databases) == ground.saved
    assert {"main loaded", "keys loaded", "main committed", "keys committed"} <= set(steps)
    _move_on(ground)
    for step in steps[: steps.index("main committed")]:
        killed_at(step, put_back, *arguments)
        assert everything(ground.databases) == ground.moved_on, step
        assert _locks(ground) == []
    killed_at("main committed", put_back, *arguments)
    between = everything(ground.databases)

    assert between == {"main": ground.saved["main"], "keys": ground.moved_on["keys"]}
    assert _locks(ground) == [("main",), ("keys",)]
    killed_at("ended", put_back, *arguments)
    assert everything(ground.databases) == ground.saved
    assert _locks(ground) == [("main",), ("keys",)]


def test_a_restore_killed_anywhere_is_locked_as_soon_as_anything_is_different(ground: Ground) -> None:
    arguments = ground.vault.folder, ground.vault.provider_folder, ground.databases, ALPHA
    chance = random.Random()  # noqa: S311  # It chooses moments, not secrets.
    seen = []
    for _ in range(BLIND_KILLS):
        _move_on(ground)
        killed_after(chance.uniform(0.05, 0.4), put_back, *arguments)
        state = everything(ground.databases)
        seen.append([name for name in state if state[name] == ground.saved[name]])
        assert all(state[name] in (ground.saved[name], ground.moved_on[name]) for name in state)
        assert bool(_locks(ground)) is (state != ground.moved_on)
        assert seen[-1] in ([], ["main"], ["main", "keys"])

    ground.vault.restore(ground.databases, ALPHA, replace=True)

    assert everything(ground.databases) == ground.saved


def _move_on(ground: Ground) -> None:
    """Bring the structure to where it had come since the backup, without a lock: by a backup of that state."""
    later = Vault(ground.vault.folder.parent / "later", ground.vault.provider_folder)
    later.restore(ground.databases, ALPHA, replace=True)
    with psycopg.connect(ground.databases.main) as owner:
        owner.execute("DELETE FROM s_alpha.restores")


def _locks(ground: Ground) -> list[tuple[Any, ...]]:
    with psycopg.connect(ground.databases.main) as owner:
        return owner.execute("SELECT kind FROM s_alpha.restores WHERE reopened_at IS NULL ORDER BY restored_at").fetchall()
