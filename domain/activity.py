"""`Activity`: what a team did, counted without naming anybody (N24, N25). One stream an activity, under the structure's key."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain import texts
from domain.age_bands import AgeBand, WideBand
from domain.categories import Category
from domain.drafts import ChantierDraft, OutingDraft, PresenceDraft
from domain.identifiers import AccountId, ActivityId
from domain.refusals import ChoiceUnknown, DateRefused, NumberRefused
from domain.stream import Stream
from domain.vocabulary import Channel, Gender, OutingKind

MOST_PEOPLE: Final = 2_000
"""In one cell of a head count: more is a slip of the finger."""
MOST_CENTS: Final = 100_000_000
LONGEST_CHANTIER_MINUTES: Final = 3_000 * 60
"""All hours of all who took part: three thousand."""

COUNT_KEYS: Final = frozenset(f"{gender}:{band}" for gender in Gender for band in (*AgeBand, *WideBand))
"""The cells of a head count: « girl:11-15 », « unknown:unknown », and the wide bands of older files."""


class Activity(Stream):
    """An outing, a chantier or a count. Each has one event, that is never changed."""

    TOPIC = "ac"

    class Event(Stream.Event):
        """Base of the events of an activity."""

        TOPIC = "ac.event"
        category = Category.STRUCTURE

    class OutingRecorded(Event, Aggregate.Created):
        """A street outing: where, how long, who went, how many unidentified people were met by sex and age band."""

        TOPIC = "ac.outing_recorded"
        category = Category.STRUCTURE
        kind: str
        occurred_on: date
        minutes: int | None
        territory: str | None
        place: str | None
        educators: list[UUID | str]
        counts: dict[str, int]
        by: UUID
        source_line: str | None
        source_digest: str | None

    class ChantierRecorded(Event, Aggregate.Created):
        """A chantier éducatif: when, with whom, how many youths took part, what they earned together."""

        TOPIC = "ac.chantier_recorded"
        category = Category.STRUCTURE
        title: str
        occurred_on: date
        ended_on: date | None
        minutes: int | None
        territory: str | None
        partner: str | None
        paid_cents: int | None
        youths: int
        by: UUID
        source_line: str | None
        source_digest: str | None

    class PresenceCounted(Event, Aggregate.Created):
        """A contact with people of whom nothing else is written."""

        TOPIC = "ac.presence_counted"
        category = Category.STRUCTURE
        occurred_on: date
        count: int
        channel: str
        minutes: int | None
        territory: str | None
        place: str | None
        themes: list[str]
        educators: list[UUID | str]
        by: UUID
        source_line: str | None
        source_digest: str | None

    def __init__(self, *, occurred_on: date, by: UUID, minutes: int | None, territory: str | None) -> None:
        self.occurred_on = occurred_on
        self.by = by
        self.minutes = minutes
        self.territory = territory

    @classmethod
    def record_outing(cls, activity: ActivityId, draft: OutingDraft, *, by: AccountId, at: datetime) -> "Activity":
        """Write an outing. Raises a `FieldRefused` that names the field."""
        return cls._create(
            cls.OutingRecorded,
            id=activity,
            timestamp=at,
            kind=texts.choice(draft.kind, "kind", OutingKind).value,
            occurred_on=texts.past_day(draft.occurred_on, "occurred_on", at),
            minutes=texts.whole_number(draft.minutes, "minutes", 0, texts.MINUTES_IN_A_DAY),
            territory=texts.line(draft.territory, "territory"),
            place=texts.line(draft.place, "place"),
            educators=texts.people(draft.educators, "educators"),
            counts=_counts(draft.counts),
            by=by,
            source_line=draft.source and draft.source.line,
            source_digest=draft.source and draft.source.digest,
        )

    @classmethod
    def record_chantier(cls, activity: ActivityId, draft: ChantierDraft, *, by: AccountId, at: datetime) -> "Activity":
        """Write a chantier. Its end does not come before its start. Raises a `FieldRefused` that names the field."""
        ends_on = texts.any_day(draft.ends_on, "ends_on")
        if ends_on is not None and ends_on < draft.starts_on:
            raise DateRefused("ends_on", "La fin vient avant le début. Corrigez l'une des deux dates.")
        return cls._create(
            cls.ChantierRecorded,
            id=activity,
            timestamp=at,
            title=texts.required_line(draft.title, "title"),
            occurred_on=texts.past_day(draft.starts_on, "starts_on", at),
            ended_on=ends_on,
            minutes=texts.whole_number(draft.minutes, "minutes", 0, LONGEST_CHANTIER_MINUTES),
            territory=texts.line(draft.territory, "territory"),
            partner=texts.line(draft.partner, "partner"),
            paid_cents=texts.whole_number(draft.paid_cents, "paid_cents", 0, MOST_CENTS),
            youths=_head_count(draft.youths, "youths", lowest=0),
            by=by,
            source_line=draft.source and draft.source.line,
            source_digest=draft.source and draft.source.digest,
        )

    @classmethod
    def count_presence(cls, activity: ActivityId, draft: PresenceDraft, *, by: AccountId, at: datetime) -> "Activity":
        """Count people. Raises a `FieldRefused` that names the field."""
        return cls._create(
            cls.PresenceCounted,
            id=activity,
            timestamp=at,
            occurred_on=texts.past_day(draft.occurred_on, "occurred_on", at),
            count=_head_count(draft.count, "count", lowest=1),
            channel=texts.choice(draft.channel, "channel", Channel).value,
            minutes=texts.whole_number(draft.minutes, "minutes", 0, texts.MINUTES_IN_A_DAY),
            territory=texts.line(draft.territory, "territory"),
            place=texts.line(draft.place, "place"),
            themes=texts.lines(draft.themes, "themes"),
            educators=texts.people(draft.educators, "educators"),
            by=by,
            source_line=draft.source and draft.source.line,
            source_digest=draft.source and draft.source.digest,
        )


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    # An empty cell is left out: nobody met is not written beside somebody met.
    if not counts.keys() <= COUNT_KEYS:
        raise ChoiceUnknown("counts")
    return {cell: count for cell in sorted(counts) if (count := _head_count(counts[cell], "counts", lowest=0))}


def _head_count(value: int, field: str, *, lowest: int) -> int:
    count = texts.whole_number(value, field, lowest, MOST_PEOPLE)
    if count is None:
        raise NumberRefused(field, lowest, MOST_PEOPLE)
    return count
