"""The end of an epoch: survivors read on, what was erased is dead in every older copy of its ring (R075)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.keys import key_ring
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.part_time import PartTime
from crypto_shredding.keys.provider import ProviderKeyMissing
from crypto_shredding.keys.rotation import AnotherRotates, KeyRotation
from domain.drafts import AgreementDraft
from domain.identifiers import YouthId
from domain.oblivion.erasure import Stage
from tests.given import closed, educator, filled, note, opened_many, to_its_end, today


def rings(databases: Databases) -> dict[UUID, tuple[int, bytes]]:
    """Epoch and slots of every living ring, as whoever copies the keys database has them."""
    with psycopg.connect(databases.keys) as owner:
        rows = owner.execute("SELECT subject_id, epoch, slots FROM s_alpha.key_rings WHERE state = 'active'").fetchall()
    return {subject: (epoch, bytes(slots)) for subject, epoch, slots in rows}


def wrapped_kek(databases: Databases, epoch: int) -> bytes:
    with psycopg.connect(databases.keys) as owner:
        row = owner.execute("SELECT wrapped FROM s_alpha.structure_keks WHERE epoch = %s", (epoch,)).fetchone()
    assert row is not None
    return bytes(row[0])


def test_the_survivors_go_over_and_read_on(structure: Structure, databases: Databases) -> None:
    youths = [filled(structure.records, educator()) for _ in range(3)]
    before = {youth: structure.records.read_record(educator(), youth).notes for youth in youths}

    assert structure.rotation.rotate() == 2

    assert {epoch for epoch, _ in rings(databases).values()} == {2}
    assert structure.store.key_store.epochs() == [2]
    assert {youth: structure.records.read_record(educator(), youth).notes for youth in youths} == before
    structure.records.add_note(educator(), youths[0], note("après"))


def test_the_old_epoch_is_destroyed_at_the_provider_and_in_every_process(structure: Structure, databases: Databases) -> None:
    filled(structure.records, educator())
    wrapped = wrapped_kek(databases, 1)
    structure.rotation.rotate()

    providers = structure.store.key_store.providers
    with pytest.raises(ProviderKeyMissing):
        providers.current.unwrap(structure.id, 1, wrapped)
    assert providers.current.epochs(structure.id) == {2}
    structure.store.key_store.forget_ended_epochs()
    with pytest.raises(KeyUnknown):
        structure.store.key_store.kek(1)


def test_an_older_copy_of_an_erased_ring_opens_before_the_rotation_and_never_after(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    epoch, slots = rings(databases)[youth]
    wrapped = wrapped_kek(databases, epoch)
    to_its_end(structure, closed(structure.records, youth))

    def opened_from_the_copy() -> key_ring.KeyRing:
        kek = key_ring.AESGCM(structure.store.key_store.providers.current.unwrap(structure.id, epoch, wrapped))
        return key_ring.unwrap(slots, subject=youth, kek=kek, structure=structure.id, epoch=epoch)

    assert len(opened_from_the_copy().keys) == 6
    structure.rotation.rotate()
    with pytest.raises(ProviderKeyMissing):
        opened_from_the_copy()


def test_both_dates_are_written_effective_and_irreversible(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)
    to_its_end(structure, erasure)
    assert structure.rotation.is_needed(oldest_seconds=1e9)

    structure.rotation.rotate()
    structure.erasures.advance_all()

    found = structure.records.find(erasure)
    assert found.stage is Stage.IRREVERSIBLE
    assert (found.irreversible.epoch, found.irreversible.provider) == (1, "file")
    assert found.effective_at < found.irreversible.destroyed_at
    assert not structure.rotation.is_needed(oldest_seconds=1e9)


def test_what_is_erased_while_a_rotation_runs_waits_for_the_next_one(structure: Structure) -> None:
    youths = [filled(structure.records, educator()) for _ in range(2)]
    erasures = [closed(structure.records, youth) for youth in youths]
    to_its_end(structure, erasures[0])

    def erase_once_rewrapped(step: str) -> None:
        if step == "rewrapped":
            to_its_end(structure, erasures[1])

    rotation = structure.rotation
    KeyRotation(rotation.key_store, rotation.prove, reached=erase_once_rewrapped).rotate()
    structure.erasures.advance_all()

    assert [structure.records.find(erasure).stage for erasure in erasures] == [Stage.IRREVERSIBLE, Stage.PURGED]
    rotation.rotate()
    structure.erasures.advance_all()
    assert structure.records.find(erasures[1]).stage is Stage.IRREVERSIBLE


def test_a_record_opened_while_a_rotation_runs_is_taken_over_too(structure: Structure, databases: Databases) -> None:
    opened_many(structure.records, educator(), ["a", "b"])
    late: list[YouthId] = []

    def write_under_the_old_epoch(step: str) -> None:
        # A worker that had read the present epoch just before it ended.
        if step == "begun":
            store = structure.store.key_store
            late.extend(opened_many(structure.records, educator(), ["c"]))
            ring = store.ring(late[0])
            old = key_ring.wrap(ring, kek=store.kek(1), structure=structure.id, epoch=1)
            with psycopg.connect(databases.keys) as owner:
                owner.execute("UPDATE s_alpha.key_rings SET epoch = 1, slots = %s WHERE subject_id = %s", (old, late[0]))

    rotation = structure.rotation
    KeyRotation(rotation.key_store, rotation.prove, reached=write_under_the_old_epoch).rotate()

    assert {epoch for epoch, _ in rings(databases).values()} == {2}
    assert structure.records.read_record(educator(), late[0]).pseudonym == "c"


def test_a_rotation_may_rest_after_each_ring_of_both_its_long_parts(structure: Structure) -> None:
    youths = opened_many(structure.records, educator(), ["a", "b", "c"])
    rested: list[str] = []

    @dataclass
    class Watched(PartTime):
        def rest(self) -> None:
            rested.append("rest")
            super().rest()

    rotation = structure.rotation
    assert KeyRotation(rotation.key_store, rotation.prove, reached=rested.append).rotate(Watched(0.4)) == 2

    assert rested[: rested.index("rewrapped")].count("rest") >= len(youths)
    assert rested[rested.index("rewrapped") : rested.index("proven")].count("rest") >= len(youths)


def test_one_rotates_at_a_time(structure: Structure) -> None:
    second: list[object] = []

    def try_as_well(step: str) -> None:
        if step == "begun":
            with pytest.raises(AnotherRotates):
                structure.rotation.rotate()
            second.append(step)

    KeyRotation(structure.rotation.key_store, structure.rotation.prove, reached=try_as_well).rotate()
    assert second == ["begun"]


def test_readers_and_writers_go_on_through_five_rotations(structure: Structure) -> None:
    youths = [filled(structure.records, educator()) for _ in range(4)]
    ended, failures = threading.Event(), []

    def work(act: Callable[[YouthId], Any]) -> None:
        while not ended.is_set():
            for youth in youths:
                try:
                    act(youth)
                except Exception as failure:  # noqa: BLE001 - whatever it is, the test tells it.
                    failures.append(failure)

    acts = (
        lambda youth: structure.records.read_record(educator(), youth),
        lambda _youth: opened_many(structure.records, educator(), ["n"]),
    )
    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    epochs = [structure.rotation.rotate() for _ in range(5)]
    ended.set()
    for thread in threads:
        thread.join()

    assert (epochs, failures) == ([2, 3, 4, 5, 6], [])


def test_one_category_goes_alone_and_may_be_agreed_to_anew(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator(), first_name="Prénom")
    records, actor = structure.records, educator()
    epoch, slots = rings(databases)[youth]
    wrapped = wrapped_kek(databases, epoch)
    records.withdraw_agreement(actor, youth, "identity")
    (erasure,) = structure.erasures.unfinished()
    to_its_end(structure, erasure)
    structure.rotation.rotate()
    structure.erasures.advance_all()

    record = records.read_record(actor, youth)
    assert (record.identity, len(record.contacts), len(record.notes)) == (None, 1, 1)
    assert records.find(erasure).stage is Stage.IRREVERSIBLE
    with pytest.raises(ProviderKeyMissing):
        structure.store.key_store.providers.current.unwrap(structure.id, epoch, wrapped)
    gone = structure.store.key_store.ring(youth).destroyed
    assert [key.category for key in gone] == ["identity"]
    records.agree(actor, youth, AgreementDraft("identity", "finalement oui", today()))
    assert slots
