"""Restore drills: what a backup brings back is erased again before anybody reads (R073). Each begins with a backup, then an erasure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.erasing import number_from
from api.locking import sentence_of
from api.request_refusals import StructureLocked
from api.settings import Settings
from crypto_shredding.backup import structures_of, take_keys, take_main
from crypto_shredding.backup_file import Kind
from crypto_shredding.backup_key import backup_key
from crypto_shredding.ledger_file import LedgerTampered
from crypto_shredding.reopening import LedgerIncomplete, LedgersDiffer
from crypto_shredding.restore import Places, restore_structure
from crypto_shredding.restore_refusals import EpochDestroyed
from domain.categories import Category
from domain.drafts import AgreementDraft, IdentityDraft
from domain.erasure import Stage
from domain.identifiers import ErasureId, StructureId, YouthId
from domain.legal_constants import COOLING_OFF
from domain.refusals import RecordErased
from domain.stream import ErasedStream
from tests.conftest import ALPHA
from tests.given import LEILA, closed, educator, filled, note, opened, to_its_end, today, youth_themselves

THIS_MONTH = today().replace(day=1)


@dataclass
class Drill:
    """A service that can be stopped, put back from a backup of either database, and started again."""

    settings: Settings
    databases: Databases
    service: Service
    erased: YouthId
    staying: YouthId
    files: dict[Kind, Path]
    erasure: ErasureId | None = None

    @property
    def structure(self) -> Structure:
        return next(one for one in self.service.structures() if one.id == ALPHA)

    def erase(self) -> None:
        self.erasure = closed(self.structure.records, self.erased)
        to_its_end(self.structure, self.erasure)

    def restore(self, *kinds: Kind) -> None:
        self.service.close()
        paths = {kind.value: self.files[kind] for kind in kinds}
        places = Places(self.databases.main, self.databases.keys)
        key = backup_key(self.settings.provider_folder)
        restore_structure(places, key, self.service.providers, replace=True, **paths)
        self.service = build(self.settings, self.databases)

    def open(self) -> None:
        self.service.open_structures()

    def open_whole(self) -> None:
        self.open()
        assert self.service.locked == {}

    def ledger(self) -> Path:
        return self.settings.default_ledger_folder / f"{ALPHA}.jsonl"


@pytest.fixture
def drill(settings: Settings, databases: Databases) -> Iterator[Drill]:
    service = build(settings, databases)
    records = service.structure(ALPHA).records
    erased, staying = filled(records, educator()), filled(records, educator())
    service.structure(ALPHA).runner.run_once()
    key = backup_key(settings.provider_folder)
    taken = take_main(databases.main, settings.backups, key)
    taken += take_keys(databases.keys, settings.backups, key, structures_of(databases.main))
    files = {file.header.kind: file.path for file in taken if file.code == "alpha"}
    drill = Drill(settings, databases, service, erased, staying, files)
    yield drill
    drill.service.close()


def ring_state(databases: Databases, youth: UUID) -> str:
    with psycopg.connect(databases.keys) as owner:
        row = owner.execute("SELECT state FROM s_alpha.key_rings WHERE subject_id = %s", (youth,)).fetchone()
    assert row is not None
    return str(row[0])


def test_before_it_is_opened_a_restored_structure_shows_nothing_and_afterwards_the_erased_are_erased(drill: Drill) -> None:
    drill.erase()
    figures = drill.structure.figures
    before = figures.of_months(THIS_MONTH, THIS_MONTH)
    drill.restore(Kind.MAIN, Kind.KEYS)
    assert ring_state(drill.databases, drill.erased) == "active"

    drill.open_whole()

    records = drill.structure.records
    assert ring_state(drill.databases, drill.erased) == "erased"
    assert isinstance(records.find(drill.erased), ErasedStream)
    with pytest.raises(RecordErased):
        records.read_record(educator(), drill.erased)
    assert [row.youth for row in drill.structure.caseload.of(LEILA)] == [drill.staying]
    assert records.read_record(educator(), drill.staying).notes
    assert records.find(drill.erasure).stage is Stage.IRREVERSIBLE
    assert drill.structure.figures.of_months(THIS_MONTH, THIS_MONTH) == before
    records.add_note(educator(), drill.staying, note())


@pytest.mark.parametrize("kinds", [(Kind.KEYS,), (Kind.MAIN,)], ids=["older keys", "older events"])
def test_one_database_that_is_older_than_the_other_is_mended(drill: Drill, kinds: tuple[Kind, ...]) -> None:
    drill.erase()
    drill.restore(*kinds)

    drill.open_whole()

    assert isinstance(drill.structure.records.find(drill.erased), ErasedStream)
    assert ring_state(drill.databases, drill.erased) == "erased"
    assert [row.youth for row in drill.structure.caseload.of(LEILA)] == [drill.staying]
    assert drill.structure.records.read_record(educator(), drill.staying).notes
    with psycopg.connect(drill.databases.main) as owner:
        left = owner.execute("SELECT count(state) FROM s_alpha.events WHERE originator_id = %s", (drill.erased,)).fetchone()
    assert left == (0,)


def test_after_it_was_opened_it_opens_at_once_and_the_backup_is_dead(drill: Drill) -> None:
    drill.erase()
    drill.restore(Kind.MAIN, Kind.KEYS)
    drill.open()
    epoch = drill.structure.store.key_store.epochs()[-1]
    drill.service.close()
    drill.service = build(drill.settings, drill.databases)

    drill.open()

    assert drill.structure.store.key_store.epochs()[-1] == epoch
    with pytest.raises(EpochDestroyed):
        drill.restore(Kind.KEYS)


def test_keys_from_before_the_last_rotation_are_refused(drill: Drill) -> None:
    drill.erase()
    drill.structure.rotation.rotate()
    with pytest.raises(EpochDestroyed):
        drill.restore(Kind.KEYS)


def _forget_ledgers(drill: Drill) -> None:
    drill.ledger().unlink()
    for address in (drill.databases.main, drill.databases.keys):
        with psycopg.connect(address) as owner:
            owner.execute("DELETE FROM s_alpha.erasure_ledger")


def _edit_the_file(drill: Drill) -> None:
    text = drill.ledger().read_text("utf-8")
    drill.ledger().write_text(text.replace(str(drill.erased), str(drill.staying)), "utf-8")


def _edit_a_database(drill: Drill) -> None:
    with psycopg.connect(drill.databases.keys) as owner:
        owner.execute("UPDATE s_alpha.erasure_ledger SET subject_id = %s", (drill.staying,))


@pytest.mark.parametrize(
    ("tamper", "failure"),
    [(_forget_ledgers, LedgerIncomplete), (_edit_the_file, LedgerTampered), (_edit_a_database, LedgersDiffer)],
    ids=["every copy lost", "an edited file", "an edited database"],
)
def test_a_ledger_that_is_missing_or_was_tampered_with_keeps_the_structure_locked(
    drill: Drill, tamper: Callable[[Drill], None], failure: type[Exception]
) -> None:
    drill.erase()
    drill.restore(Kind.MAIN, Kind.KEYS)
    tamper(drill)
    reopening = drill.structure.reopening

    with pytest.raises(failure) as raised:
        reopening.reopen()
    drill.open()

    assert drill.service.locked == {StructureId(ALPHA): sentence_of(raised.value)}
    with pytest.raises(StructureLocked):
        drill.service.structure(ALPHA)


def test_a_lost_ledger_in_the_databases_is_read_from_the_file(drill: Drill) -> None:
    drill.erase()
    drill.restore(Kind.MAIN, Kind.KEYS)
    for address in (drill.databases.main, drill.databases.keys):
        with psycopg.connect(address) as owner:
            owner.execute("DELETE FROM s_alpha.erasure_ledger")

    drill.open()

    assert ring_state(drill.databases, drill.erased) == "erased"
    assert len(drill.structure.erasures.destruction.entries()) == 1


def test_one_category_that_came_back_goes_again_and_the_others_stay(drill: Drill) -> None:
    records = drill.structure.records
    records.withdraw_agreement(educator(), drill.staying, "identity")
    (erasure,) = drill.structure.erasures.unfinished()
    to_its_end(drill.structure, erasure)
    gone = drill.structure.store.key_store.ring(drill.staying).destroyed
    drill.restore(Kind.MAIN, Kind.KEYS)

    drill.open()

    record = drill.structure.records.read_record(educator(), drill.staying)
    assert (record.identity, len(record.notes)) == (None, 1)
    assert drill.structure.store.key_store.ring(drill.staying).destroyed == gone
    assert drill.structure.records.find(erasure).stage is Stage.IRREVERSIBLE


def test_an_older_copy_of_both_databases_in_place_of_the_new_ones_is_noticed(drill: Drill) -> None:
    drill.erase()
    drill.restore(Kind.MAIN, Kind.KEYS)
    for address, query in (
        (drill.databases.main, "DELETE FROM s_alpha.restores"),
        (drill.databases.main, "DELETE FROM s_alpha.erasure_ledger"),
        (drill.databases.keys, "DELETE FROM s_alpha.erasure_ledger"),
    ):
        with psycopg.connect(address) as owner:
            owner.execute(query)
    assert drill.structure.reopening.is_older()

    drill.open_whole()

    assert ring_state(drill.databases, drill.erased) == "erased"


def test_a_backup_folder_that_cannot_be_written_keeps_it_locked_until_it_can(drill: Drill) -> None:
    drill.restore(Kind.MAIN, Kind.KEYS)
    kept = drill.settings.backups.rename(drill.settings.backups.with_name("ailleurs"))
    drill.settings.backups.write_text("un fichier à la place du dossier")

    drill.open()
    assert "faites de la place" in drill.service.locked[ALPHA]
    drill.settings.backups.unlink()
    kept.rename(drill.settings.backups)

    drill.open_whole()


def forge_in_main(databases: Databases, youth: UUID) -> None:
    """Add an entry about `youth`, and lock, with the rights of the main database's owner alone."""
    with psycopg.connect(databases.main) as owner:
        owner.execute(
            "INSERT INTO s_alpha.erasure_ledger SELECT number + 1, gen_random_uuid(), %s, NULL, fingerprint, epoch, erased_at"
            " FROM s_alpha.erasure_ledger",
            (youth,),
        )
        owner.execute("INSERT INTO s_alpha.restores (kind) VALUES ('main')")


