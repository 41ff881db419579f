"""A file taken over through the JSON API: what is written of it, and what is not."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from api.bootstrap import Service
from api.imports.spreadsheets import read_workbook
from api.v1.import_schemas import PAGE
from domain.trail import Role
from tests.integration.api.import_files import (
    NATIONAL_NUMBER,
    OLDER_BASE,
    ONE,
    SMALL,
    TWINS,
    WORKBOOK,
    count_events,
    run,
    seen,
    taken_over,
    upload,
    written_events,
)
from tests.integration.api.people import Person


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
