"""The list of activities: the latest first, page after page, sealed row by row, nobody on it but the team (N24, N25)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.envelope import Tampered
from crypto_shredding.postgresql.migrating import migrate_structure
from domain.drafts import ChantierDraft, OutingDraft, PresenceDraft
from projections.activities import ActivityPage
from projections.position import Position
from projections.rebuild import rebuild
from tests.given import OF_THE_GATE, begun
from tests.integration.projections.scenes import A_DAY, Desk, contents
from tests.integration.projections.test_runner import runner_of


def page_of(structure: Structure, **wanted: Any) -> ActivityPage:
    page = structure.activities.page(**wanted)
    assert page is not None
    return page


def go_out(desk: Desk, day: date = A_DAY, **fields: Any) -> UUID:
    return desk.structure.records.record_outing(desk.actor, OutingDraft(day, **fields)).stream


def listed(structure: Structure) -> list[tuple[object, ...]]:
    return [
        (row.listed.kind, row.listed.title, row.listed.territory, row.listed.place, row.listed.minutes, row.listed.people, row.listed.who)
        for row in page_of(structure).rows
    ]


def test_each_kind_of_activity_says_what_where_how_long_how_many_and_who(structure: Structure) -> None:
    desk, records = Desk(structure), structure.records
    me = str(desk.account())
    go_out(
        desk, territory="La Rose", place="le stade", minutes=90, educators=(desk.account(), "KD"), counts={"girl:11-15": 3, "boy:16-17": 4}
    )
    chantier = ChantierDraft("Peinture du local", A_DAY - timedelta(days=1), minutes=900, territory="Port-Neuf", youths=5)
    records.record_chantier(desk.actor, chantier)
    records.count_presence(desk.actor, PresenceDraft(A_DAY - timedelta(days=2), 2, educators=("KD",)))
    structure.runner.run_once()

    assert listed(structure) == [
        ("street_work", None, "La Rose", "le stade", 90, 7, [me, "KD"]),
        ("chantier", "Peinture du local", "Port-Neuf", None, 900, 5, []),
        ("presence", None, None, None, None, 2, ["KD"]),
    ]
    assert {row.listed.by for row in page_of(structure).rows} == {me}


def test_pages_follow_each_other_and_what_is_new_does_not_shift_them(structure: Structure) -> None:
    desk = Desk(structure)
    days = [A_DAY - timedelta(days=number // 3) for number in range(7)]
    written = {go_out(desk, day) for day in reversed(days)}
    structure.runner.run_once()

    first = page_of(structure, limit=3)
    go_out(desk, A_DAY + timedelta(days=1))
    structure.runner.run_once()
    second = page_of(structure, after=first.next, limit=3)
    third = page_of(structure, after=second.next, limit=3)

    rows = [row for page in (first, second, third) for row in page.rows]
    assert [row.occurred_on for row in rows] == days
    assert {row.activity for row in rows} == written
    assert third.next is None


def test_a_page_that_is_just_full_is_the_last_one(structure: Structure) -> None:
    for _ in range(3):
        go_out(Desk(structure))
    structure.runner.run_once()

    assert page_of(structure, limit=3).next is None


def test_after_an_unknown_activity_there_is_nothing(structure: Structure) -> None:
    go_out(Desk(structure))
    structure.runner.run_once()

    assert page_of(structure, after=uuid4()) == ActivityPage((), None)


def test_the_activities_of_one_structure_are_not_in_the_other(structure: Structure, other_structure: Structure) -> None:
    go_out(Desk(structure))
    structure.runner.run_once()

    assert page_of(other_structure).rows == ()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE s_alpha.activities SET occurred_on = occurred_on + 1",
        "UPDATE s_alpha.activities SET activity_id = gen_random_uuid()",
        "UPDATE s_alpha.activities SET state = set_byte(state, length(state) - 1, get_byte(state, length(state) - 1) # 1)",
    ],
)
def test_a_row_that_somebody_changed_does_not_open(structure: Structure, databases: Databases, change: str) -> None:
    go_out(Desk(structure))
    structure.runner.run_once()
    with psycopg.connect(databases.main) as connection:
        connection.execute(change)

    with pytest.raises(Tampered):
        structure.activities.page()


def test_no_word_of_an_activity_stands_in_clear_or_in_a_repr(structure: Structure, databases: Databases) -> None:
    go_out(Desk(structure), territory="Canari-7431", place="Canari-7432", educators=("Canari",))
    structure.runner.run_once()
    with psycopg.connect(databases.main) as connection:
        [state] = [row[0] for row in connection.execute("SELECT state FROM s_alpha.activities").fetchall()]

    assert b"Canari" not in state
    assert "Canari" not in repr(page_of(structure))


def test_a_list_that_is_half_rebuilt_is_not_shown(structure: Structure) -> None:
    desk = Desk(structure)
    for _ in range(6):
        go_out(desk)
    structure.runner.run_once()
    live, shown = page_of(structure), []

    def look(reached: int, target: int) -> None:
        if reached < target:
            shown.append(structure.activities.page())

    rebuild(structure.runner_store.database, runner_of(structure, batch_size=2), look)

    assert len(shown) == (OF_THE_GATE + 6) / 2
    assert set(shown) == {None}
    assert page_of(structure) == live


def test_a_structure_that_worked_before_there_was_a_list_finds_its_past_on_it(structure: Structure, databases: Databases) -> None:
    desk = Desk(structure)
    desk.meet(desk.open())
    gone = desk.open()
    desk.meet(gone)
    erasure = desk.close(gone)
    go_out(desk)
    begun(structure, erasure)
    live = contents(structure)
    with psycopg.connect(databases.main) as connection:
        connection.execute("DROP TABLE s_alpha.activities")
        connection.execute("DELETE FROM s_alpha.schema_migrations WHERE name = '0005_activities.sql'")

    migrate_structure(databases.main, "alpha", kind="main")
    before = structure.activities.page()
    structure.runner.run_once()

    assert before is None
    assert contents(structure) == live
    assert Position(structure.store.database).is_whole()
