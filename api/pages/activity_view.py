"""An activity as the list shows it: what, where, how long, how many people, and who of the team."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.pages import labels
from api.pages.record_view import Names, name_of
from api.pages.sentences import Sentences
from projections.activities import ActivityRow
from projections.activities_fold import Listed


@dataclass(frozen=True, slots=True, repr=False)
class ActivityView:
    """One line of the list. `where` is place and territory, `people` and `who` are sentences; each may be empty."""

    on: date
    title: str
    where: str
    minutes: int | None
    people: str
    who: str


def views_of(rows: Iterable[ActivityRow], names: Names, sentences: Sentences) -> list[ActivityView]:
    """Show `rows` in the words of `sentences`."""
    return [_view(row, names, sentences) for row in rows]


def _view(row: ActivityRow, names: Names, sentences: Sentences) -> ActivityView:
    listed = row.listed
    return ActivityView(
        on=row.occurred_on,
        title=" : ".join(part for part in (sentences.say(labels.name_of(listed.kind, "act")), listed.title) if part),
        where=", ".join(part for part in (listed.place, listed.territory) if part),
        minutes=listed.minutes,
        people=sentences.count("%(num)d jeune", "%(num)d jeunes", listed.people) % {"num": listed.people} if listed.people else "",
        who=_who(listed, names, sentences),
    )


def _who(listed: Listed, names: Names, sentences: Sentences) -> str:
    """Name who was there; when nobody was written down, who wrote it."""
    if listed.who:
        return ", ".join(_name(who, names) for who in listed.who)
    return sentences.say("noté par %(name)s") % {"name": name_of(UUID(listed.by), names)}


def _name(who: str, names: Names) -> str:
    """Name an account; what is no account's identifier is initials, and stands for itself."""
    try:
        return name_of(UUID(who), names)
    except ValueError:
        return who
