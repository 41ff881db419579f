"""Teams and replacements as they are written: by the one who may, once, and nothing else under the same key (N11, R152)."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain.identifiers import AccountId, ReplacementId, TeamId
from domain.keeping import Accepted
from domain.refusals import CommandKeyReused, DateRefused, NotAllowed, ReplacementUnknown, SamePersonTwice, TeamNamedAlready, TeamUnknown
from domain.trail import CommandKey, Purpose, Role
from tests.unit.domain.in_memory import World, a_key
from tests.unit.domain.scenes import ANNE, BRUNO, CARLA, NOW, actor, refused

ADMINISTRATOR = actor(uuid4(), Role.ADMINISTRATOR, Purpose.RUN_SERVICE)
ME = actor(ANNE)
DPO = actor(AccountId(uuid4()), Role.DPO)
SOON = NOW.date() + timedelta(days=20)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def team(world: World) -> TeamId:
    world.records.name_team(ADMINISTRATOR, "Nord")
    return world.records.list_teams(ADMINISTRATOR)[0].id


def command() -> CommandKey:
    return CommandKey(ADMINISTRATOR.account, a_key())


def test_somebody_unticked_in_the_same_form_is_not_dropped_unseen(world: World, team: TeamId) -> None:
    key = command()
    world.records.name_members(ADMINISTRATOR, team, (ANNE, BRUNO), command=key)

    again = world.records.name_members(ADMINISTRATOR, team, (ANNE, BRUNO), command=key)
    refused(CommandKeyReused, lambda: world.records.name_members(ADMINISTRATOR, team, (ANNE,), command=key))

    assert again.replayed
    assert world.records.list_teams(ADMINISTRATOR)[0].members == {ANNE, BRUNO}


def test_nor_is_another_replacement_or_another_team(world: World, team: TeamId) -> None:
    records, admin = world.records, ADMINISTRATOR
    pairs: list[tuple[Callable[[CommandKey], Accepted], Callable[[CommandKey], Accepted]]] = [
        (
            lambda key: records.name_replacement(ME, replacing=BRUNO, until=SOON, command=key),
            lambda key: records.name_replacement(ME, replacing=CARLA, until=SOON, command=key),
        ),
        (lambda key: records.name_team(admin, "Sud", command=key), lambda key: records.name_team(admin, "Est", command=key)),
        (lambda key: records.name_team(admin, "Ouest", command=key), lambda key: records.end_team(admin, team, command=key)),
    ]
    for first, other in pairs:
        key = command()
        assert not first(key).replayed
        assert first(key).replayed
        refused(CommandKeyReused, lambda other=other, key=key: other(key))


def test_a_replacement_that_is_ended_twice_under_one_key_is_ended_once(world: World) -> None:
    world.records.name_replacement(ME, replacing=BRUNO, until=SOON)
    [named] = world.records.list_replacements(ME)
    key = command()

    first, again = (world.records.end_replacement(ME, ReplacementId(named.replacement), command=key) for _ in range(2))

    assert (first.replayed, again.replayed) == (False, True)
    refused(ReplacementUnknown, lambda: world.records.end_replacement(ME, ReplacementId(named.replacement)))


def test_no_other_identifier_becomes_a_team_by_renaming_and_an_ended_one_does_not_come_back(world: World, team: TeamId) -> None:
    refused(TeamUnknown, lambda: world.records.rename_team(ADMINISTRATOR, TeamId(BRUNO), "Équipe fantôme"))
    world.records.rename_team(ADMINISTRATOR, team, "Nord-Est")
    assert [one.name for one in world.records.list_teams(ADMINISTRATOR)] == ["Nord-Est"]
    world.records.end_team(ADMINISTRATOR, team)

    refused(TeamUnknown, lambda: world.records.rename_team(ADMINISTRATOR, team, "Autre chose"))
    assert world.records.list_teams(ADMINISTRATOR) == []


def test_a_team_has_a_name_of_its_own_and_a_replacement_two_people(world: World) -> None:
    world.records.name_team(ADMINISTRATOR, "Nord")
    refused(TeamNamedAlready, lambda: world.records.name_team(ADMINISTRATOR, "Nord"))
    refused(TeamUnknown, lambda: world.records.name_members(ADMINISTRATOR, TeamId(uuid4()), (BRUNO,)))
    refused(SamePersonTwice, lambda: world.records.name_replacement(ME, replacing=ANNE, until=SOON))
    for day in (NOW.date() - timedelta(days=1), date(2030, 1, 1)):
        refused(DateRefused, lambda until=day: world.records.name_replacement(ME, replacing=BRUNO, until=until))
    for who in (ME, DPO, actor(CARLA, Role.HEAD_OF_SERVICE)):
        refused(NotAllowed, lambda one=who: world.records.list_teams(one))


def test_a_replacement_that_is_over_is_not_ended_again(world: World) -> None:
    world.records.name_replacement(ME, replacing=BRUNO, until=NOW.date())
    [named] = world.records.list_replacements(ME)
    world.now = NOW + timedelta(days=1)
    refused(ReplacementUnknown, lambda: world.records.end_replacement(ME, ReplacementId(named.replacement)))


def test_a_second_team_has_another_name_and_a_team_may_keep_its_own(world: World) -> None:
    north, south = TeamId(uuid4()), TeamId(uuid4())
    for team, name in ((north, "Nord"), (south, "Sud"), (north, "Nord")):
        world.records.name_team(ADMINISTRATOR, name, team)
    assert [team.name for team in world.records.list_teams(ADMINISTRATOR)] == ["Nord", "Sud"]
