from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.categories import Category
from domain.identifiers import ErasureId, YouthId
from domain.legal_constants import COOLING_OFF
from domain.oblivion.erasure import APPROVERS, Erasure, Ground, Obstacle, Stage
from domain.refusals import ErasureOutOfOrder, ErasureTooLate, SecondApprover
from domain.trail import Role
from tests.unit.domain.scenes import ANNE, BRUNO, CARLA, NOW, events_of, refused, replayed, state_of


def an_erasure(*, asked_in_person: bool = True, ground: Ground = Ground.DEMAND, category: Category | None = None) -> Erasure:
    return Erasure.close(
        ErasureId(uuid4()),
        YouthId(uuid4()),
        asked_by=Role.YOUTH,
        asked_in_person=asked_in_person,
        referents=[ANNE],
        at=NOW,
        ground=ground,
        category=category,
    )


def begin(erasure: Erasure) -> None:
    erasure.begin(view_rows=3, shown=12, exported=1, at=NOW)


def make_effective(erasure: Erasure) -> None:
    erasure.make_effective(fingerprint="ab", epoch=4, previews=2, is_apart=True, at=NOW)


def purge(erasure: Erasure) -> None:
    erasure.purge(purged_events=7, last_version=7, at=NOW)


def make_irreversible(erasure: Erasure) -> None:
    erasure.make_irreversible(epoch=4, provider="file", destroyed_at=NOW, at=NOW)


STEPS: dict[Stage, Callable[[Erasure], None]] = {
    Stage.EFFECTIVE: make_effective,
    Stage.PURGED: purge,
    Stage.IRREVERSIBLE: make_irreversible,
}


def at_stage(stage: Stage) -> Erasure:
    erasure = an_erasure()
    if stage is Stage.CANCELLED:
        erasure.cancel(by=Role.YOUTH, at=NOW)
        return erasure
    for reached, step in STEPS.items():
        if erasure.stage is stage:
            break
        if reached is Stage.EFFECTIVE:
            begin(erasure)
        step(erasure)
    return erasure


def test_an_erasure_goes_from_closed_to_effective_to_purged_to_irreversible() -> None:
    erasure = an_erasure()
    stages = [erasure.stage]
    begin(erasure)
    for step in STEPS.values():
        stages.append(erasure.stage)
        step(erasure)
    stages.append(erasure.stage)
    assert stages == [Stage.CLOSED, Stage.CLOSED, Stage.EFFECTIVE, Stage.PURGED, Stage.IRREVERSIBLE]
    assert erasure.effect is not None
    assert (erasure.effect.fingerprint, erasure.effect.epoch, erasure.effect.previews, erasure.effect.is_apart) == ("ab", 4, 2, True)
    assert (erasure.purged_events, erasure.effective_at, erasure.purged_at) == (7, NOW, NOW)
    assert erasure.irreversible is not None
    assert (erasure.irreversible.epoch, erasure.irreversible.provider, erasure.irreversible.destroyed_at) == (4, "file", NOW)


@pytest.mark.parametrize("stage", list(Stage))
def test_no_stage_is_skipped_or_done_twice(stage: Stage) -> None:
    possible = {Stage.CLOSED: Stage.EFFECTIVE, Stage.EFFECTIVE: Stage.PURGED, Stage.PURGED: Stage.IRREVERSIBLE}
    for reached, step in STEPS.items():
        if possible.get(stage) is not reached:
            erasure = at_stage(stage)
            assert erasure.stage is stage
            refused(ErasureOutOfOrder, lambda step=step, erasure=erasure: step(erasure))


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.CLOSED])
def test_what_is_not_closed_neither_begins_nor_is_approved(stage: Stage) -> None:
    erasure = at_stage(stage)
    refused(ErasureOutOfOrder, lambda: begin(erasure))
    refused(ErasureOutOfOrder, lambda: erasure.approve(by=ANNE, role=Role.DPO, at=NOW))


def test_an_erasure_begins_once_and_says_what_goes_and_what_cannot_be_recalled() -> None:
    erasure = an_erasure()
    begin(erasure)
    erasure.begin(view_rows=0, shown=0, exported=0, at=NOW)
    assert erasure.begun is not None
    assert (erasure.begun.view_rows, erasure.begun.shown, erasure.begun.exported) == (3, 12, 1)


def test_an_erasure_asked_for_from_a_distance_cools_off_for_three_days() -> None:
    from_afar, in_person = an_erasure(asked_in_person=False), an_erasure()
    assert timedelta(hours=72) == COOLING_OFF
    assert (from_afar.cooling_off_until, in_person.cooling_off_until) == (NOW + COOLING_OFF, None)


def standing(erasure: Erasure, *, hours: int = 0, gate_is_open: bool = True, is_held: bool = False) -> tuple[Obstacle, ...]:
    return erasure.obstacles(NOW + timedelta(hours=hours), gate_is_open=gate_is_open, is_held=is_held)


