"""The real files of the first day, planned once."""

from datetime import date
from pathlib import Path

import pytest

from api.imports.spreadsheets import read_workbook
from domain.intake import ImportPlan, Sheet, plan_import

INPUT = Path(__file__).parents[2] / "input"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def today() -> date:
    return TODAY


@pytest.fixture(scope="session")
def workbook() -> tuple[Sheet, ...]:
    return read_workbook((INPUT / "suivi_jeunes.xlsx").read_bytes(), "suivi_jeunes.xlsx")


@pytest.fixture(scope="session")
def older_base() -> tuple[Sheet, ...]:
    return read_workbook((INPUT / "jeunes_ancienne_base.csv").read_bytes(), "jeunes_ancienne_base.csv")


@pytest.fixture(scope="session")
def plan(workbook: tuple[Sheet, ...]) -> ImportPlan:
    return plan_import(workbook, mapping=None, today=TODAY)
