"""The trail goes month by month, under a signed record, and what is left still verifies (R083, R085)."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.bootstrap import Structure
from api.chores import Chores
from api.databases import Databases
from api.settings import Settings, SettingsError, read_settings
from crypto_shredding.journal.trail_expiry import STEPS
from crypto_shredding.postgresql.database import SAGA, open_pool
from domain.legal_constants import LONGEST_TRAIL, SHORTEST_TRAIL, TRAIL_KEPT
from tests.fault.processes import Site, context
from tests.given import educator, filled
from tests.journals import bundle, checked, kinds


@dataclass
class Years:
    """A trail of several months: some older than a year, the last of them this one."""

    structure: Structure
    databases: Databases
    kept: dict[int, str]
    """What the DPO had taken away at the end of each month, by the tree."""

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.databases.main, autocommit=True) as owner:
            cursor = owner.execute(query.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def months(self) -> list[int]:
        """The trees whose lines are there."""
        return [
            row[0]
            for row in self.rows(
                "SELECT tree FROM (SELECT tree, position, lag(position, 1, 0::bigint) OVER (ORDER BY tree) AS after"
                " FROM s_alpha.sealed_trees WHERE kind = 'trail') AS t"
                " WHERE EXISTS (SELECT FROM s_alpha.access_trail WHERE line > t.after AND line <= t.position) ORDER BY tree"
            )
        ]

    def clock_believed(self) -> None:
        self.rows("UPDATE s_alpha.checkpoints SET sealed_at = sealed_at - interval '2 days'")


@pytest.fixture
def years(structure: Structure, databases: Databases) -> Years:
    """Months 3 to 6: 20 and 14 months ago, two months ago, and now."""
    found = Years(structure, databases, {})
    for tree, ago in ((3, 20), (4, 14), (5, 2), (6, 0)):
        moment = f"date_trunc('month', now() - interval '{ago} months') + interval '3 days'" if ago else "clock_timestamp()"
        found.rows(f"ALTER TABLE s_alpha.access_trail ALTER at SET DEFAULT {moment}")
        filled(structure.records, educator())
        found.kept[tree] = bundle(structure)
    found.clock_believed()
    return found


def test_months_whose_time_is_over_go_and_the_rest_verifies(years: Years, tmp_path: Path) -> None:
    assert years.months() == [3, 4, 5, 6]

    removed = years.structure.expiry.expire_due()

    assert removed > 0
    assert years.months() == [5, 6]
    report = checked(years.structure, tmp_path, *years.kept.values())
    assert report.defects == []
    assert sum("arrivées à échéance, sous un acte signé" in said for said in report.said) == 2
    assert years.rows("SELECT count(*) FROM s_alpha.sealed_leaves WHERE tree IN (3, 4)") == [(0,)]
    # Again, and nothing is left to do.
    assert years.structure.expiry.expire_due() == 0
    assert checked(years.structure, tmp_path).defects == []


def test_the_checkpoint_of_the_end_of_a_month_that_went_is_confirmed(years: Years, tmp_path: Path) -> None:
    years.structure.expiry.expire_due()

    said = checked(years.structure, tmp_path, years.kept[4]).said

    assert any("arbre 4" in sentence and "confirmé" in sentence for sentence in said)


def test_the_chores_let_the_months_go(years: Years) -> None:
    structure = years.structure
    Chores(
        structure.erasures, structure.rotation, structure.key_stores, structure.records.clock, expire_trail=structure.expiry.expire_due
    ).do()

    assert years.months() == [5, 6]


@pytest.mark.parametrize("step", STEPS)
def test_an_expiry_killed_at_any_step_comes_to_the_same_end(years: Years, settings: Settings, tmp_path: Path, step: str) -> None:
    process = context().Process(target=expire_and_die, args=(Site(settings, years.databases, years.structure.id), step))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert checked(years.structure, tmp_path).defects == []

    years.structure.expiry.expire_due()

    assert years.months() == [5, 6]
    assert checked(years.structure, tmp_path).defects == []


def expire_and_die(site: Site, step: str) -> None:
    def reached(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with site.service() as (_, structure):
        replace(structure.expiry, reached=reached).expire_due()


def recorded(years: Years, tree: int) -> None:
    years.rows(f"INSERT INTO s_alpha.retention_records (tree, note) VALUES ({tree}, 'x') ON CONFLICT DO NOTHING")


REFUSED: dict[str, tuple[int, int, Callable[[Years], object]]] = {
    "not over": (6, 365, lambda years: [recorded(years, tree) for tree in (3, 4, 5, 6)]),
    "not old enough": (5, 365, lambda years: [recorded(years, tree) for tree in (3, 4, 5)]),
    "not recorded": (3, 365, lambda _: None),
    "one before it not recorded": (4, 365, lambda years: recorded(years, 4)),
    "not sealed to its end": (3, 365, lambda years: (recorded(years, 3), years.rows("DELETE FROM s_alpha.checkpoints WHERE tree = 3"))),
    "shorter than half a year": (3, SHORTEST_TRAIL.days - 1, lambda years: recorded(years, 3)),
    "longer than three years": (3, LONGEST_TRAIL.days + 1, lambda years: recorded(years, 3)),
    "a line is missing": (
        3,
        365,
        lambda years: (recorded(years, 3), years.rows("DELETE FROM s_alpha.access_trail WHERE line = 2")),
    ),
    "the clock has just leapt": (
        3,
        365,
        lambda years: (recorded(years, 3), years.rows("UPDATE s_alpha.checkpoints SET sealed_at = now()")),
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_the_function_refuses_by_itself_a_month_that_is(years: Years, why: str) -> None:
    tree, days, prepare = REFUSED[why]
    prepare(years)

    with years.structure.notary.database.connection() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("SELECT s_alpha.expire_trail(%s, %s)", (tree, days))

    assert tree in years.months()


def test_it_does_what_was_asked_when_nothing_stands_against_it(years: Years) -> None:
    recorded(years, 3)
    with years.structure.notary.database.connection() as connection:
        connection.execute("SELECT s_alpha.expire_trail(3, 365)")

    assert years.months() == [4, 5, 6]


def test_a_month_that_is_refused_has_no_record(years: Years) -> None:
    years.rows("UPDATE s_alpha.checkpoints SET sealed_at = now()")

    with pytest.raises(psycopg.errors.CheckViolation):
        years.structure.expiry.expire_due()

    assert years.rows("SELECT count(*) FROM s_alpha.retention_records") == [(0,)]
    assert years.months() == [3, 4, 5, 6]


def test_a_record_that_is_wrong_gives_way_when_its_month_is_due(years: Years, tmp_path: Path) -> None:
    for tree in (3, 4):
        recorded(years, tree)

    years.structure.expiry.expire_due()

    assert years.months() == [5, 6]
    assert checked(years.structure, tmp_path).defects == []


def test_a_clock_that_the_owner_puts_before_the_database_s_own_signs_no_record(years: Years, tmp_path: Path) -> None:
    """The role's own path begins with a schema in which `clock_timestamp()` tells another year; then a month is deleted by hand."""
    database = years.rows("SELECT current_database()")[0][0]
    for statement in (
        "CREATE SCHEMA elsewhere",
        "GRANT USAGE ON SCHEMA elsewhere TO PUBLIC",
        "CREATE FUNCTION elsewhere.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT statement_timestamp() + '400 days' $$",
        f'ALTER ROLE sillage_saga IN DATABASE "{database}" SET search_path = elsewhere, pg_catalog',
    ):
        years.rows(statement)
    pool = open_pool(years.databases.main, SAGA, size=2)
    there = replace(years.structure.notary, database=replace(years.structure.notary.database, pool=pool))
    with pool:
        replace(years.structure.expiry, notary=there).expire_due()

    assert years.rows("SELECT tree FROM s_alpha.retention_records ORDER BY tree") == [(3,), (4,)]
    years.rows(
        "DELETE FROM s_alpha.access_trail WHERE line > (SELECT position FROM s_alpha.sealed_trees WHERE tree = 4)"
        " AND line <= (SELECT position FROM s_alpha.sealed_trees WHERE tree = 5)"
    )
    years.rows("DELETE FROM s_alpha.sealed_leaves WHERE tree = 5")
    assert checked(years.structure, tmp_path, *years.kept.values()).defects


