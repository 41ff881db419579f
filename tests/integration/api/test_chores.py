"""What the service does by itself: the night ends the epoch of a day on which somebody was erased (R075)."""

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from api.bootstrap import Structure
from api.chores import Chores
from api.databases import Databases
from domain.oblivion.erasure import Stage
from tests.given import closed, educator, filled, to_its_end

NIGHT = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
"""Half past two in Paris."""
AFTERNOON = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)


def chores_at(structure: Structure, moment: datetime, *, at_once: bool = False) -> Chores:
    return Chores(structure.erasures, structure.rotation, structure.key_stores, lambda: moment, rotates_at_once=at_once)


@pytest.mark.parametrize(("moment", "at_once", "epochs"), [(AFTERNOON, False, [1]), (NIGHT, False, [2]), (AFTERNOON, True, [2])])
def test_keys_are_rotated_the_night_after_an_erasure(structure: Structure, moment: datetime, *, at_once: bool, epochs: list[int]) -> None:
    erasure = closed(structure.records, filled(structure.records, educator()))
    to_its_end(structure, erasure)

    chores_at(structure, moment, at_once=at_once).do()

    assert structure.store.key_store.epochs() == epochs
    stage = structure.records.find(erasure).stage
    assert stage is (Stage.IRREVERSIBLE if epochs == [2] else Stage.PURGED)


def test_a_night_without_an_erasure_ends_nothing_until_a_month_has_gone(structure: Structure, databases: Databases) -> None:
    filled(structure.records, educator())
    chores_at(structure, NIGHT).do()
    assert structure.store.key_store.epochs() == [1]

    with psycopg.connect(databases.keys) as owner:
        owner.execute("UPDATE s_alpha.epochs SET begun_at = begun_at - interval '31 days'")
    chores_at(structure, NIGHT).do()

    assert structure.store.key_store.epochs() == [2]


def test_a_month_of_the_trail_that_is_refused_keeps_no_unused_account_open(structure: Structure) -> None:
    def refuse() -> None:
        raise psycopg.errors.CheckViolation

    closings: list[str] = []
    chores = replace(chores_at(structure, AFTERNOON), expire_trail=refuse, close_unused_accounts=lambda: closings.append("closed"))
    with pytest.raises(psycopg.errors.CheckViolation):
        chores.do()

    assert closings == ["closed"]


def test_every_login_lets_go_of_the_key_of_an_epoch_that_has_ended(structure: Structure) -> None:
    filled(structure.records, educator())
    structure.runner.run_once()
    structure.rotation.rotate()
    cached = [set(key_store._keks) for key_store in structure.key_stores]
    assert any(1 in epochs for epochs in cached)

    chores_at(structure, AFTERNOON).do()

    assert not any(1 in key_store._keks for key_store in structure.key_stores)


def test_the_mark_follows_the_events(structure: Structure) -> None:
    filled(structure.records, educator())

    chores_at(structure, AFTERNOON).do()

    assert structure.store.key_store.providers.mark(structure.id).position == structure.store.recorder.max_notification_id()


def test_a_database_replaced_by_an_older_copy_while_the_service_runs_ends_every_chore(structure: Structure, databases: Databases) -> None:
    records, keys = structure.records, "s_alpha.key_rings"
    leaving, after = filled(records, educator()), filled(records, educator())
    with psycopg.connect(databases.keys) as owner:
        before = owner.execute(f"SELECT epoch, slots FROM {keys} WHERE subject_id = %s".encode(), (leaving,)).fetchone()
    told: list[str] = []
    chores = replace(chores_at(structure, NIGHT), is_behind=structure.reopening.is_behind, lock=lambda: told.append("locked"))
    to_its_end(structure, closed(records, leaving))
    assert not structure.reopening.is_behind()
    mark = structure.store.key_store.providers.mark(structure.id)
    with psycopg.connect(databases.keys) as owner:
        update = f"UPDATE {keys} SET epoch = %s, slots = %s, state = 'active', erased_at = NULL WHERE subject_id = %s"
        owner.execute(update.encode(), (*(before or ()), leaving))
        owner.execute("DELETE FROM s_alpha.erasure_ledger")
    waiting = closed(records, after)

    for _ in range(2):
        chores.do()

    assert told == ["locked"]
    assert structure.records.find(waiting).begun is None
    assert structure.store.key_store.providers.mark(structure.id) == mark
    assert structure.store.key_store.epochs() == [1]
