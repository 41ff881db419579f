"""What `sillage doctor` says of the journal: signed in time, and as it was signed."""

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from api.desk.journal_health import journal_checks
from tests.given import closed, educator, filled, to_its_end


def failing(structure: Structure) -> dict[str, str]:
    return {check.name: check.detail for check in journal_checks(structure) if not check.ok}


def test_a_journal_that_is_in_order_has_nothing_red(structure: Structure) -> None:
    assert failing(structure) == {}
    to_its_end(structure, closed(structure.records, filled(structure.records, educator())))
    assert failing(structure) == {}

    structure.notary.catch_up()

    assert failing(structure) == {}
    assert {check.name for check in journal_checks(structure)} == {"seal", "checkpoint_files", "journal"}


@pytest.mark.parametrize("signed", [True, False])
def test_what_waits_too_long_for_its_signature_is_late(structure: Structure, databases: Databases, *, signed: bool) -> None:
    if signed:
        filled(structure.records, educator())
        structure.notary.catch_up()
    filled(structure.records, educator())
    assert failing(structure) == {}
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.checkpoints SET sealed_at = sealed_at - interval '1 hour'")
        if not signed:
            owner.execute("UPDATE s_alpha.access_trail SET at = at - interval '1 hour'")

    assert failing(structure)["seal"].endswith("lignes attendent")


def test_a_tree_that_does_not_match_is_told_with_its_place(structure: Structure, databases: Databases) -> None:
    filled(structure.records, educator())
    structure.notary.catch_up()
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.events SET state = state || '\\x00'::bytea WHERE notification_id = 4")

    assert failing(structure) == {
        "journal": "1 défauts, dont : Événement n° 4 : n’est plus ce qui a été scellé : son contenu a été changé."
    }


def test_a_file_that_knows_more_than_the_database_is_told(structure: Structure, databases: Databases) -> None:
    filled(structure.records, educator())
    structure.notary.catch_up()
    with psycopg.connect(databases.main) as owner:
        owner.execute("DELETE FROM s_alpha.checkpoints WHERE tree = 1")

    assert "1 que la base ne connaît pas" in failing(structure)["checkpoint_files"]
