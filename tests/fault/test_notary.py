"""The notary is killed, its clock goes wrong, its database comes back older: it goes on, or it is seen (design §7)."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.journal.notary import STEPS
from tests.fault.processes import Site, context
from tests.given import educator, filled
from tests.journals import bundle, checked, kinds

LEAVES = "SELECT tree, size, position, compact_range FROM s_alpha.sealed_trees ORDER BY tree"


def seal_and_die(site: Site, step: str) -> None:
    with site.service() as (_, structure):
        replace(structure.notary, reached=_dying_at(step)).catch_up()


def _dying_at(step: str) -> Callable[[str], None]:
    def reached(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


@pytest.mark.parametrize("step", [step for step in STEPS if step != "stated"])
def test_a_notary_killed_at_any_step_goes_on_where_it_stood(
    structure: Structure, settings: Settings, databases: Databases, tmp_path: Path, step: str
) -> None:
    filled(structure.records, educator())
    kept = bundle(structure)
    filled(structure.records, educator())
    process = context().Process(target=seal_and_die, args=(Site(settings, databases, structure.id), step))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL

    report = checked(structure, tmp_path, kept)

    assert report.defects == []
    assert report.said.count("Contenus chiffrés annulés : 0, dont 0 sous un effacement scellé.") == 1
    assert [notes for notes in structure.notary.files.latest() if "restoration" in notes] == []
    with psycopg.connect(databases.main) as owner:
        assert owner.execute("SELECT count(*) FROM s_alpha.journal_statements").fetchone() == (0,)
    assert structure.notary.files.latest() == structure.notary.latest_notes()


def test_two_notaries_at_once_seal_each_row_once(structure: Structure, settings: Settings, databases: Databases, tmp_path: Path) -> None:
    with Site(settings, databases, structure.id).service() as (_, other):
        for _ in range(3):
            filled(structure.records, educator())
            structure.notary.do()
            other.notary.do()
            other.notary.catch_up()

    assert checked(structure, tmp_path).defects == []


@pytest.fixture
def older(databases: Databases, structure: Structure) -> Iterator[Callable[[], None]]:
    """What puts the main database back as it is now: the rows of everything, as a restore would."""
    filled(structure.records, educator())
    bundle(structure)
    tables = ("events", "access_trail", "sealed_trees", "sealed_leaves", "checkpoints", "journal_statements")
    with psycopg.connect(databases.main, autocommit=True) as owner:
        for table in tables:
            owner.execute(f"CREATE TABLE public.{table} AS TABLE s_alpha.{table}".encode())

        def put_back() -> None:
            with owner.transaction():
                for table in ("checkpoints", "sealed_leaves", "sealed_trees", "events", "access_trail", "journal_statements"):
                    owner.execute(f"DELETE FROM s_alpha.{table}".encode())
                for table in tables:
                    owner.execute(f"INSERT INTO s_alpha.{table} OVERRIDING SYSTEM VALUE SELECT * FROM public.{table}".encode())

        yield put_back


def test_an_older_copy_of_the_database_is_stated_sealed_and_goes_on_under_another_name(
    structure: Structure, older: Callable[[], None], tmp_path: Path
) -> None:
    early = bundle(structure)
    filled(structure.records, educator())
    late = bundle(structure)
    older()
    filled(structure.records, educator())

    report = checked(structure, tmp_path, early)

    assert report.defects == []
    assert {tree.generation for tree in report.trees if tree.kind != 2} == {2}
    assert sum("copie plus ancienne" in said for said in report.said) == 2
    assert kinds(checked(structure, tmp_path, late)) == {"restored"}
    assert [path.name for path in structure.notary.files.folder.glob("*-perdu-*")] != []
    # It happened once, and is said once.
    assert checked(structure, tmp_path, early).said == report.said


def test_a_notary_killed_once_it_has_stated_a_loss_states_it_once(
    structure: Structure, settings: Settings, databases: Databases, older: Callable[[], None], tmp_path: Path
) -> None:
    filled(structure.records, educator())
    bundle(structure)
    older()
    process = context().Process(target=seal_and_die, args=(Site(settings, databases, structure.id), "stated"))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL

    report = checked(structure, tmp_path)

    assert report.defects == []
    assert sum("copie plus ancienne" in said for said in report.said) == 2


def test_a_clock_that_went_back_and_forth_makes_months_of_their_own_and_loses_no_line(
    structure: Structure, databases: Databases, tmp_path: Path
) -> None:
    months = []
    with psycopg.connect(databases.main, autocommit=True) as owner:
        for moment in ("now()", "now() + interval '10 years'", "now()", "timestamptz '2001-01-15'", "now()"):
            owner.execute(f"ALTER TABLE s_alpha.access_trail ALTER at SET DEFAULT {moment}".encode())
            filled(structure.records, educator())
            structure.notary.catch_up()
        months = [row[0] for row in owner.execute("SELECT month FROM s_alpha.sealed_trees WHERE kind = 'trail' ORDER BY tree")]

    present = date.today().replace(day=1)  # noqa: DTZ011  # The test's own month, as the database wrote it.
    assert months == [present, present.replace(year=present.year + 10), present, date(2001, 1, 1), present]
    assert checked(structure, tmp_path).defects == []


def test_a_checkpoint_clock_that_went_back_does_not_keep_the_notary_from_sealing(structure: Structure, databases: Databases) -> None:
    filled(structure.records, educator())
    structure.notary.do()
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute("UPDATE s_alpha.checkpoints SET sealed_at = sealed_at + interval '1 hour'")
        filled(structure.records, educator())
        before = owner.execute("SELECT count(*) FROM s_alpha.checkpoints").fetchone()

        structure.notary.do()

        assert owner.execute("SELECT count(*) FROM s_alpha.checkpoints").fetchone() > before  # type: ignore[operator]


def test_no_checkpoint_is_signed_before_its_time(structure: Structure, databases: Databases) -> None:
    filled(structure.records, educator())
    structure.notary.do()
    signed = structure.notary.latest_notes()
    filled(structure.records, educator())

    structure.notary.do()

    assert structure.notary.latest_notes() == signed
    with psycopg.connect(databases.main) as owner:
        ((size, highest),) = owner.execute(
            "SELECT t.position, (SELECT max(notification_id) FROM s_alpha.events) FROM s_alpha.sealed_trees AS t WHERE tree = 1"
        ).fetchall()
    assert size == highest


def test_without_its_folder_the_notary_seals_all_the_same_and_says_so(structure: Structure, tmp_path: Path, databases: Databases) -> None:
    filled(structure.records, educator())
    notary = replace(structure.notary, files=replace(structure.notary.files, folder=tmp_path / "nowhere"))

    with pytest.raises(FileNotFoundError):
        notary.do()

    with psycopg.connect(databases.main) as owner:
        assert owner.execute("SELECT count(*) FROM s_alpha.checkpoints").fetchone() == (2,)
