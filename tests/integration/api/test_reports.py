"""Child-protection reports through the JSON API and the pages: who reaches them, and what nobody learns from them (N38)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from api.bootstrap import Service, Structure
from api.pages.reports import new_report
from api.web.operations import declaration_of
from domain.identifiers import ErasureId
from domain.trail import Role
from tests.given import to_its_end
from tests.integration.api.people import DAY, Person

FACTS = "Le 18 novembre, il a dit que son oncle l'avait frappé."
BODY = {
    "facts": FACTS,
    "addressee": "CRIP du département",
    "decision": "Transmettre ce jour.",
    "reasons": "Un enfant de 13 ans se dit frappé.",
    "informed": "Je le lui ai dit avant.",
}
HOME = "/informations-preoccupantes"
RELEASE = {"occurred_on": DAY, "released_to": "Mme D.", "capacity": "la mère", "reasons": "Demande écrite."}


@pytest.fixture
def head(person: Callable[..., Person]) -> Person:
    return person(Role.HEAD_OF_SERVICE)


def written(author: Person, **fields: Any) -> str:
    answer = author.send("POST", "/reports", BODY | {name: str(value) for name, value in fields.items()})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def said(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"} | {"status": answer.status_code}


def test_the_empty_form_shows_nicknames_and_declares_the_line_that_it_leaves_for_them(
    educator: Person, record: str, structure: Structure
) -> None:
    structure.runner.run_once()

    page = educator.client.get(f"{HOME}/nouvelle").text

    assert record in page
    declared = declaration_of(new_report)
    assert declared is not None
    assert (declared.leaves_when_granted, declared.operation) == (True, educator.lines()[-1][0])


def test_a_report_is_written_read_countersigned_sent_and_released(educator: Person, head: Person) -> None:
    report = written(educator, countersigner=head.account)

    signed = head.send("POST", f"/reports/{report}/countersignature")
    sent = educator.send("POST", f"/reports/{report}/sent", {"occurred_on": DAY, "channel": "post"})
    released = educator.send("POST", f"/reports/{report}/release", RELEASE)

    assert [answer.status_code for answer in (signed, sent, released)] == [201, 201, 201]
    assert released.json() == {"id": report, "version": 4, "replayed": False}
    shown = head.get(f"/reports/{report}")
    assert shown.headers["ETag"] == '"4"'
    assert BODY.items() <= shown.json().items()
    assert (shown.json()["handovers"], shown.json()["releases"]) == ([{"occurred_on": DAY, "channel": "post"}], [RELEASE])
    assert "subject" not in shown.json()
    assert educator.lines() == [(f"report.{act}", "granted") for act in ("write", "send", "release")]
    assert head.lines() == [("report.countersign", "granted"), ("report.read", "granted")]


def test_somebody_else_s_report_and_an_unknown_one_look_the_same_to_everybody(
    educator: Person, colleague: Person, youth: Person, person: Callable[..., Person], record: str
) -> None:
    report = written(educator, subject=record)
    others = [colleague, youth, *(person(role) for role in (Role.HEAD_OF_SERVICE, Role.DPO, Role.ADMINISTRATOR, Role.FUNDER))]

    for other in others:
        for method, part, body in (
            ("GET", "", None),
            ("POST", "/countersignature", None),
            ("POST", "/sent", {"occurred_on": DAY, "channel": "post"}),
            ("POST", "/release", RELEASE),
        ):
            answers = [other.send(method, f"/reports/{one}{part}", body) for one in (report, uuid4())]
            assert said(answers[0]) == said(answers[1])
            assert answers[0].status_code == 404


def test_each_condition_of_the_law_is_asked_for(educator: Person) -> None:
    for field in BODY:
        answer = educator.send("POST", "/reports", {name: text for name, text in BODY.items() if name != field})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert FACTS not in answer.text


def test_the_people_who_may_be_named_are_colleagues_and_a_head_to_countersign(
    educator: Person, colleague: Person, head: Person, youth: Person, dpo: Person
) -> None:
    for field, named in (
        ("countersigner", youth.account),
        ("countersigner", dpo.account),
        ("countersigner", educator.account),
        ("countersigner", uuid4()),
        ("addressee_account", head.account),
        ("addressee_account", youth.account),
    ):
        answer = educator.send("POST", "/reports", BODY | {field: str(named)})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    report = written(educator, countersigner=head.account, addressee_account=colleague.account)
    assert [one.get(f"/reports/{report}").status_code for one in (educator, head, colleague)] == [200, 200, 200]


def test_a_list_holds_one_s_own_reports_and_is_paged(educator: Person, colleague: Person, head: Person) -> None:
    first, second = written(educator, countersigner=head.account), written(educator)
    written(colleague)

    page = educator.get("/reports", params={"limit": 1}).json()
    rest = educator.get("/reports", params={"limit": 1, "after": page["next"]}).json()

    assert [[row["id"] for row in part["items"]] for part in (page, rest)] == [[second], [first]]
    assert (page["next"], rest["next"]) == (second, None)
    assert [row["id"] for row in head.get("/reports").json()["items"]] == [first]
    assert FACTS not in educator.get("/reports").text


def test_the_head_of_service_still_meets_nothing_else_about_anybody(educator: Person, head: Person, record: str) -> None:
    written(educator, countersigner=head.account, subject=record)

    answers = [head.get(path).status_code for path in (f"/records/{record}", "/caseload", f"/records/{record}/trail", "/trail")]

    assert answers == [404, 404, 404, 404]
    assert head.send("POST", "/reports", BODY).status_code == 404


def test_a_record_that_is_not_one_s_own_is_refused_as_an_unknown_one(educator: Person, colleague: Person, record: str) -> None:
    answers = [
        colleague.send("POST", "/reports", BODY | {"subject": record}),
        colleague.send("POST", "/reports", BODY | {"subject": str(uuid4())}),
    ]

    assert said(answers[0]) == said(answers[1])
    assert answers[0].json()["code"] == "subject_not_yours"
    assert written(educator, subject=record)


def test_an_erasure_to_the_end_changes_nothing_of_what_a_report_answers(
    educator: Person, youth: Person, record: str, structure: Structure
) -> None:
    report = written(educator, subject=record)
    before = educator.get(f"/reports/{report}").json(), educator.get("/reports").json()
    asked = educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": True}, version=2)
    to_its_end(structure, ErasureId(UUID(asked.json()["erasure"])))
    structure.rotation.rotate()

    assert (educator.get(f"/reports/{report}").json(), educator.get("/reports").json()) == before
    assert record not in educator.get(f"/reports/{report}").text
    assert youth.get("/my-record").status_code == 410


def test_the_youth_meets_no_trace_of_a_report(educator: Person, youth: Person, record: str) -> None:
    before = youth.get("/my-record").json(), youth.get("/my-record/trail").json()
    report = written(educator, subject=record)
    educator.get(f"/reports/{report}")

    after = youth.get("/my-record").json(), youth.get("/my-record/trail").json()

    assert after == before


def test_a_report_sent_twice_is_written_once(educator: Person) -> None:
    key = str(uuid4())

    tries = [educator.send("POST", "/reports", BODY, key=key) for _ in range(2)]
    other = educator.send("POST", "/reports", BODY | {"facts": "Autre chose."}, key=key)

    assert [answer.json()["replayed"] for answer in tries] == [False, True]
    assert len({answer.json()["id"] for answer in tries}) == 1
    assert (other.status_code, other.json()["code"]) == (422, "command_key_reused")
    assert educator.client.post("/api/v1/reports", json=BODY).status_code == 428


def typed(**more: str) -> dict[str, str]:
    return BODY | {"idempotency_key": str(uuid4())} | more


def test_the_form_keeps_what_was_typed_until_it_does_and_then_leads_to_the_report(
    educator: Person, head: Person, record: str, structure: Structure
) -> None:
    structure.runner.run_once()
    offered = educator.client.get(f"{HOME}/nouvelle")
    wrong = educator.client.post(f"{HOME}/nouvelle", data=typed(informed=" ", countersigner=str(head.account), subject=record))
    right = educator.client.post(f"{HOME}/nouvelle", data=typed(countersigner=str(head.account), subject=record), follow_redirects=False)

    assert "Kiki" in offered.text
    assert (wrong.status_code, 'id="informed-erreur"' in wrong.text, "son oncle" in wrong.text) == (422, True, True)
    assert wrong.text.count(" selected>") == 2
    assert (right.status_code, right.headers["location"].partition("?")[2]) == (303, "fait=signalement")
    for one in (educator, head):
        shown = one.client.get(right.headers["location"])
        assert (shown.status_code, "son oncle" in shown.text) == (200, True)
        assert record not in shown.text
        assert "Kiki" not in shown.text


def test_an_account_or_a_record_that_the_form_did_not_offer_is_refused_at_its_field(
    educator: Person, youth: Person, structure: Structure
) -> None:
    structure.runner.run_once()
    for field in ("countersigner", "addressee_account", "subject"):
        for chosen in (str(youth.account), "personne"):
            answer = educator.client.post(f"{HOME}/nouvelle", data=typed(**{field: chosen}))
            assert (answer.status_code, f'id="{field}-erreur"' in answer.text) == (422, True)


def test_a_handover_a_release_and_a_signature_are_written_from_their_pages(educator: Person, head: Person) -> None:
    report = written(educator, countersigner=head.account)
    key = {"idempotency_key": str(uuid4()), "occurred_on": DAY}

    wrong = educator.client.post(f"{HOME}/{report}/remise", data=key)
    sent = educator.client.post(f"{HOME}/{report}/remise", data=key | {"channel": "post"})
    blank = educator.client.post(f"{HOME}/{report}/communication", data=key | {"released_to": "Mme D."})
    released = educator.client.post(f"{HOME}/{report}/communication", data=key | RELEASE)
    signed = [head.client.post(f"{HOME}/{report}/contresignature", data={"idempotency_key": str(uuid4())}) for _ in range(2)]

    assert (wrong.status_code, blank.status_code, "Mme D." in blank.text) == (422, 422, True)
    assert "par courrier" in sent.text
    assert "Demande écrite." in released.text
    assert [answer.status_code for answer in signed] == [200, 409]
    assert [len(part) for part in (educator.get(f"/reports/{report}").json()[name] for name in ("handovers", "releases"))] == [1, 1]


def test_the_pages_of_somebody_else_s_report_are_those_of_an_unknown_one(
    educator: Person, colleague: Person, youth: Person, dpo: Person
) -> None:
    report, unknown = written(educator), str(uuid4())
    for other in (colleague, youth, dpo):
        for part in ("", "/remise", "/communication"):
            answers = [other.client.get(f"{HOME}/{one}{part}") for one in (report, unknown)]
            assert [answer.status_code for answer in answers] == [404, 404]
    assert [one.client.get(HOME).status_code for one in (colleague, youth, dpo)] == [200, 404, 404]


def test_whoever_may_not_write_one_is_offered_no_form(educator: Person, colleague: Person, head: Person) -> None:
    report = written(educator, countersigner=head.account, addressee_account=colleague.account)

    assert [one.client.get(f"{HOME}/nouvelle").status_code for one in (educator, head)] == [200, 404]
    assert head.client.post(f"{HOME}/nouvelle", data=typed()).status_code == 404
    assert f"{HOME}/nouvelle" not in head.client.get(HOME).text
    for reader in (colleague, head):
        assert "/remise" not in reader.client.get(f"{HOME}/{report}").text
        assert reader.client.get(f"{HOME}/{report}/remise").status_code == 404
        assert reader.client.get(f"{HOME}/{report}/communication").status_code == 404


def test_no_page_of_a_record_leads_to_the_reports(educator: Person, youth: Person, record: str) -> None:
    written(educator, subject=record)
    pages = [educator.client.get(f"/dossiers/{record}{part}").text for part in ("", "/contacts/nouveau", "/notes", "/accords")]
    pages += [youth.client.get(path).text for path in ("/mon-dossier", "/mon-dossier/acces")]

    assert not any("préoccupante" in page for page in pages)
    assert HOME in educator.client.get("/dossiers").text


def test_nothing_typed_is_lost_while_the_trail_cannot_be_written(educator: Person, record: str, service: Service) -> None:
    with psycopg.connect(service.databases.main, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON s_alpha.access_trail FROM sillage_s_alpha_app")
        refused = educator.client.post(f"{HOME}/nouvelle", data=typed(subject=record))
        owner.execute("GRANT INSERT ON s_alpha.access_trail TO sillage_s_alpha_app")

    assert (refused.status_code, "son oncle" in refused.text) == (503, True)
    assert f'<option value="{record}" selected>' in refused.text
    assert "Kiki" not in refused.text
    assert educator.get("/reports").json()["items"] == []
