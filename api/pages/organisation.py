"""Who stands in for whom, and who is in which team (N11)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, educators_of, go, names_of, show, today_of
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.team import must_be_educators
from api.web.operations import leaves
from api.web.requests import Caller
from domain.identifiers import AccountId, ReplacementId, TeamId
from domain.refusals import ReplacementUnknown, TeamUnknown
from domain.trail import Operation, Role

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ReplacementView:
    """One replacement that lasts, by names."""

    id: UUID
    replacing: str
    replaced: str
    until: date


@dataclass(frozen=True, slots=True)
class TeamView:
    """One team, its members as a form has them."""

    id: UUID
    name: str
    members: frozenset[str]


@router.get("/remplacements")
@leaves(Operation.MANAGE_REPLACEMENTS)
def list_replacements(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the replacements that last: one's own, or all of them to the administrator."""
    return _replacements(request, caller, Form())


@router.post("/remplacements")
@leaves(Operation.MANAGE_REPLACEMENTS)
def name_replacement(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Name somebody to stand in."""
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_REPLACEMENTS)
    form = Form.sent(typed)
    replacing = _educator(form, caller, "replacing", N_("Dites qui remplace."))
    oversees = caller.actor.role is Role.ADMINISTRATOR
    replaced = _educator(form, caller, "replaced", N_("Dites qui est absent·e."), closed_too=True) if oversees else None
    until = form.day("until", N_("Indiquez le dernier jour.")) or today_of(request)
    records, key = caller.structure.records, key_of(form, caller, request)

    def write() -> None:
        who = replacing or caller.actor.account
        records.name_replacement(caller.actor, replacing=who, until=until, replaced=replaced, command=key)

    status = attempt(form, write)
    return _replacements(request, caller, form, status) if status is not None else go(request, "/remplacements", "remplacement")


@router.post("/remplacements/{replacement_id:uuid}/fin")
@leaves(Operation.MANAGE_REPLACEMENTS)
def end_replacement(request: Request, typed: Sent, replacement_id: UUID, caller: PageCaller) -> Response:
    """End a replacement now."""
    form, records = Form.sent(typed), caller.structure.records
    try:
        records.end_replacement(caller.actor, ReplacementId(replacement_id), command=key_of(form, caller, request))
    except ReplacementUnknown as refusal:
        form.refusal = str(refusal)
        return _replacements(request, caller, form, 409)
    return go(request, "/remplacements", "remplacement-fin")


@router.get("/equipes")
@leaves(Operation.MANAGE_TEAMS)
def list_teams(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the teams and their members."""
    return _teams(request, caller, Form())


@router.post("/equipes")
@leaves(Operation.MANAGE_TEAMS)
def name_team(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Create a team."""
    form, records = Form.sent(typed), caller.structure.records
    records.must_allow(caller.actor, Operation.MANAGE_TEAMS)
    name = form.required("name", N_("Donnez un nom à l'équipe."))
    status = attempt(form, lambda: records.name_team(caller.actor, name, command=key_of(form, caller, request)))
    return _teams(request, caller, form, status) if status is not None else go(request, "/equipes", "equipe")


@router.post("/equipes/{team_id:uuid}")
@leaves(Operation.MANAGE_TEAMS)
def name_members(request: Request, typed: Sent, team_id: UUID, caller: PageCaller) -> Response:
    """Say who is in a team."""
    form, records = Form.sent(typed), caller.structure.records
    records.must_allow(caller.actor, Operation.MANAGE_TEAMS)
    members = form.accounts("members")

    def write() -> None:
        must_be_educators(caller, members, "members")
        records.name_members(caller.actor, TeamId(team_id), members, command=key_of(form, caller, request))

    status = attempt(form, write)
    return _teams(request, caller, form, status) if status is not None else go(request, "/equipes", "equipe")


@router.post("/equipes/{team_id:uuid}/fin")
@leaves(Operation.MANAGE_TEAMS)
def end_team(request: Request, typed: Sent, team_id: UUID, caller: PageCaller) -> Response:
    """End a team. One that is over already is as it was wanted."""
    form, records = Form.sent(typed), caller.structure.records
    try:
        records.end_team(caller.actor, TeamId(team_id), command=key_of(form, caller, request))
    except TeamUnknown as refusal:
        form.refusal = str(refusal)
        return _teams(request, caller, form, 409)
    return go(request, "/equipes", "equipe-fin")


def _replacements(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    oversees = caller.actor.role is Role.ADMINISTRATOR
    found, names = caller.structure.records.list_replacements(caller.actor), names_of(caller)
    views = [ReplacementView(one.replacement, names.get(one.replacing, "–"), names.get(one.replaced, "–"), one.until) for one in found]
    people = [option for option in educators_of(caller) if oversees or option[0] != str(caller.actor.account)]
    # Somebody whose account is closed already is whom a colleague most needs to stand in for.
    absent = educators_of(caller, closed_too=True) if oversees else []
    return show(request, "replacements.html", status, form=form, replacements=views, people=people, absent=absent, oversees=oversees)


def _teams(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    found = caller.structure.records.list_teams(caller.actor)
    views = [TeamView(team.id, team.name, frozenset(str(member) for member in team.members)) for team in found]
    return show(request, "teams.html", status, form=form, teams=views, people=educators_of(caller))


def _educator(form: Form, caller: Caller, name: str, missing: str, *, closed_too: bool = False) -> AccountId | None:
    if not form.value(name):
        form.refuse(name, missing)
        return None
    named = form.accounts(name)[:1]
    educators = {value for value, _ in educators_of(caller, closed_too=closed_too)}
    if named and str(named[0]) not in educators:
        form.refuse(name, N_("Ce choix n'existe pas. Choisissez dans la liste."))
    return AccountId(named[0]) if named else None
