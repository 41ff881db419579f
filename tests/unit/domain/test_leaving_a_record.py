"""Whoever hands a record over, or is not named any more, sees it no more: not by what was shared before either (N13, R152)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from domain.categories import Category
from domain.drafts import HandingOverDraft, ShareDraft
from domain.identifiers import TeamId, YouthId
from domain.refusals import NotAllowed
from domain.trail import Purpose, Role
from tests.unit.domain.emergency_scene import COLLEAGUE, ME, opened
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import ANNE, BRUNO, CARLA, NOW, actor, refused

SOON = NOW.date() + timedelta(days=90)
ADMINISTRATOR = actor(uuid4(), Role.ADMINISTRATOR, Purpose.RUN_SERVICE)
OVER_TO_CARLA = HandingOverDraft(CARLA, told="oui")
THIRD = actor(CARLA)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def youth(world: World) -> YouthId:
    return opened(world)


def shared_with_a_team_of(world: World, youth: YouthId, *members: object) -> TeamId:
    team = TeamId(uuid4())
    world.records.name_team(ADMINISTRATOR, "Nord", team)
    world.records.name_members(ADMINISTRATOR, team, members)  # type: ignore[arg-type]
    world.records.share_record(ME, youth, ShareDraft((Category.FOLLOW_UP,), "relais", SOON, team=team, told="oui"))
    return team


def test_a_share_that_came_before_they_were_referents_opens_nothing_after_they_handed_it_over(world: World, youth: YouthId) -> None:
    world.records.share_record(ME, youth, ShareDraft((Category.FOLLOW_UP,), "relais", SOON, account=BRUNO, told="oui"))
    world.records.hand_over(ME, youth, HandingOverDraft(BRUNO, told="oui"))
    world.records.hand_over(COLLEAGUE, youth, OVER_TO_CARLA)

    refused(NotAllowed, lambda: world.records.read_record(COLLEAGUE, youth))
    assert world.records.grant_to_read(COLLEAGUE, youth) is None


def test_nor_does_a_share_with_their_own_team_which_the_others_of_it_still_read(world: World, youth: YouthId) -> None:
    shared_with_a_team_of(world, youth, ANNE, BRUNO)
    world.records.hand_over(ME, youth, OVER_TO_CARLA)

    refused(NotAllowed, lambda: world.records.read_record(ME, youth))
    assert world.records.read_record(COLLEAGUE, youth).notes


def test_whoever_is_not_named_among_the_referents_any_more_has_left_as_well(world: World, youth: YouthId) -> None:
    shared_with_a_team_of(world, youth, ANNE)
    world.records.name_referents(ME, youth, [CARLA])

    refused(NotAllowed, lambda: world.records.read_record(ME, youth))


def test_what_is_shared_with_them_afterwards_they_read(world: World, youth: YouthId) -> None:
    world.records.hand_over(ME, youth, OVER_TO_CARLA)
    world.records.share_record(THIRD, youth, ShareDraft((Category.FOLLOW_UP,), "relais", SOON, account=ANNE, told="oui"))

    assert world.records.read_record(ME, youth).notes
