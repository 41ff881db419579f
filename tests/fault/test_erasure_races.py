"""An erasure against everybody who writes at the same moment, and against its own interruptions (invariants 3, 4, 5; R070, R187)."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from api.accounts.accounts import Account
from api.bootstrap import Service, Structure
from api.commands.troubles import Trouble
from api.commands.upkeep import carry_to_its_end
from api.databases import Databases
from api.looks import look_at_caseload
from api.settings import Settings
from api.web.requests import Caller
from crypto_shredding.keys.key_ring import KeyRing
from crypto_shredding.keys.key_store import RingExists
from domain.drafts import AgreementDraft, OpeningDraft, OutingDraft
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Stage
from domain.record_keeping import RecordKeeping
from domain.refusals import DomainError, RecordClosed, RecordErased
from domain.trail import Operation, Purpose, Role
from projections.rebuild import rebuild
from tests.fault.processes import Site, context
from tests.fault.race_work import Told, write_until_refused
from tests.given import (
    LEILA,
    OF_THE_GATE,
    begun,
    closed,
    command,
    educator,
    filled,
    information,
    note,
    opened,
    opened_many,
    to_its_end,
    today,
    youth_themselves,
)

WRITERS = 8


def _rows(address: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(address, autocommit=True) as owner:
        cursor = owner.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []


def test_a_write_is_before_the_fence_or_refused(databases: Databases, settings: Settings, service: Service, structure: Structure) -> None:
    youth = opened(structure.records, educator())
    processes = context()
    start, gone, told = processes.Barrier(WRITERS + 1), processes.Event(), processes.Queue()
    site = Site(settings, databases, structure.id)
    writers = [processes.Process(target=write_until_refused, args=(site, youth, start, gone, told)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    start.wait(60)
    service.start_runners()
    time.sleep(1.5)
    erasure = closed(structure.records, youth)
    deadline = time.monotonic() + 30
    while structure.erasures.unfinished():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    gone.set()
    heard: list[Told] = [told.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join(30)
    assert [one.surprise for one in heard if one.surprise] == []
    ((fence, events, last),) = _rows(
        databases.main,
        "SELECT f.stream_version, count(*), max(e.originator_version) FROM s_alpha.erasure_fences AS f"
        " JOIN s_alpha.events AS e ON e.originator_id = f.subject_id WHERE f.subject_id = %s GROUP BY 1",
        youth,
    )
    accepted = sorted(version for one in heard for version in one.accepted)
    assert accepted == list(range(3, fence))
    assert len(accepted) > WRITERS
    assert (events, last) == (fence + 1, fence + 1)
    assert sum(one.accepted_after_a_refusal for one in heard) == 0
    assert all(one.refusals[-1] == "RecordErased" for one in heard)
    assert structure.records.erasure_of(youth) == erasure
    assert _rows(databases.keys, "SELECT state, slots FROM s_alpha.key_rings WHERE subject_id = %s", youth) == [("erased", None)]


def test_nothing_mints_a_key_for_a_closed_or_an_erased_youth(databases: Databases, structure: Structure) -> None:
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)
    with pytest.raises(RingExists):
        structure.store.key_store.mint(youth)
    to_its_end(structure, erasure)
    with pytest.raises(RingExists):
        structure.store.key_store.mint(youth)
    with pytest.raises(RecordErased):
        structure.records.add_note(educator(), youth, note())
    assert _rows(databases.keys, "SELECT state, slots FROM s_alpha.key_rings WHERE subject_id = %s", youth) == [("erased", None)]


def test_a_writer_who_had_read_before_the_key_went_is_refused_and_not_broken(structure: Structure) -> None:
    """The slowest request of all: it replayed the record, slept through the whole erasure, and appends now."""
    actor, records = educator(), structure.records
    youth = opened(records, actor)
    slow = records.find_record
    erased = threading.Event()

    class Sleeper(type(records)):  # type: ignore[misc]
        def find_record(self, *arguments: Any) -> Any:
            found = slow(*arguments)
            to_its_end(structure, closed(records, youth))
            erased.set()
            return found

    sleeper = Sleeper(
        structure.id,
        records.mapper,
        records.recorder,
        records.mint_keys,
        records.mint_report_keys,
        records.clock,
        records.new_id,
        event_store=records.events,
    )
    with pytest.raises(RecordClosed):
        sleeper.add_note(actor, youth, note())
    assert erased.is_set()


class TooEarly(RecordKeeping):
    """Whoever has read, and whose line in the trail comes after a closing."""

    before_the_line: list[Callable[[], object]]

    def disclose(self, *arguments: Any, **more: Any) -> None:
        while self.before_the_line:
            self.before_the_line.pop()()
        super().disclose(*arguments, **more)

    def find_record(self, *arguments: Any) -> Any:
        found = super().find_record(*arguments)
        while self.before_the_line:
            self.before_the_line.pop()()
        return found


def _too_early(structure: Structure, *acts: Callable[[], object]) -> TooEarly:
    records = structure.records
    parts = (records.mapper, records.recorder, records.mint_keys, records.mint_report_keys, records.clock, records.new_id)
    early = TooEarly(structure.id, *parts, event_store=records.events)
    early.before_the_line = list(acts)
    return early


def test_a_list_that_was_read_before_a_closing_shows_nobody_who_was_closed_before_its_lines(service: Service, structure: Structure) -> None:
    leaving, staying = opened_many(structure.records, educator(), ["s'en va", "reste"])
    structure.runner.run_once()
    structure.accounts.add(Account(LEILA, Role.EDUCATOR, "Personne fictive"))
    session = service.directory.session(service.directory.open_session(structure.id, LEILA, Purpose.ACCOMPANY, timedelta(hours=1)))
    assert session is not None
    early = _too_early(structure, lambda: closed(structure.records, leaving))

    shown = look_at_caseload(Caller(replace(structure, records=early), educator(), session))

    assert [row.youth for row in shown.rows] == [staying]


def test_who_looked_at_a_record_is_not_told_once_it_is_closed(structure: Structure) -> None:
    youth = opened(structure.records, educator())
    early = _too_early(structure, lambda: closed(structure.records, youth))
    with pytest.raises(RecordClosed):
        early.disclose_about(educator(), Operation.READ_OWN_TRAIL, youth)


def test_an_erasure_asked_for_after_a_rebuild_comes_to_its_end(structure: Structure) -> None:
    filled(structure.records, educator())
    rebuild(structure.runner_store.database, structure.runner, lambda _done, _all: None)
    later = filled(structure.records, educator())
    erasure = closed(structure.records, later)
    begun(structure, erasure)
    assert structure.erasures.advance(erasure)


def test_an_erasure_waits_for_the_views_and_for_requests_in_flight(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)
    patient = replace(structure.erasures, in_flight_seconds=3600.0)
    structure.runner.run_once()
    assert not patient.advance(erasure)
    assert structure.records.find(erasure).begun is None
    assert not structure.erasures.advance(erasure)
    assert structure.records.find(erasure).begun is not None
    assert not structure.erasures.advance(erasure)
    structure.runner.run_once()
    assert not patient.advance(erasure)
    assert structure.erasures.advance(erasure)


INTERRUPTIONS = {
    "the ring is destroyed": "UPDATE s_alpha.erasure_fences SET effective_at = NULL, purged_at = NULL",
    "the ciphertexts are nulled": "UPDATE s_alpha.erasure_fences SET purged_at = NULL",
}


def _erased(structure: Structure, youth: YouthId, category: str | None) -> ErasureId:
    """An erasure at its end, of a whole record or of one category."""
    if category is None:
        erasure = closed(structure.records, youth)
    else:
        structure.records.withdraw_agreement(educator(), youth, category)
        (erasure,) = structure.erasures.unfinished()
    to_its_end(structure, erasure)
    return erasure


@pytest.mark.parametrize("done", INTERRUPTIONS)
@pytest.mark.parametrize("category", [None, "identity", "follow_up"])
def test_an_erasure_that_lost_its_place_ends_the_same_and_says_nothing_twice(
    structure: Structure, databases: Databases, done: str, category: str | None
) -> None:
    youth = filled(structure.records, educator())
    structure.records.agree(educator(), youth, AgreementDraft("follow_up", "les notes", today()))
    erasure = _erased(structure, youth, category)
    before = _state(databases, youth, erasure)
    _rows(databases.main, INTERRUPTIONS[done])
    assert structure.erasures.unfinished() == [erasure]
    assert structure.erasures.advance_all()
    assert _state(databases, youth, erasure) == before
    assert structure.records.read_erasure(youth_themselves(youth), erasure).stage == Stage.PURGED


def test_an_erasure_whose_last_date_was_not_marked_says_it_once(structure: Structure, databases: Databases) -> None:
    erasure = closed(structure.records, filled(structure.records, educator()))
    to_its_end(structure, erasure)
    structure.rotation.rotate()
    for _ in range(2):
        structure.erasures.conclude()
        _rows(databases.main, "UPDATE s_alpha.erasure_fences SET irreversible_at = NULL")
    structure.erasures.conclude()
    assert structure.records.find(erasure).stage is Stage.IRREVERSIBLE
    assert _rows(databases.main, "SELECT count(*) FROM s_alpha.events WHERE originator_id = %s", erasure) == [(5,)]
    assert _rows(databases.main, "SELECT count(irreversible_at) FROM s_alpha.erasure_fences") == [(1,)]


def test_an_erasure_killed_right_after_the_ring_went_is_taken_up(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)
    begun(structure, erasure)
    structure.erasures.destruction.destroy_ring(youth, erasure)
    with pytest.raises(DomainError):
        structure.records.read_record(educator(), youth)
    assert structure.erasures.advance_all()
    assert _state(databases, youth, erasure)["left"] == [(0,)]


def _state(databases: Databases, youth: YouthId, erasure: ErasureId) -> dict[str, list[tuple[Any, ...]]]:
    main, keys = databases.main, databases.keys
    return {
        "left": _rows(main, "SELECT count(state) FROM s_alpha.events WHERE originator_id = %s", youth),
        "digests": _rows(main, "SELECT originator_version, purged_digest FROM s_alpha.events WHERE originator_id = %s ORDER BY 1", youth),
        "told": _rows(main, "SELECT count(*) FROM s_alpha.events WHERE originator_id = %s", erasure),
        "ring": _rows(keys, "SELECT state, slots, fingerprint, erased_at FROM s_alpha.key_rings WHERE subject_id = %s", youth),
        "ledger": _rows(keys, "SELECT * FROM s_alpha.erasure_ledger"),
        "named": _rows(main, "SELECT count(*) FROM s_alpha.subject_references WHERE subject_id = %s", youth),
    }


def test_two_workers_carry_one_erasure_and_it_is_done_once(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    erasure = closed(structure.records, youth)
    closing = structure.records.find(youth).version
    ended = threading.Event()

    def worker(_: int) -> None:
        while True:
            try:
                if structure.erasures.advance(erasure):
                    return ended.set()
            except DomainError:
                continue  # The other one was faster; what is left is found in the databases.

    def follow() -> None:
        while not ended.is_set():
            structure.runner.run_once()

    with ThreadPoolExecutor(5) as pool:
        following = pool.submit(follow)
        list(pool.map(worker, range(4)))
        following.result()
    state = _state(databases, youth, erasure)
    assert (state["left"], state["told"]) == ([(0,)], [(4,)])
    assert len(state["digests"]) == closing + 1
    assert len(state["ledger"]) == 1


def test_after_an_erasure_the_application_has_nothing_left_of_the_youth(structure: Structure, databases: Databases) -> None:
    youth, staying = filled(structure.records, educator()), filled(structure.records, educator())
    old_ring: KeyRing = structure.store.key_store.ring(youth)
    sealed = structure.store.recorder.select_events(youth)
    to_its_end(structure, closed(structure.records, youth))
    as_application = make_conninfo(databases.main, user="sillage_app"), make_conninfo(databases.keys, user="sillage_app")
    with psycopg.connect(as_application[0]) as main, psycopg.connect(as_application[1]) as keys:
        for connection in (main, keys):
            connection.execute("SET ROLE sillage_s_alpha_app")
        rows = main.execute("SELECT state FROM s_alpha.events WHERE originator_id = %s", (youth,)).fetchall()
        assert {row[0] for row in rows} == {None}
        for table in ("caseload", "figure_contributions", "subject_references"):
            found = {row[0] for row in main.execute(f"SELECT subject_id FROM s_alpha.{table}").fetchall()}
            assert found == {staying}, table
        assert keys.execute("SELECT slots, epoch FROM s_alpha.key_rings WHERE subject_id = %s", (youth,)).fetchall() == [(None, None)]
    # What this test kept aside proves that there was something to lose.
    assert structure.store.mapper.open_event(sealed[0], {youth: old_ring}).originator_id == youth
    assert [row.youth for row in structure.caseload.of(LEILA)] == [staying]


def _eight_at_once(act: Callable[[], object]) -> list[object]:
    together = threading.Barrier(WRITERS)

    def one(_: int) -> object:
        together.wait(10)
        try:
            return act()
        except Exception as refusal:  # noqa: BLE001 - whatever it is, the test looks at it.
            return refusal

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


def test_eight_tries_of_one_command_at_once_make_one_change(structure: Structure, databases: Databases) -> None:
    actor, records = educator(), structure.records
    youth = opened(records, actor)
    keys = [command(actor) for _ in range(4)]
    informed, outing = information(), OutingDraft(today(), counts={"girl:11-15": 2})
    acts: list[Callable[[], object]] = [
        lambda: records.add_note(actor, youth, note(), command=keys[0]).version,
        lambda: records.open_record(actor, OpeningDraft("Double"), informed=informed, command=keys[1]).stream,
        lambda: records.record_outing(actor, outing, command=keys[2]).stream,
        lambda: records.close_record(actor, youth, asked_in_person=True, command=keys[3]),
    ]
    for act in acts:
        outcomes = _eight_at_once(act)
        assert len({repr(outcome) for outcome in outcomes}) == 1, outcomes
        assert isinstance(outcomes[0], int | UUID), outcomes
    assert _rows(databases.main, "SELECT count(DISTINCT originator_id), count(*) FROM s_alpha.events") == [(4 + 1, 8 + OF_THE_GATE)]


def test_the_command_goes_on_where_the_running_service_was_faster(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    erasure, saga = closed(structure.records, youth), structure.erasures
    beaten = replace(saga, reached=lambda step: saga.advance(erasure) if step == "published" else None)

    carry_to_its_end(replace(structure, erasures=beaten), erasure)

    state = _state(databases, youth, erasure)
    assert (state["left"], state["told"], len(state["ledger"])) == ([(0,)], [(4,)], 1)


def test_the_command_does_not_say_erased_of_what_was_cancelled(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    erasure = structure.records.close_record(youth_themselves(youth), youth)
    structure.records.cancel_erasure(youth_themselves(youth), erasure)

    with pytest.raises(Trouble, match="annulé"):
        carry_to_its_end(structure, erasure)
