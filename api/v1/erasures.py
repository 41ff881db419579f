"""Erasures: ask for one, follow it. Nothing here holds content; after it, the record answers 410 (design §6)."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path

from api.operations import leaves
from api.representations import Shown
from api.requests import Caller, Command, ExpectedVersion, SignedIn
from api.schemas import ErasureDemand
from api.v1.answers import READING, WRITING
from api.v1.records import RecordId
from domain.erasure import Erasure
from domain.identifiers import ErasureId, YouthId
from domain.trail import Operation

router = APIRouter(tags=["effacements"])

ErasureReference = Annotated[UUID, Path(description="L’identifiant de l’effacement, donné quand il a été demandé.")]


class ErasureShown(Shown):
    """How far an erasure has come: `closed`, `effective` (the key is destroyed), `purged` (the ciphertexts are nulled)."""

    id: UUID
    stage: str
    closed_at: datetime
    effective_at: datetime | None
    purged_at: datetime | None

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        """Show one erasure."""
        return cls(
            id=erasure.id,
            stage=erasure.stage.value,
            closed_at=erasure.created_on,
            effective_at=erasure.effective_at,
            purged_at=erasure.purged_at,
        )


class ErasureAsked(Shown):
    """The receipt of a demand: from now on nobody reads or writes the record."""

    erasure: UUID


@router.post("/records/{record_id}/erasure", status_code=202, operation_id="eraseRecord", responses=WRITING)
@leaves(Operation.ERASE_RECORD)
def erase_record(record_id: RecordId, body: ErasureDemand, caller: SignedIn, command: Command, version: ExpectedVersion) -> ErasureAsked:
    """Demander l’effacement : le dossier est fermé tout de suite, puis effacé. On ne revient pas en arrière."""
    youth, in_person = YouthId(record_id), body.asked_in_person
    records = caller.structure.records
    erasure = records.close_record(caller.actor, youth, asked_in_person=in_person, command=command, expected_version=version)
    return ErasureAsked(erasure=erasure)


@router.get("/erasures/{erasure_id}", operation_id="readErasure", responses=READING)
@leaves(Operation.READ_ERASURE)
def read_erasure(erasure_id: ErasureReference, caller: SignedIn) -> ErasureShown:
    """Suivre un effacement."""
    return shown_erasure(caller, ErasureId(erasure_id))


def shown_erasure(caller: Caller, erasure: ErasureId) -> ErasureShown:
    """Show an erasure to whoever may follow it."""
    return ErasureShown.of(caller.structure.records.read_erasure(caller.actor, erasure))
