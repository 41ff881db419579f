"""What the databases refuse, tried for real with each login (design §5, invariants 6 and 10, R153, R182).

Every table of every schema is tried with every statement and every column, so that a new table without a line below fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.bootstrap import Service, Structure
from api.databases import Databases
from crypto_shredding.postgresql.database import APPLICATION, LOGINS, RUNNER, SAGA, Login, notary_role_of, open_pool, role_of
from domain.drafts import AgreementDraft, IdentityDraft
from domain.identifiers import YouthId
from tests.given import begun, closed, educator, filled, opened, to_its_end, today

Connection = psycopg.Connection[tuple[Any, ...]]

SEES_ALL = "select"
RUNS = "delete insert select update"
NEW_EVENT = "insert(originator_id originator_version state) select"
NEW_COMMAND = "insert(account key_digest stream version) select"
NEW_LINE = "insert(account categories operation outcome purpose records reference request role) select"
NEW_FENCE = "insert(erasure_id stream_version subject_id whole) select"
WHO_IS_THERE = "select(subject_id)"

SEAL = ("sealed_trees", "sealed_leaves", "checkpoints", "journal_statements", "retention_records")

ALLOWED = {
    ("main", APPLICATION): {
        "events": NEW_EVENT,
        "idempotency": NEW_COMMAND,
        "access_trail": NEW_LINE,
        "imports": "insert(account file_digest) select",
        "import_previews": RUNS,
        "subject_references": "insert(subject_id) select",
        "erasure_fences": f"{NEW_FENCE} update(cancelled_at)",
        "restores": SEES_ALL,
        "accounts": (
            "insert(account_id display_name initials role subject_id) select"
            " update(deactivated_at last_used_on notices reviewed_on role sign_in_name)"
        ),
        "password_factors": "delete insert(account_id password totp_last_step totp_seed) select update(totp_last_step)",
        "recovery_codes": "delete insert(account_id digest) select update(used_at)",
        "passkeys": ("delete insert(account_id credential_id name public_key sign_count) select update(last_used_on sign_count)"),
        "projection_position": SEES_ALL,
        "caseload": SEES_ALL,
        "caseload_shares": SEES_ALL,
        "temporary_accesses": SEES_ALL,
        "figure_contributions": SEES_ALL,
        "figures": SEES_ALL,
        "activity_figures": SEES_ALL,
        "activities": SEES_ALL,
        "erased_figures": SEES_ALL,
        **dict.fromkeys(SEAL, SEES_ALL),
    },
    ("main", RUNNER): {
        "events": SEES_ALL,
        "erasure_fences": SEES_ALL,
        "restores": SEES_ALL,
        "accounts": SEES_ALL,
        "projection_position": RUNS,
        "caseload": RUNS,
        "caseload_shares": RUNS,
        "temporary_accesses": RUNS,
        "figure_contributions": RUNS,
        "figures": RUNS,
        "activity_figures": RUNS,
        "activities": RUNS,
        "erased_figures": RUNS,
        "folded_erasures": RUNS,
    },
    ("main", SAGA): {
        "events": NEW_EVENT,
        "idempotency": NEW_COMMAND,
        "access_trail": NEW_LINE,
        "subject_references": "delete select",
        "erasure_fences": f"{NEW_FENCE} update(begun_at effective_at irreversible_at key_id purged_at)",
        "erasure_ledger": "insert select",
        "restores": "insert(kind taken_at) select update(position reopened_at)",
        "accounts": "select update(display_name erasure_id subject_id)",
        "projection_position": SEES_ALL,
        "caseload": WHO_IS_THERE,
        "caseload_shares": WHO_IS_THERE,
        "temporary_accesses": WHO_IS_THERE,
        "figure_contributions": WHO_IS_THERE,
        "import_previews": "delete select(created_at preview_id state)",
    },
    ("keys", APPLICATION): {
        "structure_keks": SEES_ALL,
        "key_rings": "insert(epoch fingerprint slots subject_id) select",
        "epochs": SEES_ALL,
        "erasure_ledger": SEES_ALL,
        "signing_keys": SEES_ALL,
    },
    ("keys", RUNNER): {"structure_keks": SEES_ALL, "key_rings": SEES_ALL},
    ("keys", SAGA): {
        "structure_keks": "delete insert(epoch provider wrapped) select",
        "key_rings": "select update(epoch erased_at fingerprint slots state)",
        "epochs": "insert(epoch provider) select update(destroyed_at proven_at)",
        "erasure_ledger": "insert select",
        "signing_keys": SEES_ALL,
    },
}
"""What a structure's role may do in its own schema; everything else is refused. No login has more than one line a database."""

