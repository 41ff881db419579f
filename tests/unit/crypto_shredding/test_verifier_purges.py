"""The verifier and what was erased: a missing ciphertext is under a sealed purge, or named."""

from uuid import uuid4

import pytest

from tests.unit.crypto_shredding.made_up_journal import CORE, FOLLOW_UP, LIVING, YOUTH, Check, Journal, changed, found, kinds, purge


def test_a_missing_ciphertext_without_a_purge_is_named(journal: Journal, check: Check) -> None:
    rows = journal.tree(1).rows
    rows[4] = (*rows[4][:2], False)

    assert found(check(journal)) == {("nulled", 7)}


@pytest.mark.parametrize(
    "statements",
    [
        [purge(1, YOUTH, None, (1, 1)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, YOUTH, None, (2, 3)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, uuid4(), None, (1, 2)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, YOUTH, FOLLOW_UP, (1, 2)), purge(2, LIVING, FOLLOW_UP, (2, 2))],
        [purge(1, YOUTH, None, (1, 2)), purge(2, LIVING, CORE, (2, 2))],
        [purge(1, YOUTH, None, (1, 2))],
    ],
    ids=["version left out", "other versions", "other stream", "other key", "other category", "no statement"],
)
def test_a_purge_covers_its_stream_versions_and_key_and_nothing_else(
    journal: Journal, check: Check, statements: list[tuple[int, bytes, bool]]
) -> None:
    journal.tree(2).rows = statements

    assert kinds(check(journal)) == {"nulled"}


def test_a_purge_that_no_checkpoint_covers_yet_proves_nothing(journal: Journal, check: Check) -> None:
    journal.tree(2).sizes = (1,)

    assert found(check(journal)) == {("nulled", 5)}


def test_a_purge_that_was_not_sealed_proves_nothing(journal: Journal, check: Check) -> None:
    tree = journal.tree(2)
    tree.sealed = tree.leaves[:1]

    assert found(check(journal)) == {("nulled", 5)}


def test_statements_that_were_tampered_with_prove_nothing(journal: Journal, check: Check) -> None:
    changed(journal.tree(2)).rows[1] = purge(2, LIVING, None, (1, 9))

    assert found(check(journal)) == {("modified", 2), ("nulled", 1), ("nulled", 4), ("nulled", 5)}


def test_a_ciphertext_that_is_back_is_named(journal: Journal, check: Check) -> None:
    rows = journal.tree(1).rows
    rows[2] = (*rows[2][:2], True)

    assert found(check(journal)) == {("returned", 4)}
