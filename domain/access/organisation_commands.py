"""How the structure is organised: its teams, and who stands in for whom (N11). No youth is named; effects are immediate (R152)."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from domain.access.replacements import Replacements, replacements_of
from domain.access.teams import Team, Teams, teams_of
from domain.identifiers import AccountId, ReplacementId, TeamId
from domain.keeping import Accepted, Keeping
from domain.refusals import CommandKeyReused, ConcurrentChange, ReplacementUnknown, Replayed
from domain.stream import Stream
from domain.trail import Actor, CommandKey, Operation, Role, TrailLine

_TRIES: Final = 20
"""The whole structure's teams are one stream, and so are its replacements: whoever comes second reads again."""


class OrganisationCommands(Keeping):
    """The use cases of teams and replacements. Each raises `NotAllowed`, `TrailUnavailable`, `CommandKeyReused` and its own refusals."""

    def list_teams(self, actor: Actor) -> list[Team]:
        """Give the living teams, by name."""
        self.disclose(actor, Operation.MANAGE_TEAMS)
        return sorted(self._teams(self.clock()).teams.values(), key=lambda team: team.name)

    def name_team(self, actor: Actor, name: str, team: TeamId | None = None, *, command: CommandKey | None = None) -> Accepted:
        """Name a new team; its identifier is drawn unless given."""
        named = team or TeamId(self._identifier(command))
        return self._amend_teams(actor, lambda teams, at: teams.name_team(named, name, by=actor.account, at=at), command)

    def rename_team(self, actor: Actor, team: TeamId, name: str, *, command: CommandKey | None = None) -> Accepted:
        """Name a living team anew."""
        return self._amend_teams(actor, lambda teams, at: teams.rename_team(team, name, by=actor.account, at=at), command)

    def name_members(self, actor: Actor, team: TeamId, members: tuple[UUID, ...], *, command: CommandKey | None = None) -> Accepted:
        """Say who is in a team; whoever is not named sees no more what is shared with it."""
        return self._amend_teams(actor, lambda teams, at: teams.name_members(team, members, by=actor.account, at=at), command)

    def end_team(self, actor: Actor, team: TeamId, *, command: CommandKey | None = None) -> Accepted:
        """End a team; what is shared with it is open to nobody through it."""
        return self._amend_teams(actor, lambda teams, at: teams.end_team(team, by=actor.account, at=at), command)

    def list_replacements(self, actor: Actor) -> list[Replacements.Named]:
        """Give the replacements that last: to the administrator all of them, to an educator those that they are in."""
        self.disclose(actor, Operation.MANAGE_REPLACEMENTS)
        return [named for named in self._replacements(self.clock()).living(self.clock()) if _concerns(actor, named)]

    def name_replacement(
        self, actor: Actor, *, replacing: AccountId, until: date, replaced: AccountId | None = None, command: CommandKey | None = None
    ) -> Accepted:
        """Let somebody stand in: for the actor, or for whom the administrator says."""
        absent = actor.account if actor.role is not Role.ADMINISTRATOR or replaced is None else replaced
        replacement = ReplacementId(self._identifier(command))

        def decide(replacements: Replacements, at: datetime) -> None:
            replacements.name(replacement, replaced=absent, replacing=replacing, until=until, by=actor.account, at=at)

        return self._amend_replacements(actor, decide, command)

    def end_replacement(self, actor: Actor, replacement: ReplacementId, *, command: CommandKey | None = None) -> Accepted:
        """End a replacement now. Somebody else's is unknown to an educator. Raises `ReplacementUnknown`."""

        def decide(replacements: Replacements, at: datetime) -> None:
            named = replacements.named.get(replacement)
            if named is None or not _concerns(actor, named):
                raise ReplacementUnknown
            replacements.end(replacement, by=actor.account, at=at)

        return self._amend_replacements(actor, decide, command)

    def _identifier(self, command: CommandKey | None) -> UUID:
        """Draw an identifier: the same one for the same command, so that what is sent twice can be compared."""
        return self.new_id() if command is None else uuid5(command.account, command.digest.hex())

    def _amend_teams(self, actor: Actor, decide: Callable[[Teams, datetime], None], command: CommandKey | None) -> Accepted:
        return self._amend(actor, Operation.MANAGE_TEAMS, self._teams, decide, command)

    def _amend_replacements(self, actor: Actor, decide: Callable[[Replacements, datetime], None], command: CommandKey | None) -> Accepted:
        return self._amend(actor, Operation.MANAGE_REPLACEMENTS, self._replacements, decide, command)

    def _amend(
        self,
        actor: Actor,
        operation: Operation,
        load: Callable[[datetime], Stream],
        decide: Callable[..., None],
        command: CommandKey | None,
    ) -> Accepted:
        """Change the one stream of its kind; a repeated command gives what its first try wrote."""
        self.must_allow(actor, operation)
        for tries_left in reversed(range(_TRIES)):
            at = self.clock()
            stream = load(at)
            earlier = self.accepted(command)
            if earlier is not None:
                return self._repeated(actor, operation, stream, decide, earlier)
            decide(stream, at)
            try:
                return self.append(stream, actor=actor, operation=operation, command=command)
            except Replayed as replayed:
                earlier = self.accepted(command, replayed)
                if earlier is None:
                    raise
                return self._repeated(actor, operation, stream, decide, earlier)
            except ConcurrentChange:
                if not tries_left:
                    raise
        raise ConcurrentChange

    def _repeated(self, actor: Actor, operation: Operation, stream: Stream, decide: Callable[..., None], earlier: Accepted) -> Accepted:
        """Answer what is asked for again. Something else under the same key is no repetition: it is refused, not dropped unseen."""
        if earlier.stream != stream.id:
            raise CommandKeyReused
        before = self.find(earlier.stream, version=earlier.version - 1)
        decide(before, self.clock())
        self.must_repeat(before.collect_events(), earlier)
        self.ledger.write_trail(TrailLine(actor, operation))
        return earlier

    def _teams(self, at: datetime) -> Teams:
        identifier = teams_of(self.structure)
        return self.find_kind(Teams, identifier) or Teams.begin(identifier, at=at)

    def _replacements(self, at: datetime) -> Replacements:
        identifier = replacements_of(self.structure)
        return self.find_kind(Replacements, identifier) or Replacements.begin(identifier, at=at)


def _concerns(actor: Actor, named: Replacements.Named) -> bool:
    return actor.role is Role.ADMINISTRATOR or actor.account in {named.replaced, named.replacing}
