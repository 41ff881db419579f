"""Erasure through the JSON API: closed at once, then effective and purged; told to whoever may know, and to nobody else."""

from uuid import UUID, uuid4

import pytest

from api.bootstrap import Structure
from domain.identifiers import YouthId
from tests.integration.api.people import DAY, Person


def finish(structure: Structure, record: str) -> None:
    structure.runner.run_once()
    assert structure.erasures.advance(YouthId(UUID(record)))


def test_a_youth_erases_their_own_record_and_follows_it_to_the_end(
    youth: Person, educator: Person, record: str, structure: Structure
) -> None:
    asked = youth.send("POST", "/my-record/erasure")

    assert asked.status_code == 202
    erasure = asked.json()["erasure"]
    assert youth.get(f"/erasures/{erasure}").json()["stage"] == "closed"
    assert (youth.get("/my-record").status_code, youth.get("/my-record").json()["code"]) == (410, "record_closed")
    assert educator.get(f"/records/{record}").json()["code"] == "record_closed"

    finish(structure, record)

    followed = youth.get(f"/erasures/{erasure}").json()
    assert followed["stage"] == "purged"
    assert None not in {followed["closed_at"], followed["effective_at"], followed["purged_at"]}
    assert (youth.get("/my-record").status_code, youth.get("/my-record").json()["code"]) == (410, "record_erased")
    assert (educator.get(f"/records/{record}").status_code, educator.get(f"/records/{record}").json()["code"]) == (410, "record_erased")


def test_after_an_erasure_a_stranger_meets_what_an_unknown_record_says(
    youth: Person, colleague: Person, record: str, structure: Structure
) -> None:
    youth.send("POST", "/my-record/erasure")
    finish(structure, record)

    erased, unknown = colleague.get(f"/records/{record}"), colleague.get(f"/records/{uuid4()}")

    assert erased.status_code == unknown.status_code == 404
    told = [{name: value for name, value in answer.json().items() if name != "request_id"} for answer in (erased, unknown)]
    assert told[0] == told[1]


def test_an_educator_erases_for_a_youth_who_is_there_and_for_no_other(educator: Person, record: str) -> None:
    absent = educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": False}, version=2)
    present = educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": True}, version=2)

    assert (absent.status_code, absent.json()["code"]) == (409, "presence_required")
    assert present.status_code == 202


@pytest.mark.parametrize("path", ["", "/contacts", "/notes"])
def test_nothing_is_written_after_the_demand(youth: Person, educator: Person, record: str, path: str) -> None:
    youth.send("POST", "/my-record/erasure")
    bodies = {"/contacts": {"occurred_on": DAY}, "/notes": {"text": "trop tard", "occurred_on": DAY}}

    answer = educator.get(f"/records/{record}") if not path else educator.send("POST", f"/records/{record}{path}", bodies[path], version=2)

    assert (answer.status_code, answer.json()["code"]) == (410, "record_closed")


def test_a_demand_sent_twice_gives_one_erasure(youth: Person) -> None:
    key = str(uuid4())

    first = youth.send("POST", "/my-record/erasure", key=key)
    second = youth.send("POST", "/my-record/erasure", key=key)

    assert first.json() == second.json()


def test_an_erasure_is_followed_by_dpo_youth_and_referent_alone(youth: Person, educator: Person, colleague: Person, dpo: Person) -> None:
    erasure = youth.send("POST", "/my-record/erasure").json()["erasure"]

    answers = {
        person.role.value + str(person is colleague): person.get(f"/erasures/{erasure}") for person in (youth, educator, colleague, dpo)
    }

    assert [answer.status_code for answer in answers.values()] == [200, 200, 404, 200]
    assert all("Kiki" not in answer.text for answer in answers.values())


def test_an_erased_youth_leaves_the_caseload_at_once(youth: Person, educator: Person, structure: Structure) -> None:
    structure.runner.run_once()
    before = educator.get("/caseload").json()["items"]

    youth.send("POST", "/my-record/erasure")
    structure.runner.run_once()

    assert [row["pseudonym"] for row in before] == ["Kiki"]
    assert educator.get("/caseload").json()["items"] == []
