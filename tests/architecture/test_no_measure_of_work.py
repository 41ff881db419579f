"""The access trail does not measure how much anybody works: no statement of ours lays its lines together by person (R086, N7)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
BY_PERSON = re.compile(r"(GROUP|PARTITION)\s+BY\b[^;)]*\b(account|name|display_name)\b", re.IGNORECASE)
ONE_PERSON = re.compile(r"\baccount\s*=\s*%\(account\)", re.IGNORECASE)
WHY_NOT = {
    "anomalies.sql: episodes": "compares with a limit and gives no number: each episode is told once, and nobody is ranked (R088)",
}
OF_ONE_PERSON = {
    "access_trail.sql: lines": "the account comes from an incident: no page and no route takes one",
    "access_trail.sql: touched": "the records of a breach's perimeter (R005)",
}


def statements() -> Iterator[tuple[str, str]]:
    for room in ("projections", "crypto_shredding"):
        for file in sorted((HOUSE / room / "sql").glob("*.sql")):
            for part in file.read_text("utf-8").split("-- name: ")[1:]:
                yield f"{file.name}: {part.split()[0]}", part
    for file in sorted(HOUSE.glob("[acdp]*/**/*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "{access_trail}" in node.value:
                yield f"{file.name}:{node.lineno}", node.value


READINGS = {name: text for name, text in statements() if "{access_trail}" in text and "SELECT" in text}


def test_the_readings_of_the_trail_are_found() -> None:
    assert {"access_trail.sql: lines", "anomalies.sql: episodes"} <= READINGS.keys()


def test_no_statement_lays_the_trail_together_by_person() -> None:
    assert {name for name, text in READINGS.items() if BY_PERSON.search(text)} == WHY_NOT.keys()


def test_one_person_s_lines_are_read_for_an_incident_alone() -> None:
    assert {name for name, text in READINGS.items() if ONE_PERSON.search(text)} == OF_ONE_PERSON.keys()


@pytest.mark.parametrize(
    "planted",
    [
        "SELECT account, count(*) FROM {access_trail} GROUP BY account",
        "SELECT count(*) OVER (PARTITION BY t.role, t.account) FROM {access_trail}",
    ],
)
def test_a_count_by_person_would_be_found(planted: str) -> None:
    assert BY_PERSON.search(planted)


def test_no_column_of_a_reading_is_a_number_of_lines_of_a_person() -> None:
    columns = [
        text.rpartition("FROM numbered")[0].rpartition("SELECT")[2] for name, text in READINGS.items() if name.startswith("anomalies")
    ]

    assert len(columns) == 1
    assert "count(" not in columns[0]