def test_months_that_are_deleted_without_a_record_are_missed(years: Years, tmp_path: Path) -> None:
    years.rows("DELETE FROM s_alpha.access_trail WHERE line <= (SELECT position FROM s_alpha.sealed_trees WHERE tree = 3)")
    years.rows("DELETE FROM s_alpha.sealed_leaves WHERE tree = 3")

    assert kinds(checked(years.structure, tmp_path)) & {"truncated", "retention"}


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE s_alpha.retention_records SET note = replace(note, 'kept 365', 'kept 300') WHERE tree = 3",
        "UPDATE s_alpha.retention_records SET note = (SELECT note FROM s_alpha.retention_records WHERE tree = 4) WHERE tree = 3",
        "DELETE FROM s_alpha.retention_records WHERE tree = 4",
        "DELETE FROM s_alpha.checkpoints WHERE tree = 4",
        (
            "INSERT INTO s_alpha.access_trail OVERRIDING SYSTEM VALUE SELECT 1, at, account, role, purpose, operation, outcome, reference,"
            " categories, records, request FROM s_alpha.access_trail LIMIT 1"
        ),
        (
            "DELETE FROM s_alpha.access_trail WHERE line > (SELECT position FROM s_alpha.sealed_trees WHERE tree = 4)"
            " AND line <= (SELECT position FROM s_alpha.sealed_trees WHERE tree = 5)"
        ),
    ],
)
def test_what_is_done_to_the_record_of_a_month_is_found(years: Years, tmp_path: Path, attack: str) -> None:
    years.structure.expiry.expire_due()
    years.rows(attack)

    assert checked(years.structure, tmp_path).defects


