"""An invitation, as the invited person meets it: its code, then a passkey or a password with the phone's codes; signed in at the end.

The code stands behind the `#` of the link, which no browser sends and no log sees; the page's script puts it into the field, or one
types it.
"""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.accounts.enrolment import Chosen, Invited, accept_with_passkey, accept_with_password, invited_by
from api.accounts.passkeys import asked_to_register
from api.accounts.sign_in import Opened, give_cookie
from api.pages.confidential import Confidential
from api.pages.door import arrival
from api.pages.enrolment_form import begun
from api.pages.forms import Form
from api.pages.frame import show
from api.pages.sentences import N_
from api.pages.writing import attempt
from api.web.operations import leaves, leaves_nothing
from domain.refusals import DomainError
from domain.trail import Operation

router = APIRouter(prefix="/invitation")

NO_CODE: Final = N_("Tapez le code de l'invitation.")


@router.get("")
@leaves_nothing("It shows an empty field.")
def ask_for_code(request: Request) -> HTMLResponse:
    """Ask for the code."""
    return show(request, "invitation.html", form=Form())


@router.post("")
@leaves_nothing("It shows the invited person their own name, which they have from the administrator.")
def choose_factor(request: Request, form: Confidential) -> Response:
    """Show the two ways of signing in."""
    form.required("invitation", NO_CODE)
    found: list[Invited] = []
    status = attempt(form, lambda: found.append(invited_by(request, form.value("invitation"))))
    if status is not None:
        return show(request, "invitation.html", status, form=form)
    return _choice(request, found[0], form)


@router.post("/cle/defi")
@leaves_nothing("It gives the invited person's authenticator random bytes to sign.")
def ask_for_passkey(request: Request, form: Confidential) -> Response:
    """Give what the browser asks an authenticator to make."""
    invited = invited_by(request, form.value("invitation"))
    return Response(asked_to_register(request, invited.structure, invited.account), media_type="application/json")


@router.post("/cle")
@leaves(Operation.ACCEPT_INVITATION)
def take_with_passkey(request: Request, form: Confidential) -> Response:
    """Keep the passkey that was made, and sign in."""
    opened: list[Opened] = []
    status = attempt(form, lambda: opened.append(accept_with_passkey(request, form.value("invitation"), form.value("answer"))))
    return arrival(request, opened[0], Form()) if status is None else _again(request, form, status)


@router.post("/mot-de-passe")
@leaves(Operation.ACCEPT_INVITATION)
def take_with_password(request: Request, form: Confidential) -> Response:
    """Keep password and seed, sign in, and show the recovery codes once."""
    chosen = Chosen(form.value("sign_in_name"), form.value("password"), form.value("seed"), form.value("code"))
    opened: list[tuple[Opened, list[str]]] = []
    status = attempt(form, lambda: opened.append(accept_with_password(request, form.value("invitation"), chosen)))
    if status is not None:
        return _again(request, form, status)
    [(session, codes)] = opened
    answer = show(request, "recovery_codes.html", codes=codes, name=session.account.sign_in_name, onward="/finalite")
    give_cookie(request, answer, session)
    return answer


def _again(request: Request, form: Form, status: int) -> Response:
    """Show the choice again with what was typed but the secrets, or ask for the code anew when it serves no more."""
    try:
        return _choice(request, invited_by(request, form.value("invitation")), form, status)
    except DomainError as refusal:
        form.refusal = str(refusal)
        return show(request, "invitation.html", status, form=form)


def _choice(request: Request, invited: Invited, form: Form, status: int = 200) -> HTMLResponse:
    structure, account = invited.structure, invited.account
    begin, shown = begun(form, structure, account, invitation=form.value("invitation"))
    return show(request, "invitation_choice.html", status, form=begin, account=account, structure=structure.name, **shown)
