"""`Breach`: one personal data breach, from awareness to its last decision (RGPD art. 33 and 34; R005, R006).

The clock runs from awareness. What is known comes in stages (33(4)); a late notification says why (33(1)). Whether the keys were within the
perimeter decides whether « encrypted » may spare the people a notice (34(3)(a)); not knowing counts as yes. No content and no youth: the
records touched are read from the trail.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.desk.desk_refusals import BreachNotReady, FileClosedAlready, KeysNotSafe
from domain.desk.incident import interval_of
from domain.identifiers import AccountId, FileId
from domain.legal_constants import BREACH_ALERTS, BREACH_CLOCK
from domain.refusals import DateRefused
from domain.stream import Stream


class KeysCompromised(StrEnum):
    """Whether key material was within the perimeter."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class NotToldBecause(StrEnum):
    """Why the people themselves need not be told (RGPD art. 34(1) and 34(3))."""

    ENCRYPTED = "encrypted"
    """34(3)(a): unintelligible to whoever has it. Only when the keys are known to be safe."""
    MEASURES = "measures"
    """34(3)(b): what was done since makes a high risk unlikely."""
    PUBLIC_NOTICE = "public_notice"
    """34(3)(c): telling each would be out of proportion, and a public notice is made."""
    NO_HIGH_RISK = "no_high_risk"
    """34(1) a contrario."""


class Missing(StrEnum):
    """What is still to be decided before a breach can be closed."""

    AUTHORITY = "authority"
    KEYS = "keys"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Perimeter:
    """Whose accesses, from when (within) to when (without), may have been somebody else's."""

    account: AccountId
    since: datetime
    until: datetime


