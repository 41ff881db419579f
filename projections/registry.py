"""Every table that names a youth or holds ciphertext of the views: its columns, the category of each, and who purges it (design §5).

A test compares this list with the real schema: a table with a `subject_id` that is not here, or a column that is neither here nor known to
hold no content, fails it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.categories import Category


class Purge(StrEnum):
    """Who removes a youth's rows, and when."""

    RUNNER = "runner"
    """The runner, in the transaction in which it passes the beginning of the erasure."""
    SAGA = "saga"
    """The erasure saga, when it destroys the ring."""
    KEPT = "kept"
    """Nobody: the row says that somebody was erased and nothing else."""


@dataclass(frozen=True, slots=True)
class ViewTable:
    """One table. `sealed` gives the category of each ciphertext column."""

    name: str
    purge: Purge | None
    """`None` when no row is about one youth."""
    sealed: Mapping[str, Category] = field(default_factory=dict)
    is_rebuilt: bool = True
    """Whether a rebuild throws it away. What erased youths contributed is source data, and is kept (design §2, invariant 9)."""


VIEW_TABLES = (
    ViewTable("caseload", Purge.RUNNER, {"core": Category.CORE, "follow_up": Category.FOLLOW_UP}),
    ViewTable("caseload_shares", Purge.RUNNER, {"core": Category.CORE}),
    ViewTable("temporary_accesses", Purge.RUNNER, {"granted": Category.STRUCTURE, "ended": Category.STRUCTURE}),
    ViewTable("figure_contributions", Purge.RUNNER, {"core": Category.CORE, "follow_up": Category.FOLLOW_UP}),
    ViewTable("figures", None, {"state": Category.STRUCTURE}),
    ViewTable("activity_figures", None, {"state": Category.STRUCTURE}),
    ViewTable("activities", None, {"state": Category.STRUCTURE}),
    ViewTable("erased_figures", None, {"state": Category.STRUCTURE}, is_rebuilt=False),
    ViewTable("folded_erasures", None, is_rebuilt=False),
    ViewTable("projection_position", None, is_rebuilt=False),
)
"""What the runner writes, and nobody else."""

OTHER_TABLES_ABOUT_A_YOUTH = (
    ViewTable("subject_references", Purge.SAGA, is_rebuilt=False),
    ViewTable("accounts", Purge.SAGA, is_rebuilt=False),
    ViewTable("erasure_fences", Purge.KEPT, is_rebuilt=False),
    ViewTable("erasure_ledger", Purge.KEPT, is_rebuilt=False),
)
"""What others write and what bears a `subject_id`; `accounts` keeps its row and loses the link."""


def purged_by_the_runner() -> tuple[str, ...]:
    """Name the views that have rows about one youth."""
    return tuple(table.name for table in VIEW_TABLES if table.purge is Purge.RUNNER)


def thrown_away() -> tuple[str, ...]:
    """Name the views that a rebuild empties first."""
    return tuple(table.name for table in VIEW_TABLES if table.is_rebuilt)
