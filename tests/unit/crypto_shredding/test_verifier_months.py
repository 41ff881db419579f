"""The verifier and the months of the trail: none is left out, each follows the one before, one that is gone has its record."""

from datetime import date

import pytest

from crypto_shredding.journal.leaves import month_leaf
from crypto_shredding.journal.merkle import root_of
from tests.unit.crypto_shredding.made_up_journal import STRANGER, Check, Journal, found, kinds, line, month, record_of


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_no_tree_may_be_left_out(journal: Journal, check: Check, number: int) -> None:
    journal.trees.remove(journal.tree(number))

    assert ("tree", number) in found(check(journal))


def test_a_journal_of_nothing_at_all_is_not_sound(journal: Journal, check: Check) -> None:
    journal.trees = []

    assert found(check(journal)) == {("tree", 1), ("tree", 2)}


def test_a_month_begins_with_the_end_of_the_one_before(journal: Journal, check: Check) -> None:
    tree = journal.tree(5)
    tree.rows[0] = (0, month_leaf(4, 4, bytes(32)), True)

    assert found(check(journal)) == {("chain", 5)}


def test_a_month_that_begins_with_something_else_does_not_follow(journal: Journal, check: Check) -> None:
    del journal.tree(5).rows[0]

    assert found(check(journal)) == {("chain", 5)}


def test_the_root_of_a_month_that_is_gone_is_held_against_the_one_that_follows(journal: Journal, check: Check) -> None:
    tree = journal.tree(4)
    tree.rows[0] = (0, month_leaf(3, 2, bytes(32)), True)
    following = journal.tree(5)
    following.rows[0] = (0, month_leaf(4, 4, root_of(tree.hashes)), True)

    assert found(check(journal)) == {("chain", 4)}


def test_a_month_without_lines_and_without_record_is_missed(journal: Journal, check: Check) -> None:
    journal.tree(3).record = None

    assert kinds(check(journal)) == {"truncated", "chain"}


@pytest.mark.parametrize(
    "how",
    [
        {"signer": STRANGER},
        {"kept": 213, "gone": "2026-06-01"},
        {"kept": 365, "gone": "2026-09-30"},
        {"kept": 366, "gone": "2026-11-01"},
        {"kept": 1096, "gone": "2028-12-01", "reason": "risque documenté"},
        {"leaves": 3},
        {"month": "2025-11"},
        {"number": 4},
    ],
    ids=["signature", "too short", "too early", "no reason", "too long", "leaves", "month", "tree"],
)
def test_a_record_that_is_not_lawful_or_not_this_months_is_no_record(journal: Journal, check: Check, how: dict[str, object]) -> None:
    gone = month(3, "2025-10", None, [line(1), line(2)])
    journal.tree(3).record = record_of(gone, **how)  # type: ignore[arg-type]

    defects = check(journal).defects
    assert "retention" in {defect.kind for defect in defects}
    assert not any("pas encore venu" in defect.sentence for defect in defects)


@pytest.mark.parametrize(
    ("gone", "today", "lawful"),
    [
        ("2026-11-28", "2026-11-27", True),
        ("2026-11-29", "2026-11-27", False),
        ("2028-01-01", "2026-11-27", False),
        ("2027-01-07", "2030-01-01", True),
        ("2027-01-08", "2030-01-01", False),
    ],
    ids=["this night", "after tomorrow", "in a year", "forty days after the seal", "long after the seal"],
)
def test_a_record_of_a_day_that_had_not_come_is_no_record(journal: Journal, check: Check, gone: str, today: str, *, lawful: bool) -> None:
    """By the clock of whoever looks, and by the last checkpoint of all (the 27th of November 2026), whenever they look."""
    journal.tree(3).record = record_of(month(3, "2025-10", None, [line(1), line(2)]), gone=gone)

    report = check(journal, today=date.fromisoformat(today))

    assert found(report) == (set() if lawful else {("retention", 3)})
    assert lawful or f"daté du {gone}, qui n’était pas encore venu" in report.defects[0].sentence


def test_a_record_in_a_journal_without_any_checkpoint_justifies_nothing(journal: Journal, check: Check) -> None:
    for tree in journal.trees:
        tree.notes = []

    assert ("retention", 3) in found(check(journal))


def test_a_record_of_more_than_a_year_that_says_why_is_one(journal: Journal, check: Check) -> None:
    gone = month(3, "2025-10", None, [line(1), line(2)])
    journal.tree(3).record = record_of(gone, kept=366, reason="risque documenté")

    assert check(journal).defects == []


def test_the_record_is_held_against_the_last_checkpoint(journal: Journal, check: Check) -> None:
    gone = month(3, "2025-10", None, [line(1), line(2)])
    other = month(3, "2025-10", None, [line(1), line(3)])
    journal.tree(3).record, journal.tree(3).notes = record_of(gone), [other.note(2)]

    assert "retention" in kinds(check(journal))


def test_a_record_without_any_checkpoint_of_its_month_is_none(journal: Journal, check: Check) -> None:
    journal.tree(3).notes = []

    assert "retention" in kinds(check(journal))
