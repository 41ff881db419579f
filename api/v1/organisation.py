"""Teams and replacements: how the structure is organised (N11)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.team import must_be_educators
from api.v1.access_schemas import ReplacementDemand, ReplacementShown, TeamMembers, TeamName, TeamShown
from api.v1.answers import READING, WRITING
from api.web.operations import leaves
from api.web.representations import AcceptedChange
from api.web.requests import Command, SignedIn
from domain.identifiers import AccountId, ReplacementId, TeamId
from domain.keeping import Accepted
from domain.trail import Operation

router = APIRouter(tags=["équipes et remplacements"])

TeamIdentifier = Annotated[UUID, Path(description="L’identifiant de l’équipe.")]
ReplacementIdentifier = Annotated[UUID, Path(description="L’identifiant du remplacement.")]


@router.get("/teams", operation_id="listTeams", responses=READING)
@leaves(Operation.MANAGE_TEAMS)
def list_teams(caller: SignedIn) -> list[TeamShown]:
    """Lister les équipes et leurs membres."""
    return [TeamShown.of(team) for team in caller.structure.records.list_teams(caller.actor)]


@router.post("/teams", status_code=201, operation_id="nameTeam", responses=WRITING)
@leaves(Operation.MANAGE_TEAMS)
def name_team(body: TeamName, caller: SignedIn, command: Command) -> AcceptedChange:
    """Créer une équipe."""
    return _answer(caller.structure.records.name_team(caller.actor, body.name, command=command))


@router.put("/teams/{team_id}", operation_id="renameTeam", responses=WRITING)
@leaves(Operation.MANAGE_TEAMS)
def rename_team(team_id: TeamIdentifier, body: TeamName, caller: SignedIn, command: Command) -> AcceptedChange:
    """Renommer une équipe."""
    return _answer(caller.structure.records.rename_team(caller.actor, TeamId(team_id), body.name, command=command))


@router.put("/teams/{team_id}/members", operation_id="nameTeamMembers", responses=WRITING)
@leaves(Operation.MANAGE_TEAMS)
def name_members(team_id: TeamIdentifier, body: TeamMembers, caller: SignedIn, command: Command) -> AcceptedChange:
    """Dire qui est dans une équipe : qui n’y est pas ne voit plus ce qui est partagé avec elle."""
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_TEAMS)
    must_be_educators(caller, body.members, "members")
    return _answer(caller.structure.records.name_members(caller.actor, TeamId(team_id), tuple(body.members), command=command))


@router.delete("/teams/{team_id}", operation_id="endTeam", responses=WRITING)
@leaves(Operation.MANAGE_TEAMS)
def end_team(team_id: TeamIdentifier, caller: SignedIn, command: Command) -> AcceptedChange:
    """Supprimer une équipe : ce qui est partagé avec elle n’est plus ouvert à personne par elle."""
    return _answer(caller.structure.records.end_team(caller.actor, TeamId(team_id), command=command))


@router.get("/replacements", operation_id="listReplacements", responses=READING)
@leaves(Operation.MANAGE_REPLACEMENTS)
def list_replacements(caller: SignedIn) -> list[ReplacementShown]:
    """Lister les remplacements en cours : les siens, ou tous pour l’administration."""
    return [ReplacementShown.of(named) for named in caller.structure.records.list_replacements(caller.actor)]


@router.post("/replacements", status_code=201, operation_id="nameReplacement", responses=WRITING)
@leaves(Operation.MANAGE_REPLACEMENTS)
def name_replacement(body: ReplacementDemand, caller: SignedIn, command: Command) -> AcceptedChange:
    """Se faire remplacer, ou pour l’administration faire remplacer quelqu’un, jusqu’à un dernier jour."""
    records = caller.structure.records
    records.must_allow(caller.actor, Operation.MANAGE_REPLACEMENTS)
    must_be_educators(caller, [body.replacing], "replacing")
    # Somebody whose account is closed already is whom a colleague most needs to stand in for.
    must_be_educators(caller, [] if body.replaced is None else [body.replaced], "replaced", closed_too=True)
    replaced = None if body.replaced is None else AccountId(body.replaced)
    accepted = records.name_replacement(
        caller.actor, replacing=AccountId(body.replacing), until=body.until, replaced=replaced, command=command
    )
    return _answer(accepted)


@router.delete("/replacements/{replacement_id}", operation_id="endReplacement", responses=WRITING)
@leaves(Operation.MANAGE_REPLACEMENTS)
def end_replacement(replacement_id: ReplacementIdentifier, caller: SignedIn, command: Command) -> AcceptedChange:
    """Terminer un remplacement dès maintenant."""
    return _answer(caller.structure.records.end_replacement(caller.actor, ReplacementId(replacement_id), command=command))


def _answer(accepted: Accepted) -> AcceptedChange:
    return AcceptedChange(id=accepted.stream, version=accepted.version, replayed=accepted.replayed)
