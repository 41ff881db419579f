"""The registers of breaches and of requisitions: who keeps them, the clock, records touched as the trail has them (R005, N36)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.bootstrap import Structure
from domain.local_time import local
from domain.trail import Role
from tests.integration.api.people import Person
from tests.integration.api.test_incidents import DAY, NOBODY, reference_of


def ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


@pytest.fixture
def breach(dpo: Person) -> int:
    answer = dpo.send("POST", "/breaches", {"aware_at": ago(50), "what": "Téléphone perdu, session ouverte."})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["number"])


def touched_by_hand(structure: Structure, account: UUID, since: str, until: str) -> list[UUID]:
    """Ask the trail in another way: every granted line of the account in the interval that names a record."""
    database = structure.store.database
    query = database.statement(
        "SELECT DISTINCT t.reference FROM {access_trail} AS t WHERE t.account = %s AND t.at >= %s AND t.at < %s"
        " AND t.outcome = 'granted' AND EXISTS (SELECT FROM {subject_references} AS r WHERE r.reference = t.reference)"
    )
    with database.connection() as connection:
        return [row[0] for row in connection.execute(query, (account, since, until)).fetchall()]


def test_the_records_touched_are_exactly_those_of_the_trail(
    dpo: Person, educator: Person, colleague: Person, breach: int, structure: Structure
) -> None:
    own = [educator.send("POST", "/records", {"pseudonym": f"J-{number}"}).json()["id"] for number in range(4)]
    foreign = colleague.send("POST", "/records", {"pseudonym": "Ailleurs"}).json()["id"]
    structure.runner.run_once()
    since = datetime.now(UTC)
    educator.get("/caseload")
    educator.get(f"/records/{own[0]}")
    educator.get(f"/records/{foreign}")
    until = datetime.now(UTC)
    educator.send("POST", "/records", {"pseudonym": "Plus tard"})
    interval = {"since": since.isoformat(), "until": until.isoformat()}
    assert dpo.get(f"/breaches/{breach}/records").json() == []

    named = dpo.send("POST", f"/breaches/{breach}/perimeters", {"account": str(educator.account), **interval})
    dpo.send("POST", f"/breaches/{breach}/perimeters", {"account": str(educator.account), **interval})

    assert named.status_code == 200, named.text
    found = dpo.get(f"/breaches/{breach}/records").json()
    assert {one["reference"] for one in found} == {str(one) for one in touched_by_hand(structure, educator.account, **interval)}
    assert len(found) == len(own) == 4
    file = dpo.client.get(f"/violations/{breach}/dossiers.csv").text
    assert all(one["reference"] in file for one in found)
    assert ("incident.read", "granted") in dpo.lines()


def test_a_breach_is_kept_to_its_end_and_each_hand_is_told(dpo: Person, breach: int, person: Callable[..., Person]) -> None:
    deputy = person(Role.DPO)
    shown = dpo.get(f"/breaches/{breach}").json()
    assert (shown["alert_hours"], shown["missing"]) == (48, ["authority", "keys", "people"])

    not_ready = dpo.send("POST", f"/breaches/{breach}/closure")
    deputy.send("PUT", f"/breaches/{breach}/keys", {"compromised": "unknown"})
    unsafe = dpo.send("POST", f"/breaches/{breach}/people-not-told", {"because": "encrypted", "words": "Tout est chiffré."})
    deputy.send("POST", f"/breaches/{breach}/people-told", {"occurred_on": DAY, "how": "de vive voix"})
    dpo.send("POST", f"/breaches/{breach}/notification", {"notified_at": ago(0), "reference": "CNIL-1"})
    dpo.send("POST", f"/breaches/{breach}/stages", {"text": "Session fermée à distance."})
    closed = dpo.send("POST", f"/breaches/{breach}/closure")

    assert (not_ready.json()["code"], unsafe.json()["code"], closed.status_code) == ("breach_not_ready", "keys_not_safe", 200)
    after = deputy.get(f"/breaches/{breach}").json()
    assert (after["alert_hours"], after["missing"], after["stages"]) == (None, [], ["Session fermée à distance."])
    assert (after["closed_at"] is None, after["opened_by"]) == (False, str(dpo.account))


def test_a_late_notification_asks_why_at_its_field(dpo: Person) -> None:
    number = dpo.send("POST", "/breaches", {"aware_at": ago(100), "what": "Une clé égarée."}).json()["number"]

    refused = dpo.send("POST", f"/breaches/{number}/notification", {"notified_at": ago(0)})
    now = local(datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M")
    page = dpo.client.post(f"/violations/{number}/cnil", data={"notified_at": now, "reference": "gardé tel quel"})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "late_because")
    assert page.status_code == 422
    assert 'href="#late_because"' in page.text
    assert "gardé tel quel" in page.text
    assert "72 h dépassées" in page.text


def test_the_pages_write_what_the_forms_say(dpo: Person, educator: Person) -> None:
    key = str(uuid4())
    opening = {"aware_at": "01/11/2026 10:00", "what": "Un sac volé.", "idempotency_key": key}

    opened = [dpo.client.post("/violations/nouvelle", data=opening) for _ in range(2)]
    dpo.client.post("/violations/1/cles", data={"compromised": "no"})
    dpo.client.post("/violations/1/sans-cnil", data={"unlikely_because": "Rien n'a été ouvert."})
    dpo.client.post("/violations/1/sans-personnes", data={"because": "encrypted", "words": "Clés à l'abri."})
    dpo.client.post("/violations/1/perimetre", data={"account": str(educator.account), "since": f"{DAY}T00:00", "until": f"{DAY}T01:00"})
    dpo.client.post("/violations/1/fin", data={"idempotency_key": key})

    assert [answer.url.path for answer in opened] == ["/violations/1"] * 2
    [shown] = dpo.get("/breaches").json()
    assert (shown["keys_compromised"], shown["people_not_told_because"], shown["missing"]) == ("no", "encrypted", [])
    assert shown["aware_at"].startswith("2026-11-01T09:00")
    assert shown["closed_at"] is not None
    assert dpo.client.post("/violations/1/autre", data={"text": "x"}).status_code == 404


@pytest.mark.parametrize("path", ["/breaches", "/breaches/1", "/breaches/1/records", "/requisitions"])
def test_the_registers_are_the_dpo_s_alone(breach: int, educator: Person, administrator: Person, path: str) -> None:
    assert breach == 1
    assert [who.get(path).status_code for who in (educator, administrator)] == [404, 404]


@pytest.fixture
def reference(structure: Structure, record: str) -> str:
    return reference_of(structure, record)


def asked(reference: str | None, **changed: object) -> dict[str, object]:
    wanted = {"received_on": DAY, "asked_by": "Tribunal judiciaire", "ground": "CPP 99-3", "scope": ["core"], "reference": reference}
    return wanted | changed


def test_a_requisition_is_answered_within_its_scope_and_its_youth_is_not_told_of_it(
    dpo: Person, educator: Person, youth: Person, reference: str
) -> None:
    number = dpo.send("POST", "/requisitions", asked(reference)).json()["number"]
    delivery = {"occurred_on": DAY, "handed_to": "Greffe", "handed_by": str(educator.account), "categories": ["core"], "pages": 2}

    beyond = dpo.send("POST", f"/requisitions/{number}/delivery", delivery | {"categories": ["core", "health"]})
    nobody = dpo.send("POST", f"/requisitions/{number}/delivery", delivery | {"handed_by": NOBODY})
    given = dpo.send("POST", f"/requisitions/{number}/delivery", delivery)
    again = dpo.send("POST", f"/requisitions/{number}/refusal", {"because": "secrecy"})

    assert [answer.json()["code"] for answer in (beyond, nobody, again)] == ["beyond_requisition", "choice_unknown", "file_closed_already"]
    assert given.status_code == 200
    [shown] = dpo.get("/requisitions").json()
    assert (shown["handed_categories"], shown["pages"], shown["handed_by"]) == (["core"], 2, str(educator.account))
    assert "requisition" not in youth.get("/my-record/trail").text


def test_a_list_is_refused_and_an_unknown_reference_is_no_record(dpo: Person, educator: Person) -> None:
    number = dpo.send("POST", "/requisitions", asked(None)).json()["number"]
    delivery = {"occurred_on": DAY, "handed_to": "Greffe", "handed_by": str(educator.account), "categories": ["core"], "pages": 2}

    given = dpo.send("POST", f"/requisitions/{number}/delivery", delivery)
    refused = dpo.client.post(f"/requisitions/{number}/refus", data={"because": "in_bulk", "words": "Tous les jeunes d'un quartier."})
    unknown = dpo.send("POST", "/requisitions", asked(str(uuid4())))

    assert given.json()["code"] == "no_record_named"
    assert refused.status_code == 200
    assert "Rien n’a été remis" in refused.text
    assert unknown.json()["errors"][0]["field"] == "reference"


def test_a_requisition_comes_in_and_goes_out_by_the_pages(dpo: Person, educator: Person, reference: str) -> None:
    wrong = dpo.client.post("/requisitions/nouvelle", data={"received_on": DAY, "asked_by": "Parquet", "reference": "3f2a"})
    entered = dpo.client.post("/requisitions/nouvelle", data={key: value for key, value in asked(reference).items() if value})
    delivered = dpo.client.post(
        "/requisitions/1/remise",
        data={"occurred_on": DAY, "handed_to": "Greffe", "handed_by": str(educator.account), "categories": "core", "pages": "2"},
    )

    assert (wrong.status_code, "Parquet" in wrong.text) == (422, True)
    assert {'href="#reference"', 'href="#ground"'} <= set(re.findall(r'href="#\w+"', wrong.text))
    assert entered.url.path == delivered.url.path == "/requisitions/1"
    assert "Ce qui a été remis" in delivered.text
