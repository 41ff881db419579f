"""Caseload, figures, trail, catalogue, session: who may see what, and the line that each look leaves."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from api.erasures.erasure_index import ErasureIndex
from api.web.app import create_app
from domain.catalogue_file import read_catalogue_file
from domain.identifiers import RequestId, YouthId
from domain.trail import Actor, Purpose, Role
from tests.given import closed, filled, to_its_end, today
from tests.given import educator as leila
from tests.integration.api.people import DAY, Person
from tests.integration.api.test_incidents import reference_of

INPUT = Path(__file__).parents[2] / "input"

NOBODY = "0b0d0000-0000-4000-8000-000000000009"


def references(person: Person) -> list[tuple[str, bool]]:
    database = person.structure.store.database
    query = database.statement("SELECT operation, reference IS NOT NULL FROM {access_trail} WHERE account = %s ORDER BY line")
    with database.connection() as connection:
        return [(row[0], row[1]) for row in connection.execute(query, (person.account,)).fetchall()]


def test_the_caseload_shows_own_youths_and_names_each_in_the_trail(
    educator: Person, colleague: Person, record: str, structure: Structure
) -> None:
    educator.send("POST", f"/records/{record}/contacts", {"occurred_on": DAY}, version=2)
    structure.runner.run_once()

    own, other = educator.get("/caseload"), colleague.get("/caseload")

    [row] = own.json()["items"]
    assert (row["id"], row["pseudonym"], row["last_contact_on"], row["contacts"]) == (record, "Kiki", DAY, 1)
    assert other.json() == {"items": [], "next": None}
    assert references(educator)[-1] == ("caseload.list", True)


def test_the_caseload_comes_in_pages(educator: Person, structure: Structure) -> None:
    for number in range(5):
        educator.send("POST", "/records", {"pseudonym": f"J-{number}"})
    structure.runner.run_once()

    first = educator.get("/caseload", params={"limit": 3}).json()
    second = educator.get("/caseload", params={"limit": 3, "after": first["next"]}).json()

    assert [row["pseudonym"] for page in (first, second) for row in page["items"]] == ["J-0", "J-1", "J-2", "J-3", "J-4"]
    assert second["next"] is None


@pytest.mark.parametrize("limit", [0, -1, 51, 1000, "beaucoup"])
@pytest.mark.parametrize("path", ["/caseload", "/activities"])
def test_a_page_is_bounded(educator: Person, path: str, limit: object) -> None:
    assert educator.get(path, params={"limit": limit}).status_code == 422


ALLOWED = {
    "/caseload": {Role.EDUCATOR},
    "/activities": {Role.EDUCATOR},
    "/figures?first=2026-01&last=2026-12": {Role.HEAD_OF_SERVICE},
    "/trail": {Role.DPO},
    "/catalogue": {Role.EDUCATOR, Role.DPO, Role.ADMINISTRATOR},
    "/my-record": {Role.YOUTH},
    "/my-record/trail": {Role.YOUTH},
}


@pytest.mark.usefixtures("late_views")
@pytest.mark.parametrize("path", ALLOWED)
def test_each_look_is_for_its_roles_alone(person: Callable[..., Person], record: str, structure: Structure, path: str) -> None:
    structure.runner.run_once()
    load_catalogue(person(Role.ADMINISTRATOR))
    roles = [Role.EDUCATOR, Role.DPO, Role.HEAD_OF_SERVICE, Role.ADMINISTRATOR, Role.YOUTH]

    for role in roles:
        somebody = person(role, subject=record if role is Role.YOUTH else None)
        answer = somebody.get(path)
        assert (answer.status_code == 200) is (role in ALLOWED[path]), (role, answer.text)
        assert answer.status_code in {200, 404}
        assert len(somebody.lines()) == 1
        assert somebody.lines()[0][1] == ("granted" if role in ALLOWED[path] else "refused")


def load_catalogue(administrator: Person) -> None:
    actor = Actor(administrator.account, Role.ADMINISTRATOR, Purpose.RUN_SERVICE, RequestId(uuid4()))
    items = read_catalogue_file((INPUT / "catalogue_items_2021.csv").read_text(encoding="utf-8"))
    administrator.structure.records.load_catalogue(actor, items)


def test_the_dpo_reads_who_looked_at_what_and_no_content(educator: Person, dpo: Person, record: str) -> None:
    educator.get(f"/records/{record}")

    page = dpo.get("/trail").json()

    operations = [line["operation"] for line in page["items"]]
    assert operations[:3] == ["trail.read", "record.read", "record.open"]
    assert {line["reference"] for line in page["items"][1:3]} != {record}
    assert "Kiki" not in dpo.get("/trail").text


def test_an_account_that_was_managed_is_not_taken_for_a_record_that_was_destroyed(
    administrator: Person, colleague: Person, dpo: Person
) -> None:
    sent = {"sure": "oui"}
    administrator.client.post(f"/comptes/{colleague.account}/revue", data=sent, headers={"Sec-Fetch-Site": "same-origin"})

    page, of_a_record = dpo.client.get("/acces"), dpo.client.get(f"/acces/dossiers/{colleague.account}")

    assert ("account.review", "granted") in administrator.lines()
    assert f"/acces/dossiers/{colleague.account}" not in page.text
    assert ": Personne fictive" in page.text.partition("<main")[2]
    [line] = dpo.get("/trail", params={"operation": "account.review"}).json()["items"]
    assert (line["reference"], line["about"]) == (str(colleague.account), "Personne fictive")
    assert of_a_record.status_code == 404
    assert ("trail.read", "not_found") in dpo.lines()


def test_a_file_of_the_desk_is_not_taken_for_a_record_that_was_destroyed(dpo: Person) -> None:
    begun = dpo.send("POST", "/breaches", {"aware_at": "2026-11-02T10:00:00Z", "what": "un téléphone perdu"})
    assert begun.status_code == 201, begun.text

    [line] = dpo.get("/trail", params={"operation": "breach.manage"}).json()["items"]
    page, of_a_record = dpo.client.get("/acces"), dpo.client.get(f"/acces/dossiers/{line['reference']}")

    assert (line["records"], line["about"]) == (0, None)
    assert f"{line['reference'][:8]}…" in page.text
    assert f"/acces/dossiers/{line['reference']}" not in page.text
    assert of_a_record.status_code == 404


def test_a_reference_that_never_was_is_not_told_as_a_record_that_was_destroyed(dpo: Person, structure: Structure) -> None:
    youth = filled(structure.records, leila())
    reference = reference_of(structure, str(youth))
    to_its_end(structure, closed(structure.records, youth))

    destroyed, unknown = (dpo.client.get(f"/acces/dossiers/{one}") for one in (reference, uuid4()))

    assert (destroyed.status_code, unknown.status_code) == (200, 404)
    assert "le lien a été détruit avec le dossier" in destroyed.text
    assert [line for line in dpo.lines() if line[0] == "trail.read"] == [("trail.read", "granted"), ("trail.read", "not_found")]


def test_the_page_of_a_record_s_accesses_is_the_dpo_s_alone(administrator: Person, record: str, structure: Structure) -> None:
    answers = [administrator.client.get(f"/acces/dossiers/{one}") for one in (reference_of(structure, record), uuid4())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert administrator.lines() == [("trail.read", "refused")] * 2


def test_the_dpo_filters_and_turns_pages(educator: Person, dpo: Person, record: str) -> None:
    for _ in range(4):
        educator.get(f"/records/{record}")
    wanted = {"role": "educator", "operation": "record.read", "outcome": "granted", "limit": 3}

    first = dpo.get("/trail", params=wanted).json()
    second = dpo.get("/trail", params={**wanted, "before": first["next"]}).json()

    assert (len(first["items"]), len(second["items"])) == (3, 1)
    assert second["next"] is None
    assert dpo.get("/trail", params=wanted | {"role": "youth"}).json()["items"] == []
    reference = first["items"][0]["reference"]
    assert {line["reference"] for line in dpo.get("/trail", params={"reference": reference}).json()["items"]} == {reference}


@pytest.mark.parametrize(
    "query",
    [
        {"before": 0}, {"before": 10**30}, {"since": "hier"}, {"since": "2026-01-01T00:00:00"}, {"outcome": "perhaps"}, {"account": NOBODY},
        {"role": "boss"}, {"unknown": "1"},
    ],
)  # fmt: skip
def test_a_filter_that_does_not_do_is_refused(dpo: Person, query: dict[str, object]) -> None:
    answer = dpo.get("/trail", params=query)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_a_youth_reads_the_day_the_role_and_the_purpose_of_each_look(youth: Person, educator: Person, record: str) -> None:
    educator.get(f"/records/{record}")

    looks = youth.get("/my-record/trail").json()

    assert {look["role"] for look in looks} >= {"educator"}
    assert set(looks[0]) == {"day", "role", "purpose", "operation", "name"}
    assert {look["name"] for look in looks} == {None}
    assert "Personne fictive" not in str(looks)


def test_a_youth_reads_no_hour_and_no_account_and_who_wrote_by_the_dpo_s_decision_alone(  # noqa: PLR0917  # They are fixtures.
    educator: Person, colleague: Person, youth: Person, dpo: Person, kept: str, structure: Structure
) -> None:
    contact = {"occurred_on": DAY, "channel": "street", "present": [str(educator.account)]}
    share = {
        "account": str(colleague.account),
        "categories": ["follow_up"],
        "purpose": "un stage",
        "until": (today() + timedelta(days=20)).isoformat(),
        "told": "oui",
    }
    made = [("contacts", contact), ("steps", {"theme": "housing", "occurred_on": DAY}), ("shares", share)]
    answers = [educator.send("POST", f"/records/{kept}/{part}", body, version=educator.version_of(kept)) for part, body in made]
    assert [answer.status_code for answer in answers] == [201] * 3

    told = [youth.get(f"/my-record{part}").text for part in ("", "/trail", "/accesses")]

    assert not [text for text in told if re.search(r"\d\dT\d\d|\d\d:\d\d", text)]
    assert not [text for text in told if str(educator.account) in text or str(colleague.account) in text]
    shown = youth.get("/my-record").json()
    assert (shown["referents"], shown["contacts"][0]["present"]) == (["Personne fictive"], ["Personne fictive"])
    assert youth.get(f"/records/{kept}").status_code == 404
    assert who_wrote(youth) == ({None}, False)
    reference = ErasureIndex.of(structure).reference_of(YouthId(UUID(kept)))
    dpo.send("PUT", f"/trail/references/{reference}/names", {"reason": "un soupçon précis"})
    assert who_wrote(youth) == ({"Personne fictive"}, True)


def who_wrote(youth: Person) -> tuple[set[str | None], bool]:
    """Give the names that the youth reads by the API, and whether their page tells any."""
    shown = youth.get("/my-record").json()
    written = [shown["informed"], *(one for part in ("agreements", "contacts", "notes", "steps") for one in shown[part])]
    return {one["by"] for one in written}, "noté par" in youth.client.get("/mon-dossier").text


def test_a_referent_reads_who_opened_the_record(educator: Person, colleague: Person, record: str) -> None:
    colleague.get(f"/records/{record}")

    looks = educator.get(f"/records/{record}/trail").json()

    assert ("record.read", "refused") in {(look["operation"], look["outcome"]) for look in looks}
    assert colleague.get(f"/records/{record}/trail").status_code == 404


def test_a_session_says_who_is_signed_in_and_ends(educator: Person) -> None:
    assert educator.get("/session").json()["account"] == str(educator.account)

    assert educator.send("DELETE", "/session").status_code == 204
    assert educator.get("/session").status_code == 401
    assert educator.lines() == [("session.close", "granted")]


def test_signing_in_rotates_the_session_and_gives_a_closed_cookie(client: TestClient, educator: Person) -> None:
    first = client.post("/api/v1/session", json={"account": str(educator.account)})
    second = client.post("/api/v1/session", json={"account": str(educator.account)})

    assert (first.status_code, second.status_code) == (201, 201)
    cookie = second.headers["set-cookie"]
    assert all(mark in cookie for mark in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert first.json()["token"] != second.json()["token"]
    former = client.get("/api/v1/session", headers={"Authorization": f"Bearer {first.json()['token']}"})
    assert former.status_code == 401
    assert client.get("/api/v1/session").json()["account"] == str(educator.account)


def test_over_https_the_cookie_is_bound_to_the_host(app: FastAPI, educator: Person) -> None:
    client = TestClient(app, base_url="https://127.0.0.1", headers={"Sec-Fetch-Site": "same-origin"})

    answer = client.post("/api/v1/session", json={"account": str(educator.account)})

    assert answer.headers["set-cookie"].startswith("__Host-sillage_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 5000, "../../etc", "null"])
def test_an_unknown_token_opens_nothing(client: TestClient, token: str) -> None:
    answer = client.get("/api/v1/session", headers={"Authorization": f"Bearer {token}".encode()})

    assert answer.status_code == 401


def test_an_outing_is_written_and_counts_nobody_by_name(educator: Person) -> None:
    outing = {"occurred_on": DAY, "territory": "Bagatelle", "minutes": 120, "counts": {"girl:11-15": 3, "boy:16-17": 5}}

    answer = educator.send("POST", "/activities", outing)

    assert answer.status_code == 201
    assert educator.get(f"/activities/{answer.json()['id']}").json()["minutes"] == 120
    unknown = educator.send("POST", "/activities", {**outing, "counts": {"girl:7": 3}})
    assert unknown.status_code == 422
    assert educator.get(f"/activities/{uuid4()}").status_code == 404


def test_activities_come_in_pages_the_latest_first(educator: Person, colleague: Person, structure: Structure) -> None:
    for day in ("2026-11-02", "2026-09-30", "2026-10-15"):
        outing = {
            "occurred_on": day,
            "place": "le stade",
            "counts": {"girl:11-15": 3, "boy:16-17": 5},
            "educators": [str(educator.account)],
        }
        educator.send("POST", "/activities", outing)
    structure.runner.run_once()

    first = colleague.get("/activities", params={"limit": 2}).json()
    second = colleague.get("/activities", params={"limit": 2, "after": first["next"]}).json()

    assert [item["occurred_on"] for page in (first, second) for item in page["items"]] == ["2026-11-02", "2026-10-15", "2026-09-30"]
    assert (first["complete"], second["next"]) == (True, None)
    item = first["items"][0]
    assert (item["kind"], item["place"], item["people"]) == ("street_work", "le stade", 8)
    assert (item["educators"], item["by"]) == ([str(educator.account)], str(educator.account))
    assert colleague.lines() == [("activity.list", "granted")] * 2


def test_the_head_of_service_reads_figures_without_small_cells(
    person: Callable[..., Person], educator: Person, structure: Structure
) -> None:
    educator.send("POST", "/activities", {"occurred_on": DAY, "territory": "Reynerie", "minutes": 60, "counts": {"boy:16-17": 12}})
    educator.send("POST", "/activities", {"occurred_on": DAY, "territory": "Papus", "minutes": 60, "counts": {"girl:16-17": 3}})
    structure.runner.run_once()

    figures = person(Role.HEAD_OF_SERVICE).get("/figures", params={"first": "2026-10", "last": "2026-12"}).json()

    [month] = figures["months"]
    assert [(cell["territory"], cell["people"]) for cell in month["people"]] == [("Reynerie", 12)]
    assert figures["complete"] is True


@pytest.mark.parametrize("month", ["2026", "2026-13", "26-01", "0000-01", "2026-01-01"])
def test_a_month_is_a_month(person: Callable[..., Person], month: str) -> None:
    answer = person(Role.HEAD_OF_SERVICE).get("/figures", params={"first": month, "last": "2026-12"})

    assert answer.status_code == 422


def test_outside_the_demonstration_nobody_signs_in_with_one_click(service: Service, educator: Person) -> None:
    object.__setattr__(service, "settings", service.settings.model_copy(update={"demonstration": False}))
    client = TestClient(create_app(service), base_url="https://sillage.example", headers={"Sec-Fetch-Site": "same-origin"})

    answer = client.post("/api/v1/session", json={"account": str(educator.account)})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
