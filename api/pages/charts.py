"""Bars drawn on the server as SVG. The table beside each chart says the same, so that the drawing is hidden from screen readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 360
"""Units of the drawing: as wide as a phone, so that its words stay readable there."""
_ROW: Final = 42
_NAME: Final = 16
_BAR: Final = 15
_ROOM_FOR_NUMBER: Final = 44
_LONGEST_NAME: Final = 46


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its number and the class that colours it."""

    name: str
    number: int
    css: str = "bar"


def bar_chart(bars: Sequence[Bar]) -> Markup:
    """Draw horizontal bars to one scale, from zero. Names are escaped; nothing is styled inline (Content-Security-Policy)."""
    longest = max((bar.number for bar in bars), default=0) or 1
    room = WIDTH - _ROOM_FOR_NUMBER
    rows = Markup().join(_row(bar, index * _ROW, room * bar.number / longest) for index, bar in enumerate(bars))
    opening = Markup('<svg class="chart" viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">').format(
        width=WIDTH, height=len(bars) * _ROW
    )
    return opening + rows + Markup("</svg>")


def _row(bar: Bar, top: int, length: float) -> Markup:
    name = bar.name if len(bar.name) <= _LONGEST_NAME else bar.name[: _LONGEST_NAME - 1] + "…"
    return Markup(
        '<text x="0" y="{name_y}">{name}</text>'
        '<rect class="{css}" x="0" y="{bar_y}" width="{length:.1f}" height="{bar}" rx="3"/>'
        '<text x="{end:.1f}" y="{number_y}">{number}</text>'
    ).format(
        name_y=top + _NAME - 3,
        name=name,
        css=bar.css,
        bar_y=top + _NAME + 2,
        length=max(length, 1),
        bar=_BAR,
        end=length + 7,
        number_y=top + _NAME + 14,
        number=bar.number,
    )
