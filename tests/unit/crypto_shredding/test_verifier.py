"""The verifier, row by row: what is there is what was sealed, in its place, and all of it."""

import pytest

from tests.unit.crypto_shredding.made_up_journal import CORE, LIVING, Check, Journal, changed, event, found, line


def test_it_is_sound(journal: Journal, check: Check) -> None:
    report = check(journal)

    assert report.defects == []
    assert report.leaves == 5 + 2 + 4 + 3
    assert any("annulés : 3, dont 3 sous un effacement scellé" in said for said in report.said)
    assert any("Accès de 2025-10 : 2 lignes arrivées à échéance" in said for said in report.said)


def test_a_row_that_says_something_else_is_named(journal: Journal, check: Check) -> None:
    changed(journal.tree(5)).rows[1] = line(6, "record.change")

    assert found(check(journal)) == {("modified", 6)}


def test_a_row_that_is_gone_is_named(journal: Journal, check: Check) -> None:
    del changed(journal.tree(1)).rows[1]

    assert found(check(journal)) == {("missing", 2)}


def test_the_end_that_is_gone_is_named(journal: Journal, check: Check) -> None:
    del changed(journal.tree(5)).rows[1:]

    assert found(check(journal)) == {("missing", 6), ("missing", 8)}


def test_every_row_that_is_gone_is_named_when_all_are(journal: Journal, check: Check) -> None:
    changed(journal.tree(5)).rows.clear()

    assert {("missing", 6), ("missing", 8)} <= found(check(journal))


@pytest.mark.parametrize("position", [3, 6, -1])
def test_a_row_that_was_slipped_in_is_named(journal: Journal, check: Check, position: int) -> None:
    tree = changed(journal.tree(1))
    tree.rows = sorted([*tree.rows, event(position, LIVING, 9, CORE)])

    assert found(check(journal)) == {("added", position)}


def test_a_row_behind_the_last_sealed_one_waits_and_is_no_defect(journal: Journal, check: Check) -> None:
    changed(journal.tree(1)).rows.append(event(9, LIVING, 4, CORE))

    assert check(journal).defects == []


def test_but_in_a_month_that_is_closed_it_is_one(journal: Journal, check: Check) -> None:
    changed(journal.tree(4)).rows.append(line(5_000))

    assert ("added", 5_000) in found(check(journal))


def test_a_row_behind_the_last_whose_position_is_not_is_one(journal: Journal, check: Check) -> None:
    changed(journal.tree(1)).rows.append(event(6, LIVING, 4, CORE))

    assert ("added", 6) in found(check(journal))


def test_rows_that_changed_places_are_named(journal: Journal, check: Check) -> None:
    rows = changed(journal.tree(1)).rows
    rows[1], rows[4] = rows[4], rows[1]

    assert ("moved", 4) in found(check(journal))


def test_two_rows_that_exchanged_what_they_say_are_both_named(journal: Journal, check: Check) -> None:
    rows = changed(journal.tree(1)).rows
    rows[1], rows[4] = (
        (2, rows[4][1][:1] + rows[1][1][1:9] + rows[4][1][9:], True),
        (7, rows[1][1][:1] + rows[4][1][1:9] + rows[1][1][9:], True),
    )

    assert found(check(journal)) == {("modified", 2), ("modified", 7)}


def test_a_stored_hash_that_was_changed_is_told_apart(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    notes = [tree.note(2), tree.note(5)]
    tree.sealed = list(tree.leaves)
    tree.sealed[3] = (5, b"something else")
    tree.notes = notes

    assert found(check(journal)) == {("stored", 5)}


def test_a_stored_position_that_was_changed_is_told(journal: Journal, check: Check) -> None:
    tree = changed(journal.tree(1))
    tree.sealed = [*tree.leaves[:4], (6, tree.leaves[4][1])]

    assert found(check(journal)) == {("stored", 6)}


def test_stored_hashes_that_are_missing_are_missed(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes, tree.sealed = [tree.note(2), tree.note(5)], []

    assert found(check(journal)) == {("stored", 0)}


def test_a_history_that_was_rewritten_with_its_hashes_is_found_between_two_checkpoints(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes = [tree.note(2), tree.note(5)]
    tree.rows[4] = event(7, LIVING, 4, CORE)

    assert found(check(journal)) == {("rewritten", 3)}


def test_an_end_that_was_cut_with_its_hashes_is_found(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes = [tree.note(2), tree.note(5)]
    del tree.rows[4:]

    assert found(check(journal)) == {("truncated", 4)}
