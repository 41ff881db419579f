"""Throws the views away and builds them again from the events, to the same content (design §2, invariant 9; R186).

What erased youths had contributed is kept: it can no longer be read out of the events, and is source data (design §5).
"""

import time
from collections.abc import Callable
from typing import Final

from projections import registry
from projections.position import REBUILDING, VIEWS, Position
from projections.queries import statements
from projections.runner import AnotherRunnerLeads, Runner
from projections.store import Database

_TICK_SECONDS: Final = 0.05


def rebuild(database: Database, runner: Runner, progress: Callable[[int, int], None]) -> int:
    """Rebuild every view and give the position reached.

    `progress` is told the position reached and the position to reach. When another runner leads, it does the work, and this call waits.
    Raises `Stopped` when `runner` meets an event that it cannot process: the position says which, and the views stay partial till then.
    """
    position = Position(database)
    target = _throw_away(database, position)
    progress(0, target)
    while not position.is_whole():
        try:
            runner.run_once(lambda reached: progress(min(reached, target), target))
        except AnotherRunnerLeads:
            time.sleep(_TICK_SECONDS)
            progress(min(position.current(), target), target)
    return position.current()


def _throw_away(database: Database, position: Position) -> int:
    """Empty the views and set the position back, in one transaction; give the position that makes them whole again."""
    sql = statements(database, "positions")
    target = position.newest()
    with database.connection() as connection, connection.transaction():
        # Whoever leads takes this row first as well, and finds in it, next time, that the views begin again.
        connection.execute(sql["begin"], (VIEWS,))
        connection.execute(sql["lock"], (VIEWS,))
        for table in registry.thrown_away():
            connection.execute(database.statement(f"DELETE FROM {{{table}}}"))
        connection.execute(sql["set"], (VIEWS, 0))
        connection.execute(sql["set"], (REBUILDING, target))
    return target
