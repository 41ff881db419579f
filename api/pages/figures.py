"""The head of service's page: figures by month, never a person. Each chart stands beside its table (N26, N27)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.looks import look_at_figures
from api.pages import labels
from api.pages.charts import Bar, bar_chart
from api.pages.frame import PageCaller, show, today_of
from api.pages.sentences import N_, sentences_in
from api.web.operations import leaves
from domain.trail import Operation
from projections.disclosure import PublishedCell
from projections.figures import Acts, MonthOfFigures

router = APIRouter(prefix="/chiffres")

YEARS_OFFERED: Final = 3
_COLOURS: Final = {"girl": "bar-girl", "boy": "bar-boy", "unknown": "bar-unknown"}
_HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its words, and its number."""

    cells: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Block:
    """One table with its chart and its written definition (N26)."""

    title: str
    definition: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    chart: Markup
    legend: tuple[tuple[str, str], ...] = ()


@router.get("")
@leaves(Operation.READ_FIGURES)
def read_figures(request: Request, caller: PageCaller, mois: Annotated[str, Query(max_length=10)] = "") -> HTMLResponse:
    """Show the figures of one month, the latest unless another is asked for."""
    today = today_of(request)
    published = look_at_figures(caller, date(today.year - YEARS_OFFERED, 1, 1), today.replace(day=1))
    months = {month.month: month for month in published or ()}
    chosen = next((month for month in months if f"{month:%Y-%m}" == mois), next(iter(months), None))
    blocks = _blocks(months[chosen]) if chosen else ()
    return show(request, "figures.html", months=list(months), chosen=chosen, blocks=blocks, whole=published is not None)


def _blocks(month: MonthOfFigures) -> tuple[Block, ...]:
    return (
        _of_people(
            N_("Jeunes rencontrés"),
            N_("Jeunes différents qui ont un dossier et ont été rencontrés au moins une fois dans le mois."),
            month.youths,
        ),
        _of_people(
            N_("Jeunes vus en sortie"),
            N_("Jeunes comptés pendant les sorties, sans savoir qui : une même personne peut être comptée plusieurs fois."),
            month.people,
        ),
        _of_acts(month.acts),
    )


def _of_people(title: str, definition: str, cells: Sequence[PublishedCell]) -> Block:
    rows = tuple(Row(_words(cell), cell.people) for cell in cells)
    bars = [Bar(_told(cell), cell.people, _COLOURS.get(cell.sex or "", "bar")) for cell in cells]
    sexes = {cell.sex for cell in cells if cell.sex}
    legend = tuple((_COLOURS[sex], _name(sex, "sex")) for sex in labels.SEXES if sex in sexes)
    return Block(title, definition, (N_("Quartier"), N_("Sexe"), N_("Âge"), N_("Jeunes")), rows, bar_chart(bars), legend)


def _of_acts(acts: Sequence[Acts]) -> Block:
    rows = tuple(Row((_territory(one.territory), _name(one.kind, "act"), _hours(one.minutes)), one.acts) for one in acts)
    bars = [Bar(f"{row.cells[0]}, {row.cells[1].lower()}", row.count) for row in rows]
    columns = N_("Quartier"), N_("Quoi"), N_("Heures"), N_("Fois")
    definition = N_("Le travail que l'on ne voit pas : sorties, permanences, actions, et les heures notées.")
    return Block(N_("Sorties et actions"), definition, columns, rows, bar_chart(bars))


def _words(cell: PublishedCell) -> tuple[str, str, str]:
    say = sentences_in().say
    sex = _name(cell.sex, "sex") if cell.sex else say("Tous")
    age = _name(cell.age_band, "age") if cell.age_band else say("Tous les âges")
    return _territory(cell.territory), sex, age


def _told(cell: PublishedCell) -> str:
    """Name a cell beside its bar: what stands for all is left out."""
    parts = [_name(value, kind).lower() for value, kind in ((cell.sex, "sex"), (cell.age_band, "age")) if value]
    return ", ".join([_territory(cell.territory), *parts])


def _territory(name: str | None) -> str:
    say = sentences_in().say
    if name is None:
        return say("Autres quartiers ensemble")
    return name or say("Quartier non noté")


def _hours(minutes: int) -> str:
    return f"{minutes // _HOUR} h {minutes % _HOUR:02d}" if minutes else "–"


def _name(value: str, kind: str) -> str:
    return sentences_in().say(labels.name_of(value, kind))