OF_THE_NOTARY = {
    "events": SEES_ALL,
    "access_trail": SEES_ALL,
    "sealed_trees": "insert(generation kind month position tree) select update(closed_at compact_range generation position size)",
    "sealed_leaves": "insert select",
    "checkpoints": "insert(compact_range generation note root size tree) select",
    "journal_statements": "insert(generation kept kind lost_root lost_size tree) select",
    "retention_records": "insert(note tree) select update(note signed_at)",
}
"""What the saga's login may do under its other hat, in the main database: it reads what it seals, and changes nothing of it."""

IN_THE_DIRECTORY = {
    APPLICATION: {
        "structures": SEES_ALL,
        "sessions": "delete insert select update(proven_at purpose seen_at token_digest)",
        "invitations": "delete insert select",
        "challenges": "delete insert select",
        "sign_in_failures": "delete insert select update",
        "api_tokens": "delete insert(account_id expires_at name purpose structure_id token_digest token_id) select"
        " update(expires_at last_used_on name purpose token_digest)",
    },
    RUNNER: {"structures": SEES_ALL},
    SAGA: {"structures": SEES_ALL, "sessions": "delete select(account_id)"},
}


def _address(databases: Databases, kind: str) -> str:
    return databases.main if kind == "main" else databases.keys


@contextmanager
def _signed_in(databases: Databases, kind: str, login: Login, structure: str | None) -> Iterator[Connection]:
    """A connection of `login`, wearing the role of `structure` unless it is `None`."""
    with psycopg.connect(make_conninfo(_address(databases, kind), user=login), autocommit=True) as connection:
        if structure is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role_of(structure, login))))
        yield connection


def _columns(databases: Databases, kind: str, schema: str) -> dict[str, list[str]]:
    """Every table and view of a schema, with its columns, as its owner sees them."""
    with psycopg.connect(_address(databases, kind)) as owner:
        rows = owner.execute(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)"
            " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') GROUP BY c.relname",
            (schema,),
        ).fetchall()
    assert rows
    return dict(rows)


def _refuses(connection: Connection, statement: sql.Composed) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    except psycopg.IntegrityError:
        return False  # The right was there; the row was not a good one.
    return False


def _by_column(connection: Connection, verb: str, text: str, table: sql.Identifier, columns: list[str]) -> str:
    """Say which columns a statement reaches: the verb alone for all of them, the verb with their names, or nothing."""
    reached = [name for name in columns if not _refuses(connection, sql.SQL(text).format(table=table, column=sql.Identifier(name)))]
    if reached == columns:
        return verb
    return f"{verb}({' '.join(sorted(reached))})" if reached else ""


def _rights(connection: Connection, schema: str, tables: dict[str, list[str]]) -> dict[str, str]:
    """Try everything on every table of `schema`; give what was not refused, by table."""
    found = {}
    for name, columns in tables.items():
        table = sql.Identifier(schema, name)
        tried = [
            _by_column(connection, "insert", "INSERT INTO {table} ({column}) VALUES (DEFAULT)", table, columns),
            _by_column(connection, "select", "SELECT {column} FROM {table} LIMIT 0", table, columns),
            _by_column(connection, "update", "UPDATE {table} SET {column} = DEFAULT WHERE false", table, columns),
        ]
        whole = (("delete", "DELETE FROM {table} WHERE false"), ("truncate", "TRUNCATE {table}"))
        tried += [verb for verb, text in whole if not _refuses(connection, sql.SQL(text).format(table=table))]
        if any(tried):
            found[name] = " ".join(sorted(filter(None, tried)))
    return found


