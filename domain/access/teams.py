"""`Teams`: the teams of a structure and who is in them, one stream (design §4). A record is shared with a team as it is at that moment.

It is read whole whenever somebody who is no referent asks for a record that is shared with a team: membership is never late (R152).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.identifiers import AccountId, StructureId, TeamId, TeamsId
from domain.refusals import TeamNamedAlready, TeamUnknown
from domain.stream import Stream

MEMBERS_AT_MOST: Final = 60


@dataclass(slots=True)
class Team:
    """One team. Its name is the structure's own word and names no youth."""

    id: TeamId
    name: str
    members: set[UUID] = field(default_factory=set)


class Teams(Stream):
    """The living teams, by their identifiers."""

    TOPIC = "tm"

    class Event(Stream.Event):
        """Base of the events of teams; the structure's key encrypts them."""

        TOPIC = "tm.event"
        category = Category.STRUCTURE

    class Begun(Event, Aggregate.Created):
        """There is no team yet."""

        TOPIC = "tm.begun"
        category = Category.STRUCTURE

    class TeamNamed(Event):
        """A team exists, or bears another name."""

        TOPIC = "tm.team_named"
        category = Category.STRUCTURE
        team: UUID
        name: str
        by: UUID

        def apply(self, aggregate: "Teams") -> None:
            """Keep the last name."""
            aggregate.teams.setdefault(self.team, Team(TeamId(self.team), self.name)).name = self.name

    class MembersNamed(Event):
        """Who is in a team from now on; whoever is not named is out at once."""

        TOPIC = "tm.members_named"
        category = Category.STRUCTURE
        team: UUID
        members: list[UUID]
        by: UUID

        def apply(self, aggregate: "Teams") -> None:
            """Replace those before."""
            aggregate.teams[self.team].members = set(self.members)

    class TeamEnded(Event):
        """There is no such team any more, and what was shared with it is open to nobody through it."""

        TOPIC = "tm.team_ended"
        category = Category.STRUCTURE
        team: UUID
        by: UUID

        def apply(self, aggregate: "Teams") -> None:
            """Drop it."""
            aggregate.teams.pop(self.team, None)

    def __init__(self) -> None:
        self.teams: dict[UUID, Team] = {}

    @classmethod
    def begin(cls, teams: TeamsId, *, at: datetime) -> "Teams":
        """Begin without a team."""
        return cls._create(cls.Begun, id=teams, timestamp=at)

    def name_team(self, team: TeamId, name: str, *, by: AccountId, at: datetime) -> None:
        """Name a new team. Raises a `FieldRefused`, `TeamNamedAlready`."""
        self._name(team, name, by=by, at=at)

    def rename_team(self, team: TeamId, name: str, *, by: AccountId, at: datetime) -> None:
        """Name a living team anew: no other identifier becomes a team by it. Raises `TeamUnknown`, a `FieldRefused`, `TeamNamedAlready`."""
        self._must_know(team)
        self._name(team, name, by=by, at=at)

    def _name(self, team: TeamId, name: str, *, by: AccountId, at: datetime) -> None:
        given = texts.required_line(name, "name", texts.NAME)
        if any(other.name == given and other.id != team for other in self.teams.values()):
            raise TeamNamedAlready("name")
        self.trigger_event(self.TeamNamed, timestamp=at, team=team, name=given, by=by)

    def name_members(self, team: TeamId, members: tuple[UUID, ...], *, by: AccountId, at: datetime) -> None:
        """Say who is in a team. Raises `TeamUnknown`, `TooMany`."""
        self._must_know(team)
        named = texts.people(members, "members", MEMBERS_AT_MOST)
        self.trigger_event(self.MembersNamed, timestamp=at, team=team, members=named, by=by)

    def end_team(self, team: TeamId, *, by: AccountId, at: datetime) -> None:
        """End a team. Raises `TeamUnknown`."""
        self._must_know(team)
        self.trigger_event(self.TeamEnded, timestamp=at, team=team, by=by)

    def of(self, account: UUID) -> frozenset[UUID]:
        """Give the living teams that `account` is in."""
        return frozenset(key for key, team in self.teams.items() if account in team.members)

    def _must_know(self, team: TeamId) -> None:
        if team not in self.teams:
            raise TeamUnknown("team")


def teams_of(structure: StructureId) -> TeamsId:
    """Give the identifier of a structure's stream of teams."""
    return TeamsId(uuid5(structure, "teams"))
