"""No word about a youth is on the disk in clear: data folder, write-ahead log, logs, temporary files (invariant 6, R076, R205).

A real server process works for a while: all that can be typed is typed, accepted and refused, the trail breaks down, views are built, a
record is erased. Then every byte that it left is looked at.
"""

import random
import time
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from api.bootstrap import Structure, build
from api.databases import Databases
from crypto_shredding.canary_scan import files, scan
from domain.record.youth_record import YouthRecord
from domain.reports.protection_report import ProtectionReport
from domain.stream import Stream
from domain.trail import Role
from projections.position import Position
from tests.fault.live_site import STRUCTURE, LiveSite
from tests.integration.crypto_shredding.canaries import (
    MARK,
    Canaries,
    Typist,
    import_a_file,
    type_everything,
    type_into_pages,
    type_what_is_refused,
    type_who_may_open,
    write_a_report,
)

FROM_A_CLOSED_LIST = {
    *("Opened.gender", "Agreed.granted_category", "AgreementWithdrawn.withdrawn_category"),
    *("CategoryErased.erased_category", "ContactMade.channel", "ContactMade.initiated_by", "Sent.channel", "Shared.shared_categories"),
}
WRITTEN_BY_AN_IMPORT = {f"{event}.{name}" for event in ("Opened", "ContactMade") for name in ("source_line", "source_digest")}
WITHOUT_A_FIELD_IN_THE_API = {"ContactMade.present"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """A service of its own in a folder of its own, temporary files and log included."""
    folder = tmp_path_factory.mktemp("canaries")
    site = LiveSite(folder / "donnees")
    yield site
    if site.process is not None and site.process.poll() is None:
        site.process.kill()
        site.process.wait()


@pytest.fixture(scope="module")
def said() -> Canaries:
    return Canaries(random.Random(20261122))  # noqa: S311 - words, not keys.


@pytest.fixture(scope="module")
def databases(site: LiveSite, said: Canaries) -> Iterator[Databases]:
    """The databases of the service, once everything was typed and its server process has ended."""
    with site.founded() as databases:
        (_, token), (successor, token_of_successor) = site.sign_in(databases, 2)
        ((_, token_of_dpo),) = site.sign_in(databases, 1, Role.DPO)
        site.serve()
        site.wait_until_it_answers()
        typist = Typist(site.port, token)
        staying, leaving = type_everything(typist, said), type_everything(typist, said)
        colleague, dpo = Typist(site.port, token_of_successor), Typist(site.port, token_of_dpo)
        handed_over = type_who_may_open(typist, colleague, dpo, successor, said)
        report = write_a_report(typist, said, staying)
        statuses = type_what_is_refused(typist, said, staying)
        assert all(400 <= status < 500 for status in statuses), statuses
        assert type_into_pages(typist, said, staying) == [200, 200, 422, 422]
        import_a_file(typist, said)
        _break_the_trail(databases, typist, said, staying)
        service = build(site.settings, databases)
        structure = service.structure(STRUCTURE)
        _everything_was_really_written(structure, [leaving, handed_over], YouthRecord, said)
        _everything_was_really_written(structure, [report], ProtectionReport, said)
        typist.change(f"/records/{leaving}/erasure", {"asked_in_person": True}, 8)
        typist.change(f"/records/{staying}/agreements/identity", None, 8, method="DELETE")
        _wait_for_the_end(structure)
        structure.rotation.rotate()
        service.close()
        site.stop()
        with psycopg.connect(databases.main, autocommit=True) as owner:
            owner.execute("CHECKPOINT")
            owner.execute("SELECT pg_switch_wal()")
        yield databases


def _break_the_trail(databases: Databases, typist: Typist, said: Canaries, record: object) -> None:
    """A change that the database itself refuses, with a complaint in its log."""
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute("ALTER TABLE s_alpha.access_trail ADD CONSTRAINT none CHECK (line < 0) NOT VALID")
        body = {"text": said["trail broken"], "occurred_on": "2026-11-01"}
        status, _ = typist.send("POST", f"/api/v1/records/{record}/notes", body, **{"If-Match": '"8"'})
        assert status == 503
        owner.execute("ALTER TABLE s_alpha.access_trail DROP CONSTRAINT none")


def _everything_was_really_written(structure: Structure, streams: list[UUID], kind: type[Stream], said: Canaries) -> None:
    """Each text field of each event has its canary in one of `streams`, but those no hand fills: a new text field needs its own."""
    fields = {
        f"{name}.{text}": (name, text)
        for name, event in vars(kind).items()
        if isinstance(event, type) and issubclass(event, Stream.Event)
        for text, annotation in event.__annotations__.items()
        if "str" in str(annotation)
    }
    expected = set(fields) - FROM_A_CLOSED_LIST - WRITTEN_BY_AN_IMPORT - WITHOUT_A_FIELD_IN_THE_API
    written = {
        field
        for stream in streams
        for event in structure.store.events.get(stream)
        for field, (name, text) in fields.items()
        if type(event).__name__ == name and said[field] in str(getattr(event, text))
    }
    assert written == expected


def _wait_for_the_end(structure: Structure) -> None:
    deadline = time.monotonic() + 30
    while structure.erasures.unfinished() or not Position(structure.store.database).catch_up(5):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_no_word_about_a_youth_is_on_the_disk(site: LiveSite, databases: Databases, said: Canaries) -> None:
    assert databases.server is not None
    everywhere = list(files(site.folder.parent))
    assert any("pg_wal" in path.parts for path in everywhere)
    assert any(path.is_relative_to(site.settings.backups) for path in everywhere)
    assert any(path.name.startswith("postgresql") and path.suffix == ".log" for path in everywhere)
    assert site.log in everywhere
    assert site.log.stat().st_size > 1000
    assert len(said.words) > 40
    assert [(finding.path.name, finding.form, finding.offset) for finding in scan(site.folder.parent, [MARK])] == []


def test_the_scan_sees_what_is_in_clear(site: LiveSite, databases: Databases, said: Canaries) -> None:
    """What stands in clear on purpose is found in table and log, and so is a column that somebody would plant."""
    in_clear = scan(site.folder.parent, ["Personne fictive 0", '/records/{record_id}/notes"'])
    assert {"base" in finding.path.parts for finding in in_clear if finding.canary == 0} >= {True}
    assert {finding.path for finding in in_clear if finding.canary == 1} == {site.log}
    assert all(word.startswith(MARK) for word in said.words.values())
    planted = [MARK, *(said[text] for text in ("Opened.pseudonym", "NoteAdded.text", "Shared.told", "GlassBroken.reason"))]
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute("ALTER TABLE s_alpha.caseload ADD COLUMN pseudonym text")
        owner.execute("UPDATE s_alpha.caseload SET pseudonym = %s", (" ".join(planted),))
        owner.execute("CHECKPOINT")
    found = scan(site.folder, planted)
    assert {finding.canary for finding in found} == set(range(len(planted)))
    assert {"pg_wal" in finding.path.parts for finding in found} == {True, False}
