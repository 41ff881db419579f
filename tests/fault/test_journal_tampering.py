"""What the owner of the database can do to the journal, and how it shows (R083, R183; docs/explanation/journal.md)."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.journal.notary import JournalBroken
from domain.categories import Category
from tests.given import closed, educator, filled, note, opened, to_its_end
from tests.journals import bundle, checked, kinds

Owner = psycopg.Connection[tuple[Any, ...]]
SOME, MANY = 24, 400


@dataclass
class Ground:
    """A structure whose journal is sealed, its owner at the database, and the DPO's checkpoints of before."""

    structure: Structure
    owner: Owner
    kept: str
    folder: Path
    chance: random.Random

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = self.owner.execute(query.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def one(self, table: str, column: str) -> int:
        return int(self.chance.choice(self.rows(f"SELECT {column} FROM s_alpha.{table}"))[0])

    def defects(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for defect in checked(self.structure, self.folder, self.kept).defects:
            found.setdefault(defect.kind, set()).add(defect.position)
        return found


@pytest.fixture
def ground(structure: Structure, databases: Databases, tmp_path: Path) -> Iterator[Ground]:
    actor = educator()
    for _ in range(3):
        youth = opened(structure.records, actor)
        for _ in range(5):
            structure.records.add_note(actor, youth, note())
    with psycopg.connect(databases.main, autocommit=True) as owner:
        yield Ground(structure, owner, bundle(structure), tmp_path, random.Random(7))  # noqa: S311


def edit_event(ground: Ground) -> set[int]:
    position, at = ground.one("events", "notification_id"), ground.chance.randrange(10_000)
    ground.rows(
        "UPDATE s_alpha.events SET state = set_byte(state, %s %% length(state), (get_byte(state, %s %% length(state)) + 1) %% 256)"
        " WHERE notification_id = %s",
        *(at, at, position),
    )
    return {position}


def move_event(ground: Ground) -> set[int]:
    position = ground.one("events", "notification_id")
    column = ground.chance.choice(("originator_id = gen_random_uuid()", "originator_version = originator_version + 1000"))
    ground.rows(f"UPDATE s_alpha.events SET {column} WHERE notification_id = %s", position)
    return {position}


def swap_events(ground: Ground) -> set[int]:
    one, other = ground.chance.sample([row[0] for row in ground.rows("SELECT notification_id FROM s_alpha.events")], 2)
    ground.rows(
        f"UPDATE s_alpha.events AS e SET state = o.state FROM s_alpha.events AS o"
        f" WHERE (e.notification_id, o.notification_id) IN (({one}, {other}), ({other}, {one}))"
    )
    return {one, other}


def delete_event(ground: Ground) -> set[int]:
    return _deleted(ground, "events", "notification_id")


def cut_events(ground: Ground) -> set[int]:
    first = ground.one("events", "notification_id")
    return {row[0] for row in ground.rows("DELETE FROM s_alpha.events WHERE notification_id >= %s RETURNING notification_id", first)}


def slip_event_in(ground: Ground) -> set[int]:
    position = -ground.chance.randrange(1, 1000)
    ground.rows(
        "INSERT INTO s_alpha.events (originator_id, originator_version, notification_id, state) OVERRIDING SYSTEM VALUE"
        " VALUES (%s, 1, %s, '\\x00')",
        uuid4(),
        position,
    )
    return {position}


_CHANGES = (
    "at = at + interval '1 microsecond'",
    "account = gen_random_uuid()",
    "role = role || ' '",
    "purpose = 'steer'",
    "operation = 'session.open' || operation",
    "outcome = outcome || 'x'",
    "reference = CASE WHEN reference IS NULL THEN gen_random_uuid() END",
    "categories = categories || ARRAY['health']",
    "records = records + 1",
    "request = gen_random_uuid()",
)


def edit_line(ground: Ground) -> set[int]:
    position = ground.one("access_trail", "line")
    ground.rows(f"UPDATE s_alpha.access_trail SET {ground.chance.choice(_CHANGES)} WHERE line = %s", position)
    return {position}


def swap_lines(ground: Ground) -> set[int]:
    one, other = ground.chance.sample([row[0] for row in ground.rows("SELECT line FROM s_alpha.access_trail")], 2)
    ground.rows(
        f"UPDATE s_alpha.access_trail AS t SET account = o.account, at = o.at, request = o.request FROM s_alpha.access_trail AS o"
        f" WHERE (t.line, o.line) IN (({one}, {other}), ({other}, {one}))"
    )
    return {one, other}


def delete_line(ground: Ground) -> set[int]:
    return _deleted(ground, "access_trail", "line")


def cut_lines(ground: Ground) -> set[int]:
    first = ground.one("access_trail", "line")
    return {row[0] for row in ground.rows("DELETE FROM s_alpha.access_trail WHERE line >= %s RETURNING line", first)}


def slip_line_in(ground: Ground) -> set[int]:
    position = -ground.chance.randrange(1, 1000)
    ground.rows(
        "INSERT INTO s_alpha.access_trail OVERRIDING SYSTEM VALUE SELECT %s, at, account, role, purpose, operation, outcome, reference,"
        " categories, records, request FROM s_alpha.access_trail LIMIT 1",
        position,
    )
    return {position}


def _deleted(ground: Ground, table: str, column: str) -> set[int]:
    position = ground.one(table, column)
    ground.rows(f"DELETE FROM s_alpha.{table} WHERE {column} = %s", position)
    return {position}


ATTACKS: Sequence[Callable[[Ground], set[int]]] = (
    *(edit_event, move_event, swap_events, delete_event, cut_events, slip_event_in),
    *(edit_line, swap_lines, delete_line, cut_lines, slip_line_in),
)


def test_whatever_a_superuser_does_to_a_row_is_found_and_its_place_is_said(ground: Ground, request: pytest.FixtureRequest) -> None:
    tries = MANY if request.config.getoption("--long") else SOME
    for table in ("events", "access_trail"):
        ground.rows(f"CREATE TABLE public.{table} AS TABLE s_alpha.{table}")
    assert ground.defects() == {}
    for number in range(tries):
        attack = ATTACKS[number % len(ATTACKS)]
        positions = attack(ground)

        defects = ground.defects()

        assert positions & set().union(*defects.values()), (attack.__name__, positions, defects)
        for table in ("events", "access_trail"):
            ground.rows(f"DELETE FROM s_alpha.{table}")
            ground.rows(f"INSERT INTO s_alpha.{table} OVERRIDING SYSTEM VALUE SELECT * FROM public.{table}")


def test_a_living_event_nulled_under_the_id_of_a_destroyed_key_is_found(ground: Ground) -> None:
    structure = ground.structure
    to_its_end(structure, closed(structure.records, filled(structure.records, educator())))
    assert ground.defects() == {}
    ((position,),) = ground.rows(
        "UPDATE s_alpha.events SET purged_digest = sha256(state), state = NULL, purged_key_id = (SELECT purged_key_id FROM s_alpha.events"
        " WHERE purged_key_id IS NOT NULL LIMIT 1) WHERE notification_id = (SELECT min(notification_id) FROM s_alpha.events WHERE state IS"
        " NOT NULL) RETURNING notification_id"
    )

    assert {position} <= ground.defects()["nulled"]


def test_it_is_found_as_well_under_its_own_keys_id(ground: Ground) -> None:
    ((position,),) = ground.rows(
        "UPDATE s_alpha.events SET purged_digest = sha256(state), purged_key_id = substring(state FROM 3 FOR 16), state = NULL"
        " WHERE notification_id = 5 RETURNING notification_id"
    )

    assert ground.defects() == {"nulled": {position}}


def test_a_purge_stated_by_hand_is_not_sealed_and_covers_nothing(ground: Ground) -> None:
    structure = ground.structure
    erasure = closed(structure.records, filled(structure.records, educator()))
    to_its_end(structure, erasure)
    ground.rows(
        "WITH nulled AS (UPDATE s_alpha.events"
        " SET purged_digest = sha256(state), purged_key_id = substring(state FROM 3 FOR 16), state = NULL WHERE notification_id = 5"
        " RETURNING originator_id, originator_version)"
        " INSERT INTO s_alpha.journal_statements (kind, erasure_id, stream, versions)"
        " SELECT 'purge', %s, originator_id, int8multirange(int8range(originator_version, originator_version, '[]')) FROM nulled",
        erasure,
    )

    assert ground.defects()["nulled"] == {5}


def test_after_the_erasure_of_a_category_nothing_but_that_category_may_be_missing(ground: Ground) -> None:
    structure, actor = ground.structure, educator()
    youth = filled(structure.records, actor)
    structure.records.withdraw_agreement(actor, youth, Category.IDENTITY)
    while structure.erasures.unfinished():
        structure.runner.run_once()
        structure.erasures.advance_all()
    assert ground.defects() == {}
    ((erasure, key),) = ground.rows("SELECT erasure_id, key_id FROM s_alpha.erasure_fences WHERE NOT whole AND key_id IS NOT NULL")
    ((position,),) = ground.rows(
        "WITH nulled AS (UPDATE s_alpha.events SET purged_digest = sha256(state), purged_key_id = %s, state = NULL"
        " WHERE originator_id = %s AND originator_version = 1 RETURNING *), stated AS ("
        " INSERT INTO s_alpha.journal_statements (kind, erasure_id, stream, key_id, versions)"
        " SELECT 'purge', %s, originator_id, %s, int8multirange(int8range(1, 2)) FROM nulled) SELECT notification_id FROM nulled",
        *(key, youth, erasure, key),
    )

    defects = ground.defects()

    assert position in defects["modified"]


def test_a_ciphertext_that_came_back_after_its_erasure_is_found(ground: Ground) -> None:
    structure = ground.structure
    youth = filled(structure.records, educator())
    ground.rows("CREATE TABLE public.before AS SELECT * FROM s_alpha.events WHERE originator_id = %s", youth)
    to_its_end(structure, closed(structure.records, youth))
    ground.rows(
        "UPDATE s_alpha.events AS e SET state = b.state, purged_digest = NULL, purged_key_id = NULL FROM public.before AS b"
        " WHERE e.notification_id = b.notification_id AND e.originator_version = 2"
    )

    ((position,),) = ground.rows("SELECT notification_id FROM public.before WHERE originator_version = 2")
    assert ground.defects() == {"returned": {position}}


def test_a_history_rewritten_with_its_seal_is_found_against_an_older_checkpoint(ground: Ground) -> None:
    edit_event(ground)
    for table in ("checkpoints", "sealed_leaves"):
        ground.rows(f"DELETE FROM s_alpha.{table} WHERE tree = 1")
    ground.rows("UPDATE s_alpha.sealed_trees SET size = 0, position = 0, compact_range = '' WHERE tree = 1")
    for file in (ground.structure.notary.files.folder).iterdir():
        file.unlink()

    # Without the older checkpoint it looks sound: that is why checkpoints leave the server.
    assert checked(ground.structure, ground.folder).defects == []
    assert set(ground.defects()) == {"rewritten"}


def test_the_files_alone_betray_it_too(ground: Ground) -> None:
    edit_event(ground)
    for table in ("checkpoints", "sealed_leaves"):
        ground.rows(f"DELETE FROM s_alpha.{table} WHERE tree = 1")
    ground.rows("UPDATE s_alpha.sealed_trees SET size = 0, position = 0, compact_range = '' WHERE tree = 1")

    report = checked(ground.structure, ground.folder)

    assert any("reprise" in said or "repris" in said for said in report.said)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE s_alpha.sealed_leaves SET hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1) WHERE tree = 1",
        "UPDATE s_alpha.sealed_trees SET compact_range = set_byte(compact_range, 3, get_byte(compact_range, 3) # 1) WHERE tree = 1",
        "UPDATE s_alpha.checkpoints SET note = replace(note, 'time 2', 'time 3') WHERE tree = 1",
        "UPDATE s_alpha.checkpoints SET compact_range = set_byte(compact_range, 3, get_byte(compact_range, 3) # 1) WHERE tree = 1",
    ],
)
def test_a_tree_that_did_not_grow_out_of_what_was_signed_is_not_signed_again(ground: Ground, attack: str) -> None:
    filled(ground.structure.records, educator())
    if "sealed_leaves" in attack:  # Leaves that no checkpoint has vouched for yet.
        ground.structure.notary.do()
        attack += " AND first_leaf = (SELECT max(first_leaf) FROM s_alpha.sealed_leaves WHERE tree = 1)"
    ground.rows(attack)
    signed = ground.rows("SELECT count(*) FROM s_alpha.checkpoints WHERE tree = 1")

    with pytest.raises(JournalBroken):
        ground.structure.notary.catch_up()

    assert ground.rows("SELECT count(*) FROM s_alpha.checkpoints WHERE tree = 1") == signed


def test_a_stored_hash_that_was_changed_is_told_apart_from_a_changed_row(ground: Ground) -> None:
    ground.rows("UPDATE s_alpha.sealed_leaves SET hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1) WHERE tree = 1 AND first_leaf = 0")

    assert set(ground.defects()) == {"stored"}


def test_a_checkpoint_of_another_structure_vouches_for_nothing_here(ground: Ground, other_structure: Structure) -> None:
    filled(other_structure.records, educator())

    assert "signature" in kinds(checked(ground.structure, ground.folder, bundle(other_structure)))
