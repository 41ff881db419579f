"""Erasure through the JSON API: closed at once, cancelled in time, else carried to its end; told to whoever may know, to nobody else."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.settings import Settings
from domain.identifiers import ErasureId
from domain.legal_constants import COOLING_OFF, IRREVERSIBLE_WITHIN
from domain.trail import Role
from tests.given import somebody, to_its_end
from tests.integration.api.people import DAY, Person
from tests.moving_clock import MovingClock


@pytest.fixture
def clock(databases: Databases) -> MovingClock:
    return MovingClock(databases)


@pytest.fixture
def service(settings: Settings, databases: Databases, clock: MovingClock) -> Iterator[Service]:
    service = build(settings, databases, clock=clock)
    yield service
    service.close()


def asked_alone(youth: Person) -> str:
    return str(youth.send("POST", "/my-record/erasure").json()["erasure"])


def asked_in_person(educator: Person, record: str) -> str:
    answer = educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": True}, version=2)
    assert answer.status_code == 202
    return str(answer.json()["erasure"])


def finish(structure: Structure, erasure: str) -> None:
    to_its_end(structure, ErasureId(UUID(erasure)))


def goes_on(structure: Structure, erasure: str) -> bool:
    structure.runner.run_once()
    return structure.erasures.advance(ErasureId(UUID(erasure)))


def test_a_youth_who_asks_alone_is_told_one_final_date_and_may_change_their_mind(
    youth: Person, structure: Structure, clock: MovingClock
) -> None:
    erasure = asked_alone(youth)
    assert not goes_on(structure, erasure)

    told = youth.get(f"/erasures/{erasure}").json()

    cooling_off = clock() + COOLING_OFF
    assert (told["stage"], told["cancellable"], told["obstacles"], told["late"]) == ("closed", True, None, None)
    assert told["final_on"] in {(cooling_off + timedelta(days=days)).date().isoformat() for days in (1, 2)}
    assert (youth.get("/my-record").status_code, youth.get("/my-record").json()["code"]) == (410, "record_closed")


def test_after_the_cooling_off_it_goes_to_its_end_by_itself(
    youth: Person, educator: Person, record: str, structure: Structure, clock: MovingClock
) -> None:
    erasure = asked_alone(youth)
    clock.ahead = COOLING_OFF
    finish(structure, erasure)

    followed = youth.get(f"/erasures/{erasure}").json()

    assert (followed["stage"], followed["cancellable"]) == ("purged", False)
    assert None not in {followed["closed_at"], followed["effective_at"], followed["purged_at"], followed["final_on"]}
    assert (youth.get("/my-record").status_code, youth.get("/my-record").json()["code"]) == (410, "record_erased")
    assert (educator.get(f"/records/{record}").status_code, educator.get(f"/records/{record}").json()["code"]) == (410, "record_erased")


def test_the_end_of_the_epoch_is_the_last_date(educator: Person, dpo: Person, record: str, structure: Structure) -> None:
    erasure = asked_in_person(educator, record)
    finish(structure, erasure)
    structure.rotation.rotate()
    structure.erasures.advance_all()

    told = dpo.get(f"/erasures/{erasure}").json()

    assert (told["stage"], told["final_on"], told["late"]) == ("irreversible", None, False)
    assert told["effective_at"] <= told["irreversible_at"]


def test_a_record_that_was_kept_comes_back_whole(youth: Person, educator: Person, record: str, structure: Structure) -> None:
    educator.send("POST", f"/records/{record}/notes", {"text": "veut passer son permis", "occurred_on": DAY}, version=2)
    before = {name: value for name, value in youth.get("/my-record").json().items() if name != "version"}
    erasure = asked_alone(youth)

    kept, again = (youth.send("POST", f"/erasures/{erasure}/cancellation", {}) for _ in range(2))

    assert (kept.status_code, kept.json()["stage"], kept.json()["cancellable"]) == (200, "cancelled", False)
    assert again.json() == kept.json()
    assert {name: value for name, value in youth.get("/my-record").json().items() if name != "version"} == before
    assert goes_on(structure, erasure)
    assert youth.get("/my-record").status_code == 200


def test_an_educator_cancels_for_a_youth_who_is_there_and_a_colleague_for_nobody(
    youth: Person, educator: Person, colleague: Person, dpo: Person
) -> None:
    erasure = asked_alone(youth)
    path = f"/erasures/{erasure}/cancellation"

    absent = educator.send("POST", path, {"asked_in_person": False})
    strangers = [person.send("POST", path, {"asked_in_person": True}).status_code for person in (colleague, dpo)]
    present = educator.send("POST", path, {"asked_in_person": True})

    assert (absent.status_code, absent.json()["code"]) == (409, "presence_required")
    assert strangers == [404, 404]
    assert (present.status_code, present.json()["stage"]) == (200, "cancelled")


def test_it_is_too_late_once_the_key_is_gone(youth: Person, educator: Person, record: str, structure: Structure) -> None:
    erasure = asked_in_person(educator, record)
    finish(structure, erasure)

    answer = youth.send("POST", f"/erasures/{erasure}/cancellation", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "erasure_too_late")


def test_a_closed_gate_and_a_hold_give_the_youth_a_later_date_and_no_reason(
    youth: Person, dpo: Person, structure: Structure, clock: MovingClock
) -> None:
    structure.records.shut_gate(somebody(Role.DPO))
    erasure = asked_alone(youth)

    told, seen = youth.get(f"/erasures/{erasure}").json(), dpo.get(f"/erasures/{erasure}").json()

    assert seen["obstacles"] == ["cooling_off", "archive_gate"]
    assert told["obstacles"] is None
    limit = clock() + COOLING_OFF + IRREVERSIBLE_WITHIN
    assert told["final_on"] in {(limit + timedelta(days=days)).date().isoformat() for days in (0, 1)}
    clock.ahead = COOLING_OFF + IRREVERSIBLE_WITHIN + timedelta(days=2)
    assert (youth.get(f"/erasures/{erasure}").json()["final_on"], dpo.get(f"/erasures/{erasure}").json()["late"]) == (None, True)


def test_after_an_erasure_a_stranger_meets_what_an_unknown_record_says(
    educator: Person, colleague: Person, record: str, structure: Structure
) -> None:
    finish(structure, asked_in_person(educator, record))

    erased, unknown = colleague.get(f"/records/{record}"), colleague.get(f"/records/{uuid4()}")

    assert erased.status_code == unknown.status_code == 404
    told = [{name: value for name, value in answer.json().items() if name != "request_id"} for answer in (erased, unknown)]
    assert told[0] == told[1]


def test_an_educator_erases_for_a_youth_who_is_there_and_for_no_other(educator: Person, record: str) -> None:
    absent = educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": False}, version=2)
    erasure = asked_in_person(educator, record)

    assert (absent.status_code, absent.json()["code"]) == (409, "presence_required")
    assert educator.get(f"/erasures/{erasure}").json()["cooling_off_until"] is None


@pytest.mark.parametrize("path", ["", "/contacts", "/notes"])
def test_nothing_is_written_after_the_demand(youth: Person, educator: Person, record: str, path: str) -> None:
    asked_alone(youth)
    bodies = {"/contacts": {"occurred_on": DAY}, "/notes": {"text": "trop tard", "occurred_on": DAY}}

    answer = educator.get(f"/records/{record}") if not path else educator.send("POST", f"/records/{record}{path}", bodies[path], version=2)

    assert (answer.status_code, answer.json()["code"]) == (410, "record_closed")


def test_a_demand_sent_twice_gives_one_erasure(youth: Person) -> None:
    key = str(uuid4())

    first = youth.send("POST", "/my-record/erasure", key=key)
    second = youth.send("POST", "/my-record/erasure", key=key)

    assert first.json() == second.json()


def test_an_erasure_is_followed_by_dpo_youth_and_referent_alone(
    youth: Person, educator: Person, colleague: Person, dpo: Person, administrator: Person
) -> None:
    erasure = asked_alone(youth)

    answers = [person.get(f"/erasures/{erasure}") for person in (youth, educator, dpo, colleague, administrator)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 404]
    assert all("Kiki" not in answer.text for answer in answers)


def test_an_erased_youth_leaves_the_caseload_at_once_and_for_good(
    youth: Person, educator: Person, structure: Structure, clock: MovingClock
) -> None:
    structure.runner.run_once()
    before = educator.get("/caseload").json()["items"]

    erasure = asked_alone(youth)
    at_once = educator.get("/caseload").json()["items"]
    clock.ahead = COOLING_OFF
    finish(structure, erasure)

    assert [row["pseudonym"] for row in before] == ["Kiki"]
    assert at_once == []
    assert educator.get("/caseload").json()["items"] == []
