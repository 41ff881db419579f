"""A file taken over through the JSON API: what is written, what is not, and what becomes of it when things go wrong."""

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
from psycopg import sql
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from api.databases import Databases
from api.spreadsheets import read_workbook
from api.v1.import_schemas import PAGE
from domain.trail import Purpose, Role
from tests.integration.api.import_files import (
    NATIONAL_NUMBER,
    OLDER_BASE,
    ONE,
    SMALL,
    TWINS,
    WORKBOOK,
    begun,
    count_events,
    finished,
    run,
    taken_over,
    upload,
    written_events,
)
from tests.integration.api.people import Person

DOORS = ["GET ", "PUT ", "POST /run", "GET /progress", "DELETE "]


def seen(person: Person) -> list[str]:
    """The pseudonyms of a caseload, the views brought up to date."""
    person.structure.runner.run_once()
    return [row.pseudonym for row in person.structure.caseload.of(person.account)]


def preview_rows(structure: Structure) -> list[tuple[object, ...]]:
    database = structure.store.database
    with database.connection() as connection:
        return connection.execute(database.statement("SELECT state, file, choices, summary, outcome FROM {import_previews}")).fetchall()


def test_the_workbook_of_a_service_then_its_older_base(educator: Person) -> None:
    content = WORKBOOK.read_bytes()
    preview = upload(educator, content, WORKBOOK.name).json()

    assert count_events(educator) == 0
    assert {name: preview["counts"][name] for name in ("agreed", "anonymous", "refused", "youths_set_aside")} == {
        "agreed": 333,
        "anonymous": 159,
        "refused": 48,
        "youths_set_aside": 4,
    }
    assert [preview["counts"][name] for name in ("contacts", "presences", "outings", "chantiers", "duplicates")] == [
        2040,
        1365,
        620,
        26,
        32,
    ]
    assert len(preview["doubts"]) == PAGE

    outcome = run(educator, preview["id"])["outcome"]

    assert (outcome["opened"], outcome["contacts"], outcome["activities"]) == (492, 2040, 1365 + 620 + 26)
    assert len(seen(educator)) == 492
    events = count_events(educator)

    again = upload(educator, content, WORKBOOK.name)
    assert (again.status_code, again.json()["code"]) == (409, "already_imported")
    assert again.json()["detail"] == "Ce fichier a déjà été repris : rien n'a changé."

    older = taken_over(educator, OLDER_BASE.read_bytes(), OLDER_BASE.name)
    assert (older["unchanged"], older["opened"]) == (True, 0)
    assert count_events(educator) == events

    said = " ".join(written_events(educator)).casefold()
    names = _names(content, "non")
    agreed = _names(content, "oui") | _names(content, "oral")
    assert len(names - agreed) > 20
    assert [name for name in names - agreed if name.casefold() in said] == []
    assert "=hyperlink" not in said
    assert educator.lines().count(("import.run", "granted")) == 492


def _names(content: bytes, agreement: str) -> set[str]:
    rows = read_workbook(content, WORKBOOK.name)[0].rows[3:]
    return {f"{row[1]} {row[2]}" for row in rows if row[10] == agreement and row[1] and row[2]}


def test_who_refused_is_not_written_and_who_was_not_asked_is_under_a_code(educator: Person) -> None:
    outcome = taken_over(educator)

    said = " ".join(written_events(educator))
    assert outcome["opened"] == 2
    assert seen(educator) == ["J-0003", "Titouan"]
    assert "Lecanari" in said
    assert not [word for word in ("Nolwenn", "Secrète", "Maël", "Muet", "rien de dit") if word in said]


def test_initials_find_their_account(educator: Person, service: Service, person: Callable[..., Person]) -> None:
    colleague = person(Role.EDUCATOR)
    _initials(service, colleague, "KB")

    taken_over(educator)

    assert seen(colleague) == ["Titouan"]
    assert seen(educator) == ["J-0003"]


def _initials(service: Service, person: Person, initials: str) -> None:
    with psycopg.connect(service.databases.main) as owner:
        statement = sql.SQL("UPDATE {}.accounts SET initials = %s WHERE account_id = %s")
        owner.execute(statement.format(sql.Identifier(f"s_{person.structure.code}")), (initials, person.account))


def test_an_amended_file_writes_its_new_line_alone(educator: Person) -> None:
    taken_over(educator)
    seen(educator)

    outcome = taken_over(educator, SMALL + b"\n4;Zo\xc3\xa9;Ajout;2012;F;Papus;06/03/2025;KB;oui;")

    assert outcome["opened"] == 1
    assert sorted(seen(educator)) == ["J-0003", "Titouan", "Zoé"]


def test_a_colleague_s_lines_are_left_aside_when_the_file_comes_again(
    educator: Person, service: Service, person: Callable[..., Person]
) -> None:
    colleague = person(Role.EDUCATOR)
    _initials(service, colleague, "KB")
    taken_over(educator)
    seen(educator)

    preview = upload(educator, SMALL + b"\n4;Zo\xc3\xa9;Ajout;2012;F;Papus;06/03/2025;ZZ;oui;").json()
    assert (preview["counts"]["agreed"], preview["counts"]["known"]) == (1, 1)
    run(educator, preview["id"])

    assert seen(colleague) == ["Titouan"]


