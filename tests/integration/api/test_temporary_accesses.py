"""Which shares run out, as the DPO reads it: dates, references and people of the staff; nothing of the youth (N10, N12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.bootstrap import Service, Structure
from crypto_shredding.postgresql.migrating import migrate_structure
from domain.identifiers import ErasureId
from domain.trail import Role
from tests.given import begun, today
from tests.integration.api.people import Person
from tests.integration.api.test_incidents import reference_of

SOON, LATE = ((today() + timedelta(days=days)).isoformat() for days in (9, 45))


@dataclass
class Scene:
    """A referent who shares a record with a colleague, and the DPO who looks."""

    educator: Person
    colleague: Person
    dpo: Person
    record: str
    structure: Structure

    @property
    def reference(self) -> str:
        return reference_of(self.structure, self.record)

    def version(self) -> int:
        return int(self.educator.get(f"/records/{self.record}").headers["etag"].strip('"'))

    def share(self, until: str = SOON, **holder: str) -> str:
        """Share it, with the colleague unless somebody else is named, and give the access."""
        body = {"categories": ["follow_up"], "purpose": "chercher un stage à deux", "until": until, "told": "oui"}
        body |= holder or {"account": str(self.colleague.account)}
        assert self.educator.send("POST", f"/records/{self.record}/shares", body, version=self.version()).status_code == 201
        return str(self.educator.get(f"/records/{self.record}/accesses").json()["accesses"][-1]["access"])

    def end(self, access: str) -> None:
        assert self.educator.send("DELETE", f"/records/{self.record}/shares/{access}", version=self.version()).status_code == 200

    def close(self) -> ErasureId:
        asked = self.educator.send("POST", f"/records/{self.record}/erasure", {"asked_in_person": True}, version=self.version())
        return ErasureId(UUID(asked.json()["erasure"]))

    def listed(self) -> list[dict[str, Any]]:
        self.structure.runner.run_once()
        answer = self.dpo.get("/temporary-accesses")
        assert answer.status_code == 200, answer.text
        assert answer.json()["whole"]
        return list(answer.json()["items"])

    def page(self) -> str:
        return str(self.dpo.client.get("/acces/partages").text)

    def tasks(self) -> set[str]:
        return {task["kind"] for task in self.dpo.get("/this-week").json()}


@pytest.fixture
def scene(educator: Person, colleague: Person, dpo: Person, record: str, structure: Structure) -> Scene:
    return Scene(educator, colleague, dpo, record, structure)


def days_later(scene: Scene, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    clock = scene.structure.records.clock
    monkeypatch.setattr(scene.structure.records, "clock", lambda: clock() + timedelta(days=days))


def test_the_dpo_reads_what_runs_out_with_whom_and_to_which_day_and_nothing_of_the_youth(scene: Scene, administrator: Person) -> None:
    colleague = str(scene.colleague.account)
    for name in ("Nord", "Sud"):
        administrator.send("POST", "/teams", {"name": name})
    teams = {team["name"]: team["id"] for team in administrator.get("/teams").json()}
    scene.share()
    scene.share(LATE, team=teams["Sud"])
    scene.share(team=teams["Nord"])
    named = {"account": colleague, "demand": "demande 14", "until": SOON}
    assert scene.dpo.send("POST", f"/trail/references/{scene.reference}/rights-referents", named).status_code == 201
    scene.educator.send("POST", "/replacements", {"replacing": colleague, "until": SOON})

    found = {one["relation"]: one for one in scene.listed()}
    page = scene.page()

    assert found.keys() == {"named_share", "team_share", "rights_referent", "replacement"}
    assert {(one["until"], one["over"]) for one in found.values()} == {(SOON, False)}
    assert (found["named_share"]["who"], found["named_share"]["categories"]) == ("Personne fictive", ["core", "follow_up"])
    assert (found["team_share"]["who"], found["replacement"]["reference"]) == ("Nord", None)
    assert found["rights_referent"]["reference"] == scene.reference
    assert page.count(f'href="/acces/dossiers/{scene.reference}"') == 3
    assert not [word for word in ("Kiki", scene.record, "stage à deux", "demande 14") if word in page]


def test_what_runs_out_soon_is_one_thing_to_do_with_its_first_day_and_a_page_to_see_it(scene: Scene, person: Callable[..., Person]) -> None:
    scene.share()
    scene.share((today() + timedelta(days=3)).isoformat(), account=str(person(Role.EDUCATOR).account))
    scene.structure.runner.run_once()

    [task] = [one for one in scene.dpo.get("/this-week").json() if one["kind"] == "share_ending"]

    assert task["due"] == (today() + timedelta(days=3)).isoformat()
    assert 'href="/acces/partages"' in scene.dpo.client.get("/semaine").text


def test_the_line_names_the_records_that_are_listed(scene: Scene) -> None:
    scene.share()
    scene.share()
    assert len(scene.listed()) == 2

    lines = scene.dpo.get("/trail?operation=access.temporary").json()["items"]
    assert [(line["reference"], line["records"]) for line in lines] == [(scene.reference, 1)]


def test_a_share_ended_before_its_day_runs_out_no_more_and_is_told_for_thirty_days(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.end(scene.share())

    [one] = scene.listed()
    assert (one["over"], one["until"], one["last_day"]) == (True, SOON, today().isoformat())
    assert "terminé avant" in scene.page()
    assert "share_ending" not in scene.tasks()
    days_later(scene, monkeypatch, 30)
    assert len(scene.listed()) == 1
    days_later(scene, monkeypatch, 1)
    assert scene.listed() == []


@pytest.mark.parametrize(("days", "over"), [(0, [False]), (9, [False]), (10, [True]), (39, [True]), (40, [])])
def test_a_share_lasts_to_the_end_of_its_last_day_and_is_told_for_thirty_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, days: int, over: list[bool]
) -> None:
    scene.share()
    days_later(scene, monkeypatch, days)

    assert [one["over"] for one in scene.listed()] == over


def test_a_rights_referent_s_access_that_the_dpo_ended_is_over(scene: Scene) -> None:
    address = f"/trail/references/{scene.reference}/rights-referents"
    scene.dpo.send("POST", address, {"account": str(scene.colleague.account), "demand": "demande 14", "until": SOON})
    [access] = (one["access"] for one in scene.dpo.get(address).json())
    assert [one["over"] for one in scene.listed()] == [False]

    scene.dpo.send("DELETE", f"{address}/{access}")

    assert [(one["relation"], one["over"]) for one in scene.listed()] == [("rights_referent", True)]


def test_nobody_but_the_dpo_reads_it(scene: Scene, administrator: Person, youth: Person, person: Callable[..., Person]) -> None:
    scene.share()
    scene.structure.runner.run_once()
    others = (scene.educator, scene.colleague, administrator, youth, person(Role.HEAD_OF_SERVICE), person(Role.FUNDER))

    assert {who.get("/temporary-accesses").status_code for who in others} == {404}
    assert {who.client.get("/acces/partages").status_code for who in others} == {404}
    assert "share_ending" not in {task["kind"] for task in administrator.get("/this-week").json()}


def test_a_closed_record_is_not_listed_and_one_whose_erasure_begins_leaves_no_row(scene: Scene, service: Service) -> None:
    scene.share()
    assert len(scene.listed()) == 1

    erasure = scene.close()

    assert (scene.listed(), "share_ending" in scene.tasks()) == ([], False)
    begun(scene.structure, erasure)
    with psycopg.connect(service.databases.main) as connection:
        assert connection.execute("SELECT count(*) FROM s_alpha.temporary_accesses").fetchone() == (0,)


def test_what_is_closed_between_the_reading_and_the_line_is_not_shown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.share()
    assert len(scene.listed()) == 1
    disclose = scene.structure.records.disclose

    def close_then_disclose(*args: Any, **fields: Any) -> None:
        monkeypatch.setattr(scene.structure.records, "disclose", disclose)
        scene.close()
        disclose(*args, **fields)

    monkeypatch.setattr(scene.structure.records, "disclose", close_then_disclose)

    assert scene.dpo.get("/temporary-accesses").json() == {"whole": True, "items": []}


@pytest.mark.usefixtures("late_views")
def test_what_was_shared_before_there_was_a_list_is_on_it_once_the_views_are_made_again(scene: Scene, service: Service) -> None:
    scene.end(scene.share())
    scene.share()
    before = scene.listed()
    with psycopg.connect(service.databases.main) as connection:
        connection.execute("DROP TABLE s_alpha.temporary_accesses")
        connection.execute("DELETE FROM s_alpha.schema_migrations WHERE name = '0013_temporary_accesses.sql'")

    migrate_structure(service.databases.main, "alpha", kind="main")

    assert scene.dpo.get("/temporary-accesses").json() == {"whole": False, "items": []}
    assert "en train d’être refaite" in scene.page()
    assert [len(before), *scene.listed()] == [2, *before]
