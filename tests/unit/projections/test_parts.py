"""The small parts of the views that need no database."""

import re
from datetime import date
from importlib import resources
from uuid import UUID

import pytest

from domain.identifiers import YouthId
from projections.caseload import CaseloadRow, plain
from projections.caseload_fold import FollowUp
from projections.counters import month_of
from projections.figures import _months_before
from projections.figures_fold import Contributions
from projections.queries import named_statements
from projections.registry import VIEW_TABLES, purged_by_the_runner, thrown_away


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("Éloïse", "eloise"),
        ("  ZOÉ   la\tGrande ", "zoe la grande"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁn", "fin"),
        ("", ""),
    ],
)
def test_a_search_compares_letters_without_accents_case_or_width(text: str, compared: str) -> None:
    assert plain(text) == compared


def test_a_month_is_its_first_day() -> None:
    assert month_of(date(2026, 2, 28)) == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("number", "month"), [(0, date(2026, 3, 1)), (2, date(2026, 1, 1)), (3, date(2025, 12, 1)), (26, date(2024, 1, 1))]
)
def test_months_are_counted_back_over_the_turn_of_the_year(number: int, month: date) -> None:
    assert _months_before(date(2026, 3, 1), number) == month


def test_what_a_view_holds_of_a_person_never_shows_in_a_repr() -> None:
    row = CaseloadRow(YouthId(UUID(int=7)), "Canari", "Canari", date(2026, 1, 1), None, 3)
    held = (row, FollowUp(1, "Canari", {"Canari": "Canari"}), Contributions("Canari", 2010, "Canari"))

    assert not any("Canari" in repr(value) for value in held)


def test_statements_are_read_by_name_without_their_comments() -> None:
    assert set(named_statements("caseload")) == {"load", "store", "drop", "closed", "of_accounts", "shared_with", "everybody"}
    assert not any("--" in text or text.endswith(";") for text in named_statements("caseload").values())


def test_every_statement_has_a_name_of_its_own() -> None:
    folder = resources.files("projections") / "sql"
    for entry in folder.iterdir():
        if entry.name.endswith(".sql"):
            text = entry.read_text("utf-8")
            assert len(re.findall(r"^-- name:", text, re.MULTILINE)) == len(named_statements(entry.name.removesuffix(".sql")))


def test_a_rebuild_never_throws_away_what_the_erased_contributed() -> None:
    assert set(thrown_away()) == {
        "caseload",
        "caseload_shares",
        "temporary_accesses",
        "figure_contributions",
        "figures",
        "activity_figures",
        "activities",
    }


def test_the_runner_purges_every_view_that_holds_a_youths_ciphertext() -> None:
    personal = {table.name for table in VIEW_TABLES if {category.value for category in table.sealed.values()} - {"structure"}}

    # Dates and references of a youth's record, under the structure's key: the DPO reads them without a youth's.
    assert personal | {"temporary_accesses"} == set(purged_by_the_runner())
