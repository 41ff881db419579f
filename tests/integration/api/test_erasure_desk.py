"""The desk of erasures: who sees the list, two people for what the youth did not ask alone, the archive gate, holds (R064, R065, R069)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.bootstrap import Structure
from domain.categories import Category
from domain.drafts import AgreementDraft, OpeningDraft
from domain.identifiers import ErasureId, YouthId
from domain.local_time import local
from domain.oblivion.erasure import Ground
from domain.trail import Role
from tests.given import educator as somebody_of_the_team
from tests.given import opened, to_its_end, today
from tests.integration.api.people import Person

AGREEMENT = {"ground": "standing_agreement", "reference": "AD31 2026-114", "valid_until": None}


@pytest.fixture
def reference(structure: Structure, record: str) -> str:
    """What the trail knows the record by."""
    database = structure.store.database
    with database.connection() as connection:
        query = database.statement("SELECT reference FROM {subject_references} WHERE subject_id = %s")
        row = connection.execute(query, (UUID(record),)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture
def asked(dpo: Person, reference: str) -> str:
    """An erasure that the DPO asked for after a letter: it waits for the second person."""
    answer = dpo.send("POST", "/erasures", {"reference": reference, "ground": "office"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["erasure"])


def test_that_an_erasure_of_a_reference_is_under_way_is_told_after_a_line_that_names_it(dpo: Person, reference: str, asked: str) -> None:
    page = dpo.client.get(f"/acces/dossiers/{reference}/effacement", follow_redirects=False)

    assert page.headers["location"].endswith(f"/effacements/{asked}")
    lines = dpo.get("/trail", params={"reference": reference, "operation": "erasure.ask", "outcome": "granted"}).json()["items"]
    assert [line["role"] for line in lines] == ["dpo", "dpo"]


def next_year() -> str:
    return (today() + timedelta(days=365)).isoformat()


def test_only_those_who_watch_over_erasures_list_them(
    dpo: Person, administrator: Person, educator: Person, youth: Person, person: Callable[..., Person]
) -> None:
    others = (educator, youth, person(Role.HEAD_OF_SERVICE))

    assert [who.get("/erasures").status_code for who in (dpo, administrator)] == [200, 200]
    assert [who.get("/erasures").status_code for who in others] == [404, 404, 404]
    assert dpo.lines() == [("erasure.list", "granted")]


def test_the_dpo_has_every_erasure_and_the_administrator_what_waits_for_their_yes(
    dpo: Person, administrator: Person, asked: str, structure: Structure
) -> None:
    team = somebody_of_the_team()
    own = structure.records.close_record(team, opened(structure.records, team, OpeningDraft("Lina")), asked_in_person=True)

    watched, to_approve = (who.get("/erasures").json()["items"] for who in (dpo, administrator))

    assert [row["id"] for row in watched] == [str(own), asked]
    assert [row["id"] for row in to_approve] == [asked]
    assert (to_approve[0]["approved_by"], to_approve[0]["obstacles"]) == (["dpo"], None)
    assert watched[1]["obstacles"] == ["cooling_off", "approvals"]


def test_the_list_comes_in_pages_and_none_is_shown_twice(dpo: Person, structure: Structure) -> None:
    team = somebody_of_the_team()
    for name in ("a", "b", "c", "d", "e"):
        structure.records.close_record(team, opened(structure.records, team, OpeningDraft(name)), asked_in_person=True)

    pages, after = [], None
    for _ in range(3):
        page = dpo.get("/erasures", params={"limit": 2} | ({"after": after} if after else {})).json()
        pages.append([row["id"] for row in page["items"]])
        after = page["next"]

    assert ([len(page) for page in pages], after) == ([2, 2, 1], None)
    assert len({one for page in pages for one in page}) == 5


def test_a_demand_by_reference_takes_two_people(dpo: Person, administrator: Person, asked: str) -> None:
    again = dpo.send("POST", f"/erasures/{asked}/approval")
    second = administrator.send("POST", f"/erasures/{asked}/approval")

    assert (again.status_code, again.json()["approved_by"]) == (200, ["dpo"])
    assert (second.status_code, second.json()["approved_by"]) == (200, ["administrator", "dpo"])
    assert dpo.get(f"/erasures/{asked}").json()["obstacles"] == ["cooling_off"]
    assert administrator.get("/erasures").json()["items"] == []


def test_another_dpo_cannot_be_the_second_person(asked: str, person: Callable[..., Person], educator: Person) -> None:
    answers = [who.send("POST", f"/erasures/{asked}/approval") for who in (person(Role.DPO), educator)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "second_approver"), (404, "not_found")]


def test_asking_twice_by_reference_gives_one_erasure_and_a_stranger_s_demand_none(
    dpo: Person, administrator: Person, reference: str, asked: str
) -> None:
    again = dpo.send("POST", "/erasures", {"reference": reference, "ground": "office"})
    otherwise = dpo.send("POST", "/erasures", {"reference": reference, "ground": "retention"})
    unknown = dpo.send("POST", "/erasures", {"reference": str(uuid4())})
    other = administrator.send("POST", "/erasures", {"reference": reference})

    assert again.json() == {"erasure": asked}
    assert (otherwise.status_code, otherwise.json()["code"]) == (410, "record_closed")
    assert (unknown.status_code, other.status_code) == (404, 404)


@pytest.mark.parametrize("ground", [Ground.DEMAND, Ground.WITHDRAWAL])
def test_the_dpo_cannot_ask_on_the_youth_s_own_grounds_which_need_no_second_person(dpo: Person, reference: str, ground: Ground) -> None:
    answer = dpo.send("POST", "/erasures", {"reference": reference, "ground": ground})
    page = dpo.client.post(f"/acces/dossiers/{reference}/effacement", data={"ground": str(ground), "sure": "oui"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "ground")
    assert (page.status_code, 'href="#ground"' in page.text) == (422, True)


def test_the_archive_gate_is_entered_read_and_ended_by_the_dpo_alone(dpo: Person, administrator: Person) -> None:
    entered = dpo.send("PUT", "/archive-gate", AGREEMENT)
    refused = [administrator.send("PUT", "/archive-gate", AGREEMENT), administrator.get("/archive-gate")]
    ended, again = (dpo.send("DELETE", "/archive-gate") for _ in range(2))

    assert entered.json() == AGREEMENT | {"open": True}
    assert [answer.status_code for answer in refused] == [404, 404]
    assert (ended.status_code, ended.json()["open"], dpo.get("/archive-gate").json()["ground"]) == (200, False, None)
    assert (again.status_code, again.json()["code"]) == (409, "gate_closed_already")
    assert ("archives.manage", "granted") in dpo.lines()


@pytest.mark.parametrize(
    ("field", "value"), [("ground", "word of mouth"), ("reference", " "), ("valid_until", "2020-01-01"), ("more", "x"), ("reference", None)]
)
def test_an_agreement_that_does_not_do_is_refused_at_its_field(dpo: Person, field: str, value: object) -> None:
    answer = dpo.send("PUT", "/archive-gate", AGREEMENT | {field: value})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_closed_gate_keeps_the_key_and_an_agreement_lets_it_go(dpo: Person, educator: Person, record: str, structure: Structure) -> None:
    dpo.send("DELETE", "/archive-gate")
    erasure = educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": True}, version=2).json()["erasure"]
    structure.runner.run_once()
    waited = structure.erasures.advance(ErasureId(UUID(erasure)))
    seen = dpo.get(f"/erasures/{erasure}").json()["obstacles"]

    dpo.send("PUT", "/archive-gate", AGREEMENT)
    to_its_end(structure, ErasureId(UUID(erasure)))

    assert (waited, seen) == (False, ["archive_gate"])
    assert educator.get(f"/erasures/{erasure}").json()["stage"] == "purged"


def test_a_hold_keeps_the_key_until_it_is_lifted(dpo: Person, educator: Person, record: str, reference: str, structure: Structure) -> None:
    placed = dpo.send("PUT", f"/holds/{reference}", {"reason": "litigation", "until": next_year()})
    erasure = educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": True}, version=2).json()["erasure"]
    structure.runner.run_once()
    waited = structure.erasures.advance(ErasureId(UUID(erasure)))
    lifted, again = (dpo.send("DELETE", f"/holds/{reference}") for _ in range(2))
    to_its_end(structure, ErasureId(UUID(erasure)))

    assert placed.json() == {"active": True, "reason": "litigation", "until": next_year()}
    assert not waited
    assert (lifted.json()["active"], again.json()["code"]) == (False, "hold_lifted_already")


def test_the_youth_reads_a_later_date_and_never_why(dpo: Person, youth: Person, reference: str) -> None:
    dpo.send("PUT", f"/holds/{reference}", {"reason": "litigation", "until": next_year()})
    erasure = youth.send("POST", "/my-record/erasure").json()["erasure"]

    told, page = youth.get(f"/erasures/{erasure}"), youth.client.get(f"/effacements/{erasure}")

    assert told.json()["final_on"] == (today() + timedelta(days=367)).isoformat()
    assert not [word for word in ("litig", "suspension", "archives", "hold") if word in told.text + page.text.partition("<main")[2]]


def test_a_hold_is_for_the_dpo_for_a_year_at_most_and_for_a_listed_reason(dpo: Person, administrator: Person, reference: str) -> None:
    beyond = dpo.send("PUT", f"/holds/{reference}", {"reason": "litigation", "until": (today() + timedelta(days=400)).isoformat()})
    curious = dpo.send("PUT", f"/holds/{reference}", {"reason": "curiosity", "until": next_year()})

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in (beyond, curious)] == [(422, "until"), (422, "reason")]
    assert dpo.get(f"/holds/{reference}").json() == {"active": False, "reason": None, "until": None}
    assert [administrator.get(f"/holds/{reference}").status_code, dpo.get(f"/holds/{uuid4()}").status_code] == [404, 404]


def test_the_list_for_the_archives_counts_and_names_nobody(dpo: Person, record: str, asked: str, structure: Structure) -> None:
    team, archives = somebody_of_the_team(), structure.records
    dpo.send("DELETE", "/archive-gate")
    for name in ("Lina", "Momo"):
        youth = opened(archives, team, OpeningDraft(name))
        archives.agree(team, youth, AgreementDraft(Category.IDENTITY, "oui", today()))
        archives.withdraw_agreement(team, YouthId(youth), Category.IDENTITY)

    table, page = dpo.client.get("/archives/bordereau.csv"), dpo.client.get("/archives/bordereau").text.partition("<main")[2]

    day = f"{local(datetime.now(UTC)):%d/%m/%Y}"
    assert table.text.removeprefix("\ufeff").splitlines() == [
        "Catégorie;Motif;Nombre;Première demande;Dernière demande",
        f"Dossier entier;demande reçue;1;{day};{day}",
        f"Partie d’un dossier\u00a0: Identité;accord repris;2;{day};{day}",
    ]
    assert "En tout\u00a0: 3 éliminations" in page
    assert not [word for word in ("Lina", "Momo", "Kiki", record, asked) if word in table.text + page]


def test_what_is_held_is_not_proposed_to_the_archives(dpo: Person, reference: str) -> None:
    dpo.send("POST", "/erasures", {"reference": reference})
    assert "1 élimination demandée" in dpo.client.get("/archives/bordereau").text
    dpo.send("PUT", f"/holds/{reference}", {"reason": "requisition", "until": next_year()})

    assert "Rien n’attend d’être éliminé" in dpo.client.get("/archives/bordereau").text
