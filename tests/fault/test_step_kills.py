"""SIGKILL at every named step of saga, rotation and reopening: the same end, nobody half erased (R184, R187; invariant 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from api.bootstrap import Structure, build
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.backups.backup import structures_of, take_keys, take_main
from crypto_shredding.backups.backup_file import Kind
from crypto_shredding.backups.backup_key import backup_key
from crypto_shredding.backups.restore import Places, restore_structure
from crypto_shredding.erasure import erasure_saga, reopening
from crypto_shredding.keys import rotation
from crypto_shredding.keys.key_store import RingExists
from crypto_shredding.signing import public_key_of
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Stage
from domain.stream import ErasedStream
from tests.conftest import ALPHA
from tests.fault.processes import Site, context
from tests.fault.step_work import KILLED, erase, reopen, rotate
from tests.given import LEILA, closed, educator, filled, to_its_end


@dataclass(frozen=True)
class Ground:
    """One youth who leaves, one who stays, and the site where processes work on both."""

    site: Site
    structure: Structure
    leaving: YouthId
    staying: YouthId

    def killed(self, work: Callable[..., None], *arguments: object) -> None:
        """Run `work` in a process of its own, which kills itself at its last argument."""
        process = context().Process(target=work, args=(self.site, *arguments))
        process.start()
        process.join(60)
        assert process.exitcode == KILLED, f"{arguments[-1]} was never reached"


@pytest.fixture
def ground(databases: Databases, settings: Settings, structure: Structure) -> Ground:
    leaving, staying = filled(structure.records, educator()), filled(structure.records, educator())
    structure.runner.run_once()
    return Ground(Site(settings, databases, structure.id), structure, leaving, staying)


def state_of(ground: Ground, erasure: ErasureId) -> dict[str, Any]:
    """What an erasure that came to its end looks like, apart from the clock and from what is random."""
    youth, structure, databases = ground.leaving, ground.structure, ground.site.databases

    def rows(address: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(address) as owner:
            return owner.execute(query, parameters).fetchall()

    found = structure.records.find(erasure)
    return {
        "ring": rows(databases.keys, "SELECT state, slots FROM s_alpha.key_rings WHERE subject_id = %s", youth),
        "ledger": rows(databases.keys, "SELECT number, erasure_id, subject_id FROM s_alpha.erasure_ledger"),
        "copy": rows(databases.main, "SELECT number, erasure_id, subject_id FROM s_alpha.erasure_ledger"),
        "file": [entry.number for entry in structure.reopening.files.entries(public_key_of(structure.store.key_store))],
        "left": rows(databases.main, "SELECT count(*), count(state) FROM s_alpha.events WHERE originator_id = %s", youth),
        "named": rows(databases.main, "SELECT count(*) FROM s_alpha.subject_references WHERE subject_id = %s", youth),
        "told": [type(event).__name__ for event in structure.store.events.get(erasure)],
        "stage": found.stage,
        "counted": (found.begun.view_rows, found.begun.shown, found.purged_events),
        "caseload": [row.youth for row in structure.caseload.of(LEILA)],
        "mark": structure.store.key_store.providers.mark(structure.id).erasures,
        "record": type(structure.records.find(youth)),
    }


@pytest.mark.parametrize("step", erasure_saga.STEPS)
def test_a_saga_killed_at_any_step_comes_to_the_same_end(ground: Ground, step: str) -> None:
    erasure = closed(ground.structure.records, ground.leaving)
    ground.killed(erase, erasure, step)
    with pytest.raises(RingExists):
        ground.structure.store.key_store.mint(ground.leaving)

    to_its_end(ground.structure, erasure)

    state = state_of(ground, erasure)
    assert state == {
        "ring": [("erased", None)],
        "ledger": [(1, erasure, ground.leaving)],
        "copy": [(1, erasure, ground.leaving)],
        "file": [1],
        "left": [(9, 0)],
        "named": [(0,)],
        "told": ["Closed", "Begun", "MadeEffective", "Purged"],
        "stage": Stage.PURGED,
        "counted": (2, 0, 9),
        "caseload": [ground.staying],
        "mark": 1,
        "record": ErasedStream,
    }
    assert ground.structure.records.read_record(educator(), ground.staying).notes


@pytest.mark.parametrize("step", rotation.STEPS)
def test_a_rotation_killed_at_any_step_goes_on_where_it_stood(ground: Ground, step: str) -> None:
    erasure = closed(ground.structure.records, ground.leaving)
    to_its_end(ground.structure, erasure)
    ground.killed(rotate, step)
    assert ground.structure.records.read_record(educator(), ground.staying).notes

    ended = not ground.structure.rotation.is_under_way()
    epoch = 2 if ended else ground.structure.rotation.rotate()
    ground.structure.erasures.conclude()

    assert (ended, epoch) == (step == "destroyed", 2)
    assert ground.structure.store.key_store.epochs() == [2]
    assert ground.structure.store.key_store.providers.current.epochs(ALPHA) == {2}
    assert ground.structure.store.key_store.providers.mark(ALPHA).epoch == 2
    assert ground.structure.records.find(erasure).stage is Stage.IRREVERSIBLE
    assert ground.structure.records.read_record(educator(), ground.staying).notes


@pytest.mark.parametrize("step", [*reopening.STEPS, "published", "effective", "rewrapped"])
def test_a_reopening_killed_at_any_step_stays_locked_and_ends_the_same(ground: Ground, step: str) -> None:
    settings, databases = ground.site.settings, ground.site.databases
    key = backup_key(settings.provider_folder)
    files = take_main(databases.main, settings.backups, key) + take_keys(
        databases.keys, settings.backups, key, structures_of(databases.main)
    )
    paths = {file.header.kind: file.path for file in files if file.code == "alpha"}
    erasure = closed(ground.structure.records, ground.leaving)
    to_its_end(ground.structure, erasure)
    _end_connections(databases)
    restore_structure(
        Places(databases.main, databases.keys),
        key,
        ground.structure.store.key_store.providers,
        main=paths[Kind.MAIN],
        keys=paths[Kind.KEYS],
        replace=True,
    )
    ground.killed(reopen, step)

    service = build(settings, databases)
    structure = next(one for one in service.structures() if one.id == ALPHA)
    assert structure.reopening.is_locked() == (step != "opened")
    service.open_structures()

    assert service.locked == {}
    assert isinstance(structure.records.find(ground.leaving), ErasedStream)
    assert structure.records.find(erasure).stage is Stage.IRREVERSIBLE
    assert structure.records.read_record(educator(), ground.staying).notes
    assert [row.youth for row in structure.caseload.of(LEILA)] == [ground.staying]
    assert len(structure.store.key_store.epochs()) == 1
    service.close()


def _end_connections(databases: Databases) -> None:
    """A restore finds nobody at work."""
    for address in (databases.main, databases.keys):
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'sillage%'"
            )
