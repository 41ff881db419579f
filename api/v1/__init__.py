"""The JSON API, version 1 (design §9). One file a resource; the use cases are those of the pages."""

from fastapi import APIRouter

from api.problems import API_VERSION
from api.v1 import activities, caseload, catalogue, changes, erasures, figures, imports, my_record, records, reports, session, trail

router = APIRouter(prefix=API_VERSION)
for part in (session, caseload, records, changes, erasures, reports, activities, figures, trail, my_record, catalogue, imports):
    router.include_router(part.router)
