"""The youth's own door: what is written, who looked at it, erase it (N16, N17)."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.looks import look_at_own_trail, own_record
from api.pages.frame import names_of
from api.v1.answers import READING_A_RECORD, WRITING
from api.v1.own_record_schemas import OwnRecordShown
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import Command, SignedIn, etag
from domain.trail import Operation

router = APIRouter(prefix="/my-record", tags=["mon dossier"])


class LookShown(Shown):
    """On that day, somebody in that role did that, for that purpose. No hour; a name by the DPO's decision alone (R037)."""

    day: date
    role: str
    purpose: str
    operation: str
    name: str | None


class OwnErasureAsked(Shown):
    """The receipt of the demand."""

    erasure: UUID


@router.get("", operation_id="readMyRecord", responses=READING_A_RECORD)
@leaves(Operation.READ_RECORD)
def read_my_record(caller: SignedIn, response: Response) -> OwnRecordShown:
    """Lire ce qui est écrit sur moi."""
    youth = own_record(caller, Operation.READ_RECORD)
    record = caller.structure.records.read_record(caller.actor, youth)
    response.headers["ETag"] = etag(record.version)
    return OwnRecordShown.of(record, names_of(caller))


@router.get("/trail", operation_id="readMyTrail", responses=READING_A_RECORD)
@leaves(Operation.READ_OWN_TRAIL)
def read_my_trail(caller: SignedIn) -> list[LookShown]:
    """Lire qui a regardé mon dossier."""
    return [
        LookShown(day=look.day, role=look.role, purpose=look.purpose, operation=look.operation, name=look.name)
        for look in look_at_own_trail(caller)
    ]


@router.post("/erasure", status_code=202, operation_id="eraseMyRecord", responses=WRITING)
@leaves(Operation.ERASE_RECORD)
def erase_my_record(caller: SignedIn, command: Command) -> OwnErasureAsked:
    """Effacer mon dossier : il est fermé tout de suite. Pendant 72 heures on peut changer d’avis, puis il est effacé."""
    youth = own_record(caller, Operation.ERASE_RECORD)
    return OwnErasureAsked(erasure=caller.structure.records.close_record(caller.actor, youth, command=command))
