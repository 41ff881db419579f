"""Records through the JSON API: granted, refused, unknown, malformed, stale, repeated."""

import unicodedata
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from api.bootstrap import Structure
from domain.trail import Role
from tests.integration.api.people import DAY, Person

CHANGES = {
    "information": ("POST", "/information", {"how": "de vive voix", "occurred_on": DAY}),
    "agreement": ("POST", "/agreements", {"category": "follow_up", "what_was_said": "on note les rendez-vous", "occurred_on": DAY}),
    "contact": ("POST", "/contacts", {"occurred_on": DAY, "channel": "street", "initiated_by": "youth", "themes": ["écoute"]}),
    "note": ("POST", "/notes", {"text": "a apporté sa lettre", "occurred_on": DAY}),
    "step": ("POST", "/steps", {"theme": "emploi", "occurred_on": DAY, "due_on": "2026-12-01"}),
}


def test_a_record_is_opened_under_a_nickname_alone(educator: Person) -> None:
    answer = educator.send("POST", "/records", {"pseudonym": "Momo"})

    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    shown = educator.get(f"/records/{answer.json()['id']}")
    assert shown.json()["pseudonym"] == "Momo"
    assert shown.json()["referents"] == [str(educator.account)]


@pytest.mark.parametrize("name", CHANGES)
def test_a_referent_changes_a_record_and_reads_it_back(educator: Person, record: str, name: str) -> None:
    method, path, body = CHANGES[name]

    answer = educator.send(method, f"/records/{record}{path}", body, version=2)

    assert answer.status_code == 201, answer.text
    assert answer.json() == {"id": record, "version": 3, "replayed": False}
    assert educator.get(f"/records/{record}").headers["etag"] == answer.headers["etag"] == '"3"'


def test_a_step_is_completed(educator: Person, record: str) -> None:
    educator.send("POST", f"/records/{record}/steps", {"theme": "logement", "occurred_on": DAY}, version=2)
    [step] = educator.get(f"/records/{record}").json()["steps"]

    answer = educator.send("PUT", f"/records/{record}/steps/{step['id']}/result", {"result": "dossier déposé"}, version=3)

    assert answer.status_code == 200
    assert educator.get(f"/records/{record}").json()["steps"][0]["completed"] is True


def test_identity_needs_the_youth_s_agreement(educator: Person, record: str) -> None:
    body = {"first_name": "Aïcha", "last_name": "Belkacem"}
    refused = educator.send("PUT", f"/records/{record}/identity", body, version=2)
    agreement = {"category": "identity", "what_was_said": "pour tes papiers", "occurred_on": DAY}
    educator.send("POST", f"/records/{record}/agreements", agreement, version=2)

    accepted = educator.send("PUT", f"/records/{record}/identity", body, version=3)

    assert (refused.status_code, refused.json()["code"]) == (409, "agreement_missing")
    assert accepted.status_code == 200
    taken_back = educator.send("DELETE", f"/records/{record}/agreements/identity", version=4)
    assert taken_back.status_code == 200
    assert educator.get(f"/records/{record}").json()["identity"] is None


def test_naming_a_colleague_hands_the_record_over(educator: Person, colleague: Person, record: str) -> None:
    answer = educator.send("PUT", f"/records/{record}/referents", {"referents": [str(colleague.account)]}, version=2)

    assert answer.status_code == 200
    assert colleague.get(f"/records/{record}").status_code == 200
    assert educator.get(f"/records/{record}").status_code == 404


def test_nobody_but_a_colleague_is_named_in_a_record(educator: Person, youth: Person, dpo: Person, record: str) -> None:
    for stranger in (str(uuid4()), str(youth.account), str(dpo.account)):
        referents = educator.send("PUT", f"/records/{record}/referents", {"referents": [stranger]}, version=2)
        contact = educator.send("POST", f"/records/{record}/contacts", {"occurred_on": DAY, "present": [stranger]}, version=2)

        assert (referents.status_code, [fault["field"] for fault in referents.json()["errors"]]) == (422, ["referents"])
        assert (contact.status_code, [fault["field"] for fault in contact.json()["errors"]]) == (422, ["present"])
        outing = educator.send("POST", "/activities", {"occurred_on": DAY, "educators": [stranger]})
        assert (outing.status_code, [fault["field"] for fault in outing.json()["errors"]]) == (422, ["educators"])
        page = educator.client.post("/sorties/nouvelle", data={"kind": "street_work", "occurred_on": DAY, "educators": stranger})
        assert page.status_code == 422
    assert educator.get(f"/records/{record}").headers["etag"] == '"2"'


