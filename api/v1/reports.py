"""Child-protection reports (informations préoccupantes): their author, countersigner and addressee alone reach them (N38)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.team import must_be_colleagues, must_be_countersigner
from api.v1.answers import READING, WRITING, change_answer
from api.v1.report_schemas import Handover, Release, Report, ReportRowShown, ReportShown, ReportsShown
from api.web.operations import leaves
from api.web.representations import AcceptedChange
from api.web.requests import Command, SignedIn, etag
from domain.identifiers import ReportId
from domain.reports.report_commands import PAGE
from domain.trail import Operation

router = APIRouter(prefix="/reports", tags=["informations préoccupantes"])

ReportReference = Annotated[UUID, Path(description="L’identifiant de l’information préoccupante, tiré au hasard.")]


@router.post("", status_code=201, operation_id="writeReport", responses=WRITING)
@leaves(Operation.WRITE_REPORT)
def write_report(body: Report, caller: SignedIn, command: Command, response: Response) -> AcceptedChange:
    """Écrire une information préoccupante, à part de tout dossier."""
    draft = body.draft()
    must_be_countersigner(caller, draft.countersigner, "countersigner")
    must_be_colleagues(caller, [draft.addressee_account] if draft.addressee_account else [], "addressee_account")
    return change_answer(caller.structure.records.write_report(caller.actor, draft, command=command), response)


@router.get("", operation_id="listReports", responses=READING)
@leaves(Operation.LIST_REPORTS)
def list_reports(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=PAGE, description="50 au plus.")] = PAGE,
    after: Annotated[UUID | None, Query(description="Le `next` de la page d’avant.")] = None,
) -> ReportsShown:
    """Lister les informations préoccupantes que l’on a écrites, à contresigner ou reçues."""
    page = caller.structure.records.list_reports(caller.actor, after=None if after is None else ReportId(after), limit=limit)
    return ReportsShown(items=[ReportRowShown.of(report) for report in page.reports], next=page.next)


@router.get("/{report_id}", operation_id="readReport", responses=READING)
@leaves(Operation.READ_REPORT)
def read_report(report_id: ReportReference, caller: SignedIn, response: Response) -> ReportShown:
    """Lire une information préoccupante, une fois la lecture inscrite au journal."""
    report = caller.structure.records.read_report(caller.actor, ReportId(report_id))
    response.headers["ETag"] = etag(report.version)
    return ReportShown.of(report)


@router.post("/{report_id}/countersignature", status_code=201, operation_id="countersignReport", responses=WRITING)
@leaves(Operation.COUNTERSIGN_REPORT)
def countersign_report(report_id: ReportReference, caller: SignedIn, command: Command, response: Response) -> AcceptedChange:
    """Contresigner, quand on a été nommé·e pour cela."""
    accepted = caller.structure.records.countersign_report(caller.actor, ReportId(report_id), command=command)
    return change_answer(accepted, response)


@router.post("/{report_id}/sent", status_code=201, operation_id="sendReport", responses=WRITING)
@leaves(Operation.SEND_REPORT)
def send_report(report_id: ReportReference, body: Handover, caller: SignedIn, command: Command, response: Response) -> AcceptedChange:
    """Noter la remise au destinataire. Le service n’envoie rien lui-même."""
    accepted = caller.structure.records.send_report(caller.actor, ReportId(report_id), body.draft(), command=command)
    return change_answer(accepted, response)


@router.post("/{report_id}/release", status_code=201, operation_id="releaseReport", responses=WRITING)
@leaves(Operation.RELEASE_REPORT)
def release_report(report_id: ReportReference, body: Release, caller: SignedIn, command: Command, response: Response) -> AcceptedChange:
    """Noter que l’information préoccupante a été donnée en main propre, et pourquoi."""
    accepted = caller.structure.records.release_report(caller.actor, ReportId(report_id), body.draft(), command=command)
    return change_answer(accepted, response)
