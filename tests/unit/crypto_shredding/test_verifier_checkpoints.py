"""The verifier and checkpoints: whose they are, and what one that was kept elsewhere shows."""

from collections.abc import Callable

import pytest

from crypto_shredding.journal.notes import sign_note
from tests.unit.crypto_shredding.made_up_journal import (
    CORE,
    FOLLOW_UP,
    LIVING,
    OTHER,
    SIGNER,
    STRANGER,
    Check,
    Journal,
    Tree,
    event,
    found,
    kinds,
    restoration,
)


def respelt(note: str) -> str:
    """The same signature with another last digit, whose spare bits count for nothing."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    begin, last = note[:-3], note[-3]
    assert note.endswith("=\n")
    return f"{begin}{digits[digits.index(last) + 1]}=\n"


def test_a_checkpoint_that_a_stranger_signed_is_refused(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    tree.notes = [tree.note(5, STRANGER)]

    assert kinds(check(journal)) == {"signature", "unsigned"}


@pytest.mark.parametrize(
    "note",
    [
        lambda tree: tree.note(5, structure=OTHER),
        lambda tree: tree.note(5, generation=2),
        lambda tree: Tree(2, tree.rows).note(5),
        lambda tree: sign_note(SIGNER, "sillage/another", tree.note(5).split("\n\n")[0] + "\n"),
        lambda tree: tree.note(5).replace("time 2026", "time 2025"),
        lambda tree: respelt(tree.note(5)),
        lambda tree: tree.note(5) + "x",
        lambda tree: "x\n" + tree.note(5),
        lambda tree: tree.note(5).replace(f"/events/1/1 {tree.note(5)[-93:-89]}", "/events/1/1 AAAA"),
    ],
    ids=["structure", "generation", "kind", "name", "text", "spelling", "behind", "before", "key id"],
)
def test_a_checkpoint_that_is_not_this_trees_is_refused(journal: Journal, check: Check, note: Callable[[Tree], str]) -> None:
    tree = journal.tree(1)
    tree.notes = [note(tree), tree.note(5)]

    assert kinds(check(journal)) == {"signature"}


def test_another_key_than_the_one_that_is_known_is_refused(journal: Journal, check: Check) -> None:
    assert kinds(check(journal, key=STRANGER.public)) == {"key"}
    assert check(journal, key=None).defects == []


def test_every_tree_needs_a_checkpoint(journal: Journal, check: Check) -> None:
    journal.tree(4).notes = []

    assert kinds(check(journal)) == {"unsigned"}


def test_a_checkpoint_kept_elsewhere_is_the_beginning_of_what_is_here(journal: Journal, check: Check) -> None:
    for size in range(1, 6):
        report = check(journal, journal.tree(1).note(size))
        assert report.defects == []
        assert any(f"{size} lignes) est le début" in said for said in report.said)


def test_a_checkpoint_kept_elsewhere_shows_what_was_rewritten_with_everything(journal: Journal, check: Check) -> None:
    kept = journal.tree(1).note(3)
    journal.tree(1).rows[1] = event(2, LIVING, 1, FOLLOW_UP)

    assert found(check(journal, kept)) == {("rewritten", 3)}


def test_a_checkpoint_kept_elsewhere_that_is_longer_shows_what_was_cut(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    kept = tree.note(5)
    tree.rows, tree.sizes = tree.rows[:4], (2, 4)

    assert found(check(journal, kept)) == {("rewritten", 5)}


def test_what_a_restoration_lost_is_told_by_its_name(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    lost, other = tree.note(5), Tree(1, [*tree.rows[:2], event(3, LIVING, 8, CORE)], generation=2).note(3)
    tree.rows, tree.sizes, tree.generation = tree.rows[:4], (4,), 2
    journal.tree(2).rows.append(restoration(3, 1, 1, 4, 5))

    report = check(journal, lost)

    assert found(report) == {("restored", 5)}
    assert any("4 lignes gardées, sur les 5" in said for said in report.said)
    assert found(check(journal, other)) == {("rewritten", 3)}


def test_a_restoration_excuses_neither_what_it_kept_nor_another_generation(journal: Journal, check: Check) -> None:
    tree = journal.tree(1)
    kept = Tree(1, [event(1, LIVING, 1, CORE), *tree.rows[1:]]).note(4)
    tree.generation = 2
    journal.tree(2).rows.append(restoration(3, 1, 1, 4, 5))

    assert found(check(journal, kept)) == {("rewritten", 4)}
    more = [event(position, LIVING, position, CORE) for position in (8, 9)]
    assert found(check(journal, Tree(1, [*tree.rows, *more], generation=2).note(7))) == {("rewritten", 7)}


def test_a_checkpoint_of_another_structure_is_told(journal: Journal, check: Check) -> None:
    assert kinds(check(journal, journal.tree(1).note(5, structure=OTHER))) == {"other"}


@pytest.mark.parametrize("text", ["", "x", "sillage\n"])
def test_what_is_given_for_a_checkpoint_and_is_none_is_told(journal: Journal, check: Check, text: str) -> None:
    assert kinds(check(journal, text)) == {"signature"}


def test_several_checkpoints_in_one_file_are_all_compared(journal: Journal, check: Check) -> None:
    bundle = "\n".join([journal.tree(1).note(3), journal.tree(4).note(4), journal.tree(5).note(2)])

    report = check(journal, bundle)

    assert report.defects == []
    assert sum("est le début de ce journal" in said for said in report.said) == 3