def test_a_structures_role_may_do_what_its_work_needs_and_nothing_else(databases: Databases) -> None:
    for (kind, login), allowed in ALLOWED.items():
        with _signed_in(databases, kind, login, "alpha") as connection:
            assert _rights(connection, "s_alpha", _columns(databases, kind, "s_alpha")) == allowed, (kind, login)


def test_the_notary_reads_what_it_seals_and_alone_writes_the_seal(databases: Databases) -> None:
    with _signed_in(databases, "main", SAGA, None) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(notary_role_of("alpha"))))
        assert _rights(connection, "s_alpha", _columns(databases, "main", "s_alpha")) == OF_THE_NOTARY
    for login in (APPLICATION, RUNNER):
        with _signed_in(databases, "main", login, None) as connection:
            assert _refuses(connection, sql.SQL("SET ROLE {}").format(sql.Identifier(notary_role_of("alpha"))))


@pytest.mark.parametrize("worn", [None, "beta"])
def test_without_the_structures_role_nothing_of_it_is_reached(databases: Databases, worn: str | None) -> None:
    for kind, login in ALLOWED:
        with _signed_in(databases, kind, login, worn) as connection:
            assert _rights(connection, "s_alpha", _columns(databases, kind, "s_alpha")) == {}, (kind, login)


def test_the_directory_is_the_bare_logins_and_no_structures_role_reaches_it(databases: Databases) -> None:
    columns = _columns(databases, "main", "directory")
    for login, allowed in IN_THE_DIRECTORY.items():
        with _signed_in(databases, "main", login, None) as connection:
            assert _rights(connection, "directory", columns) == allowed, login
        with _signed_in(databases, "main", login, "alpha") as connection:
            assert _rights(connection, "directory", columns) == {}, login


@pytest.mark.parametrize("worn", [None, "alpha"])
def test_nobody_makes_a_table_a_temporary_table_a_schema_or_a_role_or_reads_a_file(databases: Databases, worn: str | None) -> None:
    for kind, login in ALLOWED:
        with _signed_in(databases, kind, login, worn) as connection:
            for text in (
                "CREATE TABLE s_alpha.mine (a int)",
                "CREATE TABLE public.mine (a int)",
                "CREATE TEMPORARY TABLE mine (a int)",
                "CREATE SCHEMA mine",
                "CREATE ROLE sillage_mine",
                "SET ROLE sillage_s_alpha_purger",
                "COPY (SELECT 1) TO PROGRAM 'cat'",
                "SELECT pg_read_file('PG_VERSION')",
            ):
                assert _refuses(connection, sql.SQL(text).format()), (kind, login, text)


def test_a_login_wears_no_role_of_another_login(databases: Databases) -> None:
    for login in LOGINS:
        others = [role_of("alpha", other) for other in LOGINS if other != login]
        with _signed_in(databases, "main", login, None) as connection:
            for role in others:
                assert _refuses(connection, sql.SQL("SET ROLE {}").format(sql.Identifier(role))), role


def test_no_role_of_ours_inherits_or_rules(databases: Databases) -> None:
    with psycopg.connect(databases.main) as owner:
        roles = owner.execute(
            "SELECT rolname, rolcanlogin, rolinherit OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname LIKE 'sillage\\_%'"
        ).fetchall()
    assert {name for name, may_log_in, _ in roles if may_log_in} == set(LOGINS)
    assert [name for name, _, rules in roles if rules] == []


def test_only_the_saga_and_the_notary_may_run_the_functions_that_have_their_owners_rights(databases: Databases) -> None:
    with psycopg.connect(databases.main) as owner:
        functions = owner.execute(
            "SELECT p.oid::regprocedure::text, r.rolname FROM pg_proc AS p CROSS JOIN pg_roles AS r"
            " WHERE p.prosecdef AND r.rolname LIKE 'sillage\\_%' AND NOT pg_has_role(r.rolname, p.proowner, 'MEMBER')"
            " AND has_function_privilege(r.rolname, p.oid, 'EXECUTE') AND has_schema_privilege(r.rolname, p.pronamespace, 'USAGE')"
        ).fetchall()
    assert sorted(functions) == sorted(
        owned
        for code in ("alpha", "beta")
        for owned in (
            (f"s_{code}.null_erased_ciphertexts(uuid,integer)", role_of(code, SAGA)),
            (f"s_{code}.expire_trail(integer,integer)", notary_role_of(code)),
            (f"s_{code}.judge_month(integer,integer)", notary_role_of(code)),
        )
    )
    for login, worn in ((APPLICATION, "alpha"), (RUNNER, "alpha"), (SAGA, None), (SAGA, "beta"), (APPLICATION, None)):
        with _signed_in(databases, "main", login, worn) as connection:
            assert _refuses(connection, sql.SQL("SELECT s_alpha.null_erased_ciphertexts({}, 10)").format(uuid4()))


