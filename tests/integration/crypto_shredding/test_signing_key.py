"""The signing key of a structure, in the keys database: made once, sealed, and nobody else's."""

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.envelope import Tampered
from crypto_shredding.postgresql.database import statement
from crypto_shredding.signing import LEDGER, SignatureInvalid, SigningKeyMissing, found_signing_key, public_key_of, signer_of, verify


def test_a_founded_structure_signs_with_a_key_of_its_own(structure: Structure, other_structure: Structure) -> None:
    key_store, other = structure.store.key_store, other_structure.store.key_store

    signature = signer_of(key_store).sign(LEDGER, b"a line")

    verify(public_key_of(key_store), LEDGER, b"a line", signature)
    with pytest.raises(SignatureInvalid):
        verify(public_key_of(other), LEDGER, b"a line", signature)


def test_founding_again_keeps_the_key_which_stands_nowhere_in_clear(structure: Structure, databases: Databases) -> None:
    key_store = structure.store.key_store
    signer = signer_of(key_store)

    with psycopg.connect(databases.keys) as connection:
        found_signing_key(key_store.structure, connection, key_store.database.schema, key_store.structure_ring())
        rows = connection.execute(statement("SELECT public, sealed FROM {signing_keys}", key_store.database.schema)).fetchall()

    assert [row[0] for row in rows] == [signer.public]
    assert signer.secret.private_bytes_raw() not in rows[0][1]


def test_a_key_moved_from_another_structure_or_given_another_name_is_tampering(
    structure: Structure, other_structure: Structure, databases: Databases
) -> None:
    one, other = structure.store.key_store, other_structure.store.key_store
    schemas = one.database.schema, other.database.schema
    take = statement("SELECT public, sealed FROM {signing_keys}", schemas[1])
    put = statement("UPDATE {signing_keys} SET public = %s, sealed = %s", schemas[0])
    rename = statement("UPDATE {signing_keys} SET public = %s", schemas[1])
    with psycopg.connect(databases.keys) as connection:
        row = connection.execute(take).fetchone()
        assert row is not None
        connection.execute(put, row)
        connection.execute(rename, (bytes(32),))

    for key_store in (one, other):
        with pytest.raises(Tampered):
            signer_of(key_store)


def test_no_key_is_told_as_missing(structure: Structure, databases: Databases) -> None:
    key_store = structure.store.key_store
    with psycopg.connect(databases.keys) as connection:
        connection.execute(statement("DELETE FROM {signing_keys}", key_store.database.schema))

    for ask in (signer_of, public_key_of):
        with pytest.raises(SigningKeyMissing):
            ask(key_store)
