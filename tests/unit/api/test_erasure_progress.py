"""The one final date that people are told, and the clock of who watches over erasures (R068)."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from api.erasures.erasure_progress import Progress, progress_of
from domain.categories import Category
from domain.identifiers import ErasureId, YouthId
from domain.legal_constants import COOLING_OFF, IRREVERSIBLE_WITHIN, PURGE_WITHIN
from domain.oblivion.erasure import Erasure, Ground, Obstacle
from domain.trail import Role

ASKED = datetime(2026, 12, 1, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARIS = timezone(HOUR)


def asked(*, in_person: bool = False, category: Category | None = None) -> Erasure:
    role = Role.EDUCATOR if in_person else Role.YOUTH
    ids = ErasureId(uuid4()), YouthId(uuid4())
    return Erasure.close(*ids, asked_by=role, asked_in_person=in_person, referents=[], at=ASKED, ground=Ground.DEMAND, category=category)


def begun(erasure: Erasure, at: datetime = ASKED) -> Erasure:
    erasure.begin(view_rows=0, shown=0, exported=0, at=at)
    return erasure


def effective(at: datetime = ASKED) -> Erasure:
    erasure = begun(asked(in_person=True), at)
    erasure.make_effective(fingerprint="ab", epoch=1, previews=0, is_apart=False, at=at)
    return erasure


def at(now: datetime, erasure: Erasure | None = None, obstacles: Collection[Obstacle] = (), hold: date | None = None) -> Progress:
    return progress_of(erasure or asked(), tuple(obstacles), hold, now)


def test_alone_it_is_the_night_after_the_cooling_off() -> None:
    assert at(ASKED, obstacles=[Obstacle.COOLING_OFF]).final_on == date(2026, 12, 5)


def test_in_person_it_is_the_next_night_and_the_day_is_the_one_of_the_people() -> None:
    late_in_the_evening = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)

    assert at(ASKED, asked(in_person=True)).final_on == date(2026, 12, 2)
    assert progress_of(effective(late_in_the_evening), (), None, late_in_the_evening.astimezone(PARIS)).final_on == date(2026, 12, 3)


def test_a_hold_puts_it_after_its_last_day() -> None:
    assert at(ASKED, obstacles=[Obstacle.COOLING_OFF, Obstacle.HOLD], hold=date(2027, 3, 1)).final_on == date(2027, 3, 3)


@pytest.mark.parametrize("obstacle", [Obstacle.ARCHIVE_GATE, Obstacle.APPROVALS])
def test_what_nobody_knows_the_end_of_gives_the_legal_limit_and_after_it_no_date(obstacle: Obstacle) -> None:
    limit = (ASKED + COOLING_OFF + IRREVERSIBLE_WITHIN).date()

    assert at(ASKED, obstacles=[obstacle]).final_on == limit
    later = at(ASKED + COOLING_OFF + IRREVERSIBLE_WITHIN + DAY, obstacles=[obstacle])
    assert (later.final_on, later.is_overdue, later.is_late) == (None, True, True)


def test_a_night_that_was_missed_gives_the_legal_limit() -> None:
    assert at(ASKED + 3 * DAY, effective()).final_on == (ASKED + IRREVERSIBLE_WITHIN).date()


def test_it_may_be_cancelled_until_it_has_begun_and_a_category_never() -> None:
    assert at(ASKED).is_cancellable
    assert not at(ASKED, begun(asked())).is_cancellable
    assert not at(ASKED, asked(category=Category.IDENTITY)).is_cancellable


def test_the_clock_is_late_beyond_a_limit_but_for_a_hold() -> None:
    beyond = ASKED + COOLING_OFF + IRREVERSIBLE_WITHIN + HOUR

    assert not at(beyond - 2 * HOUR, obstacles=[Obstacle.ARCHIVE_GATE]).is_late
    assert at(beyond, obstacles=[Obstacle.ARCHIVE_GATE]).is_late
    assert not at(beyond, obstacles=[Obstacle.HOLD], hold=(beyond + DAY).date()).is_late


def test_a_purge_is_late_after_a_day_and_an_epoch_after_a_month() -> None:
    purged = effective()
    purged.purge(purged_events=1, last_version=1, at=ASKED)

    assert [at(ASKED + PURGE_WITHIN + HOUR, one).is_late for one in (effective(), purged)] == [True, False]
    assert at(ASKED + IRREVERSIBLE_WITHIN + HOUR, purged).is_late


def test_at_the_end_there_is_a_moment_and_no_date_any_more() -> None:
    erasure = effective(ASKED)
    erasure.purge(purged_events=1, last_version=1, at=ASKED)
    # The epoch ended between the destruction and what was written of it.
    erasure.make_irreversible(epoch=1, provider="file", destroyed_at=ASKED - HOUR, at=ASKED)

    ended = at(ASKED + 400 * DAY, erasure)

    assert (ended.final_on, ended.is_overdue, ended.is_late, ended.waits_since) == (None, False, False, None)
    assert ended.irreversible_at == ASKED


def test_a_cancelled_one_waits_for_nothing() -> None:
    erasure = asked()
    erasure.cancel(by=Role.YOUTH, at=ASKED)

    kept = at(ASKED + 400 * DAY, erasure)

    assert (kept.final_on, kept.is_overdue, kept.is_cancellable, kept.waits_since) == (None, False, False, None)