class Breach(Stream):
    """One breach. `aware_at` starts its clock."""

    TOPIC = "br"

    class Event(Stream.Event):
        """Base of the events of a breach; the structure's key encrypts them."""

        TOPIC = "br.event"
        category = Category.STRUCTURE

    class Opened(Event, Aggregate.Created):
        """Somebody became aware of it: when, and what is known so far."""

        TOPIC = "br.opened"
        category = Category.STRUCTURE
        aware_at: datetime
        what: str
        by: UUID

    class StageAdded(Event):
        """More is known, or more was done."""

        TOPIC = "br.stage_added"
        category = Category.STRUCTURE
        text: str
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Keep it, after what was known before."""
            aggregate.stages.append(self)

    class PerimeterNamed(Event):
        """An account and an interval: the records touched are what the trail has of them."""

        TOPIC = "br.perimeter_named"
        category = Category.STRUCTURE
        account: UUID
        since: datetime
        until: datetime
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Keep it."""
            aggregate.perimeters.append(Perimeter(AccountId(self.account), self.since, self.until))

    class KeysAssessed(Event):
        """Whether the keys were within the perimeter."""

        TOPIC = "br.keys_assessed"
        category = Category.STRUCTURE
        compromised: str
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Keep the last answer. A decision that rested on safe keys falls with them."""
            aggregate.keys = KeysCompromised(self.compromised)
            if aggregate.not_told is not None and aggregate.not_told.because == NotToldBecause.ENCRYPTED and not aggregate.keys_are_safe:
                aggregate.not_told = None

    class Notified(Event):
        """The CNIL was told. `late_because` beyond 72 hours."""

        TOPIC = "br.notified"
        category = Category.STRUCTURE
        notified_at: datetime
        reference: str | None
        late_because: str | None
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Keep it."""
            aggregate.notified, aggregate.not_notified = self, None

    class NotNotified(Event):
        """The CNIL need not be told: a risk is unlikely, and why."""

        TOPIC = "br.not_notified"
        category = Category.STRUCTURE
        because: str
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Keep it."""
            aggregate.not_notified = self

    class PeopleTold(Event):
        """The people themselves were told: when and how."""

        TOPIC = "br.people_told"
        category = Category.STRUCTURE
        occurred_on: date
        how: str
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Keep it."""
            aggregate.told, aggregate.not_told = self, None

    class PeopleNotTold(Event):
        """The people are not told: on which ground of article 34, and why it holds here."""

        TOPIC = "br.people_not_told"
        category = Category.STRUCTURE
        because: str
        words: str
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Keep it."""
            aggregate.not_told = self

    class Closed(Event):
        """Every decision is made."""

        TOPIC = "br.closed"
        category = Category.STRUCTURE
        by: UUID

        def apply(self, aggregate: "Breach") -> None:
            """Close."""
            aggregate.closed_at = self.timestamp

    def __init__(self, *, aware_at: datetime, what: str, by: UUID) -> None:
        self.aware_at = aware_at
        self.what = what
        self.by = by
        self.stages: list[Breach.StageAdded] = []
        self.perimeters: list[Perimeter] = []
        self.keys: KeysCompromised | None = None
        self.notified: Breach.Notified | None = None
        self.not_notified: Breach.NotNotified | None = None
        self.told: Breach.PeopleTold | None = None
        self.not_told: Breach.PeopleNotTold | None = None
        self.closed_at: datetime | None = None

    @classmethod
    def open(cls, breach: FileId, aware_at: datetime, what: str, *, by: AccountId, at: datetime) -> "Breach":
        """Open one. Raises `TextMissing`, `DateInFuture`."""
        fields = {"aware_at": texts.past_moment(aware_at, "aware_at", at), "what": texts.required_prose(what, "what")}
        return cls._create(cls.Opened, id=breach, timestamp=at, by=by, **fields)

    def add_stage(self, text: str, *, by: AccountId, at: datetime) -> None:
        """Say what is known or done since (33(4)), also once it is closed. Raises `TextMissing`."""
        self.trigger_event(self.StageAdded, timestamp=at, text=texts.required_prose(text, "text"), by=by)

    def name_perimeter(self, account: AccountId, interval: tuple[datetime, datetime], *, by: AccountId, at: datetime) -> None:
        """Name whose accesses it is about. Raises `DateRefused`, `FileClosedAlready`."""
        self._must_be_open()
        since, until = interval_of(interval)
        self.trigger_event(self.PerimeterNamed, timestamp=at, account=account, since=since, until=until, by=by)

    def assess_keys(self, compromised: str, *, by: AccountId, at: datetime) -> None:
        """Say whether keys were within the perimeter. Raises `ChoiceUnknown`, `FileClosedAlready`."""
        self._must_be_open()
        chosen = texts.choice(compromised, "compromised", KeysCompromised)
        self.trigger_event(self.KeysAssessed, timestamp=at, compromised=chosen.value, by=by)

    def notify(self, notified_at: datetime, reference: str | None, late_because: str | None, *, by: AccountId, at: datetime) -> None:
        """Note that the CNIL was told. Raises `TextMissing` about `late_because` beyond 72 h, `DateRefused`, `FileClosedAlready`."""
        self._must_be_open()
        told_at = texts.past_moment(notified_at, "notified_at", at)
        if told_at < self.aware_at:
            raise DateRefused("notified_at", "La notification est avant la découverte. Corrigez l'une des deux.")
        said = texts.prose(late_because, "late_because", texts.SENTENCE)
        if told_at > self.due_at:
            said = texts.required_prose(late_because, "late_because", texts.SENTENCE)
        line = texts.line(reference, "reference")
        self.trigger_event(self.Notified, timestamp=at, notified_at=told_at, reference=line, late_because=said, by=by)

    def decide_not_to_notify(self, because: str, *, by: AccountId, at: datetime) -> None:
        """Decide that a risk is unlikely. Raises `TextMissing`, `BreachNotReady` once the CNIL was told, `FileClosedAlready`."""
        self._must_be_open()
        if self.notified is not None:
            raise BreachNotReady("La CNIL est déjà prévenue : cette décision n'a plus d'objet.")
        said = texts.required_prose(because, "unlikely_because", texts.SENTENCE)
        self.trigger_event(self.NotNotified, timestamp=at, because=said, by=by)

    def tell_people(self, occurred_on: date, how: str, *, by: AccountId, at: datetime) -> None:
        """Note that the people themselves were told. Raises `TextMissing`, `DateRefused`, `FileClosedAlready`."""
        self._must_be_open()
        day, said = texts.past_day(occurred_on, "occurred_on", at), texts.required_prose(how, "how", texts.SENTENCE)
        self.trigger_event(self.PeopleTold, timestamp=at, occurred_on=day, how=said, by=by)

    def decide_not_to_tell(self, because: str, words: str, *, by: AccountId, at: datetime) -> None:
        """Decide not to tell the people. Raises `ChoiceUnknown`, `TextMissing`, `KeysNotSafe`, `FileClosedAlready`."""
        self._must_be_open()
        chosen = texts.choice(because, "because", NotToldBecause)
        if chosen is NotToldBecause.ENCRYPTED and not self.keys_are_safe:
            raise KeysNotSafe
        said = texts.required_prose(words, "words", texts.SENTENCE)
        self.trigger_event(self.PeopleNotTold, timestamp=at, because=chosen.value, words=said, by=by)

    def close(self, *, by: AccountId, at: datetime) -> None:
        """Close it. Raises `BreachNotReady` while something is missing, `FileClosedAlready`."""
        self._must_be_open()
        if self.missing():
            raise BreachNotReady
        self.trigger_event(self.Closed, timestamp=at, by=by)

    @property
    def keys_are_safe(self) -> bool:
        """Tell whether the keys are known to be safe: not knowing counts as no (R006)."""
        return self.keys is KeysCompromised.NO

    @property
    def due_at(self) -> datetime:
        """The end of the 72 hours."""
        return self.aware_at + BREACH_CLOCK

    def missing(self) -> tuple[Missing, ...]:
        """Name what is still to be decided."""
        decided = {
            Missing.AUTHORITY: self.notified is not None or self.not_notified is not None,
            Missing.KEYS: self.keys is not None,
            Missing.PEOPLE: self.told is not None or self.not_told is not None,
        }
        return tuple(what for what, done in decided.items() if not done)

    def runs(self) -> bool:
        """Tell whether the clock still runs: nobody has decided about the CNIL."""
        return self.closed_at is None and Missing.AUTHORITY in self.missing()

    def alert(self, at: datetime) -> timedelta | None:
        """Give the last alert that the clock has passed: 24, 48, 66 or 72 hours; `None` before the first, or once it is stopped."""
        passed = [mark for mark in (*BREACH_ALERTS, BREACH_CLOCK) if at - self.aware_at >= mark]
        return passed[-1] if self.runs() and passed else None

    def _must_be_open(self) -> None:
        if self.closed_at is not None:
            raise FileClosedAlready
