"""SIGKILL at every named step of the erasure of one category: its key goes once, the record lives on, a new agreement may come (R063)."""

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.erasure.erasure_saga import STEPS
from domain.drafts import AgreementDraft, IdentityDraft
from domain.oblivion.erasure import Stage
from tests.fault.processes import Site, context
from tests.fault.step_work import KILLED, erase
from tests.given import educator, filled, to_its_end, today


@pytest.mark.parametrize("step", STEPS)
def test_the_erasure_of_a_category_killed_at_any_step_comes_to_the_same_end(
    structure: Structure, settings: Settings, databases: Databases, step: str
) -> None:
    records, actor = structure.records, educator()
    youth = filled(records, actor)
    ring, written = structure.store.key_store.ring(youth), records.find(youth).version
    records.withdraw_agreement(actor, youth, "identity")
    (erasure,) = structure.erasures.unfinished()
    process = context().Process(target=erase, args=(Site(settings, databases, structure.id), erasure, step))
    process.start()
    process.join(60)
    assert process.exitcode == KILLED, f"{step} was never reached"

    to_its_end(structure, erasure)

    record, after = records.read_record(actor, youth), structure.store.key_store.ring(youth)
    assert {key.category for key in ring.keys if key not in after.keys} == {"identity"}
    assert [key.category for key in after.destroyed] == ["identity"]
    assert (record.version, record.identity, record.being_erased, len(record.notes)) == (written + len(("back", "erased")), None, {}, 1)
    assert (records.find(erasure).stage, records.find(erasure).purged_events) == (Stage.PURGED, 1)
    assert [type(event).__name__ for event in structure.store.events.get(erasure)] == ["Closed", "Begun", "MadeEffective", "Purged"]
    with psycopg.connect(databases.keys) as owner:
        assert owner.execute("SELECT number, erasure_id, subject_id FROM s_alpha.erasure_ledger").fetchall() == [(1, erasure, youth)]
    records.agree(actor, youth, AgreementDraft("identity", "finalement oui", today()))
    records.give_identity(actor, youth, IdentityDraft("Autre"))
    assert records.read_record(actor, youth).identity is not None
