"""The hot path's own way to PostgreSQL: the same values, the same errors, the same care for a lost connection as psycopg's."""

from uuid import UUID, uuid4

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.postgresql.database import RoleConnection, StructureDatabase
from crypto_shredding.postgresql.prepared import Kind, Prepared, integer

_KINDS = {"id": Kind.UUID, "text": Kind.TEXT, "bytes": Kind.BYTES, "number": Kind.BIGINT}
_ECHO = Prepared(b"SELECT %(id)b, %(text)b, %(bytes)b, %(number)b, %(id)b", _KINDS)


@pytest.fixture
def database(structure: Structure) -> StructureDatabase:
    return structure.store.database


def test_values_come_back_as_they_were_sent(database: StructureDatabase) -> None:
    one = uuid4()
    sent = {"id": one, "text": "Zoé 🦊", "bytes": b"\0\xff", "number": -(2**63)}

    with database.connection() as connection:
        ((identifier, text, raw, number, again),) = connection.run(_ECHO, sent)

    assert UUID(bytes=identifier) == one
    assert again == identifier
    assert (text, raw, integer(number)) == ("Zoé 🦊".encode(), b"\0\xff", -(2**63))


def test_nothing_is_sent_as_null(database: StructureDatabase) -> None:
    with database.connection() as connection:
        assert connection.run(_ECHO, dict.fromkeys(_KINDS)) == [(None,) * 5]


def test_a_statement_is_prepared_once_a_connection(database: StructureDatabase) -> None:
    with database.connection() as connection:
        for _ in range(3):
            connection.run(_ECHO, dict.fromkeys(_KINDS))

        assert connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'sillage%'").fetchone() == (1,)


def test_what_the_database_refuses_is_raised_by_its_name_and_the_connection_lives_on(database: StructureDatabase) -> None:
    twice = Prepared(
        database.statement("INSERT INTO {subject_references} (subject_id) VALUES (%(id)b), (%(id)b)"),
        _KINDS,
    )

    with database.connection() as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.run(twice, {"id": uuid4()})

        assert connection.run(_ECHO, dict.fromkeys(_KINDS))


def test_a_transaction_that_was_rolled_back_leaves_the_connection_whole(database: StructureDatabase) -> None:
    with database.connection() as connection:
        for _ in range(2):
            connection.run(_ECHO, dict.fromkeys(_KINDS))
            connection.rows(b"SELECT 1")
            with connection.transaction(force_rollback=True):
                connection.rows(b"SELECT 2")

            assert connection.rows(b"SELECT 3") == [(3,)]
            assert connection.run(_ECHO, dict.fromkeys(_KINDS))


def test_a_statement_that_cannot_be_prepared_is_raised_too(database: StructureDatabase) -> None:
    with database.connection() as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.run(Prepared(b"SELECT FROM nothing_of_that_name", {}), {})


def test_a_connection_that_was_lost_says_so_and_the_pool_gives_another_one(database: StructureDatabase, databases: Databases) -> None:
    with database.connection() as connection:
        connection.run(_ECHO, dict.fromkeys(_KINDS))
        _kill(connection, databases)

        with pytest.raises(psycopg.OperationalError):
            connection.run(_ECHO, dict.fromkeys(_KINDS))

    with database.connection() as another:
        assert another is not connection
        assert another.run(_ECHO, dict.fromkeys(_KINDS))


def test_a_connection_left_inside_a_transaction_does_not_come_back(database: StructureDatabase) -> None:
    with database.connection() as left:
        left.execute("BEGIN")

    assert left.closed
    with database.connection() as another:
        assert another.execute("SELECT 1").fetchone() == (1,)


def _kill(connection: RoleConnection, databases: Databases) -> None:
    with psycopg.connect(databases.main, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
