"""The notary seals what is written, and a file that anybody can check tells what was changed since (R083, R183; design §7)."""

from pathlib import Path

import psycopg

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.journal.leaves import EventRow, LineRow, StatementRow
from tests.given import closed, educator, filled, to_its_end
from tests.journals import bundle, checked, kinds


def test_a_journal_that_nobody_touched_is_sound(structure: Structure, tmp_path: Path) -> None:
    filled(structure.records, educator())

    report = checked(structure, tmp_path)

    assert report.defects == []
    assert [tree.signed == tree.count > 0 for tree in report.trees] == [False, True, True]


def test_it_is_still_sound_after_an_erasure(structure: Structure, tmp_path: Path) -> None:
    kept = bundle(structure)
    erasure = closed(structure.records, filled(structure.records, educator()))
    to_its_end(structure, erasure)

    report = checked(structure, tmp_path, kept)

    assert report.defects == []
    nulled = len(structure.store.recorder.select_events(structure.erasures.application.find(erasure).subject))
    assert any(f"annulés : {nulled}, dont {nulled} sous" in said for said in report.said)


def test_what_was_purged_before_there_was_a_journal_passes_too(structure: Structure, databases: Databases, tmp_path: Path) -> None:
    """The migration states it from the fences; here its statement is written again as the migration writes it."""
    to_its_end(structure, closed(structure.records, filled(structure.records, educator())))
    migration = Path("crypto_shredding/migrations/main/0009_sealed_journal.sql")
    text = (Path(__file__).parents[3] / migration).read_text("utf-8")
    begin = text.index("INSERT INTO {schema}.journal_statements", text.index("-- What was purged before there was a journal"))
    stated = text[begin : text.index(";", begin)].format(schema="s_alpha", role="")
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute("DELETE FROM s_alpha.journal_statements")
        assert kinds(checked(structure, tmp_path)) == {"nulled"}
        owner.execute(stated.encode())

    assert checked(structure, tmp_path).defects == []


def test_a_leaf_covers_every_column_of_what_it_is_about(databases: Databases) -> None:
    """A column that is added later is a leaf of a new kind: see docs/reference/journal-format.md."""
    covered = {
        "access_trail": set(LineRow._fields) - {"position"} | {"line"},
        "events": {"notification_id", "originator_id", "originator_version", "state", "purged_digest", "purged_key_id"},
        "journal_statements": {"statement", "at", "kind", "erasure_id", "stream", "key_id", "versions"}
        | {"tree", "generation", "kept", "lost_size", "lost_root"},
    }
    assert len(EventRow._fields) == len(covered["events"])
    assert len(StatementRow._fields) == len(covered["journal_statements"])
    with psycopg.connect(databases.main) as owner:
        for table, columns in covered.items():
            found = owner.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 's_alpha' AND table_name = %s", (table,)
            ).fetchall()
            assert {row[0] for row in found} == columns, table
