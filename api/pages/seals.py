"""The seal of the journal, for the DPO: what was signed, and four files to take away (R083; design §7)."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from api.desk.seals import look_at_seal, take_checkpoints, take_journal, verifier_source
from api.pages.frame import PageCaller, show
from api.web.operations import leaves, leaves_nothing
from api.web.requests import Caller
from domain.trail import Operation

router = APIRouter(prefix="/acces/sceau")

_TEXT: Final = "text/plain; charset=utf-8"


@router.get("")
@leaves(Operation.READ_SEAL)
def read_seal(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show how far the journal is signed, and offer what proves it."""
    return show(request, "seal.html", seal=look_at_seal(caller), names=_names(caller))


@router.get("/points-de-controle.txt")
@leaves(Operation.READ_SEAL)
def download_checkpoints(caller: PageCaller) -> Response:
    """Give the latest checkpoints, to be kept off this server."""
    return _file(take_checkpoints(caller).encode(), _names(caller)["checkpoints"], _TEXT)


@router.get("/cle.txt")
@leaves(Operation.READ_SEAL)
def download_key(caller: PageCaller) -> Response:
    """Give the public signing key."""
    return _file(f"{look_at_seal(caller).public}\n".encode(), f"{caller.structure.code}-cle.txt", _TEXT)


@router.get("/journal")
@leaves(Operation.EXPORT_JOURNAL)
def download_journal(caller: PageCaller) -> Response:
    """Give the whole journal, to be checked anywhere."""
    headers = _as_attachment(_names(caller)["journal"])
    return StreamingResponse(take_journal(caller), media_type="application/octet-stream", headers=headers)


@router.get("/sillage_verify.py")
@leaves_nothing("the text of a program, the same for everybody")
def download_verifier(caller: PageCaller) -> Response:
    """Give the program that checks it."""
    del caller  # Whoever is signed in may have it.
    return _file(verifier_source(), "sillage_verify.py", "text/x-python; charset=utf-8")


def _names(caller: Caller) -> dict[str, str]:
    # The page tells the command with the names that the files get, so that it can be copied as it stands.
    code, moment = caller.structure.code, caller.structure.records.clock()
    return {"journal": f"{code}-{moment:%Y-%m-%d}.journal", "checkpoints": f"{code}-sceau-{moment:%Y-%m-%d}.txt"}


def _file(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers=_as_attachment(name))


def _as_attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
