"""Shares, replacements, teams, emergencies and the DPO's decisions, through the pages and the JSON API (N8-N13, N18, R037, R152)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api import emergencies, looks
from api.bootstrap import Structure
from api.erasures.erasure_index import ErasureIndex
from api.pages import record_forms
from domain.identifiers import YouthId
from domain.trail import Role
from tests.given import today
from tests.integration.api.people import DAY, Person

SOON = (today() + timedelta(days=7)).isoformat()
REASON = "appel du foyer cette nuit, pas rentrée"
CANARY = "zibeline-de-lune"


@pytest.fixture
def kept(educator: Person) -> str:
    """A record of the educator's with something in the follow-up and the identity."""
    opened = educator.send("POST", "/records", {"pseudonym": "Kiki", "birth_year": 2009, "informed": {"how": "dit", "occurred_on": DAY}})
    record: str = opened.json()["id"]
    educator.send("POST", f"/records/{record}/notes", {"text": CANARY, "occurred_on": DAY}, version=2)
    educator.send("POST", f"/records/{record}/agreements", {"category": "identity", "what_was_said": "oui", "occurred_on": DAY}, version=3)
    educator.send("PUT", f"/records/{record}/identity", {"first_name": "Inès"}, version=4)
    return record


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of a hundredth of a second, for the tests that do not measure them."""
    monkeypatch.setattr(emergencies, "TICK_SECONDS", 0.01)


def version_of(person: Person, record: str) -> int:
    return int(person.get(f"/records/{record}").headers["etag"].strip('"'))


def shared(educator: Person, record: str, **fields: Any) -> Any:
    body = {"categories": ["follow_up"], "purpose": "chercher un stage à deux", "until": SOON, "told": "de vive voix"} | fields
    return educator.send("POST", f"/records/{record}/shares", body, version=version_of(educator, record))


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
    form["expected_version"] = str(version_of(educator, kept))

    answers = [educator.client.post(f"/dossiers/{kept}/transmission", data=form, follow_redirects=False) for _ in range(2)]

    assert [(answer.status_code, answer.headers.get("location")) for answer in answers] == [(303, "/dossiers?fait=transmis")] * 2
    assert educator.client.get(f"/dossiers/{kept}").status_code == 404
    assert colleague.get(f"/records/{kept}").json()["referents"] == [str(colleague.account)]


def test_a_program_that_hands_over_twice_under_one_key_is_answered_alike(educator: Person, colleague: Person, kept: str) -> None:
    body, version = {"successor": str(colleague.account), "told": "de vive voix"}, version_of(educator, kept)

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
    assert seen == own
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


def test_the_page_shares_and_ends_and_keeps_what_was_typed(educator: Person, colleague: Person, kept: str) -> None:
    address = f"/dossiers/{kept}/partages"
    typed = {"with": str(colleague.account), "categories": "follow_up", "purpose": "stage", "until": SOON, "idempotency_key": "a1"}
    wrong = educator.client.post(address, data=typed | {"expected_version": str(version_of(educator, kept))})
    assert (wrong.status_code, 'href="#told"' in wrong.text, 'value="stage"' in wrong.text) == (422, True, True)

    right = typed | {"told": "oui", "expected_version": str(version_of(educator, kept))}
    assert educator.client.post(address, data=right, follow_redirects=False).status_code == 303
    assert colleague.get(f"/records/{kept}").status_code == 200
    [end] = re.findall(rf"{address}/[0-9a-f-]+/fin", educator.client.get(address).text)
    for number in range(2):
        assert educator.client.post(end, data={"idempotency_key": f"e{number}"}, follow_redirects=False).status_code == 303
    assert colleague.get(f"/records/{kept}").status_code == 404


def test_what_was_ended_is_gone_from_the_list_though_the_views_are_late(
    educator: Person, colleague: Person, kept: str, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared(educator, kept, account=str(colleague.account))
    structure.runner.run_once()
    [access] = educator.get(f"/records/{kept}/accesses").json()["accesses"]
    monkeypatch.setattr(looks, "OWN_WRITES_SECONDS", 0.0)
    educator.send("DELETE", f"/records/{kept}/shares/{access['access']}", version=version_of(educator, kept))

    assert colleague.get("/caseload").json()["items"] == []
    assert "Kiki" not in colleague.client.get("/dossiers").text


def test_a_handover_takes_the_record_from_the_former_at_once_page_and_list_included(
    educator: Person, colleague: Person, kept: str, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    structure.runner.run_once()
    monkeypatch.setattr(looks, "OWN_WRITES_SECONDS", 0.0)
    form = {"successor": str(colleague.account), "told": "oui", "sure": "oui", "idempotency_key": "h1"}
    form["expected_version"] = str(version_of(educator, kept))
    sent = educator.client.post(f"/dossiers/{kept}/transmission", data=form, follow_redirects=False)

    assert (sent.status_code, sent.headers["location"]) == (303, "/dossiers?fait=transmis")
    assert educator.get("/caseload").json()["items"] == []
    assert [who.get(f"/records/{kept}").status_code for who in (educator, colleague)] == [404, 200]


def test_nobody_whose_account_is_closed_is_given_a_record_to_accompany_or_to_read(
    educator: Person, colleague: Person, dpo: Person, kept: str, structure: Structure
) -> None:
    structure.accounts.close(colleague.account)
    gone, version = str(colleague.account), version_of(educator, kept)
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

    written = colleague.send("POST", f"/records/{kept}/contacts", contact, version=version_of(colleague, kept))

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
    version = version_of(colleague, kept)
    written = colleague.send("POST", f"/records/{kept}/notes", {"text": "vu au local", "occurred_on": DAY}, version=version)
    taken = colleague.send("DELETE", f"/records/{kept}/agreements/identity", version=version + 1)

    assert (written.status_code, taken.status_code) == (201, 404)
    assert "Vous remplacez" in colleague.client.get(f"/dossiers/{kept}").text
    assert "sure-identity" not in colleague.client.get(f"/dossiers/{kept}/accords").text
    [one] = colleague.get("/replacements").json()
    assert colleague.send("DELETE", f"/replacements/{one['id']}").status_code == 200
    assert colleague.get(f"/records/{kept}").status_code == 404


def broken(who: Person, **fields: Any) -> Any:
    return who.send("POST", "/emergencies", {"pseudonym": "Kiki", "birth_year": 2009, "reason": REASON} | fields)


@pytest.fixture
def theirs(person: Callable[..., Person], kept: str) -> Person:
    """The youth whose record it is."""
    return person(Role.YOUTH, subject=UUID(kept))


@pytest.mark.usefixtures("quick", "kept")
def test_an_emergency_is_on_the_next_page_of_the_dpo_and_of_the_referent_and_the_youth_sees_it(
    educator: Person, colleague: Person, dpo: Person, theirs: Person, structure: Structure
) -> None:
    structure.runner.run_once()
    opened = broken(colleague)
    assert opened.status_code == 201
    assert "Accès d’urgence, à lire seulement" in colleague.client.get(f"/dossiers/{opened.json()['record']}").text

    assert "a ouvert en urgence un dossier que vous accompagnez" in educator.client.get("/dossiers").text
    assert "1 accès d’urgence à revoir" in dpo.client.get("/acces").text
    mine = theirs.client.get("/mon-dossier").text.partition("<main")[2]
    assert REASON in mine
    assert not re.search(r"\b[0-2]\d:[0-5]\d\b", mine)
    [past] = theirs.get("/my-record/accesses").json()["emergencies"]
    assert (past["who"], past["reason"]) == (None, REASON)


@pytest.mark.usefixtures("quick")
@pytest.mark.usefixtures("quick", "kept")
def test_a_miss_on_the_page_is_one_try_however_often_it_is_sent_and_a_corrected_one_is_another(
    colleague: Person, structure: Structure
) -> None:
    structure.runner.run_once()
    form = {"pseudonym": "Kiko", "year": "2009", "reason": REASON, "sure": "oui", "idempotency_key": "one random form"}
    misses = [colleague.client.post("/urgence", data=form) for _ in range(5)]
    [key] = set(re.findall(r'name="idempotency_key" value="([^"]+)"', misses[-1].text))

    corrected = colleague.client.post("/urgence", data=form | {"pseudonym": "Kiki"}, follow_redirects=False)

    assert [answer.status_code for answer in misses] == [409] * 5
    assert key != "one random form"
    assert corrected.status_code == 303


def test_the_dpo_reviews_an_emergency_and_never_meets_a_content(
    educator: Person, colleague: Person, dpo: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    broken(colleague)
    [one] = dpo.get("/emergencies").json()
    address = f"/acces/urgences/{one['access']}"
    pages = dpo.client.get("/acces/urgences").text + dpo.client.get(address).text
    assert REASON in pages
    assert not [word for word in (CANARY, "Kiki", "Inès", kept) if word in pages]
    assert dpo.client.post(address, data={"justified": "oui"}).status_code == 422

    judged = dpo.client.post(address, data={"justified": "non", "sentence": "il fallait appeler"}, follow_redirects=False)

    assert judged.status_code == 303
    assert colleague.get(f"/records/{kept}").status_code == 404
    assert "à revoir" not in dpo.client.get("/acces").text.partition("<main")[2]
    assert "il fallait appeler" in educator.client.get(f"/dossiers/{kept}/partages").text
    for stranger in (educator, colleague):
        answers = [stranger.client.get(path).status_code for path in ("/acces/urgences", address)]
        answers.append(stranger.send("POST", f"/emergencies/{one['access']}/review", {"justified": True, "sentence": "x"}).status_code)
        assert answers == [404, 404, 404]


@pytest.mark.usefixtures("quick")
def test_the_referent_says_that_they_have_seen_it(educator: Person, colleague: Person, kept: str, structure: Structure) -> None:
    structure.runner.run_once()
    assert broken(colleague).json()["record"] == kept
    [seen] = re.findall(r"/urgence/[0-9a-f-]+/vu", educator.client.get("/dossiers").text)

    answers = [who.client.post(seen, follow_redirects=False).status_code for who in (colleague, educator, educator)]

    assert answers == [404, 303, 303]
    assert "a ouvert en urgence" not in educator.client.get("/dossiers").text


@pytest.mark.usefixtures("quick")
def test_own_closed_and_unknown_are_one_answer_and_the_fourth_try_is_refused(
    educator: Person, colleague: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    own, unknown = broken(educator), broken(educator, pseudonym="Personne")
    educator.send("POST", f"/records/{kept}/erasure", {"asked_in_person": True}, version=version_of(educator, kept))
    closed, wrong = broken(colleague), broken(colleague, birth_year=2001)

    told = [answer.json() | {"request_id": ""} for answer in (own, unknown, closed, wrong)]
    assert told == [told[0]] * 4
    assert {answer.status_code for answer in (own, unknown, closed, wrong)} == {409}
    assert broken(colleague).status_code == 409
    spent = broken(colleague)
    assert (spent.status_code, spent.json()["code"]) == (429, "tries_spent")


@pytest.mark.usefixtures("kept")
def test_whatever_opens_nothing_is_answered_on_a_whole_second(educator: Person, colleague: Person, structure: Structure) -> None:
    structure.runner.run_once()
    for who, fields in ((educator, {}), (colleague, {"birth_year": 2001}), (colleague, {"pseudonym": "Personne"})):
        answer = broken(who, **fields)
        assert answer.status_code == 409
        assert answer.elapsed.total_seconds() >= emergencies.TICK_SECONDS


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