def test_nothing_stands_in_the_way_of_what_was_asked_in_person() -> None:
    assert standing(an_erasure()) == ()


@pytest.mark.parametrize(("hours", "stands"), [(0, True), (71, True), (72, False)])
def test_the_clock_alone_ends_the_cooling_off(hours: int, *, stands: bool) -> None:
    assert (standing(an_erasure(asked_in_person=False), hours=hours) == (Obstacle.COOLING_OFF,)) is stands


def test_every_obstacle_is_named_and_each_stands_by_itself() -> None:
    erasure = an_erasure(asked_in_person=False, ground=Ground.OFFICE)
    assert standing(erasure, gate_is_open=False, is_held=True) == tuple(Obstacle)
    assert standing(an_erasure(), gate_is_open=False) == (Obstacle.ARCHIVE_GATE,)
    assert standing(an_erasure(), is_held=True) == (Obstacle.HOLD,)


@pytest.mark.parametrize("ground", list(Ground))
def test_what_the_youth_does_not_decide_alone_takes_two_people(ground: Ground) -> None:
    erasure = an_erasure(ground=ground)
    alone = ground in {Ground.DEMAND, Ground.WITHDRAWAL}
    assert standing(erasure) == (() if alone else (Obstacle.APPROVALS,))
    erasure.approve(by=ANNE, role=Role.DPO, at=NOW)
    assert standing(erasure) == (() if alone else (Obstacle.APPROVALS,))
    erasure.approve(by=BRUNO, role=Role.ADMINISTRATOR, at=NOW)
    assert standing(erasure) == ()


def test_the_two_who_approve_are_the_dpo_and_the_administrator() -> None:
    assert APPROVERS == (Role.DPO, Role.ADMINISTRATOR)
    erasure = an_erasure(ground=Ground.RETENTION)
    erasure.approve(by=ANNE, role=Role.DPO, at=NOW)
    erasure.approve(by=BRUNO, role=Role.HEAD_OF_SERVICE, at=NOW)
    assert standing(erasure) == (Obstacle.APPROVALS,)


def test_neither_one_person_in_two_roles_nor_two_in_one_role_make_two_approvers() -> None:
    erasure = an_erasure(ground=Ground.OFFICE)
    erasure.approve(by=ANNE, role=Role.DPO, at=NOW)
    refused(SecondApprover, lambda: erasure.approve(by=ANNE, role=Role.ADMINISTRATOR, at=NOW))
    refused(SecondApprover, lambda: erasure.approve(by=CARLA, role=Role.DPO, at=NOW))
    assert erasure.approvals == {"dpo": ANNE}


def test_an_erasure_is_cancelled_in_time_once() -> None:
    erasure = an_erasure(asked_in_person=False)
    erasure.cancel(by=Role.YOUTH, at=NOW)
    assert (erasure.stage, erasure.cancelled_at) == (Stage.CANCELLED, NOW)
    refused(ErasureOutOfOrder, lambda: erasure.cancel(by=Role.YOUTH, at=NOW))


@pytest.mark.parametrize("stage", [Stage.CLOSED, Stage.EFFECTIVE, Stage.PURGED, Stage.IRREVERSIBLE])
def test_what_has_begun_is_not_cancelled(stage: Stage) -> None:
    erasure = at_stage(stage)
    if erasure.begun is None:
        begin(erasure)
    refused(ErasureTooLate, lambda: erasure.cancel(by=Role.YOUTH, at=NOW))
    assert erasure.stage is stage


def test_an_agreement_taken_back_is_not_cancelled_but_agreed_to_anew() -> None:
    erasure = an_erasure(ground=Ground.WITHDRAWAL, category=Category.IDENTITY)
    assert (erasure.is_whole, erasure.erased_category) == (False, "identity")
    refused(ErasureOutOfOrder, lambda: erasure.cancel(by=Role.YOUTH, at=NOW))


def test_only_the_former_referents_may_be_told() -> None:
    assert an_erasure().may_tell(ANNE)
    assert not an_erasure().may_tell(BRUNO)


@pytest.mark.parametrize("stage", list(Stage))
def test_an_erasure_is_under_the_key_of_the_structure_and_survives_replay(stage: Stage) -> None:
    erasure = at_stage(stage)
    assert erasure.stage is stage
    assert {event.category for event in events_of(erasure)} == {Category.STRUCTURE}
    assert state_of(replayed(erasure)) == state_of(erasure)


def test_approvals_cooling_off_and_category_survive_replay() -> None:
    erasure = an_erasure(asked_in_person=False, ground=Ground.RETENTION, category=Category.FOLLOW_UP)
    erasure.approve(by=ANNE, role=Role.DPO, at=NOW)
    again: Any = replayed(erasure)
    assert state_of(again) == state_of(erasure)
    assert (again.approvals, again.cooling_off_until, again.erased_category) == ({"dpo": ANNE}, NOW + COOLING_OFF, "follow_up")
