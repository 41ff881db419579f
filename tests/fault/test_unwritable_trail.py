"""No line, no data (invariant 2, R082): what keeps the trail from being written keeps everything from being shown and from being written.

Each use case is tried with a real table that really refuses; a use case without a row here fails the test. The pages and the JSON API are
tried in `tests/integration/api/test_outages.py`.
"""

from uuid import uuid4

import psycopg
import pytest
from eventsourcing.application import Application

from api.bootstrap import Structure
from api.databases import Databases
from domain.activity import Activity
from domain.identifiers import YouthId
from domain.oblivion.erasure import Stage
from domain.record_keeping import RecordKeeping
from domain.refusals import NotAllowed, StoreUnavailable, TrailUnavailable
from domain.trail import Role
from tests.fault.every_use_case import ACTS, DISCLOSE_NOTHING
from tests.fault.use_case_scene import Scene, laid
from tests.given import begun, somebody, youth_themselves

UNWRITABLE = {
    "the right is gone": "REVOKE INSERT ON s_alpha.access_trail FROM sillage_s_alpha_app, sillage_s_alpha_saga",
    "the disk is full": """
        CREATE FUNCTION s_alpha.disk_full() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER disk_full BEFORE INSERT ON s_alpha.access_trail FOR EACH ROW EXECUTE FUNCTION s_alpha.disk_full()""",
    "the table is damaged": "ALTER TABLE s_alpha.access_trail RENAME COLUMN purpose TO lost",
    "every line is refused": "ALTER TABLE s_alpha.access_trail ADD CONSTRAINT none CHECK (line < 0) NOT VALID",
}
WRITABLE_AGAIN = {
    "the disk is full": "DROP FUNCTION s_alpha.disk_full CASCADE",
    "the table is damaged": "ALTER TABLE s_alpha.access_trail RENAME COLUMN lost TO purpose",
    "every line is refused": "ALTER TABLE s_alpha.access_trail DROP CONSTRAINT none",
}
TABLES = ("events", "idempotency", "access_trail", "subject_references", "erasure_fences", "imports")


@pytest.fixture
def scene(structure: Structure, databases: Databases) -> Scene:
    return laid(structure.records, databases)


def _counts(databases: Databases) -> dict[str, int]:
    with psycopg.connect(databases.main) as owner:
        return {table: owner.execute(f"SELECT count(*) FROM s_alpha.{table}").fetchone()[0] for table in TABLES}  # type: ignore[index]


def test_every_use_case_is_tried_here() -> None:
    public = {name for name in dir(RecordKeeping) if not name.startswith("_") and not hasattr(Application, name)}
    assert public == set(ACTS) | DISCLOSE_NOTHING


@pytest.mark.parametrize("how", UNWRITABLE)
def test_nothing_is_shown_and_nothing_is_written_without_the_line(scene: Scene, databases: Databases, how: str) -> None:
    before = _counts(databases)
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute(UNWRITABLE[how])
    for name, act in ACTS.items():
        with pytest.raises((TrailUnavailable, StoreUnavailable)) as refusal:
            act(scene)
        assert "Zébulon" not in repr(refusal.value), name
    for stranger in (somebody(Role.EDUCATOR), youth_themselves(scene.leaving)):
        for youth in (scene.youth, YouthId(uuid4())):
            with pytest.raises((TrailUnavailable, StoreUnavailable)):
                scene.records.read_record(stranger, youth)
    assert _counts(databases) == before


@pytest.mark.parametrize("how", WRITABLE_AGAIN)
def test_everything_goes_on_once_the_line_can_be_written_again(scene: Scene, databases: Databases, how: str) -> None:
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute(UNWRITABLE[how])
        with pytest.raises((TrailUnavailable, StoreUnavailable)):
            ACTS["read_record"](scene)
        owner.execute(WRITABLE_AGAIN[how])
    for act in ACTS.values():
        act(scene)
    with pytest.raises(NotAllowed):
        scene.records.read_record(somebody(Role.EDUCATOR), scene.youth)


def test_an_erasure_waits_for_the_line_and_then_ends(scene: Scene, structure: Structure, databases: Databases) -> None:
    def waits_for_the_line(stage: Stage) -> None:
        with psycopg.connect(databases.main, autocommit=True) as owner:
            owner.execute(UNWRITABLE["the disk is full"])
            with pytest.raises((TrailUnavailable, StoreUnavailable)):
                structure.erasures.advance(scene.erasure)
            assert scene.erasure in structure.erasures.unfinished()
            owner.execute(WRITABLE_AGAIN["the disk is full"])
        assert scene.records.find(scene.erasure).stage is stage

    waits_for_the_line(Stage.CLOSED)
    assert scene.records.find(scene.erasure).begun is None
    begun(structure, scene.erasure)
    waits_for_the_line(Stage.CLOSED)
    assert structure.erasures.advance(scene.erasure)
    assert scene.records.find(scene.erasure).stage is Stage.PURGED
    assert isinstance(scene.records.find(scene.activity), Activity)
