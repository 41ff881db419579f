"""When the trail or a database does not answer: 503, and not a word of anybody (invariant 2, R082, R166)."""

from collections.abc import Callable

import psycopg
import pytest

from api.bootstrap import Service, Structure
from domain.trail import Role
from tests.integration.api.people import DAY, Person

CANARY = "Canari-Zoé-7731"


@pytest.fixture
def written(educator: Person, structure: Structure) -> str:
    """A record whose every field bears the canary."""
    opened = educator.send("POST", "/records", {"pseudonym": CANARY, "informed": {"how": CANARY, "occurred_on": DAY}})
    record = str(opened.json()["id"])
    educator.send("POST", f"/records/{record}/notes", {"text": CANARY, "occurred_on": DAY}, version=2)
    structure.runner.run_once()
    return record


def make_trail_unwritable(service: Service) -> None:
    with psycopg.connect(service.databases.main, autocommit=True) as owner:
        owner.execute("ALTER TABLE s_alpha.access_trail ADD CONSTRAINT no_more CHECK (line < 0) NOT VALID")


READS = ["/records/{record}", "/records/{record}/trail", "/caseload"]
OWN_READS = ["/my-record", "/my-record/trail"]


@pytest.mark.parametrize("path", READS)
def test_without_a_trail_nothing_is_shown(service: Service, educator: Person, written: str, path: str) -> None:
    make_trail_unwritable(service)

    answer = educator.get(path.format(record=written))

    assert (answer.status_code, answer.json()["code"]) == (503, "trail_unavailable")
    assert CANARY not in answer.text
    assert "retry-after" in answer.headers


@pytest.mark.parametrize("path", OWN_READS)
def test_without_a_trail_a_youth_is_shown_nothing_either(service: Service, person: Callable[..., Person], written: str, path: str) -> None:
    youth = person(Role.YOUTH, subject=written)
    make_trail_unwritable(service)

    answer = youth.get(path)

    assert (answer.status_code, answer.json()["code"]) == (503, "trail_unavailable")
    assert CANARY not in answer.text


@pytest.mark.parametrize(("role", "path"), [(Role.DPO, "/trail"), (Role.HEAD_OF_SERVICE, "/figures?first=2026-01&last=2026-12")])
def test_without_a_trail_neither_trail_nor_figures_are_shown(
    service: Service, person: Callable[..., Person], written: str, role: Role, path: str
) -> None:
    somebody = person(role)
    make_trail_unwritable(service)

    answer = somebody.get(path)

    assert answer.status_code == 503, written
    assert set(answer.json()) == {"type", "title", "status", "detail", "code", "request_id"}


def test_without_a_trail_nothing_is_changed(service: Service, educator: Person, structure: Structure, written: str) -> None:
    make_trail_unwritable(service)
    before = events(structure)

    changed = educator.send("POST", f"/records/{written}/notes", {"text": "rien", "occurred_on": DAY}, version=3)
    opened = educator.send("POST", "/records", {"pseudonym": "Personne"})
    erased = educator.send("POST", f"/records/{written}/erasure", {"asked_in_person": True}, version=3)

    assert [answer.status_code for answer in (changed, opened, erased)] == [503, 503, 503]
    assert events(structure) == before


def test_the_application_without_its_right_to_write_the_trail_shows_nothing(service: Service, educator: Person, written: str) -> None:
    with psycopg.connect(service.databases.main, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON s_alpha.access_trail FROM sillage_s_alpha_app")
        granted = owner.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 's_alpha.access_trail'::regclass AND attnum > 0 AND NOT attisdropped"
        ).fetchall()
        for (column,) in granted:
            owner.execute(f"REVOKE INSERT ({column}) ON s_alpha.access_trail FROM sillage_s_alpha_app")

    answer = educator.get(f"/records/{written}")

    assert (answer.status_code, answer.json()["code"]) == (503, "trail_unavailable")
    assert CANARY not in answer.text


@pytest.mark.parametrize("which", [0, 1], ids=["main", "keys"])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_lost_database_is_told_as_such(service: Service, educator: Person, written: str, which: int, accept: str) -> None:
    for pools in service.pools.values():
        pools[which].close()

    answer = educator.client.get(
        f"/api/v1/records/{written}" if "json" in accept else f"/dossiers/{written}", headers={"Accept": accept, "Cookie": cookie(educator)}
    )

    assert answer.status_code == 503
    assert CANARY not in answer.text
    assert "Traceback" not in answer.text


def cookie(person: Person) -> str:
    return f"sillage_session={person.client.headers['authorization'].removeprefix('Bearer ')}"


def events(structure: Structure) -> int:
    with structure.store.database.connection() as connection:
        row = connection.execute(structure.store.database.statement("SELECT count(*) FROM {events}")).fetchone()
    return int(row[0]) if row else 0
