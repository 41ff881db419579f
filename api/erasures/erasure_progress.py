"""How far an erasure has come, what comes next and when at the latest: made from the aggregate and a clock, nothing is read here.

People are told one final date. It is the night after the key's end, when all is known; else the legal limit (R068); and when even that has
passed, no date: whoever waits is told so, and whom to ask.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from domain.legal_constants import IRREVERSIBLE_WITHIN, PURGE_WITHIN
from domain.oblivion.erasure import Erasure, Obstacle, Stage

UNFORESEEN: Final = frozenset({Obstacle.ARCHIVE_GATE, Obstacle.APPROVALS})
"""What nobody knows the end of."""
_ENDED: Final = frozenset({Stage.CANCELLED, Stage.IRREVERSIBLE})
_NIGHT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one erasure stands.

    `final_on` is the day on which, at the latest, no copy anywhere opens any more; `None` once that is so, and when it is late beyond what
    can be promised (`is_overdue`). `is_imminent` when the key goes within the minute. `waits_since` and `is_late` are the clock of who
    watches over it: late is beyond a legal limit, a hold set aside.
    """

    obstacles: tuple[Obstacle, ...]
    hold_until: date | None
    final_on: date | None
    is_overdue: bool
    is_cancellable: bool
    is_imminent: bool
    irreversible_at: datetime | None
    waits_since: datetime | None
    is_late: bool


def progress_of(erasure: Erasure, obstacles: tuple[Obstacle, ...], hold_until: date | None, now: datetime) -> Progress:
    """Say where `erasure` stands at `now` (aware; its zone is the one whose days are told). `hold_until` is the last day of its hold."""
    final_on = _final_on(erasure, obstacles, hold_until, now)
    since = _waits_since(erasure)
    return Progress(
        obstacles=obstacles,
        hold_until=hold_until,
        final_on=final_on,
        is_overdue=final_on is None and erasure.stage not in _ENDED,
        is_cancellable=erasure.stage is Stage.CLOSED and erasure.begun is None and erasure.is_whole,
        is_imminent=erasure.stage is Stage.CLOSED and not obstacles,
        irreversible_at=irreversible_at(erasure),
        waits_since=since,
        is_late=since is not None and _is_late(erasure, obstacles, now),
    )


def irreversible_at(erasure: Erasure) -> datetime | None:
    """Give the moment from which no copy opens. The epoch may have ended, cut short, before the end of the key was written down."""
    if erasure.irreversible is None or erasure.effective_at is None:
        return None
    return max(erasure.irreversible.destroyed_at, erasure.effective_at)


def _final_on(erasure: Erasure, obstacles: tuple[Obstacle, ...], hold_until: date | None, now: datetime) -> date | None:
    if erasure.stage in _ENDED:
        return None
    if erasure.effective_at is not None:
        first = _day(erasure.effective_at, now)
        promised = [first + _NIGHT, first + IRREVERSIBLE_WITHIN]
    else:
        free = _day(erasure.cooling_off_until or erasure.created_on, now)
        if hold_until is not None:
            free = max(free, hold_until + _NIGHT)
        limit = free + IRREVERSIBLE_WITHIN
        promised = [limit] if UNFORESEEN & set(obstacles) else [min(max(free, now.date()) + _NIGHT, limit)]
    return next((day for day in promised if day >= now.date()), None)


def _waits_since(erasure: Erasure) -> datetime | None:
    return None if erasure.stage in _ENDED else erasure.effective_at or erasure.created_on


def _is_late(erasure: Erasure, obstacles: tuple[Obstacle, ...], now: datetime) -> bool:
    if erasure.effective_at is None:
        begins = erasure.cooling_off_until or erasure.created_on
        return now > begins + IRREVERSIBLE_WITHIN and Obstacle.HOLD not in obstacles
    limit = PURGE_WITHIN if erasure.stage is Stage.EFFECTIVE else IRREVERSIBLE_WITHIN
    return now > erasure.effective_at + limit


def _day(moment: datetime, now: datetime) -> date:
    return moment.astimezone(now.tzinfo).date()
