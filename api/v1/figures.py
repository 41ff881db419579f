"""The figures of the head of service. No cell under eleven people, no total that would give one away (N27, R100)."""

from datetime import date
from typing import Annotated, Final, Self

from fastapi import APIRouter, Query

from api.looks import look_at_figures
from api.v1.answers import READING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import SignedIn
from domain.trail import Operation
from projections.disclosure import PublishedCell
from projections.figures import MonthOfFigures

router = APIRouter(tags=["chiffres"])

_MONTH: Final = r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"
Month = Annotated[str, Query(pattern=_MONTH, description="AAAA-MM", examples=["2026-11"])]


class CellShown(Shown):
    """One published cell. A null part stands for all."""

    territory: str | None
    sex: str | None
    age_band: str | None
    people: int

    @classmethod
    def of(cls, cell: PublishedCell) -> Self:
        """Show one cell."""
        return cls(territory=cell.territory, sex=cell.sex, age_band=cell.age_band, people=cell.people)


class ActsShown(Shown):
    """Acts of one kind in one territory."""

    territory: str
    kind: str
    acts: int
    minutes: int


class MonthShown(Shown):
    """One month."""

    month: date
    youths: list[CellShown]
    people: list[CellShown]
    acts: list[ActsShown]

    @classmethod
    def of(cls, month: MonthOfFigures) -> Self:
        """Show one month."""
        return cls(
            month=month.month,
            youths=[CellShown.of(cell) for cell in month.youths],
            people=[CellShown.of(cell) for cell in month.people],
            acts=[ActsShown(territory=acts.territory, kind=acts.kind, acts=acts.acts, minutes=acts.minutes) for acts in month.acts],
        )


class FiguresShown(Shown):
    """The months asked for, the latest first. `complete` is false while the views are being rebuilt: then nothing is shown."""

    complete: bool
    months: list[MonthShown]


@router.get("/figures", operation_id="readFigures", responses=READING)
@leaves(Operation.READ_FIGURES)
def read_figures(caller: SignedIn, first: Month, last: Month) -> FiguresShown:
    """Lire les chiffres, de `first` à `last` compris."""
    months = look_at_figures(caller, date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01"))
    return FiguresShown(complete=months is not None, months=[MonthShown.of(month) for month in months or ()])