@pytest.mark.parametrize("name", CHANGES)
def test_not_yours_and_unknown_are_told_the_same(educator: Person, colleague: Person, record: str, name: str) -> None:
    method, path, body = CHANGES[name]

    not_yours = colleague.send(method, f"/records/{record}{path}", body, version=2)
    unknown = colleague.send(method, f"/records/{uuid4()}{path}", body, version=2)

    assert not_yours.status_code == unknown.status_code == 404
    told = [{name: value for name, value in answer.json().items() if name != "request_id"} for answer in (not_yours, unknown)]
    assert told[0] == told[1]
    assert colleague.lines() == [("record.change", "refused"), ("record.change", "not_found")]
    assert educator.get(f"/records/{record}").headers["etag"] == '"2"'


@pytest.mark.parametrize("role", [Role.DPO, Role.HEAD_OF_SERVICE, Role.ADMINISTRATOR])
def test_no_other_role_reads_a_record(person: Callable[..., Person], record: str, role: Role) -> None:
    somebody = person(role)

    answer = somebody.get(f"/records/{record}")

    assert answer.status_code == 404
    assert "Kiki" not in answer.text
    assert somebody.lines() == [("record.read", "refused")]


def test_another_structure_sees_nothing(person: Callable[..., Person], other_structure: Structure, record: str) -> None:
    stranger = person(Role.EDUCATOR, within=other_structure)

    answer = stranger.get(f"/records/{record}")

    assert answer.status_code == 404
    assert stranger.lines() == [("record.read", "not_found")]


def test_nobody_signed_in_reads_nothing(client: TestClient, record: str) -> None:
    answer = client.get(f"/api/v1/records/{record}")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert "Kiki" not in answer.text


def test_a_repeated_change_is_written_once_and_answered_the_same(educator: Person, record: str) -> None:
    path, body, key = f"/records/{record}/notes", {"text": "une seule fois", "occurred_on": DAY}, str(uuid4())

    first = educator.send("POST", path, body, key=key, version=2)
    second = educator.send("POST", path, body, key=key, version=2)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == {**first.json(), "replayed": True}
    assert [note["text"] for note in educator.get(f"/records/{record}").json()["notes"]] == ["une seule fois"]


def test_a_key_that_served_for_something_else_is_refused(educator: Person, record: str) -> None:
    path, key = f"/records/{record}/notes", str(uuid4())
    educator.send("POST", path, {"text": "la première", "occurred_on": DAY}, key=key, version=2)

    answer = educator.send("POST", path, {"text": "une autre", "occurred_on": DAY}, key=key, version=3)

    assert (answer.status_code, answer.json()["code"]) == (422, "command_key_reused")


def test_opening_twice_with_one_key_opens_one_record(educator: Person) -> None:
    key = str(uuid4())

    first = educator.send("POST", "/records", {"pseudonym": "Titi"}, key=key)
    second = educator.send("POST", "/records", {"pseudonym": "Titi"}, key=key)

    assert first.json()["id"] == second.json()["id"]
    assert second.json()["replayed"] is True


def test_a_stale_version_is_refused_with_both_versions(educator: Person, record: str) -> None:
    educator.send("POST", f"/records/{record}/notes", {"text": "la première", "occurred_on": DAY}, version=2)

    answer = educator.send("POST", f"/records/{record}/notes", {"text": "la seconde", "occurred_on": DAY}, version=2)

    assert (answer.status_code, answer.json()["code"]) == (409, "concurrent_change")
    assert (answer.json()["expected_version"], answer.json()["current_version"]) == (2, 3)


def test_a_change_without_its_key_or_its_version_is_refused(educator: Person, record: str) -> None:
    body = {"text": "vu", "occurred_on": DAY}
    path = f"/api/v1/records/{record}/notes"

    without_key = educator.client.post(path, json=body, headers={"If-Match": '"2"'})
    without_version = educator.client.post(path, json=body, headers={"Idempotency-Key": "k"})

    assert (without_key.status_code, without_key.json()["code"]) == (428, "idempotency_key_missing")
    assert (without_version.status_code, without_version.json()["code"]) == (428, "version_missing")


