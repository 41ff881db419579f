"""The door of a sealed service: what it means, and the form for the secret (N36). It is the one page that needs neither keys nor database.

What is typed here MUST NOT be shown again, logged or kept: the form is read apart from the others, which a page of failure offers anew.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.pages.forms import Form, parse
from api.pages.frame import go, show
from api.pages.problems import render_problem as render_other_problem
from api.pages.sentences import N_
from api.seal import SEALED, Seal, TooManyTries
from api.web.operations import leaves_nothing
from api.web.problems import Problem
from crypto_shredding.keys.provider import ProviderUnavailable, WrongSecret

router = APIRouter()

DOOR: Final = "/ouverture"
_ASKED_FOR: Final = {"file": N_("Phrase de passe"), "pkcs11": N_("Code PIN du token")}
_WRONG: Final = {
    "file": N_(
        "Cette phrase de passe n'ouvre pas. Rien n'est perdu. Vérifiez les majuscules, les accents et les espaces, puis recommencez ;"
        " ou demandez à l'autre personne qui la connaît."
    ),
    "pkcs11": N_(
        "Ce code PIN n'ouvre pas. Rien n'est perdu, mais un token se bloque après quelques essais faux :"
        " vérifiez le code avant de recommencer."
    ),
}
"""By the kind of provider, what is said of a wrong secret."""
_EMPTY: Final = N_("Tapez le secret qui ouvre le service.")
_CROWD: Final = N_("Trop d'essais attendent leur tour. Rien n'est perdu : recommencez dans quelques secondes.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try: the status of the answer, and what is said. No sentence: it opened."""

    status: int = 303
    sentence: str | None = None


def seal_of(request: Request) -> Seal:
    """Return the seal of this process."""
    return cast("Seal", request.app.state.seal)


async def _tried(request: Request) -> Outcome:
    # Parsed here and not by `Sent`, which leaves what was typed for the page of a failure.
    form = Form(parse(await request.body()))
    seal, place, secret = seal_of(request), form.value("place"), form.value("secret").strip()
    if seal.is_open():
        return Outcome()
    if not secret:
        return Outcome(422, _EMPTY)
    try:
        await seal.patience.tried(partial(seal.open, place, secret))
    except WrongSecret:
        return Outcome(422, _WRONG[place])
    except ProviderUnavailable as failure:
        return Outcome(503, str(failure))
    except TooManyTries:
        return Outcome(429, _CROWD)
    return Outcome()


@router.get(DOOR)
@leaves_nothing("It shows no one's data: the service is sealed, or the reader is sent on.")
def door(request: Request) -> Response:
    """Show the form for the secret."""
    return _opened(request) if seal_of(request).is_open() else _page(request, 200)


@router.post(DOOR)
@leaves_nothing("It shows no one's data. Nobody is signed in, and no trail can be written yet.")
def open_service(request: Request, outcome: Annotated[Outcome, Depends(_tried)]) -> Response:
    """Open the service, or say what to do."""
    if outcome.sentence is not None:
        return _page(request, outcome.status, outcome.sentence)
    return go(request, "/")


def _opened(request: Request) -> Response:
    """Send on to the sign-in."""
    return go(request, "/")


def render_problem(request: Request, problem: Problem, request_id: str) -> Response:
    """Return the page of any problem: that of a sealed service is its door."""
    return _page(request, problem.status) if problem.code == SEALED.code else render_other_problem(request, problem, request_id)


def _page(request: Request, status: int, sentence: str | None = None) -> Response:
    form, places = Form(refusal=sentence), seal_of(request).missing
    place = places[0] if places else ""
    return show(request, "sealed.html", status, form=form, place=place, label=_ASKED_FOR.get(place), count=len(places))
