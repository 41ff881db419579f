"""Erasures: ask for one, follow it, stop it in time, take its certificate. Nothing here holds content; after it, the record answers 410."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.erasures.certificates import issue_certificate, sheet, signed_file
from api.erasures.erasure_desk import cancel
from api.erasures.erasure_looks import look_at_erasure
from api.v1.answers import READING, WRITING, Responses
from api.v1.erasure_schemas import Cancellation, CertificateShown, ErasureAsked, ErasureShown
from api.v1.records import RecordId
from api.web.operations import leaves
from api.web.requests import Command, ExpectedVersion, SignedIn
from api.web.schemas import ErasureDemand
from domain.identifiers import ErasureId, YouthId
from domain.trail import Operation

router = APIRouter(tags=["effacements"])

ErasureReference = Annotated[UUID, Path(description="L’identifiant de l’effacement, donné quand il a été demandé.")]
_READING_A_CERTIFICATE: Final[Responses] = {**READING, 409: WRITING[409]}
_PDF: Final[Responses] = {200: {"description": "La feuille, avec le fichier signé dedans.", "content": {"application/pdf": {}}}}


@router.post("/records/{record_id}/erasure", status_code=202, operation_id="eraseRecord", responses=WRITING)
@leaves(Operation.ERASE_RECORD)
def erase_record(record_id: RecordId, body: ErasureDemand, caller: SignedIn, command: Command, version: ExpectedVersion) -> ErasureAsked:
    """Demander l’effacement : le dossier est fermé tout de suite, puis effacé. Il peut être annulé tant que rien n’est détruit."""
    youth, in_person = YouthId(record_id), body.asked_in_person
    records = caller.structure.records
    erasure = records.close_record(caller.actor, youth, asked_in_person=in_person, command=command, expected_version=version)
    return ErasureAsked(erasure=erasure)


@router.get("/erasures/{erasure_id}", operation_id="readErasure", responses=READING)
@leaves(Operation.READ_ERASURE)
def read_erasure(erasure_id: ErasureReference, caller: SignedIn) -> ErasureShown:
    """Suivre un effacement."""
    return ErasureShown.of(look_at_erasure(caller, ErasureId(erasure_id)), caller.actor.role)


@router.post("/erasures/{erasure_id}/cancellation", operation_id="cancelErasure", responses=WRITING)
@leaves(Operation.CANCEL_ERASURE)
def cancel_erasure(erasure_id: ErasureReference, body: Cancellation, caller: SignedIn, _command: Command) -> ErasureShown:
    """Annuler un effacement que rien n’a commencé : le dossier est rouvert, entier. Recommencer ne change rien."""
    return ErasureShown.of(cancel(caller, ErasureId(erasure_id), asked_in_person=body.asked_in_person), caller.actor.role)


@router.get(
    "/erasures/{erasure_id}/certificate",
    operation_id="readCertificate",
    response_model=CertificateShown,
    responses=_READING_A_CERTIFICATE,
)
@leaves(Operation.READ_CERTIFICATE)
def read_certificate(erasure_id: ErasureReference, caller: SignedIn) -> Response:
    """Prendre l’attestation signée, octet pour octet. Elle ne porte aucun nom."""
    return signed_file(issue_certificate(caller, ErasureId(erasure_id)))


@router.get(
    "/erasures/{erasure_id}/certificate.pdf",
    operation_id="readCertificateSheet",
    response_class=Response,
    responses={**_READING_A_CERTIFICATE, **_PDF},
)
@leaves(Operation.READ_CERTIFICATE)
def read_certificate_sheet(erasure_id: ErasureReference, caller: SignedIn) -> Response:
    """Prendre l’attestation en une page, pour la lire ou l’imprimer."""
    return sheet(issue_certificate(caller, ErasureId(erasure_id)))
