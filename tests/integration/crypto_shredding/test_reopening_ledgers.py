"""The ledgers and the mark after a restore: what is lost, edited, differing or older is noticed, and keeps the structure locked (R073)."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from api.databases import Databases
from api.locking import sentence_of
from api.web.request_refusals import StructureLocked
from crypto_shredding.backups.backup_file import Kind
from crypto_shredding.erasure.ledger_file import LedgerTampered
from crypto_shredding.erasure.reopening import LedgerIncomplete, LedgersDiffer
from domain.identifiers import StructureId
from tests.conftest import ALPHA
from tests.integration.crypto_shredding.drills import Drill, ring_state


def entries_deleted(*addresses: str) -> None:
    for address in addresses:
        with psycopg.connect(address) as owner:
            owner.execute("DELETE FROM s_alpha.erasure_ledger")


def _forget_ledgers(drill: Drill) -> None:
    drill.ledger().unlink()
    entries_deleted(drill.databases.main, drill.databases.keys)


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
    entries_deleted(drill.databases.main, drill.databases.keys)

    drill.open()

    assert ring_state(drill.databases, drill.erased) == "erased"
    assert len(drill.structure.erasures.destruction.entries()) == 1


def test_an_older_copy_of_both_databases_in_place_of_the_new_ones_is_noticed(drill: Drill) -> None:
    drill.erase()
    drill.restore(Kind.MAIN, Kind.KEYS)
    with psycopg.connect(drill.databases.main) as owner:
        owner.execute("DELETE FROM s_alpha.restores")
    entries_deleted(drill.databases.main, drill.databases.keys)
    assert drill.structure.reopening.is_older()

    drill.open_whole()

    assert ring_state(drill.databases, drill.erased) == "erased"


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
    entries_deleted(drill.databases.keys)
    kept = drill.ledger().rename(drill.ledger().with_name("gardé"))

    drill.open()
    assert "Remettez le fichier du registre" in drill.service.locked[ALPHA]
    kept.rename(drill.ledger())

    drill.open_whole()
    assert ring_state(drill.databases, drill.erased) == "erased"


def forget_the_mark(drill: Drill) -> None:
    """Put an older copy of the provider's folder in place too: nothing is left of its mark."""
    (drill.settings.provider_folder / str(ALPHA) / "mark.json").unlink()


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