def test_an_entry_that_only_the_main_database_has_destroys_nobody(drill: Drill) -> None:
    drill.erase()
    forge_in_main(drill.databases, drill.staying)

    drill.open()

    assert "seule à connaître l’effacement n° 2" in drill.service.locked[ALPHA]
    assert ring_state(drill.databases, drill.staying) == "active"


def test_a_lost_file_and_older_keys_stay_locked_until_the_file_is_back(drill: Drill) -> None:
    drill.erase()
    drill.restore(Kind.KEYS)
    with psycopg.connect(drill.databases.keys) as owner:
        owner.execute("DELETE FROM s_alpha.erasure_ledger")
    kept = drill.ledger().rename(drill.ledger().with_name("gardé"))

    drill.open()
    assert "Remettez le fichier du registre" in drill.service.locked[ALPHA]
    kept.rename(drill.ledger())

    drill.open_whole()
    assert ring_state(drill.databases, drill.erased) == "erased"


def rows_about(drill: Drill, youth: UUID) -> dict[str, int]:
    """How many rows the views and, as ciphertext, the events have about `youth`."""
    counts = {"caseload": "SELECT count(*)", "figure_contributions": "SELECT count(*)", "events": "SELECT count(state)"}
    column = {"events": "originator_id"}
    found = {}
    with psycopg.connect(drill.databases.main) as owner:
        for table, count in counts.items():
            where = sql.SQL(" FROM s_alpha.{} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column.get(table, "subject_id")))
            (found[table],) = owner.execute(sql.SQL(count) + where, (youth,)).fetchone() or (-1,)  # type: ignore[arg-type]
    return found


def back_up(drill: Drill) -> None:
    key = backup_key(drill.settings.provider_folder)
    taken = take_main(drill.databases.main, drill.settings.backups, key)
    taken += take_keys(drill.databases.keys, drill.settings.backups, key, structures_of(drill.databases.main))
    drill.files = {file.header.kind: file.path for file in taken if file.code == "alpha"}


@pytest.mark.parametrize("kinds", [(Kind.MAIN, Kind.KEYS), (Kind.MAIN,)], ids=["both", "older events"])
def test_a_closing_that_was_cancelled_and_asked_again_after_the_backup_ends_as_the_second(drill: Drill, kinds: tuple[Kind, ...]) -> None:
    records, themselves = drill.structure.records, youth_themselves(drill.erased)
    first = records.close_record(themselves, drill.erased)
    drill.structure.runner.run_once()
    back_up(drill)
    records.cancel_erasure(themselves, first)
    drill.erase()
    drill.restore(*kinds)

    drill.open_whole()

    assert isinstance(drill.structure.records.find(drill.erased), ErasedStream)
    assert rows_about(drill, drill.erased) == {"caseload": 0, "figure_contributions": 0, "events": 0}
    told, other = (drill.structure.records.find(erasure) for erasure in (drill.erasure, first))
    assert (told.stage, other.stage) == (Stage.IRREVERSIBLE, Stage.IRREVERSIBLE)
    assert (told.effect.fingerprint, told.purged_events) == (other.effect.fingerprint, other.purged_events)
    assert drill.structure.erasures.unfinished() == []


def test_events_from_before_the_destroyed_keys_agreement_are_fenced_and_purged(drill: Drill) -> None:
    records, youth = drill.structure.records, opened(drill.structure.records, educator())
    back_up(drill)
    records.agree(educator(), youth, AgreementDraft(Category.IDENTITY, "oui", today()))
    records.withdraw_agreement(educator(), youth, "identity")
    (erasure,) = drill.structure.erasures.unfinished()
    to_its_end(drill.structure, erasure)
    drill.restore(Kind.MAIN, Kind.KEYS)

    drill.open_whole()

    records = drill.structure.records
    assert records.find(erasure).stage is Stage.IRREVERSIBLE
    records.agree(educator(), youth, AgreementDraft(Category.IDENTITY, "oui, de nouveau", today()))
    records.give_identity(educator(), youth, IdentityDraft("Prénom", "Nom"))
    assert records.read_record(educator(), youth).identity is not None


def test_a_restore_gives_whoever_is_closed_the_whole_waiting_time_again(drill: Drill) -> None:
    """Whether they cancelled after the backup, the databases cannot know."""
    past = build(drill.settings, drill.databases, clock=lambda: datetime.now(UTC) - COOLING_OFF - timedelta(days=1))
    erasure = past.structure(ALPHA).records.close_record(youth_themselves(drill.staying), drill.staying)
    past.close()
    back_up(drill)
    drill.structure.records.cancel_erasure(youth_themselves(drill.staying), erasure)
    drill.restore(Kind.MAIN, Kind.KEYS)
    with psycopg.connect(drill.databases.main) as owner:
        owner.execute("UPDATE s_alpha.erasure_fences SET closed_at = closed_at - %s", (COOLING_OFF + timedelta(days=1),))

    reopened = drill.structure.reopening.reopen()
    ended = drill.structure.erasures.advance(erasure)
    drill.structure.runner.run_once()

    assert reopened is not None
    assert (reopened.waiting, ended, drill.structure.erasures.advance(erasure)) == (1, False, False)
    assert ring_state(drill.databases, drill.staying) == "active"
    with psycopg.connect(drill.databases.main) as owner:
        owner.execute("UPDATE s_alpha.restores SET reopened_at = reopened_at - %s", (COOLING_OFF,))
    to_its_end(drill.structure, erasure)
    assert ring_state(drill.databases, drill.staying) == "erased"


def forget_the_mark(drill: Drill) -> None:
    """Put an older copy of the provider's folder in place too: nothing is left of its mark."""
    (drill.settings.provider_folder / str(ALPHA) / "mark.json").unlink()


def entries_deleted(*addresses: str) -> None:
    for address in addresses:
        with psycopg.connect(address) as owner:
            owner.execute("DELETE FROM s_alpha.erasure_ledger")


def test_a_ledger_that_knows_more_than_the_keys_tells_an_older_copy_without_the_mark(drill: Drill) -> None:
    drill.erase()
    reopening = drill.structure.reopening
    forget_the_mark(drill)
    assert not reopening.is_older()
    entries_deleted(drill.databases.keys)
    assert reopening.is_behind()
    entries_deleted(drill.databases.main)
    assert (reopening.is_behind(), reopening.is_older()) == (False, True)

    drill.ledger().unlink()

    assert not reopening.is_older()


def test_a_main_database_that_lost_its_ledger_is_older_than_the_mark(drill: Drill) -> None:
    drill.erase()
    entries_deleted(drill.databases.main)

    assert drill.structure.reopening.is_behind()


def test_events_after_a_restore_are_numbered_after_those_that_were_lost(drill: Drill) -> None:
    for _ in range(5):
        drill.structure.records.add_note(educator(), drill.staying, note())
    drill.structure.erasures.copies.keep_mark()
    mark = drill.structure.store.key_store.providers.mark(ALPHA).position
    drill.restore(Kind.MAIN, Kind.KEYS)
    reopening = drill.structure.reopening

    replace(reopening, number_from=lambda position: number_from(drill.databases, "alpha", position)).reopen()
    drill.structure.records.add_note(educator(), drill.staying, note())
    drill.structure.runner.run_once()

    assert drill.structure.store.recorder.max_notification_id() == mark + 1
    assert drill.structure.runner.position == mark + 1
