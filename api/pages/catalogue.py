"""The catalogue of items: what the structure lets be written, and what not (N5, N6)."""

from itertools import groupby

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.pages import labels
from api.pages.frame import PageCaller, show
from api.web.operations import leaves, leaves_nothing
from domain.trail import Operation

router = APIRouter()


@router.get("/catalogue")
@leaves(Operation.READ_CATALOGUE)
def read_catalogue(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the items by section."""
    items = caller.structure.records.read_catalogue(caller.actor).items.values()
    rows = [
        {
            "section": item.section,
            "label": item.label,
            "sensitive": item.sensitive,
            "on": item.is_on,
            "purpose": item.description.purpose if item.description else None,
        }
        for item in items
    ]
    sections = [(str(section), list(found)) for section, found in groupby(rows, key=lambda row: row["section"])]
    return show(request, "catalogue.html", sections=sections)


@router.get("/feuille-papier")
@leaves_nothing("It is an empty sheet: nobody is on it.")
def paper_sheet(request: Request, _caller: PageCaller) -> HTMLResponse:
    """Show a sheet to print and type in later, with no name on it (N31, N45)."""
    channels, initiatives = labels.options(labels.CHANNELS), labels.options(labels.INITIATIVES)
    return show(request, "paper_sheet.html", channels=channels, initiatives=initiatives, themes=labels.options(labels.THEMES))
