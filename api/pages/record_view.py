"""A record as a page shows it: a few facts, agreements, deadlines, and the thread, newest first. Made from the aggregate alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from api.pages import labels
from api.pages.sentences import N_, Sentences
from api.wording import day_in
from domain.categories import YOUTH_CATEGORIES, Category
from domain.local_time import local
from domain.record.youth_record import YouthRecord
from domain.vocabulary import GRANTABLE_CATEGORIES

SOON: Final = timedelta(days=14)
"""A deadline this near is shown on the list too."""

Names = Mapping[UUID, str]
"""From accounts to the names that colleagues go by."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One thing that happened. `meta` says the circumstances, `words` what somebody wrote."""

    kind: str
    on: date
    title: str
    meta: str = ""
    themes: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Information:
    """When and how the youth was told."""

    on: date
    how: str


@dataclass(frozen=True, slots=True, repr=False)
class AgreementView:
    """Where the agreement to one category stands: `agreed`, `withdrawn` or `never`."""

    category: str
    state: str
    on: date | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class OpenStep:
    """A step that is not completed."""

    id: UUID
    theme: str
    partner: str | None
    due_on: date | None
    due: str


@dataclass(frozen=True, slots=True, repr=False)
class RecordView:
    """All that the pages show of one record."""

    id: UUID
    version: int
    pseudonym: str
    sketch: str
    facts: tuple[tuple[str, str], ...]
    referents: tuple[str, ...]
    referent_accounts: tuple[UUID, ...]
    informed: tuple[Information, ...]
    agreements: tuple[AgreementView, ...]
    identity: str
    identity_erased: bool
    may_give_identity: bool
    deadlines: tuple[OpenStep, ...]
    thread: tuple[Entry, ...]
    may: frozenset[str] = frozenset()
    """The operations that whoever looks may do here, by their names."""
    relation: str = ""
    categories: frozenset[Category] = frozenset(YOUTH_CATEGORIES)
    until: date | datetime | None = None


def view_of(record: YouthRecord, names: Names, sentences: Sentences, today: date, *, own: bool = False) -> RecordView:
    """Show `record` in the words of `sentences`. With `own`, the thread speaks to the youth it is about."""
    facts = tuple(_facts(record, sentences))
    identity = record.identity
    return RecordView(
        id=record.id,
        version=record.version,
        pseudonym=record.pseudonym,
        sketch=_sketch(record, sentences, today),
        facts=facts,
        referents=tuple(name_of(who, names) for who in record.referents),
        referent_accounts=tuple(record.referents),
        informed=() if record.informed is None else (Information(record.informed.occurred_on, record.informed.how),),
        agreements=tuple(_agreement(record, category) for category in GRANTABLE_CATEGORIES),
        identity="" if identity is None else " ".join(name for name in (identity.first_name, identity.last_name) if name),
        identity_erased=Category.IDENTITY in record.taken_back,
        may_give_identity=Category.IDENTITY in record.agreements,
        deadlines=tuple(_open_steps(record, today)),
        thread=_Thread(record, names, sentences, own=own).newest_first(),
    )


def name_of(who: UUID | str, names: Names) -> str:
    """Return the name of an account, the initials that were written, or a dash for an account that is gone."""
    return who if isinstance(who, str) else names.get(who, "–")


def due_state(day: date | None, today: date) -> str:
    """Say whether a deadline is `late`, `soon` or neither."""
    if day is None or day > today + SOON:
        return ""
    return "late" if day < today else "soon"


def _facts(record: YouthRecord, sentences: Sentences) -> Iterator[tuple[str, str]]:
    if record.birth_year is not None:
        yield N_("Année de naissance"), str(record.birth_year)
    if record.gender is not None:
        yield N_("Fille ou garçon"), sentences.say(labels.name_of(record.gender, "gender"))
    if record.territory is not None:
        yield N_("Quartier"), record.territory
    if record.met_through is not None:
        yield N_("Rencontre"), record.met_through


def _sketch(record: YouthRecord, sentences: Sentences, today: date) -> str:
    parts = []
    if record.gender in {"girl", "boy"}:
        parts.append(sentences.say(labels.name_of(record.gender, "gender")))
    if record.birth_year is not None:
        parts.append(sentences.say("vers %(age)d ans") % {"age": today.year - record.birth_year})
    if record.territory is not None:
        parts.append(record.territory)
    return " · ".join(parts)


