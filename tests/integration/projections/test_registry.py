"""The registry against the real schema: nothing about a youth is forgotten by an erasure (invariants 4 and 6, facts §2.3)."""

from datetime import date
from uuid import uuid4

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.envelope import read_header
from domain.categories import Category
from domain.drafts import AgreementDraft, ShareDraft
from domain.identifiers import YouthId
from projections.registry import OTHER_TABLES_ABOUT_A_YOUTH, VIEW_TABLES, Purge, purged_by_the_runner
from tests.given import begun, note, to_its_end
from tests.integration.projections.scenes import A_DAY, TODAY, Desk

IN_CLEAR = {"account_id", "subject_id", "month", "view", "notification_id", "erasure_id", "activity_id", "occurred_on"}
IN_CLEAR |= {"access_id", "holder"}
"""Columns of the views that hold no content: random identifiers, positions, months that counts are about, days of activities."""


def about_a_youth(databases: Databases) -> set[str]:
    with psycopg.connect(databases.main) as connection:
        rows = connection.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 's_alpha' AND column_name = 'subject_id'"
        ).fetchall()
    return {row[0] for row in rows}


def columns_of(databases: Databases, table: str) -> dict[str, str]:
    with psycopg.connect(databases.main) as connection:
        rows = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 's_alpha' AND table_name = %s", (table,)
        ).fetchall()
    return dict(rows)


def test_every_table_with_a_subject_is_in_the_registry(databases: Databases) -> None:
    registered = {table.name for table in (*VIEW_TABLES, *OTHER_TABLES_ABOUT_A_YOUTH) if table.purge is not None}

    assert about_a_youth(databases) == registered


def test_a_table_that_the_registry_does_not_know_is_found(databases: Databases) -> None:
    with psycopg.connect(databases.main) as connection:
        connection.execute("CREATE TABLE s_alpha.planted (subject_id uuid, pseudonym text)")

    assert "planted" in about_a_youth(databases)


@pytest.mark.parametrize("table", VIEW_TABLES, ids=lambda table: table.name)
def test_every_column_of_a_view_is_ciphertext_or_holds_no_content(databases: Databases, table: object) -> None:
    columns = columns_of(databases, table.name)  # type: ignore[attr-defined]
    sealed = table.sealed  # type: ignore[attr-defined]

    assert columns
    assert set(columns) - IN_CLEAR == set(sealed)
    assert {columns[name] for name in sealed} <= {"bytea"}


def test_whatever_the_runner_writes_is_in_the_registry(databases: Databases) -> None:
    with psycopg.connect(databases.main) as connection:
        rows = connection.execute(
            "SELECT DISTINCT table_name FROM information_schema.role_table_grants"
            " WHERE grantee = 'sillage_s_alpha_runner' AND table_schema = 's_alpha' AND privilege_type = 'INSERT'"
        ).fetchall()

    assert {row[0] for row in rows} == {table.name for table in VIEW_TABLES}


def rows_about(databases: Databases, youth: YouthId) -> dict[str, int]:
    counts = {}
    with psycopg.connect(databases.main) as connection:
        for table in sorted(about_a_youth(databases)):
            row = connection.execute(f"SELECT count(*) FROM s_alpha.{table} WHERE subject_id = %s", (youth,)).fetchone()
            counts[table] = row[0] if row else 0
    return counts


def test_erasure_leaves_of_a_youth_the_fence_and_the_ledger_and_nothing_else(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth, other = desk.open(), desk.open()
    for met in (youth, other):
        desk.meet(met)
        structure.records.share_record(desk.actor, met, ShareDraft((), "à deux", TODAY, account=uuid4(), told="oui"))
    structure.runner.run_once()
    with psycopg.connect(databases.main) as connection:
        connection.execute(
            "INSERT INTO s_alpha.accounts (account_id, role, display_name, subject_id) VALUES (gen_random_uuid(), 'youth', 'x', %s)",
            (youth,),
        )
    before = rows_about(databases, youth)
    erasure = desk.close(youth)
    begun(structure, erasure)
    passed_the_beginning = rows_about(databases, youth)

    assert structure.erasures.advance(erasure)

    kept = {table.name for table in OTHER_TABLES_ABOUT_A_YOUTH if table.purge is Purge.KEPT}
    assert all(before[table] == 1 for table in set(before) - kept)
    assert all(passed_the_beginning[table] == 0 for table in purged_by_the_runner())
    assert rows_about(databases, youth) == {table: int(table in kept) for table in before}
    assert rows_about(databases, other)["caseload"] == 1


Column = tuple[str, str]
"""A view, and one of its ciphertext columns."""


def copied(databases: Databases, youth: YouthId) -> dict[Column, bytes]:
    """What an old copy of the views holds of a youth: each ciphertext that is there, by its column."""
    columns = [(table.name, name) for table in VIEW_TABLES if table.purge is Purge.RUNNER for name in table.sealed]
    found: dict[Column, bytes] = {}
    with psycopg.connect(databases.main) as connection:
        for table, name in columns:
            query = f"SELECT {name} FROM s_alpha.{table} WHERE subject_id = %s AND {name} IS NOT NULL"
            for (sealed,) in connection.execute(query, (youth,)):
                found[table, name] = sealed
    return found


def read_with_every_living_key(structure: Structure, youth: YouthId, copy: dict[Column, bytes]) -> dict[Column, str]:
    ring, sealer = structure.store.key_store.ring(youth), structure.store.sealer
    living = {key.key_id for key in ring.keys}
    return {
        (table, name): repr(sealer.open(ring, table, youth, sealed))
        for (table, name), sealed in copy.items()
        if read_header(sealed).key_id in living
    }


def followed(desk: Desk, youth: YouthId) -> None:
    """Write what only the follow-up tells: a day in May, one in June, a place where nobody else is met."""
    desk.meet(youth, date(2026, 5, 14), territory="Quai du Levant")
    desk.step(youth, date(2026, 6, 14))
    desk.structure.records.add_note(desk.actor, youth, note())
    desk.structure.runner.run_once()


def test_what_the_follow_up_tells_changes_no_column_but_its_own(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth = desk.open(first_contact_on=A_DAY)
    structure.runner.run_once()
    before = read_with_every_living_key(structure, youth, copied(databases, youth))

    followed(desk, youth)

    after = read_with_every_living_key(structure, youth, copied(databases, youth))
    changed = {column for column in after if after[column] != before.get(column)}
    follow_up = {(table.name, name) for table in VIEW_TABLES for name, category in table.sealed.items() if category is Category.FOLLOW_UP}
    assert changed == follow_up
    assert {name for _, name in before} == {"core"}


def test_an_old_copy_of_the_views_tells_nothing_of_a_follow_up_taken_back(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    youth = desk.open(first_contact_on=A_DAY)
    followed(desk, youth)
    copy = copied(databases, youth)
    told = " ".join(read_with_every_living_key(structure, youth, copy).values())
    structure.records.agree(desk.actor, youth, AgreementDraft("follow_up", "noter nos rencontres", A_DAY))
    structure.records.withdraw_agreement(desk.actor, youth, "follow_up")
    to_its_end(structure, structure.erasures.unfinished()[-1])
    structure.rotation.rotate()

    left = read_with_every_living_key(structure, youth, copy)

    words = ("Quai du Levant", "2026-05", "2026-06")
    assert all(word in told for word in words)
    assert {name for _, name in left} == {"core"}
    assert not [word for word in words if word in " ".join(left.values())]
