"""The JSON API, version 1 (design §9). One file a resource; the use cases are those of the pages."""

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from api.v1 import (
    accesses,
    accounts,
    activities,
    breaches,
    caseload,
    catalogue,
    changes,
    decisions,
    emergencies,
    erasure_desk,
    erasures,
    figures,
    imports,
    incidents,
    my_record,
    organisation,
    own_account,
    records,
    registers,
    reports,
    requisitions,
    seals,
    session,
    temporary_accesses,
    trail,
    week,
)
from api.web.problems import API_VERSION

_BEARER = HTTPBearer(
    scheme_name="session",
    description="Le jeton de la session. Une page de Sillage envoie à sa place le cookie de la session.",
    auto_error=False,
)
"""It describes, and decides nothing: who asks is found by `api.web.requests`, which every operation but the signing in depends on."""

router = APIRouter(prefix=API_VERSION, dependencies=[Depends(_BEARER)])
_OF_RECORDS = (session, caseload, records, changes, erasures, erasure_desk, reports)
_OF_ACCESSES = (accesses, emergencies, organisation, decisions)
_OF_THE_DPO = (incidents, breaches, requisitions, registers, week, temporary_accesses, seals)
_OF_ONESELF = (accounts, own_account)
for part in (*_OF_RECORDS, *_OF_ACCESSES, activities, figures, trail, my_record, catalogue, imports, *_OF_THE_DPO, *_OF_ONESELF):
    router.include_router(part.router)
