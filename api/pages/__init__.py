"""The pages, in French, rendered on the server over the use cases that the JSON API has too (design §9)."""

from fastapi import APIRouter

from api.pages import (
    accesses,
    accounts,
    agreements,
    archives,
    breaches,
    catalogue,
    control_file,
    decisions,
    door,
    emergencies,
    erasure_desk,
    erasures,
    figures,
    home,
    imports,
    incidents,
    invitation,
    my_record,
    organisation,
    outings,
    own_account,
    purpose,
    record_forms,
    records,
    registers,
    reports,
    requisitions,
    seals,
    security_contact,
    temporary_accesses,
    trail,
    week,
)
from api.pages.problems import render_problem

__all__ = ["PARTS", "render_problem", "router"]

PARTS = (
    *(part.router for part in (home, records, record_forms, agreements, my_record, outings, figures, trail, catalogue, imports, archives)),
    accesses.router,
    emergencies.router,
    organisation.router,
    decisions.router,
    *(part.router for part in (door, invitation, purpose, accounts, own_account)),
    reports.router,
    security_contact.router,
    erasures.of_a_record,
    erasures.of_the_team,
    erasures.of_an_erasure,
    erasure_desk.router,
    erasure_desk.by_reference,
    incidents.router,
    incidents.alerts,
    breaches.router,
    requisitions.router,
    registers.router,
    control_file.router,
    week.router,
    temporary_accesses.router,
    seals.router,
)

router = APIRouter()
for part in PARTS:
    router.include_router(part)
