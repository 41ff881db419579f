"""From a template to a page: Jinja2 with everything escaped, sentences of the catalogue, days as people say them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.pages import labels
from api.pages.sentences import Sentences, sentences_in
from api.wording import SOURCE, day_in, typeset
from domain.local_time import day_of, local

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
STATIC: Final = Path(__file__).parent.parent / "static"
REFERENCE_SHOWN: Final = 8
"""Characters of a trail reference that are enough for eyes; the link carries all of it."""
_HOUR: Final = 60
_DAYS_IN_A_MONTH: Final = 30
_DAYS_IN_TWO_MONTHS: Final = 60
_DAYS_IN_A_YEAR: Final = 365
_MONTHS_IN_TWO_YEARS: Final = 25


@dataclass(frozen=True, slots=True)
class Page:
    """What every page shows beside its own content."""

    viewer: Any = None
    navigation: tuple[Any, ...] = ()
    demonstration: bool = False
    done: str | None = None


@lru_cache(maxsize=8)
def environment(language: str = SOURCE) -> Environment:
    """Return the templates in `language`. An unknown variable is an error, never a blank."""
    sentences = sentences_in(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(sentences.say, sentences.count, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(asset=asset, language=language)
    made.filters.update(_filters(sentences))
    return made


def render(template: str, page: Page, /, language: str = SOURCE, **context: Any) -> str:
    """Return the page as text."""
    frame = {"viewer": page.viewer, "navigation": page.navigation, "demonstration": page.demonstration, "done": page.done}
    return environment(language).get_template(template).render(**frame, **context)


@lru_cache(maxsize=32)
def asset(name: str) -> str:
    """Return the address of a file of ours, with its digest: what a browser keeps is never out of date."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _filters(sentences: Sentences) -> Mapping[str, Any]:
    language = sentences.language

    def label(value: object, kind: str) -> str:
        return sentences.say(labels.name_of(value, kind))

    def names(values: Iterable[object], kind: str) -> str:
        return ", ".join(label(value, kind) for value in values)

    def ago(day: date) -> str:
        return ago_in(sentences, day, local(datetime.now(UTC)).date())

    def duration(minutes: int) -> str:
        hours, rest = divmod(minutes, _HOUR)
        return f"{hours} h {rest:02d}" if hours and rest else f"{hours} h" if hours else f"{rest} min"

    return {
        "label": label,
        "labels": names,
        "typeset": typeset,
        "ago": ago,
        "duration": duration,
        "long_day": lambda day: day_in(language, day, "d MMMM y"),
        "short_day": lambda day: day_in(language, day, "d MMM"),
        "number": lambda number: format_decimal(number, locale=language),
        "month_name": lambda month: format_date(month, "MMMM y", language),
        "month_value": lambda month: f"{month:%Y-%m}",
        "day_of": day_of,
        "moment": lambda at: format_datetime(local(at), "d MMM y, HH:mm", locale=language),
        "hour": lambda at: f"{local(at):%H:%M}",
        "weekday": lambda day: day_in(language, day, "EEEE d MMMM y"),
        "short_reference": lambda reference: str(reference)[:REFERENCE_SHOWN],
    }


def ago_in(sentences: Sentences, day: date, today: date) -> str:
    """Say how long ago `day` was, roughly: nobody needs the hour."""
    days = (today - day).days
    if days <= 0:
        return sentences.say("aujourd'hui")
    if days == 1:
        return sentences.say("hier")
    if days < _DAYS_IN_TWO_MONTHS:
        return sentences.count("il y a %(num)d jour", "il y a %(num)d jours", days) % {"num": days}
    months = days // _DAYS_IN_A_MONTH
    if months < _MONTHS_IN_TWO_YEARS:
        return sentences.count("il y a %(num)d mois", "il y a %(num)d mois", months) % {"num": months}
    years = days // _DAYS_IN_A_YEAR
    return sentences.count("il y a %(num)d an", "il y a %(num)d ans", years) % {"num": years}
