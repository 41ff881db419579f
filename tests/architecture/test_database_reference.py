"""`docs/reference/database.md` is the schema as it stands after all migrations: tables, columns, constraints, and who may do what."""

from pathlib import Path

from api.databases import Databases
from tests.architecture.database_reference import describe

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "database.md"


def test_the_reference_page_says_what_the_migrations_make(databases: Databases) -> None:
    assert describe(databases) == REFERENCE.read_text("utf-8"), "python -m tests.architecture.database_reference writes it anew"