@pytest.mark.parametrize("version", ["abc", '"1e3"', "-1", "*", '"' + "9" * 40 + '"'])
def test_a_version_that_is_none_is_refused(educator: Person, record: str, version: str) -> None:
    headers = {"If-Match": version, "Idempotency-Key": "k"}

    answer = educator.client.post(f"/api/v1/records/{record}/notes", json={"text": "vu", "occurred_on": DAY}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (428, "version_missing")


@pytest.mark.parametrize(
    "text",
    ["déjà-vu à l’Île-d’Yeu", "👩🏽‍🎤 ça va 🛵", "مرحبا يا صديقي", "שלום", "日本語", "e\u0301 combinant", "ligne une\nligne deux"],
    ids=["accents", "emoji", "arabic", "hebrew", "japanese", "combining", "two-lines"],
)
def test_every_script_is_welcome(educator: Person, record: str, text: str) -> None:
    answer = educator.send("POST", f"/records/{record}/notes", {"text": text, "occurred_on": DAY}, version=2)

    assert answer.status_code == 201
    [note] = educator.get(f"/records/{record}").json()["notes"]
    assert note["text"] == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "zéro\x00ici", "occurred_on": DAY}, "text"),
        ({"text": "cloche\x07", "occurred_on": DAY}, "text"),
        ({"text": "", "occurred_on": DAY}, "text"),
        ({"text": "x" * 4_001, "occurred_on": DAY}, "text"),
        ({"text": "x" * 20_000, "occurred_on": DAY}, "text"),
        ({"text": "né le 1 85 05 78 006 084 91", "occurred_on": DAY}, "text"),
        ({"text": "demain", "occurred_on": "2099-01-01"}, "occurred_on"),
        ({"text": "trop tôt", "occurred_on": "0001-01-01"}, "occurred_on"),
        ({"text": True, "occurred_on": DAY}, "text"),
        ({"text": "vu", "occurred_on": 1}, "occurred_on"),
        ({"text": "vu"}, "occurred_on"),
        ({"text": "vu", "occurred_on": DAY, "score": 3}, "score"),
        ([], "body"),
    ],
    ids=[
        "nul", "bell", "blank", "4001", "20000", "national-number", "future", "ancient", "boolean", "number-as-day", "missing", "unknown",
        "list",
    ],
)  # fmt: skip
def test_what_does_not_do_is_named_and_changes_nothing(educator: Person, record: str, body: object, field: str) -> None:
    answer = educator.send("POST", f"/records/{record}/notes", body, version=2)

    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert educator.get(f"/records/{record}").headers["etag"] == '"2"'


def test_a_megabyte_of_text_is_refused_clearly(educator: Person, record: str) -> None:
    answer = educator.send("POST", f"/records/{record}/notes", {"text": "x" * 1_100_000, "occurred_on": DAY}, version=2)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("record_id", ["nothing", "123", "%00", "null", "x" * 300])
def test_what_is_no_identifier_is_refused(educator: Person, record_id: str) -> None:
    assert educator.get(f"/records/{record_id}").status_code in {404, 422}


def test_a_boolean_is_no_year(educator: Person) -> None:
    answer = educator.send("POST", "/records", {"pseudonym": "Bob", "birth_year": True})

    assert answer.status_code == 422


def test_a_birth_date_is_refused_where_a_year_is_asked(educator: Person) -> None:
    answer = educator.send("POST", "/records", {"pseudonym": "Bob", "birth_year": "2009-03-01"})

    assert answer.status_code == 422
    assert "2009-03-01" not in answer.text


def test_each_look_leaves_its_line_before_it_is_shown(educator: Person, record: str) -> None:
    educator.get(f"/records/{record}")

    assert educator.lines() == [("record.open", "granted"), ("record.read", "granted")]


def test_an_identifier_of_another_kind_of_stream_is_unknown(educator: Person, structure: Structure) -> None:
    outing = educator.send("POST", "/activities", {"occurred_on": DAY, "territory": "Bagatelle"})

    assert educator.get(f"/records/{outing.json()['id']}").status_code == 404
    assert educator.get(f"/records/{structure.id}").status_code == 404
    assert UUID(outing.json()["id"])
