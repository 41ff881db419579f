"""Describes the migrated databases in Markdown. `python -m tests.architecture.database_reference` writes the reference page."""

import tempfile
from pathlib import Path
from uuid import UUID

import psycopg

from api.databases import Databases, add_structure, find_databases, migrate
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from domain.identifiers import StructureId

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "database.md"
_INTRODUCTION = """# The databases

Two databases: **main** (events, trail, views) and **keys** (key rings, ledger). One schema a structure in each; below, the schema of
a structure called `alpha`. The roles `sillage_s_alpha_…` are roles that nobody logs in with; the logins `sillage_app`, `sillage_runner`
and `sillage_saga` put them on and inherit nothing. Written from the migrated databases by
`python -m tests.architecture.database_reference`; a test compares.
"""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %s AND c.relkind = 'r'
ORDER BY c.relname, a.attnum
"""
_CONSTRAINTS = """
SELECT c.relname, pg_get_constraintdef(k.oid)
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND k.contype <> 'n'
ORDER BY c.relname, k.contype, k.conname
"""
_PRIVILEGES = """
SELECT c.relname, g.grantee::regrole::text, string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) AS g
WHERE n.nspname = %s AND c.relkind = 'r' AND g.grantee <> c.relowner
GROUP BY c.relname, g.grantee
UNION ALL
SELECT c.relname, g.grantee::regrole::text,
    string_agg(g.privilege_type || ' (' || a.attname || ')', ', ' ORDER BY g.privilege_type, a.attnum)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid
CROSS JOIN LATERAL aclexplode(a.attacl) AS g
WHERE n.nspname = %s AND c.relkind = 'r' AND g.grantee <> c.relowner
GROUP BY c.relname, g.grantee
ORDER BY 1, 2, 3
"""
_FUNCTIONS = """
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proowner::regrole::text,
    coalesce(string_agg(g.grantee::regrole::text, ', ' ORDER BY g.grantee::regrole::text) FILTER (WHERE g.grantee <> p.proowner), 'nobody')
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
LEFT JOIN LATERAL aclexplode(p.proacl) AS g ON true
WHERE n.nspname = %s
GROUP BY p.oid
ORDER BY 1
"""


def describe(databases: Databases) -> str:
    """Describe the directory, and the structure `alpha` in both databases."""
    parts = [
        _INTRODUCTION,
        _schema("main, directory", databases.main, "directory"),
        _schema("main, one structure", databases.main, "s_alpha"),
        _schema("keys, one structure", databases.keys, "s_alpha"),
    ]
    return "\n".join(parts)


def _schema(title: str, address: str, schema: str) -> str:
    lines = [f"## {title}", ""]
    with psycopg.connect(address) as connection:
        columns = connection.execute(_COLUMNS, (schema,)).fetchall()
        constraints = connection.execute(_CONSTRAINTS, (schema,)).fetchall()
        privileges = connection.execute(_PRIVILEGES, (schema, schema)).fetchall()
        functions = connection.execute(_FUNCTIONS, (schema,)).fetchall()
    for table in dict.fromkeys(row[0] for row in columns):
        lines += [f"### {table}", "", "| column | type | always there |", "|---|---|---|"]
        lines += [f"| {name} | {kind} | {'yes' if needed else 'no'} |" for owner, name, kind, needed in columns if owner == table]
        lines += [""] + [f"- `{definition.replace(f'{schema}.', '')}`" for owner, definition in constraints if owner == table]
        lines += [f"- {role}: {rights}" for owner, role, rights in privileges if owner == table] + [""]
    lines += [f"- function `{name}`, owned by {owner}, executable by {callers}" for name, owner, callers in functions]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write the reference page."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_folder=Path(folder))
        databases = find_databases(settings)
        try:
            provider = Providers(FileProvider(settings.provider_folder))
            migrate(databases, provider)
            add_structure(databases, provider, StructureId(UUID(int=1)), "alpha", "Structure alpha")
            REFERENCE.write_text(describe(databases), "utf-8")
        finally:
            databases.stop()


if __name__ == "__main__":
    main()
