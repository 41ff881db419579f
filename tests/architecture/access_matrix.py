"""Writes who may do what, from the policy: `python -m tests.architecture.access_matrix`. Tests compare the page and run its cells."""

from collections.abc import Iterator
from pathlib import Path

from domain.access.access_policy import Relation, Standing, allows, opens
from domain.categories import YOUTH_CATEGORIES, Category
from domain.trail import Operation, Role

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "access-matrix.md"
CELLS = 20_946
"""How many the tests run: `test_access_matrix.py` counts them and compares."""

REASONS = {
    Relation.SELF: "the youth: reads all of it, and may have it erased; never writes in it (N16, N17)",
    Relation.REFERENT: "one or two educators who accompany the youth (N8, N44)",
    Relation.REPLACEMENT: "reads and writes under their own name until a last day; destroys nothing and lets nobody else in (N11)",
    Relation.NAMED_SHARE: "one colleague reads what was named until a last day (N10)",
    Relation.TEAM_SHARE: "the members of a team at this moment read what was named until a last day (N10)",
    Relation.RIGHTS_REFERENT: "reads to prepare the answer to one demand, by the DPO's decision; never who wrote (design §8)",
    Relation.BROKEN_GLASS: "reads for sixty minutes after an emergency (N12)",
    Relation.AUTHOR: "wrote this child-protection report (N38)",
    Relation.COUNTERSIGNER: "was named to countersign this report (N38)",
    Relation.ADDRESSEE: "this report goes to them (N38)",
    Relation.NONE: "no record is touched, or none of theirs: a record says nothing (N9)",
}
_INTRODUCTION = f"""# Who may do what

Written from the policy (`domain/access/access_policy.py`) by `python -m tests.architecture.access_matrix`; a test compares, so that a right
cannot change unseen. `tests/unit/domain/test_access_matrix.py` takes this page for the specification and runs **{CELLS} cells** (role ×
relation × operation × category × state of the record) against the real use cases: what is not on this page is refused. The relations
that are over (a share ended or past its last day, a team left, a replacement over, the hour of an emergency spent, a record handed over)
have no row: they are cells all the same, and each must be refused.

## By role and relation

What a role may do where it stands in a relation to a record; `none` is what touches no record.

| role | relation | operations | why |
|---|---|---|---|"""
_CATEGORIES = """
## Categories that a relation opens

`named` is what the share names, and `core` with it. Whatever is not opened is not replayed: neither page nor API has it to show.

"""
_STATES = """
## States of the record

| state | to the youth and the referents | to whoever else |
|---|---|---|
| open | as above | as above |
| one category withdrawn | as above, without that category; nothing more is written there | the same |
| closed | « fermé » (410) for whatever touches the content; the erasure itself is read and cancelled as above | unknown (404) |
| erased | « effacé » (410) | unknown (404) |

*Restricted* does not exist yet.

## Routes, use cases and commands

Each route declares one of these operations or says why it has none (`test_routes.py`); each use case of `RecordKeeping` is run by the
cells or named there as touching no record; each command of the command line is named in `test_routes.py` with its operation or a reason.
"""


def describe() -> str:
    """Return the whole page."""
    return "\n".join([_INTRODUCTION, *_rows(), _CATEGORIES + "\n".join(_opened()), _STATES])


def _rows() -> Iterator[str]:
    for role in Role:
        for relation in Relation:
            operations = [f"`{operation}`" for operation in sorted(Operation) if allows(role, operation, relation)]
            if operations:
                yield f"| {role} | {relation} | {' '.join(operations)} | {REASONS[relation]} |"


def _opened() -> Iterator[str]:
    yield f"| relation | {' | '.join(YOUTH_CATEGORIES)} |"
    yield "|---|" + "---|" * len(YOUTH_CATEGORIES)
    for relation in Relation:
        if opens(Standing(relation)):
            yield f"| {relation} | {' | '.join(_cell(relation, category) for category in YOUTH_CATEGORIES)} |"


def _cell(relation: Relation, category: Category) -> str:
    if category not in opens(Standing(relation)):
        return "–"
    return "named" if relation in {Relation.NAMED_SHARE, Relation.TEAM_SHARE} else "yes"


if __name__ == "__main__":
    REFERENCE.write_text(describe(), encoding="utf-8")
