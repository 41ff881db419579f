"""Restore drills: what a backup brings back is erased again before anybody reads (R073). Each begins with a backup, then an erasure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from api.bootstrap import build
from api.erasures.erasing import number_from
from crypto_shredding.backups.backup_file import Kind
from crypto_shredding.backups.restore_refusals import EpochDestroyed
from domain.categories import Category
from domain.drafts import AgreementDraft, IdentityDraft
from domain.legal_constants import COOLING_OFF
from domain.oblivion.erasure import Stage
from domain.refusals import RecordErased
from domain.stream import ErasedStream
from tests.conftest import ALPHA
from tests.given import LEILA, educator, note, opened, to_its_end, today, youth_themselves
from tests.integration.crypto_shredding.drills import Drill, ring_state

THIS_MONTH = today().replace(day=1)


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


def test_a_backup_folder_that_cannot_be_written_keeps_it_locked_until_it_can(drill: Drill) -> None:
    drill.restore(Kind.MAIN, Kind.KEYS)
    kept = drill.settings.backups.rename(drill.settings.backups.with_name("ailleurs"))
    drill.settings.backups.write_text("un fichier à la place du dossier")

    drill.open()
    assert "faites de la place" in drill.service.locked[ALPHA]
    drill.settings.backups.unlink()
    kept.rename(drill.settings.backups)

    drill.open_whole()


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


@pytest.mark.parametrize("kinds", [(Kind.MAIN, Kind.KEYS), (Kind.MAIN,)], ids=["both", "older events"])
def test_a_closing_that_was_cancelled_and_asked_again_after_the_backup_ends_as_the_second(drill: Drill, kinds: tuple[Kind, ...]) -> None:
    records, themselves = drill.structure.records, youth_themselves(drill.erased)
    first = records.close_record(themselves, drill.erased)
    drill.structure.runner.run_once()
    drill.back_up()
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
    drill.back_up()
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
    drill.back_up()
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
