"""The preview of a file: who sees it, what is kept of it meanwhile, and what becomes of it when things go wrong."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from api.databases import Databases
from domain.trail import Purpose, Role
from tests.given import OF_THE_GATE
from tests.integration.api.import_files import (
    SMALL,
    begun,
    count_events,
    finished,
    run,
    seen,
    upload,
)
from tests.integration.api.people import Person

DOORS = ["GET ", "PUT ", "POST /run", "GET /progress", "DELETE "]


def preview_rows(structure: Structure) -> list[tuple[object, ...]]:
    database = structure.store.database
    with database.connection() as connection:
        return connection.execute(database.statement("SELECT state, file, choices, summary, outcome FROM {import_previews}")).fetchall()


def test_an_administrator_says_who_accompanies_whom_and_sees_nobody(educator: Person, person: Callable[..., Person]) -> None:
    administrator = person(Role.ADMINISTRATOR)
    preview = upload(administrator, SMALL).json()
    assert preview["fallback_required"] is True

    refused = run(administrator, preview["id"])
    administrator.send("PUT", f"/imports/{preview['id']}", {"fallback": str(educator.account)})
    written = run(administrator, preview["id"])

    assert (refused["state"], refused["outcome"]["code"]) == ("waiting", "field_refused")
    assert written["state"] == "written"
    assert seen(educator) == ["J-0003", "Titouan"]


@pytest.mark.parametrize("role", [Role.DPO, Role.HEAD_OF_SERVICE, Role.YOUTH, Role.FUNDER])
def test_nobody_else_imports(person: Callable[..., Person], role: Role) -> None:
    somebody = person(role)

    answers = [upload(somebody, SMALL), somebody.client.get("/imports"), somebody.client.post("/imports", files={"file": ("a.csv", SMALL)})]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


@pytest.mark.parametrize("door", DOORS)
def test_somebody_else_finds_no_preview(
    educator: Person, colleague: Person, person: Callable[..., Person], other_structure: Structure, door: str
) -> None:
    method, path = door.split(" ")
    preview = begun(educator)
    stranger = person(Role.EDUCATOR, within=other_structure)

    refusals = [somebody.send(method, f"/imports/{preview}{path}", {}) for somebody in (colleague, stranger)]
    unknown = colleague.send(method, f"/imports/{uuid4()}{path}", {})

    assert {answer.status_code for answer in (*refusals, unknown)} == {404}
    assert {answer.json()["detail"] for answer in (*refusals, unknown)} == {unknown.json()["detail"]}
    assert educator.get(f"/imports/{preview}").status_code == 200


def test_a_preview_dies_with_its_session(app: FastAPI, service: Service, educator: Person) -> None:
    preview = begun(educator)
    token = service.directory.open_session(educator.structure.id, educator.account, Purpose.ACCOMPANY, timedelta(hours=1))
    same_person = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {token}"})

    answer = same_person.get(f"/api/v1/imports/{preview}")

    assert (answer.status_code, answer.json()["code"]) == (404, "preview_ended")


def test_what_is_kept_is_sealed_and_is_gone_once_written(educator: Person) -> None:
    preview = begun(educator)
    [(state, *parts)] = preview_rows(educator.structure)
    kept = b"".join(bytes(part) for part in parts if isinstance(part, bytes))

    assert state == "waiting"
    assert not [word for word in ("Titouan", "Nolwenn", "jeunes.csv", "Papus") if word.encode() in kept]
    run(educator, preview)
    [(state, file, choices, summary, _)] = preview_rows(educator.structure)
    assert (state, file, choices, summary) == ("written", None, None, None)


def test_a_preview_is_forgotten_on_demand_and_swept_when_its_time_has_come(educator: Person, databases: Databases) -> None:
    forgotten, expired = begun(educator), begun(educator)
    assert educator.send("DELETE", f"/imports/{forgotten}").status_code == 204
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.import_previews SET expires_at = now() - interval '1 second'")

    assert educator.get(f"/imports/{expired}").status_code == 404
    begun(educator)

    assert len(preview_rows(educator.structure)) == 1


def test_a_double_click_writes_once(educator: Person) -> None:
    preview = begun(educator)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: educator.send("POST", f"/imports/{preview}/run"), range(4)))

    assert {answer.status_code for answer in answers} <= {202}
    assert finished(educator, preview)["outcome"]["opened"] == 2
    assert seen(educator) == ["J-0003", "Titouan"]


def test_an_import_that_fails_in_the_middle_writes_nothing_and_can_be_started_again(educator: Person, databases: Databases) -> None:
    preview = begun(educator)

    with _failing_after(databases, OF_THE_GATE + 3):
        failed = run(educator, preview)
    nothing = count_events(educator)
    written = run(educator, preview)

    assert (failed["state"], failed["outcome"]["opened"], nothing) == ("waiting", 0, 0)
    assert failed["outcome"]["code"] == "trail_unavailable"
    assert written["outcome"]["opened"] == 2


def test_an_import_whose_process_ended_right_after_the_commit_is_said_to_be_written(educator: Person, databases: Databases) -> None:
    first, second = begun(educator), begun(educator)
    run(educator, first)
    with psycopg.connect(databases.main) as owner:
        owner.execute(
            "UPDATE s_alpha.import_previews SET state = 'running', file_digest = (SELECT file_digest FROM s_alpha.imports)"
            " WHERE preview_id = %s",
            (second,),
        )

    said = educator.get(f"/imports/{second}/progress").json()

    assert (said["state"], said["outcome"]) == ("written", None)
    assert seen(educator) == ["J-0003", "Titouan"]


@contextmanager
def _failing_after(databases: Databases, events: int) -> Iterator[None]:
    """Have the database refuse the events after the first few."""
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
            f" $$ BEGIN IF (SELECT count(*) FROM s_alpha.events) >= {events} THEN RAISE 'disk'; END IF; RETURN NEW; END $$"
        )
        owner.execute("CREATE TRIGGER refusing BEFORE INSERT ON s_alpha.events FOR EACH ROW EXECUTE FUNCTION public.refuse()")
        yield
        owner.execute("DROP TRIGGER refusing ON s_alpha.events")


@pytest.mark.parametrize(
    ("content", "filename", "said"),
    [
        (b"", "vide.xlsx", "vide"),
        (b"bonjour", "lettre.docx", "n'est pas un tableur"),
        (b"PK\x03\x04 cut short", "casse.xlsx", "abîmé"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "secret.xlsx", "mot de passe"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(educator: Person, content: bytes, filename: str, said: str) -> None:
    program = upload(educator, content, filename)
    page = educator.client.post("/imports", files={"file": (filename, content)})

    assert program.status_code == page.status_code == 422
    assert program.json()["errors"][0]["field"] == "file"
    assert said in program.json()["detail"]
    assert 'id="file-erreur"' in page.text


def test_a_file_that_is_too_large_is_refused(educator: Person) -> None:
    answer = upload(educator, b"a" * 17_000_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", "multipart/form-data"), (b"file=1", "application/x-www-form-urlencoded"), (b"--a\r\ncut", "multipart/form-data; boundary=a")],
)
def test_a_body_that_is_no_form_is_refused(educator: Person, body: bytes, kind: str) -> None:
    answer = educator.client.post("/api/v1/imports", content=body, headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")


_opened_to_write: list[str] = []
_watching = False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event in {"open", "tempfile.mkstemp"}:
        path, _, flags = (*arguments, 0, 0, 0)[:3]
        if event != "open" or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)):
            _opened_to_write.append(str(path))


def test_nothing_of_an_upload_is_opened_to_be_written_on_the_disk(educator: Person) -> None:
    global _watching  # noqa: PLW0603  # An audit hook stays for good.
    sys.addaudithook(_watch)
    large = SMALL + b"\n" * 3_000_000

    _watching = True
    try:
        answer = upload(educator, large)
    finally:
        _watching = False

    assert answer.status_code == 201
    assert [path for path in _opened_to_write if path != os.devnull] == []


def test_each_look_at_a_preview_leaves_its_line(educator: Person) -> None:
    preview = begun(educator)
    sent = educator.lines()
    educator.get(f"/imports/{preview}")
    educator.client.get(f"/imports/{preview}")
    educator.get(f"/imports/{preview}/progress")

    assert sent == [("import.preview", "granted")] * 2
    assert educator.lines() == [("import.preview", "granted")] * 4


def test_a_preview_is_not_shown_when_its_line_cannot_be_written(educator: Person, databases: Databases) -> None:
    preview = begun(educator)
    with psycopg.connect(databases.main) as owner:
        owner.execute("REVOKE INSERT ON s_alpha.access_trail FROM sillage_s_alpha_app")
        columns = "account, role, purpose, operation, outcome, reference, categories, records, request"
        owner.execute(f"REVOKE INSERT ({columns}) ON s_alpha.access_trail FROM sillage_s_alpha_app")

    answers = [educator.get(f"/imports/{preview}"), educator.client.get(f"/imports/{preview}"), upload(educator, SMALL)]

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert not [answer for answer in answers if "Titouan" in answer.text]


def test_a_preview_page_shows_what_would_be_written(educator: Person) -> None:
    sent = educator.client.post("/imports", files={"file": ("jeunes.csv", SMALL)}, follow_redirects=False)
    page = educator.client.get(sent.headers["location"])

    assert sent.status_code == 303
    assert UUID(sent.headers["location"].rpartition("/")[2])
    assert "Aperçu de la reprise" in page.text
    assert "Nolwenn" not in page.text