def _agreement(record: YouthRecord, category: Category) -> AgreementView:
    given = record.agreements.get(category)
    if given is not None:
        return AgreementView(category.value, "agreed", given.occurred_on, given.what_was_said)
    return AgreementView(category.value, "withdrawn" if category in record.taken_back else "never")


def _open_steps(record: YouthRecord, today: date) -> Iterator[OpenStep]:
    waiting = [step for key, step in record.steps.items() if key not in record.completed]
    for step in sorted(waiting, key=lambda step: step.due_on or date.max):
        yield OpenStep(step.step_id, step.theme, step.partner, step.due_on, due_state(step.due_on, today))


class _Thread:
    """Turns the events of a record into entries."""

    def __init__(self, record: YouthRecord, names: Names, sentences: Sentences, *, own: bool) -> None:
        self._record = record
        self._own = own
        # Who wrote is told to the youth by the DPO's decision alone (R037).
        self._tells_who = not own or record.names_disclosed is not None
        self._names = names
        self._sentences = sentences
        self._say = sentences.say

    def newest_first(self) -> tuple[Entry, ...]:
        """Return the entries by the day declared. The opening stays below, though older contacts may have been written after it."""
        record = self._record
        opened = Entry("opened", local(record.created_on).date(), self._say("Dossier ouvert"), self._by(record.opened_by))
        return (*sorted(self._entries(), key=lambda entry: entry.on, reverse=True), opened)

    def _entries(self) -> Iterator[Entry]:
        record = self._record
        # The last recorded comes first among those of one day, because sorting keeps the order of equals.
        yield from (self._contact(event) for event in reversed(record.contacts))
        yield from (self._note(event) for event in reversed(record.notes))
        yield from (self._step(event) for event in reversed(record.steps.values()))
        yield from (self._agreed(event) for event in record.agreements.values())
        if record.informed is not None:
            yield Entry("informed", record.informed.occurred_on, self._say("Informé·e qu'un dossier est tenu"), record.informed.how)

    def _contact(self, event: YouthRecord.ContactMade) -> Entry:
        parts = [self._came(event.initiated_by)]
        if event.present:
            parts.append(self._say("avec %(names)s") % {"names": ", ".join(name_of(who, self._names) for who in event.present)})
        if event.minutes:
            parts.append(self._say("%(number)d min") % {"number": event.minutes})
        parts.extend(where for where in (event.place, event.territory) if where)
        parts.append(self._by(event.typed_by))
        title = self._say("Contact : %(channel)s") % {"channel": self._say(labels.name_of(event.channel, "channel")).lower()}
        return Entry("contact", event.occurred_on, title, _joined(parts), tuple(event.themes), event.comment or "")

    def _came(self, initiative: str | None) -> str:
        came = {
            "youth": self._say("tu es venu·e") if self._own else self._say("elle ou il est venu·e"),
            "worker": self._say("nous sommes allés vers toi") if self._own else self._say("nous sommes allés vers elle ou lui"),
            "other": self._say("par un tiers"),
        }
        return came.get(initiative or "", "")

    def _note(self, event: YouthRecord.NoteAdded) -> Entry:
        return Entry("note", event.occurred_on, self._say("Note"), self._by(event.by), words=event.text)

    def _step(self, event: YouthRecord.StepTaken) -> Entry:
        completion = self._record.completed.get(event.step_id)
        result = (completion and completion.result) or event.result
        state = self._say("terminée") if completion else self._say("en cours")
        title = self._say("Démarche : %(theme)s") % {"theme": self._say(event.theme)}
        # The deadline is said here too: a youth's page has no list of deadlines, and nothing is written that it does not show.
        due = event.due_on and self._say("pour le %(day)s") % {"day": day_in(self._sentences.language, event.due_on, "d MMMM y")}
        meta = _joined([event.partner or "", state, due or "", self._by(event.by)])
        return Entry("step", event.occurred_on, title, meta, words=result or "")

    def _agreed(self, event: YouthRecord.Agreed) -> Entry:
        category = self._say(labels.name_of(event.granted_category, "category")).lower()
        title = self._say("D'accord pour : %(category)s") % {"category": category}
        return Entry("agreed", event.occurred_on, title, self._by(event.by), words=event.what_was_said)

    def _by(self, account: UUID) -> str:
        return self._say("noté par %(name)s") % {"name": name_of(account, self._names)} if self._tells_who else ""


def _joined(parts: list[str]) -> str:
    return " · ".join(part for part in parts if part)