def test_the_saga_nulls_nothing_before_an_erasure_is_effective(databases: Databases, structure: Structure) -> None:
    living, leaving = filled(structure.records, educator()), filled(structure.records, educator())
    erasure = closed(structure.records, leaving)

    def nulled() -> list[object]:
        with _signed_in(databases, "main", SAGA, "alpha") as connection:
            tries = (living, leaving, erasure)
            return [connection.execute("SELECT s_alpha.null_erased_ciphertexts(%s, 100)", (tried,)).fetchone() for tried in tries]

    assert nulled() == [(0,)] * 3
    begun(structure, erasure)
    assert nulled() == [(0,)] * 3
    assert structure.erasures.advance(erasure)
    assert _events(databases, leaving) == (0, structure.records.find(erasure).purged_events)
    assert _events(databases, living)[1] == 0


def test_the_saga_nulls_of_a_category_what_its_destroyed_key_had_sealed_and_no_more(databases: Databases, structure: Structure) -> None:
    youth = filled(structure.records, educator(), first_name="Prénom")
    written = structure.records.read_record(educator(), youth).version
    structure.records.withdraw_agreement(educator(), youth, "identity")
    (erasure,) = structure.erasures.unfinished()
    to_its_end(structure, erasure)
    structure.records.agree(educator(), youth, AgreementDraft("identity", "finalement oui", today()))
    structure.records.give_identity(educator(), youth, IdentityDraft("Autre"))

    with _signed_in(databases, "main", SAGA, "alpha") as connection:
        assert connection.execute("SELECT s_alpha.null_erased_ciphertexts(%s, 100)", (erasure,)).fetchone() == (0,)
    assert structure.records.find(erasure).purged_events == 1
    assert _events(databases, youth) == (written - 1 + len(("withdrawn", "erased", "agreed", "named")), 1)


def _events(databases: Databases, youth: YouthId) -> tuple[int, int]:
    """How many events of a youth have their ciphertext, and how many have lost it and kept its digest."""
    with psycopg.connect(databases.main) as owner:
        row = owner.execute(
            "SELECT count(state), count(purged_digest) FILTER (WHERE state IS NULL) FROM s_alpha.events WHERE originator_id = %s", (youth,)
        ).fetchone()
    assert row is not None
    return row


def test_a_connection_changes_its_role_with_each_structure_and_after_a_failure(databases: Databases, service: Service) -> None:
    with open_pool(databases.main, APPLICATION, size=1) as pool:
        alpha, beta, bare = (
            type(service.directory.database)(pool, schema, role)
            for schema, role in (("s_alpha", role_of("alpha", APPLICATION)), ("s_beta", role_of("beta", APPLICATION)), ("directory", None))
        )

        def worn(database: Any) -> object:
            with database.connection() as connection:
                return connection.execute("SELECT current_user").fetchone()[0]

        for database, role in ((alpha, alpha.role), (beta, beta.role), (bare, "sillage_app"), (alpha, alpha.role), (bare, "sillage_app")):
            assert worn(database) == role
        with pytest.raises(psycopg.errors.InsufficientPrivilege), beta.transaction() as connection:
            connection.execute("TRUNCATE s_beta.events")
        assert worn(alpha) == alpha.role
        with pytest.raises(psycopg.errors.InsufficientPrivilege), alpha.connection() as connection:
            connection.execute("SELECT 1 FROM s_beta.events")
        assert worn(beta) == beta.role


def test_one_structure_does_not_find_the_record_of_another(structure: Structure, other_structure: Structure) -> None:
    youth = opened(structure.records, educator())
    assert other_structure.records.find(youth) is None
    assert structure.records.find(youth) is not None
