"""The register of processing and the dossier de contrôle, for the DPO (RGPD art. 30; R004)."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.desk.processing_register import Register, look_at_register
from api.pages.control_file import control_file, zip_answer
from api.v1.answers import READING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import SignedIn, service_of
from domain.trail import Operation

router = APIRouter(tags=["protection des données"])


class CategoryShown(Shown):
    """A category of data, its legal basis (RGPD art. 6) and its ground (art. 9 or 10) where it is sensitive."""

    category: str
    basis: str
    ground: str | None


class ProcessingShown(Shown):
    """One processing. Recipients are the roles that the policy lets read; `kept` counts `unit`s after `since`."""

    name: str
    purposes: list[str]
    categories: list[CategoryShown]
    recipients: list[str]
    kept: int | None
    unit: str | None
    since: str


class MeasureShown(Shown):
    """A security measure, and whether it is on now."""

    name: str
    on: bool
    detail: str


class ItemShown(Shown):
    """An item of the catalogue that is on."""

    label: str
    purpose: str
    readers: list[str]
    retention_months: int


class RegisterShown(Shown):
    """The register of processing, as the service is now."""

    structure: str
    officers: list[str]
    processors: list[str]
    processings: list[ProcessingShown]
    measures: list[MeasureShown]
    items: list[ItemShown]

    @classmethod
    def of(cls, register: Register) -> Self:
        """Show it."""
        return cls.model_validate(asdict(register))


@router.get("/processing-register", operation_id="readProcessingRegister", responses=READING)
@leaves(Operation.READ_REGISTER)
def read_register(request: Request, caller: SignedIn) -> RegisterShown:
    """Lire le registre des traitements (art. 30), tiré des réglages et des droits du service."""
    service = service_of(request)
    return RegisterShown.of(look_at_register(caller, service.settings, service.providers))


@router.get("/control-file", operation_id="takeControlFile", responses=READING, response_class=Response)
@leaves(Operation.TAKE_CONTROL_FILE)
def take_control_file(request: Request, caller: SignedIn, first: Annotated[date, Query()], last: Annotated[date, Query()]) -> Response:
    """Prendre le dossier de contrôle : un seul zip, sans contenu ni nom de jeune."""
    service = service_of(request)
    return zip_answer(control_file(caller, service.settings, service.providers, first, last))