def test_a_youth_whom_a_colleague_accompanies_is_not_opened_again_and_nobody_can_tell(
    educator: Person, service: Service, person: Callable[..., Person]
) -> None:
    colleague = person(Role.EDUCATOR)
    _initials(service, colleague, "KB")
    taken_over(colleague)
    seen(colleague)
    events = count_events(educator)

    known = taken_over(educator, ONE)
    assert count_events(educator) == events
    unknown = taken_over(educator, ONE.replace(b"Titouan", b"Hippolyte"))

    assert known == unknown
    assert sorted(seen(colleague)) == ["Hippolyte", "J-0003", "Titouan"]


def test_a_national_number_refuses_its_cell_and_is_shown_nowhere(educator: Person) -> None:
    content = SMALL.replace(b"aime le v\xc3\xa9lo", NATIONAL_NUMBER.encode())

    preview = upload(educator, content)

    assert NATIONAL_NUMBER not in preview.text
    assert preview.json()["reasons"]["national_number"] == 1
    assert preview.json()["doubts"][0]["row"] == 2
    run(educator, preview.json()["id"])
    assert NATIONAL_NUMBER not in " ".join(written_events(educator))


def test_a_formula_is_never_a_name(educator: Person) -> None:
    content = SMALL.replace(b"Titouan", b"=HYPERLINK(1)")

    preview = upload(educator, content).json()

    assert preview["counts"]["agreed"] == 0
    assert preview["reasons"]["formula"] == 1


def test_columns_can_be_chosen_anew(educator: Person) -> None:
    preview = upload(educator, SMALL).json()
    mapping = preview["mapping"]
    remarks = next(column for column in mapping[0]["columns"] if column["field"] == "remark")
    remarks["field"] = None

    changed = educator.send("PUT", f"/imports/{preview['id']}", {"mapping": mapping})

    assert changed.status_code == 200, changed.text
    run(educator, preview["id"])
    assert "vélo" not in " ".join(written_events(educator))


def test_a_choice_of_columns_that_does_not_do_is_explained_and_nothing_is_lost(educator: Person) -> None:
    preview = upload(educator, SMALL).json()
    mapping = [{**sheet, "columns": [{**column, "field": None} for column in sheet["columns"]]} for sheet in preview["mapping"]]

    refused = educator.send("PUT", f"/imports/{preview['id']}", {"mapping": mapping})

    assert (refused.status_code, refused.json()["code"]) == (409, "mapping_refused")
    assert "prénom ou surnom" in refused.json()["detail"]
    assert educator.get(f"/imports/{preview['id']}").json()["counts"] == preview["counts"]


def test_a_sheet_can_be_left_out_and_taken_in_again(educator: Person) -> None:
    preview = upload(educator, SMALL).json()
    sheet = {"sheet": "jeunes", "columns": []}

    without = educator.send("PUT", f"/imports/{preview['id']}", {"mapping": [{**sheet, "kind": "ignored"}]}).json()
    again = educator.send("PUT", f"/imports/{preview['id']}", {"mapping": [{**sheet, "kind": "youths", "header_row": 1}]}).json()

    assert (without["counts"]["agreed"], again["counts"]["agreed"]) == (0, 1)


@pytest.mark.parametrize(("decision", "records"), [("separate", 2), ("attach", 1), ("skip", 1)])
def test_a_likely_duplicate_becomes_what_the_person_decides(educator: Person, decision: str, records: int) -> None:
    preview = upload(educator, TWINS).json()
    [offer] = preview["duplicates"]
    assert (offer["row"], offer["others"][0]["row"], offer["decision"]) == (3, 2, "separate")

    decided = [{"sheet": offer["sheet"], "row": offer["row"], "decision": decision}]
    educator.send("PUT", f"/imports/{preview['id']}", {"decisions": decided})
    run(educator, preview["id"])

    assert seen(educator) == ["Titouan"] * records


def test_a_record_that_resembles_is_named_after_its_line_in_the_trail(educator: Person) -> None:
    taken_over(educator)
    seen(educator)

    preview = upload(educator, TWINS.replace(b";un", b";autre")).json()

    assert preview["duplicates"][0]["others"][0]["label"] == "Titouan"
    assert educator.lines()[-1] == ("import.preview", "granted")
    assert _references(educator, "import.preview") == 1


def _references(person: Person, operation: str) -> int:
    database = person.structure.store.database
    query = database.statement("SELECT count(*) FROM {access_trail} WHERE operation = %s AND reference IS NOT NULL")
    with database.connection() as connection:
        row = connection.execute(query, (operation,)).fetchone()
    return int(row[0]) if row else 0


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

    with _failing_after(databases, 3):
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
