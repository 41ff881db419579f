"""The dossier de contrôle and the register: complete, without content, and of the living service (R004)."""

import csv
import json
from collections.abc import Callable
from io import BytesIO, StringIO
from zipfile import ZipFile

import psycopg
import pytest

from api import looks
from api.bootstrap import Structure
from api.databases import Databases
from domain.trail import Role
from tests.given import educator as somebody_of_the_team
from tests.given import filled, today
from tests.integration.api.people import Person
from tests.integration.api.test_breaches import ago, asked
from tests.integration.api.test_incidents import DAY, demand, reference_of
from tests.integration.api.test_pages import DPO_DESK, DPOS

FILES = {
    *("LISEZ-MOI.txt", "registre-des-traitements.csv", "registre-des-traitements.json", "droits.csv", "durees.csv", "violations.csv"),
    *("requisitions.csv", "attestations.csv", "journal.csv", "sceaux.txt", "sillage_verify.py"),
}


def test_the_dossier_holds_everything_and_no_word_of_a_youth(dpo: Person, educator: Person, record: str, structure: Structure) -> None:
    youth = filled(structure.records, somebody_of_the_team())
    educator.get(f"/records/{record}")
    dpo.send("POST", "/breaches", {"aware_at": ago(3), "what": "Un sac volé."})
    dpo.send("POST", "/requisitions", asked(None))
    structure.notary.catch_up()
    structure.notary.seal()

    answer = dpo.client.get(f"/registres/dossier-de-controle.zip?first={DAY}&last={DAY}")

    assert answer.headers["content-type"] == "application/zip"
    archive = ZipFile(BytesIO(answer.content))
    parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert parts.keys() == FILES
    assert all(name in parts["LISEZ-MOI.txt"] for name in FILES - {"LISEZ-MOI.txt"})
    everything = "".join(parts.values())
    content = structure.records.read_record(somebody_of_the_team(), youth)
    words = ["Kiki", record, str(youth), content.pseudonym, *(note.text for note in content.notes)]
    assert not [word for word in words if word and word in everything]
    assert "Un sac volé." in parts["violations.csv"]
    assert "dossier lu" in parts["journal.csv"]
    assert "sillage/" in parts["sceaux.txt"]
    assert "def " in parts["sillage_verify.py"]
    assert dpo.lines()[-1] == ("control_file.take", "granted")


def test_the_rights_in_the_dossier_are_those_of_the_policy(dpo: Person) -> None:
    answer = dpo.get("/control-file", params={"first": DAY, "last": DAY})

    rows = list(csv.reader(StringIO(ZipFile(BytesIO(answer.content)).read("droits.csv").decode().removeprefix("\ufeff")), delimiter=";"))
    assert ["éducatrice ou éducateur", "dossier lu", "référent·e"] in rows
    assert not [row for row in rows if row[0] == "protection des données" and row[1] == "dossier lu"]


def test_the_dossier_is_the_dpo_s_alone_and_of_a_month_at_most(dpo: Person, administrator: Person, educator: Person) -> None:
    wanted = {"first": DAY, "last": DAY}

    assert {who.get("/control-file", params=wanted).status_code for who in (administrator, educator)} == {404}
    assert dpo.get("/control-file", params={"first": "2026-01-01", "last": DAY}).json()["errors"][0]["field"] == "first"
    assert dpo.client.get("/registres/dossier-de-controle.zip?first=2026-01-01&last=2026-12-31").status_code == 422


def test_the_trail_of_the_dossier_is_whole_or_the_interval_is_refused(dpo: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"first": today().isoformat(), "last": today().isoformat()}
    for _ in range(3):
        dpo.get("/trail")
    monkeypatch.setattr(looks, "MOST_LINES", 2)

    answer = dpo.get("/control-file", params=wanted)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "first")
    assert dpo.lines()[-1][0] == "trail.read"
    page = dpo.client.get("/registres/dossier-de-controle.zip", params=wanted)
    assert (page.status_code, "intervalle plus court" in page.text) == (422, True)


def test_the_register_names_no_officer_who_has_left(dpo: Person, person: Callable[..., Person], structure: Structure) -> None:
    gone = person(Role.DPO)
    assert len(dpo.get("/processing-register").json()["officers"]) == 2
    structure.accounts.close(gone.account)
    assert len(dpo.get("/processing-register").json()["officers"]) == 1


def test_the_register_says_what_is_on_now(dpo: Person, administrator: Person) -> None:
    register = dpo.get("/processing-register").json()
    page = dpo.client.get("/registres/traitements").text

    measures = {one["name"]: one["on"] for one in register["measures"]}
    assert (measures["key_per_youth"], measures["keys_apart"], measures["second_factor"]) == (True, False, False)
    assert register["processings"][0]["recipients"] == [Role.EDUCATOR.value, Role.YOUTH.value]
    assert "24 mois après le dernier contact" in page
    assert administrator.get("/processing-register").status_code == 404
    assert json.dumps(register)


def test_the_whole_desk_works_when_no_key_of_a_youth_opens(
    dpo: Person, educator: Person, record: str, structure: Structure, databases: Databases
) -> None:
    educator.get(f"/records/{record}")
    dpo.send("POST", "/breaches", {"aware_at": ago(30), "what": "Un sac volé."})
    dpo.send("POST", "/incidents", demand(educator))
    dpo.send("POST", "/requisitions", asked(reference_of(structure, record)))
    with psycopg.connect(databases.keys) as owner:
        owner.execute("UPDATE s_alpha.key_rings SET slots = '\\x00' WHERE subject_id <> %s", (structure.id,))
    assert educator.get(f"/records/{record}").status_code == 500

    pages = [*DPOS, *DPO_DESK, f"/acces/dossiers/{reference_of(structure, record)}", "/semaine", "/violations/1", "/violations/1/dossiers"]
    pages += ["/incidents/1", "/requisitions/1", f"/registres/dossier-de-controle.zip?first={DAY}&last={DAY}"]

    assert {page: dpo.client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