def test_a_month_that_a_wrong_clock_named_neither_hurries_nor_keeps_the_others(years: Years) -> None:
    """The clock was ten years ahead for a while, then for a while in 2001: both happen to a server without a battery."""
    for moment in ("now() + interval '10 years'", "clock_timestamp()", "timestamptz '2001-01-15'", "clock_timestamp()"):
        years.rows(f"ALTER TABLE s_alpha.access_trail ALTER at SET DEFAULT {moment}")
        filled(years.structure.records, educator())
        years.structure.notary.catch_up()
    years.clock_believed()

    years.structure.expiry.expire_due()

    assert years.months() == [5, 6, 7, 8, 9, 10]
    in_a_year = date.today().replace(day=1)  # noqa: DTZ011  # The test's own month, as the database wrote it.
    named = years.rows("SELECT month FROM s_alpha.sealed_trees WHERE tree = 6")[0][0]
    assert named == in_a_year


def test_a_trail_kept_longer_than_a_year_says_why_in_its_record(years: Years, tmp_path: Path) -> None:
    expiry = replace(years.structure.expiry, days=400, reason="risque documenté le 3 mars, décidé par la direction")
    expiry.expire_due()

    assert checked(years.structure, tmp_path).defects == []
    notes = years.rows("SELECT note FROM s_alpha.retention_records ORDER BY tree")
    assert ["reason risque documenté" in note for (note,) in notes] == [True] * len(notes)


def test_a_record_of_more_than_a_year_without_a_reason_is_no_record(years: Years, tmp_path: Path) -> None:
    replace(years.structure.expiry, days=400).expire_due()

    assert "retention" in kinds(checked(years.structure, tmp_path))


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ({}, True),
        ({"trail_days": TRAIL_KEPT.days}, True),
        ({"trail_days": SHORTEST_TRAIL.days}, True),
        ({"trail_days": SHORTEST_TRAIL.days - 1}, False),
        ({"trail_days": TRAIL_KEPT.days + 1}, False),
        ({"trail_days": TRAIL_KEPT.days + 1, "trail_reason": "  "}, False),
        ({"trail_days": TRAIL_KEPT.days + 1, "trail_reason": "risque documenté"}, True),
        ({"trail_days": LONGEST_TRAIL.days, "trail_reason": "risque documenté"}, True),
        ({"trail_days": LONGEST_TRAIL.days + 1, "trail_reason": "risque documenté"}, False),
        ({"trail_days": TRAIL_KEPT.days + 1, "trail_reason": "risque\nkept 365"}, False),
    ],
)
def test_more_than_a_year_needs_a_reason_and_more_than_three_are_refused(given: dict[str, Any], *, accepted: bool) -> None:
    if accepted:
        assert read_settings(**given).trail_days == given.get("trail_days", TRAIL_KEPT.days)
        return
    with pytest.raises(SettingsError, match=r"TRAIL|trail"):
        read_settings(**given)
