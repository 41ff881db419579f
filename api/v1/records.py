"""Records: open one, read one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.v1.answers import READING_A_RECORD, WRITING, change_answer
from api.web.operations import leaves
from api.web.representations import AcceptedChange, RecordShown
from api.web.requests import Command, SignedIn, etag
from api.web.schemas import Opening
from domain.identifiers import YouthId
from domain.trail import Operation, Outcome, Role

router = APIRouter(tags=["dossiers"])

RecordId = Annotated[UUID, Path(description="L’identifiant du dossier, qui ne dit rien de la personne.")]


@router.post("/records", status_code=201, operation_id="openRecord", responses=WRITING)
@leaves(Operation.OPEN_RECORD)
def open_record(body: Opening, caller: SignedIn, command: Command, response: Response) -> AcceptedChange:
    """Ouvrir un dossier sous un code ou un surnom."""
    informed = None if body.informed is None else body.informed.draft()
    accepted = caller.structure.records.open_record(caller.actor, body.draft(), informed=informed, command=command)
    return change_answer(accepted, response)


@router.get("/records/{record_id}", operation_id="readRecord", responses=READING_A_RECORD)
@leaves(Operation.READ_RECORD)
def read_record(record_id: RecordId, caller: SignedIn, response: Response) -> RecordShown:
    """Lire un dossier, une fois la lecture inscrite au journal."""
    # A youth has their own door, which says no hour and no account (R037).
    if caller.actor.role is Role.YOUTH:
        raise caller.structure.records.refused(caller.actor, Operation.READ_RECORD, Outcome.REFUSED)
    look = caller.structure.records.look_at_record(caller.actor, YouthId(record_id))
    response.headers["ETag"] = etag(look.record.version)
    return RecordShown.of(look)
