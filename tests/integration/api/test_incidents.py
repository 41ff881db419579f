"""What one person did is shown inside an incident alone; an anomaly is told once; the trail leaves in bounded files (R086, R088)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from api.accounts.password_sign_in import SOMEBODY
from api.bootstrap import Structure
from api.databases import Databases
from api.desk.csv_file import defused
from api.desk.incident_desk import REASONS
from domain.identifiers import RequestId, YouthId
from domain.local_time import local
from domain.trail import Actor, Operation, Outcome, Purpose, Role, TrailLine
from projections.anomalies import LIMITS, Rule
from tests.given import today
from tests.integration.api.people import Person

NOBODY = "0b0d0000-0000-4000-8000-000000000009"
DAY = today().isoformat()


def reference_of(structure: Structure, record: str) -> str:
    database = structure.store.database
    with database.connection() as connection:
        query = database.statement("SELECT reference FROM {subject_references} WHERE subject_id = %s")
        row = connection.execute(query, (UUID(record),)).fetchone()
    assert row is not None
    return str(row[0])


def demand(educator: Person, **fields: object) -> dict[str, object]:
    return {"account": str(educator.account), "first": DAY, "last": DAY, "reason": "Un dossier cité au téléphone.", **fields}


@pytest.fixture
def incident(dpo: Person, educator: Person, record: str) -> int:
    educator.get(f"/records/{record}")
    return int(dpo.send("POST", "/incidents", demand(educator)).json()["number"])


def test_no_reading_of_the_trail_takes_an_account_but_an_incident_s(dpo: Person, educator: Person) -> None:
    asked = dpo.get("/trail", params={"account": str(educator.account)})
    page = dpo.client.get(f"/acces?account={uuid4()}")

    assert asked.status_code == 422
    assert 'name="account"' not in page.text
    assert "Aucun accès" not in page.text


def test_what_a_person_did_is_read_inside_an_incident_whose_line_refers_to_it(
    dpo: Person, educator: Person, colleague: Person, incident: int, structure: Structure
) -> None:
    colleague.get("/caseload")

    deeds = dpo.get(f"/incidents/{incident}/trail").json()["items"]

    assert {line["account"] for line in deeds} == {str(educator.account)}
    assert [line["operation"] for line in deeds] == ["record.read", "record.open"]
    database = structure.store.database
    with database.connection() as connection:
        query = database.statement("SELECT operation, reference FROM {access_trail} WHERE account = %s ORDER BY line")
        lines = connection.execute(query, (dpo.account,)).fetchall()
    assert [operation for operation, _ in lines] == ["incident.manage", "incident.read"]
    assert lines[0][1] == lines[1][1] is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [("reason", " "), ("first", "2999-01-01"), ("account", NOBODY), ("last", "2020-01-01"), ("first", "2020-01-01")],
)
def test_an_incident_without_a_reason_or_with_an_absurd_interval_is_refused_at_its_field(
    dpo: Person, educator: Person, field: str, value: str
) -> None:
    answer = dpo.send("POST", "/incidents", demand(educator, **{field: value}))

    assert (answer.status_code, len(answer.json()["errors"])) == (422, 1)


def test_incidents_are_the_dpo_s_and_a_deputy_s_alone(incident: int, person: Callable[..., Person], educator: Person) -> None:
    others = [person(role) for role in (Role.ADMINISTRATOR, Role.HEAD_OF_SERVICE)] + [educator]

    answers = [who.get(path).status_code for who in others for path in ("/incidents", f"/incidents/{incident}/trail", "/anomalies")]

    assert set(answers) == {404}
    deputy = person(Role.DPO)
    assert [one["number"] for one in deputy.get("/incidents").json()] == [incident]
    assert deputy.get("/incidents/99/trail").status_code == 404


def test_an_incident_is_concluded_once_and_says_who_opened_it(dpo: Person, incident: int, person: Callable[..., Person]) -> None:
    said = {"conclusion": "explained", "words": "Un appel, prévu."}

    key = str(uuid4())
    answers = [dpo.send("POST", f"/incidents/{incident}/conclusion", said, key=key) for _ in range(2)]
    again = person(Role.DPO).send("POST", f"/incidents/{incident}/conclusion", said)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (again.status_code, again.json()["code"]) == (409, "file_closed_already")
    [shown] = dpo.get("/incidents").json()
    assert (shown["conclusion"], shown["words"], shown["opened_by"]) == ("explained", "Un appel, prévu.", str(dpo.account))


def test_sending_the_same_demand_twice_opens_one_incident(dpo: Person, educator: Person) -> None:
    key = str(uuid4())

    numbers = [dpo.send("POST", "/incidents", demand(educator), key=key).json()["number"] for _ in range(2)]
    other = dpo.send("POST", "/incidents", demand(educator)).json()["number"]

    assert (numbers, other) == ([1, 1], 2)


def test_nothing_unusual_is_told_of_ordinary_work(dpo: Person, educator: Person, record: str) -> None:
    for _ in range(40):
        educator.get(f"/records/{record}")
    for _ in range(9):
        educator.get(f"/records/{uuid4()}")

    assert dpo.get("/anomalies").json() == []


def write(structure: Structure, person: Person, operation: Operation, outcome: Outcome, subjects: tuple[YouthId, ...] = ()) -> None:
    actor = Actor(person.account, Role.EDUCATOR, Purpose.ACCOMPANY, RequestId(uuid4()))
    structure.records.ledger.write_trail(TrailLine(actor, operation, outcome, subjects))


def abuse(rule: Rule, who: Person, owner: Person) -> None:
    """Do what the rule is about, one more time than it takes, in a script."""
    structure = who.structure
    if rule is Rule.FAILED_SIGN_INS:
        # As `api.accounts.password_sign_in.refuse` writes it: no account is named.
        nobody = Actor(SOMEBODY, Role.SYSTEM, Purpose.RUN_SERVICE, RequestId(uuid4()))
        for _ in range(LIMITS[rule] + 1):
            structure.records.ledger.write_trail(TrailLine(nobody, Operation.SIGN_IN, Outcome.REFUSED))
        return
    keeper = who if rule is Rule.BULK_READS else owner
    records = [
        keeper.send("POST", "/records", {"pseudonym": f"J-{number}", "informed": {"how": "dit", "occurred_on": DAY}}).json()["id"]
        for number in range(LIMITS[rule] + 1 if rule in {Rule.BULK_READS, Rule.OUTSIDE_CASELOAD} else 0)
    ]
    paths = {
        Rule.BULK_READS: [f"/records/{record}" for record in records],
        Rule.OUTSIDE_CASELOAD: [f"/records/{record}" for record in records],
        Rule.REPEATED_REFUSALS: ["/figures?first=2026-01&last=2026-12"] * (LIMITS[rule] + 1),
        Rule.PROBING: [f"/records/{uuid4()}" for _ in range(LIMITS[rule] + 1)],
    }[rule]
    for path in paths:
        who.get(path)


@pytest.mark.parametrize("rule", list(Rule))
def test_scripted_abuse_gives_one_alert_of_its_rule_and_of_no_other(dpo: Person, educator: Person, colleague: Person, rule: Rule) -> None:
    abuse(rule, educator, colleague)

    told = dpo.get("/anomalies").json()

    whose = SOMEBODY if rule is Rule.FAILED_SIGN_INS else educator.account
    assert [(one["rule"], one["account"]) for one in told] == [(rule.value, str(whose))]
    assert not set(told[0]) & {"count", "score", "rank", "lines"}


def test_an_alert_that_is_explained_is_not_told_again_and_leaves_who_explained_it(dpo: Person, educator: Person, colleague: Person) -> None:
    abuse(Rule.PROBING, educator, colleague)
    [told] = dpo.get("/anomalies").json()

    treated = dpo.send("POST", f"/anomalies/{told['key']}/treatment", {"explained": "Un test du service."})
    again = dpo.send("POST", f"/anomalies/{told['key']}/treatment", {"explained": "Encore."})
    educator.get(f"/records/{uuid4()}")

    [after] = dpo.get("/anomalies").json()
    assert (after["key"], after["incident"]) == (told["key"], treated.json()["number"])
    assert again.json()["code"] == "file_closed_already"
    [incident] = dpo.get("/incidents").json()
    assert (incident["conclusion"], incident["reason"], incident["words"]) == ("explained", REASONS[Rule.PROBING], "Un test du service.")
    assert "Rien qui sorte de l’ordinaire" in dpo.client.get("/alertes").text


def test_an_alert_that_nothing_explains_becomes_an_incident(dpo: Person, educator: Person, colleague: Person) -> None:
    abuse(Rule.OUTSIDE_CASELOAD, educator, colleague)
    page = dpo.client.get("/alertes").text
    [told] = dpo.get("/anomalies").json()

    number = dpo.send("POST", f"/anomalies/{told['key']}/treatment", {}).json()["number"]

    assert "a essayé d’ouvrir plusieurs dossiers" in page
    assert dpo.get(f"/incidents/{number}/trail").status_code == 200
    assert dpo.send("POST", "/anomalies/probing:1/treatment", {}).status_code == 404


def test_what_comes_after_a_quiet_hour_is_another_episode(
    dpo: Person, educator: Person, structure: Structure, databases: Databases
) -> None:
    for _ in range(2):
        as_owner(databases, "UPDATE s_alpha.access_trail SET at = at - interval '2 hours'")
        for _ in range(LIMITS[Rule.PROBING]):
            write(structure, educator, Operation.READ_RECORD, Outcome.NOT_FOUND)

    assert [one["rule"] for one in dpo.get("/anomalies").json()] == ["probing", "probing"]


def as_owner(databases: Databases, statement: LiteralString) -> None:
    """Do what nobody who serves may do."""
    with psycopg.connect(databases.main) as owner:
        owner.execute(statement)


def test_the_trail_leaves_in_a_file_of_a_month_at_most_with_its_own_line(dpo: Person, educator: Person, record: str) -> None:
    educator.get(f"/records/{record}")

    file = dpo.get("/trail/export", params={"first": DAY, "last": DAY})
    too_long = dpo.get("/trail/export", params={"first": "2026-01-01", "last": "2026-03-01"})
    backwards = dpo.get("/trail/export", params={"first": "2026-02-02", "last": "2026-02-01"})
    page = dpo.client.get("/acces/export.csv?first=2026-01-01&last=2026-03-01")

    rows = file.text.removeprefix("\ufeff").splitlines()
    assert rows[0].startswith("Quand;Qui;Rôle;Quoi;Issue;Pour quoi;Référence")
    assert [row.split(";")[3] for row in rows[1:]] == ["dossier créé", "dossier lu"]
    assert not [word for word in ("Kiki", record) if word in file.text]
    assert [answer.json()["errors"][0]["field"] for answer in (too_long, backwards)] == ["first", "last"]
    assert (page.status_code, "31 jours au plus" in page.text) == (422, True)
    assert dpo.lines()[0] == ("trail.export", "granted")


def test_only_the_dpo_takes_the_trail_away(educator: Person, administrator: Person) -> None:
    assert {who.get("/trail/export", params={"first": DAY, "last": DAY}).status_code for who in (educator, administrator)} == {404}
    assert administrator.lines() == [("trail.export", "refused")]


@pytest.mark.parametrize("cell", ["=1+1", "+33", "-2", "@x", "  =cmd", "\t=1", "\r=1", "＝1"])
def test_no_cell_of_a_file_begins_a_formula(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    assert (defused("Mme D."), defused(None), defused(3)) == ("Mme D.", "", "3")


def test_a_name_that_would_be_a_formula_is_defused_in_the_file(dpo: Person, educator: Person, databases: Databases) -> None:
    educator.get("/caseload")
    as_owner(databases, "UPDATE s_alpha.accounts SET display_name = '=HYPERLINK(1)' WHERE role = 'educator'")

    assert ";'=HYPERLINK(1);" in dpo.get("/trail/export", params={"first": DAY, "last": DAY}).text


def test_the_grounds_name_nobody_and_count_nothing(dpo: Person, educator: Person, colleague: Person, record: str) -> None:
    educator.get(f"/records/{record}")
    colleague.get("/caseload")
    since, until = (datetime.now(UTC) - timedelta(days=1)).isoformat(), (datetime.now(UTC) + timedelta(days=1)).isoformat()

    grounds = dpo.get("/trail/grounds", params={"since": since, "until": until}).json()
    of_one = dpo.get(
        "/trail/grounds", params={"since": since, "until": until, "reference": reference_of(educator.structure, record)}
    ).json()

    day = f"{local(datetime.now(UTC)):%Y-%m-%d}"
    accompany = {"day": day, "purpose": "accompany", "role": "educator"}
    assert [one for one in grounds if one["purpose"] == "accompany"] == [
        accompany | {"operation": operation} for operation in ("caseload.list", "record.open", "record.read")
    ]
    assert [one["operation"] for one in of_one] == ["record.open", "record.read"]


def test_each_question_has_its_page_by_day_and_says_why_no_further(
    dpo: Person, educator: Person, record: str, structure: Structure
) -> None:
    educator.client.get(f"/dossiers/{record}")
    reference = reference_of(structure, record)

    found = dpo.client.get(f"/acces?reference={reference}&from={DAY}&to={DAY}")
    empty = dpo.client.get(f"/acces/dossiers/{reference}?from=2020-01-01&to=2020-01-02").text
    grounds = dpo.client.get(f"/acces/motifs?reference={reference}").text

    assert found.url.path == f"/acces/dossiers/{reference}"
    assert "a lu un dossier" in found.text
    assert "Aucun accès à ce dossier ces jours-là" in empty
    assert "accompagner" in grounds
    assert "Personne fictive" not in grounds.partition("<main")[2]


def test_a_list_that_showed_many_records_is_one_sentence(dpo: Person, educator: Person, structure: Structure) -> None:
    for number in range(3):
        educator.send("POST", "/records", {"pseudonym": f"J-{number}"})
    structure.runner.run_once()
    educator.get("/caseload")

    page = dpo.client.get("/acces?operation=caseload.list").text.partition("<main")[2]

    assert len(re.findall("a vu dans sa liste", page)) == 1
    assert "3 dossiers" in page


def test_thirty_records_in_an_hour_are_ordinary_and_thirty_one_are_told(dpo: Person, educator: Person) -> None:
    records = [educator.send("POST", "/records", {"pseudonym": f"J-{number}"}).json()["id"] for number in range(31)]
    told = []
    for record in records:
        educator.get(f"/records/{record}")
        told.append(record == records[-2] and dpo.get("/anomalies").json())

    assert told[-2] == []
    assert [one["rule"] for one in dpo.get("/anomalies").json()] == ["bulk_reads"]
