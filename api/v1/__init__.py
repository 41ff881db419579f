"""The JSON API, version 1 (design §9). One file a resource; the use cases are those of the pages."""

from fastapi import APIRouter

from api.problems import API_VERSION
from api.v1 import (
    activities,
    breaches,
    caseload,
    catalogue,
    changes,
    erasure_desk,
    erasures,
    figures,
    imports,
    incidents,
    my_record,
    records,
    registers,
    reports,
    requisitions,
    seals,
    session,
    trail,
)

router = APIRouter(prefix=API_VERSION)
_OF_RECORDS = (session, caseload, records, changes, erasures, erasure_desk, reports)
for part in (*_OF_RECORDS, activities, figures, trail, my_record, catalogue, imports, incidents, breaches, requisitions, registers, seals):
    router.include_router(part.router)
