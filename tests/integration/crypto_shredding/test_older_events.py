"""Events that an earlier version of the service wrote, sealed as it sealed them, are still read by this one."""

import json
from dataclasses import fields
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import resolve_topic

from api.bootstrap import Structure
from crypto_shredding.envelope import NO_FLAG, STRUCTURE_KEY, seal
from crypto_shredding.mapper import STORED_TOPIC
from domain.categories import Category
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Erasure, Stage
from domain.trail import Fence, Operation, Role, TrailLine
from tests.given import educator, filled, somebody

OLDER = sorted((Path(__file__).parents[2] / "golden" / "events" / "older").glob("*.json"))


def sealed_as_before(structure: Structure, stream: UUID, version: int, topic: str, state: dict[str, object]) -> StoredEvent:
    """Seal what is kept of an older form, for one place of one stream."""
    category = resolve_topic(topic).category
    ring = structure.store.key_store.ring(structure.id if category is Category.STRUCTURE else stream)
    key = ring.of_category(category)
    content = json.dumps(state, ensure_ascii=False, separators=(",", ":")).encode()
    place = structure.store.mapper._place(StoredEvent(stream, version, STORED_TOPIC, b""))
    flags = STRUCTURE_KEY if category is Category.STRUCTURE else NO_FLAG
    sealed = seal(
        bytes([len(topic)]) + topic.encode() + content, cipher=ring.cipher_of(key.key_id), key_id=key.key_id, where=place, flags=flags
    )
    return StoredEvent(stream, version, STORED_TOPIC, sealed)


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_an_older_form_is_opened_and_brought_up_to_date(structure: Structure, path: Path) -> None:
    kept = json.loads(path.read_text("utf-8"))
    youth = filled(structure.records, educator())
    stored = sealed_as_before(structure, youth, 99, kept["topic"], kept["state"])

    opened = structure.store.mapper.to_domain_event(stored)

    event = resolve_topic(kept["topic"])
    assert type(opened) is event
    assert vars(opened).keys() == {field.name for field in fields(event)}


def test_an_erasure_that_was_asked_for_before_there_was_anything_in_between_goes_to_its_end(structure: Structure) -> None:
    """A record closed by an earlier version of the service: the fence stands, and neither ground nor cooling-off is written anywhere."""
    youth = filled(structure.records, educator())
    record = structure.records.find(youth)
    erasure = ErasureId(UUID("00000001-0000-4000-8000-000000000001"))
    record.close(erasure, at=structure.records.clock())
    closing = structure.store.mapper.to_stored_event(record.collect_events()[0])
    kept = json.loads(next(path for path in OLDER if path.stem == "er.closed.v1").read_text("utf-8"))
    kept["state"]["subject"]["_data_"] = youth.hex
    asked = sealed_as_before(structure, erasure, 1, "er.closed", kept["state"])
    _append(structure, youth, erasure, [closing, asked])

    while not structure.erasures.advance(erasure):
        structure.runner.run_once()

    found = structure.records.find(erasure)
    assert isinstance(found, Erasure)
    assert (found.stage, found.ground, found.cooling_off_until) == (Stage.PURGED, "demand", None)
    assert YouthId(found.subject) == youth


def _append(structure: Structure, youth: YouthId, erasure: ErasureId, stored: list[StoredEvent]) -> None:
    line = TrailLine(somebody(Role.YOUTH, subject=youth), Operation.ERASE_RECORD, subjects=(youth,), records=1)
    structure.store.recorder.insert_events(stored, trail=line, fence=Fence(youth, erasure))
