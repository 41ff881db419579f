"""A form that is sent: tried once, and shown again with all that was typed when it does not do (N23)."""

from collections.abc import Callable

from starlette.requests import Request

from api.pages.forms import Form
from api.web.errors import status_of
from api.web.requests import Caller, command_key
from domain.refusals import DomainError, FieldRefused, NotAllowed, RecordClosed, RecordErased
from domain.trail import CommandKey

UNREADABLE_FIELD = 422

_FINAL = (NotAllowed, RecordClosed, RecordErased)
"""After these nothing can be mended, and nothing of the record may be shown beside the form."""


def key_of(form: Form, caller: Caller, request: Request, act: str = "") -> CommandKey:
    """Return the key of this form's one act. Several acts of one page have a key each, or the second would pass for the first again."""
    return command_key(caller, request, f"{act}\0{form.key}")


def attempt(form: Form, write: Callable[[], object]) -> int | None:
    """Do `write` once. `None` when it is accepted; else the status under which to show the form again, which then says why.

    Raises the refusals after which nothing can be mended.
    """
    if form.is_resumed:
        return 200
    if form.errors:
        return UNREADABLE_FIELD
    try:
        write()
    except _FINAL:
        raise
    except FieldRefused as refusal:
        form.refuse(refusal.field, str(refusal))
        return UNREADABLE_FIELD
    except DomainError as refusal:
        form.refusal = str(refusal)
        return status_of(type(refusal))
    return None
