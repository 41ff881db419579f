"""Shares, replacements, teams and the DPO's decisions, through the pages and the JSON API (N8-N13, N18, R037, R152)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.bootstrap import Structure
from api.erasures.erasure_index import ErasureIndex
from api.pages import record_forms
from domain.identifiers import YouthId
from domain.trail import Role
from tests.given import today
from tests.integration.api.people import CANARY, DAY, Person

SOON = (today() + timedelta(days=7)).isoformat()


def shared(educator: Person, record: str, **fields: Any) -> Any:
    body = {"categories": ["follow_up"], "purpose": "chercher un stage à deux", "until": SOON, "told": "de vive voix"} | fields
    return educator.send("POST", f"/records/{record}/shares", body, version=educator.version_of(record))


def test_a_share_is_read_in_list_record_and_page_with_its_categories_and_nothing_else(
    educator: Person, colleague: Person, kept: str, structure: Structure
) -> None:
    assert shared(educator, kept, account=str(colleague.account)).status_code == 201
    structure.runner.run_once()

    [row] = colleague.get("/caseload").json()["items"]
    shown = colleague.get(f"/records/{kept}").json()
    listed, page = colleague.client.get("/dossiers").text, colleague.client.get(f"/dossiers/{kept}").text
    assert (row["relation"], row["until"], row["categories"]) == ("named_share", SOON, ["core", "follow_up"])
    assert (shown["relation"], shown["identity"], shown["notes"][0]["text"]) == ("named_share", None, CANARY)
    assert "partagé, jusqu" in listed
    assert CANARY in page
    assert not [word for word in ("Inès", "/contacts/nouveau", "/effacement", "/partages", "/referents") if word in page]


@pytest.mark.parametrize("part", ["/partages", "/transmission"])
def test_of_two_fields_of_which_one_is_needed_neither_is_called_optional(educator: Person, kept: str, part: str) -> None:
    page = educator.client.get(f"/dossiers/{kept}{part}").text

    labels = re.findall(r'<label for="(told|not_told_because)">(.*?)</label>', page, re.DOTALL)
    assert [name for name, _ in labels] == ["told", "not_told_because"]
    assert not [text for _, text in labels if "facultatif" in text]
    assert "Cette case ou la suivante est nécessaire" in page


def test_a_second_click_on_handing_over_leads_where_the_first_one_led(educator: Person, colleague: Person, kept: str) -> None:
    form = {"successor": str(colleague.account), "told": "de vive voix", "sure": "oui", "idempotency_key": "one form"}
    form["expected_version"] = str(educator.version_of(kept))

    answers = [educator.client.post(f"/dossiers/{kept}/transmission", data=form, follow_redirects=False) for _ in range(2)]

    assert [(answer.status_code, answer.headers.get("location")) for answer in answers] == [(303, "/dossiers?fait=transmis")] * 2
    assert educator.client.get(f"/dossiers/{kept}").status_code == 404
    assert colleague.get(f"/records/{kept}").json()["referents"] == [str(colleague.account)]


def test_a_program_that_hands_over_twice_under_one_key_is_answered_alike(educator: Person, colleague: Person, kept: str) -> None:
    body, version = {"successor": str(colleague.account), "told": "de vive voix"}, educator.version_of(kept)

    answers = [educator.send("POST", f"/records/{kept}/handover", body, version=version, key="one") for _ in range(2)]

    assert [(answer.status_code, answer.headers.get("etag")) for answer in answers] == [(201, f'"{version + 1}"')] * 2
    assert [answer.json()["replayed"] for answer in answers] == [False, True]


@pytest.mark.parametrize(
    "part", ["/contacts/nouveau", "/notes", "/demarches", "/accords", "/identite", "/referents", "/transmission", "/partages"]
)
def test_no_form_is_offered_to_whoever_may_only_read(educator: Person, colleague: Person, kept: str, part: str) -> None:
    shared(educator, kept, account=str(colleague.account))

    assert colleague.client.get(f"/dossiers/{kept}{part}").status_code == 404
    assert educator.client.get(f"/dossiers/{kept}{part}").status_code == 200


def test_the_referent_reads_who_else_may_open_it_and_the_youth_too(
    educator: Person, colleague: Person, kept: str, person: Callable[..., Person]
) -> None:
    youth = person(Role.YOUTH, subject=UUID(kept))
    shared(educator, kept, account=str(colleague.account))

    [seen] = educator.get(f"/records/{kept}/accesses").json()["accesses"]
    [own] = youth.get("/my-record/accesses").json()["accesses"]
    page, mine = educator.client.get(f"/dossiers/{kept}/partages").text, youth.client.get("/mon-dossier").text
    assert own == {name: seen[name] for name in ("relation", "who", "categories", "purpose", "until", "told")}
    assert (seen["relation"], seen["purpose"], seen["until"]) == ("named_share", "chercher un stage à deux", SOON)
    assert "chercher un stage à deux" in page
    assert "chercher un stage à deux" in mine
    assert [colleague.get(f"/records/{one}/accesses").status_code for one in (kept, uuid4())] == [404, 404]


def test_the_referent_finds_every_look_at_the_record_on_its_page_however_many(
    educator: Person, colleague: Person, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_forms, "LOOKS_SHOWN", 1)
    shared(educator, kept, account=str(colleague.account))
    colleague.get(f"/records/{kept}")

    lines = educator.get(f"/records/{kept}/trail").json()
    told = educator.client.get(f"/dossiers/{kept}").text.split('id="regards"')[1].split("</section>")[0]
    assert told.count("<li>") >= len(lines) > 1
    assert "Tout voir" in told


def test_sharing_anew_from_another_form_replaces_the_share_and_the_same_key_is_answered_alike(
    educator: Person, colleague: Person, kept: str
) -> None:
    shared(educator, kept, account=str(colleague.account))
    body = {"account": str(colleague.account), "categories": [], "purpose": "relais", "until": SOON, "told": "oui"}
    version = educator.version_of(kept)

    answers = [educator.send("POST", f"/records/{kept}/shares", body, version=version, key="one") for _ in range(2)]

    assert [(answer.status_code, answer.headers.get("etag")) for answer in answers] == [(201, f'"{version + 2}"')] * 2
    [access] = educator.get(f"/records/{kept}/accesses").json()["accesses"]
    assert (access["purpose"], access["categories"]) == ("relais", ["core"])
    educator.send("DELETE", f"/records/{kept}/shares/{access['access']}", version=educator.version_of(kept))
    assert colleague.get(f"/records/{kept}").status_code == 404


def test_the_page_shares_and_ends_and_keeps_what_was_typed(educator: Person, colleague: Person, kept: str) -> None:
    address = f"/dossiers/{kept}/partages"
    typed = {"with": str(colleague.account), "categories": "follow_up", "purpose": "stage", "until": SOON, "idempotency_key": "a1"}
    wrong = educator.client.post(address, data=typed | {"expected_version": str(educator.version_of(kept))})
    assert (wrong.status_code, 'href="#told"' in wrong.text, 'value="stage"' in wrong.text) == (422, True, True)

    right = typed | {"told": "oui", "expected_version": str(educator.version_of(kept))}
    assert educator.client.post(address, data=right, follow_redirects=False).status_code == 303
    assert colleague.get(f"/records/{kept}").status_code == 200
    [end] = re.findall(rf"{address}/[0-9a-f-]+/fin", educator.client.get(address).text)
    for number in range(2):
        assert educator.client.post(end, data={"idempotency_key": f"e{number}"}, follow_redirects=False).status_code == 303
    assert colleague.get(f"/records/{kept}").status_code == 404


@pytest.mark.usefixtures("late_views")
def test_what_was_ended_is_gone_from_the_list_though_the_views_are_late(
    educator: Person, colleague: Person, kept: str, structure: Structure
) -> None:
    shared(educator, kept, account=str(colleague.account))
    structure.runner.run_once()
    [access] = educator.get(f"/records/{kept}/accesses").json()["accesses"]
    educator.send("DELETE", f"/records/{kept}/shares/{access['access']}", version=educator.version_of(kept))

    assert colleague.get("/caseload").json()["items"] == []
    assert "Kiki" not in colleague.client.get("/dossiers").text


@pytest.mark.usefixtures("late_views")
def test_a_handover_takes_the_record_from_the_former_at_once_page_and_list_included(
    educator: Person, colleague: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    form = {"successor": str(colleague.account), "told": "oui", "sure": "oui", "idempotency_key": "h1"}
    form["expected_version"] = str(educator.version_of(kept))
    sent = educator.client.post(f"/dossiers/{kept}/transmission", data=form, follow_redirects=False)

    assert (sent.status_code, sent.headers["location"]) == (303, "/dossiers?fait=transmis")
    assert educator.get("/caseload").json()["items"] == []
    assert [who.get(f"/records/{kept}").status_code for who in (educator, colleague)] == [404, 200]


def test_nobody_whose_account_is_closed_is_given_a_record_to_accompany_or_to_read(
    educator: Person, colleague: Person, dpo: Person, kept: str, structure: Structure
) -> None:
    structure.accounts.close(colleague.account)
    gone, version = str(colleague.account), educator.version_of(kept)
    reference = ErasureIndex.of(structure).reference_of(YouthId(UUID(kept)))
    asked = [
        educator.send("POST", f"/records/{kept}/handover", {"successor": gone, "told": "oui"}, version=version),
        educator.send("PUT", f"/records/{kept}/referents", {"referents": [str(educator.account), gone]}, version=version),
        shared(educator, kept, account=gone),
        educator.send("POST", "/replacements", {"replacing": gone, "until": SOON}),
        dpo.send("POST", f"/trail/references/{reference}/rights-referents", {"account": gone, "demand": "demande 3", "until": SOON}),
    ]

    assert [(answer.status_code, answer.json().get("errors", [{}])[0].get("field")) for answer in asked] == [
        *((422, field) for field in ("successor", "referents", "with", "replacing", "account"))
    ]
    for page in ("transmission", "referents", "partages"):
        assert gone not in educator.client.get(f"/dossiers/{kept}/{page}").text


def test_whoever_has_left_was_there_and_somebody_stands_in_for_them(
    educator: Person, colleague: Person, administrator: Person, kept: str, structure: Structure
) -> None:
    structure.accounts.close(educator.account)
    demand = {"replacing": str(colleague.account), "replaced": str(educator.account), "until": SOON}
    assert administrator.send("POST", "/replacements", demand).status_code == 201
    assert str(educator.account) in administrator.client.get("/remplacements").text
    contact = {"occurred_on": DAY, "channel": "street", "present": [str(educator.account)]}

    written = colleague.send("POST", f"/records/{kept}/contacts", contact, version=colleague.version_of(kept))

    assert written.status_code == 201, written.text


def test_a_team_reads_what_is_shared_with_it_while_one_is_in_it(
    educator: Person, colleague: Person, kept: str, person: Callable[..., Person]
) -> None:
    administrator = person(Role.ADMINISTRATOR)
    administrator.client.post("/equipes", data={"name": "Équipe Nord", "idempotency_key": "t1"})
    [team] = administrator.get("/teams").json()
    administrator.client.post(f"/equipes/{team['id']}", data={"members": str(colleague.account), "idempotency_key": "t2"})
    assert "Équipe Nord" in educator.client.get(f"/dossiers/{kept}/partages").text
    assert shared(educator, kept, team=team["id"]).status_code == 201
    assert colleague.get(f"/records/{kept}").json()["relation"] == "team_share"

    administrator.send("PUT", f"/teams/{team['id']}/members", {"members": []})

    assert colleague.get(f"/records/{kept}").status_code == 404
    assert [one.client.get("/equipes").status_code for one in (educator, colleague)] == [404, 404]
    youth = administrator.send("PUT", f"/teams/{team['id']}/members", {"members": [str(administrator.account)]})
    assert (youth.status_code, youth.json()["errors"][0]["field"]) == (422, "members")


def test_a_replacement_writes_under_their_own_name_and_takes_nothing_back(educator: Person, colleague: Person, kept: str) -> None:
    form = {"replacing": str(colleague.account), "until": SOON, "idempotency_key": "r1"}
    assert educator.client.post("/remplacements", data=form, follow_redirects=False).status_code == 303
    version = colleague.version_of(kept)
    written = colleague.send("POST", f"/records/{kept}/notes", {"text": "vu au local", "occurred_on": DAY}, version=version)
    taken = colleague.send("DELETE", f"/records/{kept}/agreements/identity", version=version + 1)

    assert (written.status_code, taken.status_code) == (201, 404)
    assert "Vous remplacez" in colleague.client.get(f"/dossiers/{kept}").text
    assert "sure-identity" not in colleague.client.get(f"/dossiers/{kept}/accords").text
    [one] = colleague.get("/replacements").json()
    assert colleague.send("DELETE", f"/replacements/{one['id']}").status_code == 200
    assert colleague.get(f"/records/{kept}").status_code == 404


def test_the_youth_reads_names_by_the_dpo_s_decision_and_roles_again_after_it(
    educator: Person, dpo: Person, kept: str, person: Callable[..., Person], structure: Structure
) -> None:
    youth = person(Role.YOUTH, subject=UUID(kept))
    reference = ErasureIndex.of(structure).reference_of(YouthId(UUID(kept)))
    address = f"/trail/references/{reference}/names"

    def names() -> set[str | None]:
        return {look["name"] for look in youth.get("/my-record/trail").json() if look["role"] == "educator"}

    assert names() == {None}
    assert dpo.send("PUT", address, {"reason": " "}).status_code == 422
    assert dpo.send("PUT", address, {"reason": "un soupçon précis"}).json() == {"disclosed": True, "reason": "un soupçon précis"}
    assert (names(), "Personne fictive" in youth.client.get("/mon-dossier/acces").text.partition("<main")[2]) == (
        {"Personne fictive"},
        True,
    )
    assert dpo.send("DELETE", address).json()["disclosed"] is False
    assert names() == {None}
    assert [educator.get(address).status_code, dpo.get(f"/trail/references/{uuid4()}/names").status_code] == [404, 404]


def test_the_dpo_names_a_rights_referent_by_reference_from_a_page(
    dpo: Person, educator: Person, colleague: Person, kept: str, structure: Structure
) -> None:
    reference = ErasureIndex.of(structure).reference_of(YouthId(UUID(kept)))
    address = f"/acces/dossiers/{reference}/decisions"
    author = {"account": str(educator.account), "demand": "demande 14", "until": SOON}
    refused = dpo.client.post(f"{address}/referents", data=author)
    assert (refused.status_code, 'href="#account"' in refused.text) == (422, True)

    dpo.client.post(f"{address}/referents", data=author | {"account": str(colleague.account)})

    assert colleague.get(f"/records/{kept}").json()["relation"] == "rights_referent"
    [end] = re.findall(rf"{address}/referents/[0-9a-f-]+/fin", dpo.client.get(address).text)
    dpo.client.post(end, data={"idempotency_key": "d1"})
    assert colleague.get(f"/records/{kept}").status_code == 404


ALIKE = (
    ("GET", "/records/{}/accesses", None),
    ("POST", "/records/{}/shares", {"categories": [], "purpose": "voir", "until": SOON, "told": "oui"}),
    ("DELETE", "/records/{}/shares/00000000-0000-4000-8000-00000000000a", None),
    ("POST", "/records/{}/handover", {"successor": "", "told": "oui"}),
)


@pytest.mark.parametrize(("method", "path", "body"), ALIKE)
def test_not_yours_and_does_not_exist_are_one_answer(
    colleague: Person, kept: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    filled = (
        None
        if body is None
        else body | ({"successor": str(colleague.account)} if "successor" in body else {"account": str(colleague.account)})
    )
    answers = [colleague.send(method, path.format(one), filled, version=1) for one in (kept, uuid4())]

    assert {answer.status_code for answer in answers} == {404}
    told = [answer.json() | {"request_id": "", "instance": ""} for answer in answers]
    assert told[0] == told[1]
