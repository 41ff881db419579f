"""The pages, in French, rendered on the server over the use cases that the JSON API has too (design §9)."""

from fastapi import APIRouter

from api.pages import agreements, catalogue, erasures, figures, home, imports, my_record, outings, record_forms, records, reports, trail
from api.pages.problems import render_problem

__all__ = ["PARTS", "render_problem", "router"]

PARTS = (
    *(part.router for part in (home, records, record_forms, agreements, erasures, my_record, outings, figures, trail, catalogue, imports)),
    reports.router,
    erasures.of_a_record,
)

router = APIRouter()
for part in PARTS:
    router.include_router(part)
