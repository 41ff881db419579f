"""`Incident`: the stated reason for looking at what one person did, and what came of it (R086, R088).

Nothing shows the trail by person except inside one of these: an account, an interval, a reason. An anomaly that was treated is one too, and
bears the line of the trail with which it begins, so that it is told once. No content, and no youth.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.desk.desk_refusals import FileClosedAlready
from domain.identifiers import AccountId, FileId
from domain.legal_constants import TRAIL_KEPT
from domain.refusals import DateRefused
from domain.stream import Stream


class Conclusion(StrEnum):
    """What came of it."""

    EXPLAINED = "explained"
    """Ordinary work, a mistake, a broken link: nothing to reproach anybody with."""
    MISUSE = "misuse"
    """Somebody looked without a reason, and no youth's data went any further."""
    BREACH = "breach"
    """It goes on in the register of breaches (RGPD art. 33)."""


class Incident(Stream):
    """One incident: whose accesses were looked at, between which moments, and why."""

    TOPIC = "in"

    class Event(Stream.Event):
        """Base of the events of an incident; the structure's key encrypts them."""

        TOPIC = "in.event"
        category = Category.STRUCTURE

    class Opened(Event, Aggregate.Created):
        """Opened about an account, from `since` (within) to `until` (without). `anomaly` is the line with which a told anomaly begins."""

        TOPIC = "in.opened"
        category = Category.STRUCTURE
        account: UUID
        since: datetime
        until: datetime
        reason: str
        anomaly: str | None
        by: UUID

    class Concluded(Event):
        """What came of it, in a few words."""

        TOPIC = "in.concluded"
        category = Category.STRUCTURE
        conclusion: str
        words: str
        by: UUID

        def apply(self, aggregate: "Incident") -> None:
            """Keep it."""
            aggregate.concluded = self

    def __init__(self, *, account: UUID, since: datetime, until: datetime, reason: str, anomaly: str | None, by: UUID) -> None:
        self.account = AccountId(account)
        self.since = since
        self.until = until
        self.reason = reason
        self.anomaly = anomaly
        self.by = by
        self.concluded: Incident.Concluded | None = None

    @classmethod
    def open(
        cls,
        incident: FileId,
        account: AccountId,
        interval: tuple[datetime, datetime],
        reason: str,
        *,
        by: AccountId,
        at: datetime,
        anomaly: str | None = None,
    ) -> "Incident":
        """Open one. Raises `TextMissing` without a reason, `DateRefused` for an interval that is empty or longer than the trail is kept."""
        since, until = interval_of(interval)
        fields: dict[str, Any] = {
            "account": account,
            "since": since,
            "until": until,
            "reason": texts.required_prose(reason, "reason", texts.SENTENCE),
            "anomaly": anomaly,
        }
        return cls._create(cls.Opened, id=incident, timestamp=at, by=by, **fields)

    def conclude(self, conclusion: str, words: str, *, by: AccountId, at: datetime) -> None:
        """Say what came of it, once. Raises `ChoiceUnknown`, `TextMissing`, `FileClosedAlready`."""
        if self.concluded is not None:
            raise FileClosedAlready
        chosen = texts.choice(conclusion, "conclusion", Conclusion)
        said = texts.required_prose(words, "words", texts.SENTENCE)
        self.trigger_event(self.Concluded, timestamp=at, conclusion=chosen.value, words=said, by=by)


def interval_of(interval: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Check an interval of the trail. Raises `DateRefused` when it ends before it begins, or is longer than the trail is kept."""
    since, until = (texts.any_moment(moment, field) for moment, field in zip(interval, ("since", "until"), strict=True))
    if since >= until:
        raise DateRefused("until", "La fin est avant le début. Corrigez l'une des deux dates.")
    if until - since > TRAIL_KEPT:
        raise DateRefused("since", "Cet intervalle est plus long que le journal n'est gardé : un an au plus.")
    return since, until
