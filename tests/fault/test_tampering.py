"""Rows changed behind the service's back, with the owner's rights (invariant 7, R110, R111, R113).

Erased, unknown and tampered are three answers. Whoever reads a changed row gets `Tampered` and not a word of content; the runner stops
where it stands and says so.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.envelope import HEADER_BYTES, EnvelopeError, MalformedEnvelope, Tampered
from crypto_shredding.keys.key_ring import SLOT_BYTES, KeyUnknown
from domain.drafts import OutingDraft
from domain.identifiers import YouthId
from domain.refusals import NotAllowed, RecordErased
from domain.stream import ErasedStream
from projections.runner import Runner, State
from tests.given import LEILA, MARC, closed, educator, filled, to_its_end, today

STATE = "SELECT state FROM s_alpha.events WHERE originator_id = %s AND originator_version = %s"
CHANGE = "UPDATE s_alpha.events SET state = %s WHERE originator_id = %s AND originator_version = %s"
NULL = "UPDATE s_alpha.events SET state = NULL, purged_digest = sha256(state) WHERE originator_id = %s AND originator_version = %s"


@pytest.fixture
def owner(databases: Databases) -> Any:
    """The owner of the main database, who can do anything."""
    with psycopg.connect(databases.main, autocommit=True) as connection:
        yield connection


@pytest.fixture
def keys_owner(databases: Databases) -> Any:
    with psycopg.connect(databases.keys, autocommit=True) as connection:
        yield connection


@pytest.fixture
def youth(structure: Structure) -> YouthId:
    return filled(structure.records, educator(), note="tag-du-premier")


@pytest.fixture
def other(structure: Structure) -> YouthId:
    return filled(structure.records, educator(), note="tag-du-second")


def _bytes_of(connection: Any, query: str, *parameters: object) -> bytes:
    return bytes(connection.execute(query, parameters).fetchone()[0])


def _flipped(state: bytes, at: int, mask: int = 1) -> bytes:
    at %= len(state)
    return state[:at] + bytes([state[at] ^ mask]) + state[at + 1 :]


def _raised(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except Exception as raised:  # noqa: BLE001 - whatever it is, the test looks at it.
        return raised
    return None


def _runner(structure: Structure, told: list[tuple[str, dict[str, object]]]) -> Runner:
    store = structure.runner_store

    def report(event: str, **fields: object) -> None:
        told.append((event, fields))

    return Runner(structure.id, store.database, follower=store.recorder.follower, reader=store.mapper, sealer=store.sealer, report=report)


def _runs_until_it_stops(runner: Runner) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=runner.run_forever, args=(stop,), daemon=True)
    thread.start()
    thread.join(10)
    stop.set()
    thread.join(10)


def _everybody_refuses(structure: Structure, youth: UUID, owner: Any, kind: type[Exception], version: int) -> None:
    """The record is not given, and the runner stops right before the event that it cannot trust, telling its position and no content."""
    with pytest.raises(kind):
        structure.records.read_record(educator(), YouthId(youth))
    told: list[tuple[str, dict[str, object]]] = []
    runner = _runner(structure, told)
    _runs_until_it_stops(runner)
    position = owner.execute(
        "SELECT notification_id FROM s_alpha.events WHERE originator_id = %s AND originator_version = %s", (youth, version)
    ).fetchone()[0]
    assert runner.state is State.STOPPED
    assert told[-1][0] == "runner.stopped"
    assert told[-1][1]["position"] == position
    assert "tag-du" not in repr(told)
    assert owner.execute("SELECT notification_id FROM s_alpha.projection_position WHERE view = 'views'").fetchone()[0] < position
    _runs_until_it_stops(runner)
    assert runner.position == runner.position < position


CHANGES: dict[str, tuple[Callable[[bytes], bytes], type[EnvelopeError]]] = {
    "another version of the format": (lambda state: _flipped(state, 0), MalformedEnvelope),
    "another algorithm": (lambda state: _flipped(state, 1), MalformedEnvelope),
    "another key": (lambda state: _flipped(state, 2), Tampered),
    "an unknown flag": (lambda state: _flipped(state, 18, 2), MalformedEnvelope),
    "the flag of the structure's key": (lambda state: _flipped(state, 18), Tampered),
    "another nonce": (lambda state: _flipped(state, 19), Tampered),
    "one bit of the ciphertext": (lambda state: _flipped(state, HEADER_BYTES), Tampered),
    "one bit of the tag": (lambda state: _flipped(state, -1), Tampered),
    "a byte less": (lambda state: state[:-1], Tampered),
    "a byte more": (lambda state: state + b"\0", Tampered),
    "the header alone": (lambda state: state[:HEADER_BYTES], MalformedEnvelope),
    "nothing": (lambda _: b"", Tampered),
}


def test_a_changed_byte_is_tampering_wherever_it_stands(structure: Structure, owner: Any, youth: YouthId) -> None:
    original = _bytes_of(owner, STATE, youth, 5)
    for what, (change, kind) in CHANGES.items():
        owner.execute(CHANGE, (change(original), youth, 5))
        assert type(_raised(lambda: structure.records.read_record(educator(), youth))) is kind, what
    owner.execute(CHANGE, (original, youth, 5))
    assert structure.records.read_record(educator(), youth).version == 7


def test_every_single_bit_of_a_stored_event_counts(structure: Structure, youth: YouthId) -> None:
    stored = structure.store.recorder.select_events(youth)[4]
    rings = structure.store.mapper.rings_of([stored])
    rings = {**rings, structure.id: structure.store.key_store.structure_ring()}
    for at in range(len(stored.state)):
        changed = type(stored)(youth, stored.originator_version, "", _flipped(stored.state, at, 1 << at % 8))
        assert isinstance(_raised(partial(structure.store.mapper.open_event, changed, rings)), EnvelopeError), at


@pytest.mark.parametrize("what", ["one bit of the ciphertext", "the flag of the structure's key", "another version of the format"])
def test_the_runner_stops_before_a_changed_event(structure: Structure, owner: Any, youth: YouthId, what: str) -> None:
    change, kind = CHANGES[what]
    owner.execute(CHANGE, (change(_bytes_of(owner, STATE, youth, 5)), youth, 5))
    _everybody_refuses(structure, youth, owner, kind, 5)


def test_two_events_of_a_youth_do_not_change_places(structure: Structure, owner: Any, youth: YouthId) -> None:
    fourth, fifth = (_bytes_of(owner, STATE, youth, version) for version in (4, 5))
    owner.execute(CHANGE, (fifth, youth, 4))
    owner.execute(CHANGE, (fourth, youth, 5))
    _everybody_refuses(structure, youth, owner, Tampered, 4)


def test_two_youths_do_not_change_events(structure: Structure, owner: Any, youth: YouthId, other: YouthId) -> None:
    mine, theirs = _bytes_of(owner, STATE, youth, 5), _bytes_of(owner, STATE, other, 5)
    owner.execute(CHANGE, (theirs, youth, 5))
    owner.execute(CHANGE, (mine, other, 5))
    with pytest.raises(Tampered):
        structure.records.read_record(educator(), other)
    _everybody_refuses(structure, youth, owner, Tampered, 5)


def test_two_activities_do_not_change_events(structure: Structure, owner: Any) -> None:
    one, two = (structure.records.record_outing(educator(), OutingDraft(today(), counts={"girl:11-15": n})).stream for n in (1, 2))
    owner.execute(CHANGE, (_bytes_of(owner, STATE, two, 1), one, 1))
    with pytest.raises(Tampered):
        structure.records.find(one)


def test_a_ciphertext_that_is_gone_while_its_key_lives_is_tampering(structure: Structure, owner: Any, youth: YouthId) -> None:
    owner.execute(NULL, (youth, 5))
    _everybody_refuses(structure, youth, owner, Tampered, 5)


def test_an_event_taken_out_of_the_middle_is_noticed(structure: Structure, owner: Any, youth: YouthId) -> None:
    owner.execute("DELETE FROM s_alpha.events WHERE originator_id = %s AND originator_version = 4", (youth,))
    with pytest.raises(Exception, match=r".") as caught:
        structure.records.read_record(educator(), youth)
    assert "tag-du" not in repr(caught.value)


def test_a_ring_opens_for_its_own_youth_alone(structure: Structure, owner: Any, keys_owner: Any, youth: YouthId, other: YouthId) -> None:
    paste = "UPDATE s_alpha.key_rings SET slots = (SELECT slots FROM s_alpha.key_rings WHERE subject_id = %s) WHERE subject_id = %s"
    keys_owner.execute(paste, (other, youth))
    _everybody_refuses(structure, youth, owner, Tampered, 1)


def test_a_ring_of_another_structure_opens_nothing(
    structure: Structure, other_structure: Structure, owner: Any, keys_owner: Any, youth: YouthId
) -> None:
    theirs = filled(other_structure.records, educator())
    keys_owner.execute(
        "UPDATE s_alpha.key_rings SET slots = (SELECT slots FROM s_beta.key_rings WHERE subject_id = %s) WHERE subject_id = %s",
        (theirs, youth),
    )
    _everybody_refuses(structure, youth, owner, Tampered, 1)


def test_the_whole_row_of_another_structures_ring_opens_nothing(
    structure: Structure, other_structure: Structure, owner: Any, keys_owner: Any
) -> None:
    theirs = filled(other_structure.records, educator(), note="tag-du-voisin")
    keys_owner.execute("INSERT INTO s_alpha.key_rings SELECT * FROM s_beta.key_rings WHERE subject_id = %s", (theirs,))
    owner.execute(
        "INSERT INTO s_alpha.events (originator_id, originator_version, state)"
        " SELECT originator_id, originator_version, state FROM s_beta.events WHERE originator_id = %s ORDER BY originator_version",
        (theirs,),
    )
    _everybody_refuses(structure, theirs, owner, Tampered, 1)


def test_the_kek_of_another_structure_opens_nothing(structure: Structure, keys_owner: Any, youth: YouthId) -> None:
    keys_owner.execute("UPDATE s_alpha.structure_keks SET wrapped = (SELECT wrapped FROM s_beta.structure_keks)")
    structure.store.key_store._keks.clear()
    with pytest.raises(Tampered):
        structure.records.read_record(educator(), youth)


def test_a_slot_less_or_a_changed_bit_in_a_ring_is_noticed(structure: Structure, keys_owner: Any, youth: YouthId) -> None:
    whole = _bytes_of(keys_owner, "SELECT slots FROM s_alpha.key_rings WHERE subject_id = %s", youth)
    size = len(whole) // 6
    for slots in (whole[:-1], whole[size:], _flipped(whole, 0), _flipped(whole, size), _flipped(whole, -1)):
        keys_owner.execute("UPDATE s_alpha.key_rings SET slots = %s WHERE subject_id = %s", (slots, youth))
        with pytest.raises(Tampered):
            structure.records.read_record(educator(), youth)


def test_a_ring_that_lost_the_memory_of_a_destroyed_key_erases_nothing_more(
    structure: Structure, owner: Any, keys_owner: Any, youth: YouthId
) -> None:
    structure.records.withdraw_agreement(educator(), youth, "identity")
    to_its_end(structure, structure.erasures.unfinished()[0])
    whole = _bytes_of(keys_owner, "SELECT slots FROM s_alpha.key_rings WHERE subject_id = %s", youth)
    assert len(whole) == 7 * SLOT_BYTES
    assert structure.records.read_record(educator(), youth).identity is None
    keys_owner.execute("UPDATE s_alpha.key_rings SET slots = %s WHERE subject_id = %s", (whole[:-SLOT_BYTES], youth))
    with pytest.raises(Tampered):
        structure.records.read_record(educator(), youth)
    purged = "SELECT purged_key_id FROM s_alpha.events WHERE originator_id = %s AND originator_version = %s"
    keys_owner.execute("UPDATE s_alpha.key_rings SET slots = %s WHERE subject_id = %s", (whole, youth))
    assert _bytes_of(owner, purged, youth, 4) == structure.store.key_store.ring(youth).destroyed[0].key_id
    owner.execute("UPDATE s_alpha.events SET purged_key_id = %s WHERE originator_id = %s AND originator_version = 4", (bytes(16), youth))
    with pytest.raises(Tampered):
        structure.records.read_record(educator(), youth)


def test_views_do_not_change_places_either(structure: Structure, owner: Any, youth: YouthId, other: YouthId) -> None:
    structure.runner.run_once()
    assert len(structure.caseload.of(LEILA)) == 2
    core = _bytes_of(owner, "SELECT core FROM s_alpha.caseload WHERE subject_id = %s", other)
    owner.execute("UPDATE s_alpha.caseload SET core = %s WHERE subject_id = %s", (core, youth))
    with pytest.raises(Tampered):
        structure.caseload.of(LEILA)


def test_a_missing_ring_is_unknown_and_the_runner_waits_for_it(structure: Structure, owner: Any, keys_owner: Any, youth: YouthId) -> None:
    row = keys_owner.execute("DELETE FROM s_alpha.key_rings WHERE subject_id = %s RETURNING *", (youth,)).fetchone()
    _everybody_refuses(structure, youth, owner, KeyUnknown, 1)
    keys_owner.execute(f"INSERT INTO s_alpha.key_rings VALUES ({', '.join(['%s'] * len(row))})", row)
    structure.runner.run_once()
    assert [row.youth for row in structure.caseload.of(LEILA)] == [youth]


def test_an_erased_record_is_a_tombstone_and_said_to_whom_it_concerns(structure: Structure, keys_owner: Any, youth: YouthId) -> None:
    to_its_end(structure, closed(structure.records, youth))
    found = structure.records.find(youth)
    assert isinstance(found, ErasedStream)
    assert found.version == 9
    with pytest.raises(RecordErased):
        structure.records.read_record(educator(), youth)
    with pytest.raises(NotAllowed):
        structure.records.read_record(educator(MARC), youth)
    ring = keys_owner.execute("SELECT slots, epoch, state FROM s_alpha.key_rings WHERE subject_id = %s", (youth,)).fetchone()
    assert ring == (None, None, "erased")
