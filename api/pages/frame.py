"""Around every page: who is signed in, the menu, what was just done, and where to go next."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts.session_purpose import offered_purposes
from api.pages.forms import Form
from api.pages.navigation import doors_of
from api.pages.rendering import Page, render
from api.pages.sentences import N_
from api.team import are_colleagues
from api.web.requests import Caller, caller, service_of
from domain.local_time import local
from domain.refusals import ChoiceUnknown
from domain.trail import Role

CALLER: Final = "sillage.caller"
"""Where the request keeps who asks, so that a page of refusal has the menu too."""
BY_SCRIPT: Final = "sillage-page"
"""The header of a form that the page's own script sends."""

DONE: Final = {
    "dossier": N_("Dossier ouvert."),
    "contact": N_("Contact enregistré."),
    "note": N_("Note enregistrée."),
    "demarche": N_("Démarche enregistrée."),
    "resultat": N_("Résultat enregistré."),
    "information": N_("Information notée."),
    "accord": N_("Accord noté."),
    "repris": N_("Accord repris : ce qu'il couvrait n'est plus montré, et sa clé va être détruite."),
    "identite": N_("Identité enregistrée."),
    "referents": N_("Référent·es enregistré·es."),
    "sortie": N_("Sortie enregistrée."),
    "signalement": N_("Information préoccupante enregistrée."),
    "contresignature": N_("Contresignature enregistrée."),
    "remise": N_("Remise enregistrée."),
    "communication": N_("C'est noté."),
    "colonnes": N_("Choix appliqués : l'aperçu est refait."),
    "doublons": N_("Choix enregistrés : l'aperçu est refait."),
    "garde": N_("Ton dossier est de nouveau ouvert, entier."),
    "rouvert": N_("Effacement annulé : le dossier est de nouveau ouvert, entier."),
    "approuve": N_("Votre accord est noté."),
    "demande": N_("Dossier fermé. Il faut encore l'accord d'une deuxième personne."),
    "archives": N_("Accord d'archives enregistré."),
    "archives-fin": N_("Accord d'archives terminé : ce qui n'a pas commencé attend."),
    "suspension": N_("Suspension enregistrée."),
    "suspension-fin": N_("Suspension levée."),
    "incident": N_("C'est noté. Voici ce qui s'est passé dans cet intervalle."),
    "conclusion": N_("Conclusion enregistrée."),
    "alerte": N_("Alerte traitée."),
    "violation": N_("Fiche ouverte : l'horloge tourne depuis la découverte."),
    "registre": N_("C'est noté au registre."),
    "requisition": N_("Réquisition enregistrée."),
    "partage": N_("Partage enregistré."),
    "partage-fin": N_("Partage terminé : plus rien ne s'ouvre par lui."),
    "transmis": N_("Dossier transmis : il n'est plus dans votre liste."),
    "urgence-vue": N_("C'est noté."),
    "urgence-revue": N_("Jugement enregistré."),
    "remplacement": N_("Remplacement enregistré."),
    "remplacement-fin": N_("Remplacement terminé."),
    "equipe": N_("Équipe enregistrée."),
    "equipe-fin": N_("Équipe supprimée."),
    "decision": N_("Décision enregistrée."),
    "role": N_("Rôle changé : il vaut dès maintenant, et la personne en sera avertie."),
    "ferme": N_("Compte fermé, partout et dès maintenant."),
    "deconnecte": N_("Ses connexions sont terminées."),
    "revu": N_("Revue notée."),
    "connexion-fin": N_("C'est terminé."),
    "cle": N_("Clé d'accès ajoutée. Vos autres connexions sont terminées."),
    "cle-fin": N_("Clé d'accès retirée. Vos autres connexions sont terminées."),
    "jeton-fin": N_("Jeton retiré : il n'ouvre plus rien."),
    "abandon": N_("Abandonné : rien n'a été écrit, et le fichier envoyé est oublié."),
}
"""What an address may say was done. It names no one."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, as the header says it."""

    name: str
    role: str
    structure: str
    purpose: str
    purposes: tuple[str, ...]
    """What they may be here for, the usual purpose first."""
    notices: tuple[tuple[date, str], ...]
    """What changed about their ways of signing in and was not seen yet: day and kind."""
    path: str
    """Where they are, for a gesture of the frame to lead back to."""


def _page_caller(request: Request) -> Caller:
    found = caller(request)
    request.scope[CALLER] = found
    return found


PageCaller = Annotated[Caller, Depends(_page_caller)]
"""Who asks for a page. Raises `NotSignedIn`."""


def show(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return the page `template` for whoever asks."""
    return HTMLResponse(render(template, frame_of(request), **context), status)


def frame_of(request: Request) -> Page:
    """Return what surrounds the page of this request."""
    found: Caller | None = request.scope.get(CALLER)
    demonstration = service_of(request).settings.demonstration
    if found is None:
        return Page(demonstration=demonstration)
    viewer = Viewer(
        found.session.display_name,
        found.actor.role.value,
        found.structure.name,
        found.actor.purpose.value,
        tuple(purpose.value for purpose in offered_purposes(found)),
        tuple((date.fromisoformat(day), kind) for day, _, kind in (notice.partition(" ") for notice in found.session.notices)),
        request.url.path,
    )
    # Nothing is left behind the doors of a youth whose record is erased.
    doors = () if found.actor.erasure else doors_of(found.actor.role, request.url.path)
    return Page(viewer, doors, demonstration, DONE.get(request.query_params.get("fait", "")))


def go(request: Request, path: str, done: str | None = None) -> Response:
    """Send the person on to `path` after a change. The page's script is told in a header, since it could not see where a redirect leads."""
    address = f"{path}?fait={done}" if done else path
    if BY_SCRIPT in request.headers:
        return Response(headers={"Sillage-Next": address})
    return RedirectResponse(address, 303)


def today_of(request: Request) -> date:
    """Return the day that it is for the people."""
    return local(service_of(request).clock()).date()


def names_of(caller: Caller) -> dict[UUID, str]:
    """Return the names of the accounts of the caller's structure."""
    return {account.account_id: account.display_name for account in caller.structure.accounts.all()}


def educators_of(caller: Caller, *, closed_too: bool = False) -> list[tuple[str, str]]:
    """Return the educators as choices of a form, the caller first; with `closed_too`, those whose account is closed as well."""
    known = caller.structure.accounts.all()
    educators = [account for account in known if account.role is Role.EDUCATOR and (closed_too or account.is_active)]
    educators.sort(key=lambda account: account.account_id != caller.actor.account)
    return [(str(account.account_id), account.display_name) for account in educators]


def colleagues_in(form: Form, name: str, who: Caller, *, closed_too: bool = False) -> tuple[UUID, ...]:
    """Return the colleagues who were ticked in `name`. Another account was not offered by any page of ours, and is refused at the field."""
    named = form.accounts(name)
    if not are_colleagues(who, named, closed_too=closed_too):
        form.refuse(name, str(ChoiceUnknown(name)))
    return named


def is_own_path(path: str) -> bool:
    """Tell whether `path` is an address of ours and nothing else: where a form that was interrupted may go on."""
    parts = urlsplit(path)
    return path.startswith("/") and not path.startswith("//") and parts.path == path and "\\" not in path and path.isascii()
