"""From an import plan to aggregates with pending events: nothing is written here, and nothing is decided twice (N30).

Whoever was not asked comes in under the plan's code, without a word about them; imported contacts need no information beforehand,
for they were written long before. Each event keeps its line of the file, so that the same line is known again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from domain.activity import Activity
from domain.categories import Category
from domain.drafts import (
    AgreementDraft,
    ChantierDraft,
    ContactDraft,
    IdentityDraft,
    InformationDraft,
    NoteDraft,
    OpeningDraft,
    OutingDraft,
    PresenceDraft,
    SourceDraft,
)
from domain.identifiers import AccountId, ActivityId, YouthId
from domain.intake.cells import SourceLine
from domain.intake.plan import (
    Agreement,
    ImportPlan,
    PlannedChantier,
    PlannedContact,
    PlannedOuting,
    PlannedPresence,
    PlannedYouth,
    YouthReference,
)
from domain.legal_constants import REFERENTS_AT_MOST
from domain.record.youth_record import YouthRecord
from domain.refusals import DomainError, ImportRefused
from domain.texts import PEOPLE_AT_MOST, THEMES_AT_MOST
from domain.vocabulary import Channel

_TAKEN_OVER: Final = "Repris d'un fichier de la structure"


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports, when, and whose initials are whose. Initials of nobody go to `fallback`, or to the importer."""

    account: AccountId
    at: datetime
    new_id: Callable[[], UUID]
    accounts: Mapping[str, AccountId]
    fallback: AccountId | None = None
    """Who accompanies the youths whose initials are nobody's, when the importer does not."""

    @property
    def today(self) -> date:
        """The day of the import, for what the file does not date."""
        return self.at.date()

    def referents(self, initials: Sequence[str]) -> list[AccountId]:
        """Choose one or two referents."""
        known = list(dict.fromkeys(self.accounts[name] for name in initials if name in self.accounts))
        return known[:REFERENTS_AT_MOST] or [self.fallback or self.account]

    def people(self, initials: Sequence[str]) -> tuple[UUID | str, ...]:
        """Name who was there: accounts where the initials are known, initials else."""
        return tuple(self.accounts.get(name, name) for name in initials)[:PEOPLE_AT_MOST]


@dataclass(slots=True)
class PreparedImport:
    """What an import will write. `opened` are new records, `completed` are records that were there."""

    opened: list[YouthRecord] = field(default_factory=list)
    completed: dict[YouthId, YouthRecord] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    contacts: int = 0
    lines_known: int = 0
    """Contacts left out because the record has this very line already."""


@dataclass(slots=True)
class _Preparation:
    importer: Importer
    find: Callable[[YouthId], YouthRecord]
    result: PreparedImport = field(default_factory=PreparedImport)
    records: dict[SourceLine, YouthRecord] = field(default_factory=dict)
    digests: dict[UUID, set[str | None]] = field(default_factory=dict)

    def open_records(self, youths: Sequence[PlannedYouth]) -> None:
        attached: dict[SourceLine, list[PlannedYouth]] = {}
        for planned in youths:
            if planned.attach_to is not None and planned.attach_to.source is not None:
                attached.setdefault(planned.attach_to.source, []).append(planned)
        for planned in youths:
            if planned.attach_to is None:
                self._open(planned, attached)
            elif planned.attach_to.record is not None:
                self._complete(planned, self._existing(planned.attach_to.record), attached)

    def _open(self, planned: PlannedYouth, attached: Mapping[SourceLine, Sequence[PlannedYouth]]) -> None:
        with _Line(planned.source):
            record = self._opened(planned, attached.get(planned.source, ()))
        self.result.opened.append(record)
        self._complete(planned, record, attached)

    def _opened(self, planned: PlannedYouth, attached: Sequence[PlannedYouth]) -> YouthRecord:
        lines = (planned, *attached)
        draft = OpeningDraft(
            pseudonym=planned.pseudonym,
            birth_year=next((line.birth_year for line in lines if line.birth_year), None),
            gender=next((line.gender for line in lines if line.gender), None),
            territory=next((line.territory for line in lines if line.territory), None),
            met_through=next((line.met_at for line in lines if line.met_at), None),
            first_contact_on=min((line.first_contact for line in lines if line.first_contact), default=None),
        )
        return YouthRecord.open(
            YouthId(self.importer.new_id()),
            draft,
            referents=self.importer.referents([name for line in lines for name in line.referents]),
            by=self.importer.account,
            at=self.importer.at,
            source=_source(planned.source, planned.line_digest),
        )

    def _complete(self, planned: PlannedYouth, record: YouthRecord, attached: Mapping[SourceLine, Sequence[PlannedYouth]]) -> None:
        self.records[planned.source] = record
        with _Line(planned.source):
            if planned.agreement is Agreement.AGREED:
                self._agree(planned, record)
        for other in attached.get(planned.source, ()):
            self._complete(other, record, attached)

    def _agree(self, planned: PlannedYouth, record: YouthRecord) -> None:
        by, at, day = self.importer.account, self.importer.at, planned.first_contact or self.importer.today
        said = f"{_TAKEN_OVER} : accord lu « {planned.agreement_read or 'oui'} »"
        named = planned.first_name is not None or planned.family_name is not None
        if record.informed is None:
            record.inform(InformationDraft(said, day), by=by, at=at)
        if named and Category.IDENTITY not in record.agreements:
            record.agree(AgreementDraft(Category.IDENTITY, said, day), by=by, at=at)
        if named and record.identity is None:
            record.give_identity(IdentityDraft(planned.first_name, planned.family_name), by=by, at=at)
        written = {note.text for note in record.notes}
        for told in (planned.situation and f"Situation : {planned.situation}", planned.remark):
            if told and told not in written:
                record.add_note(NoteDraft(told, day), by=by, at=at, imported=True)

    def write_contacts(self, contacts: Sequence[PlannedContact]) -> None:
        for planned in sorted(contacts, key=lambda contact: (contact.occurred_on, contact.source, contact.part)):
            draft = ContactDraft(
                occurred_on=planned.occurred_on,
                channel=planned.channel or Channel.OTHER,
                present=self.importer.people(planned.educators),
                place=planned.place,
                minutes=planned.minutes,
                themes=planned.themes[:THEMES_AT_MOST],
                comment=planned.comment,
            )
            self._contact(planned.youth, draft, planned.source, f"{planned.line_digest.hex()}:{planned.part}")

    def write_chantiers(self, chantiers: Sequence[PlannedChantier]) -> None:
        for planned in chantiers:
            with _Line(planned.source):
                self.result.activities.append(self._chantier(planned))
            for part, youth in enumerate(planned.participants):
                draft = ContactDraft(planned.starts_on, Channel.ACTIVITY, place=planned.title)
                self._contact(youth, draft, planned.source, f"{planned.line_digest.hex()}:{part}")

    def _contact(self, reference: YouthReference, draft: ContactDraft, line: SourceLine, digest: str) -> None:
        record = self._of(reference, line)
        known = self.digests.setdefault(record.id, {contact.source_digest for contact in record.contacts})
        if digest in known:
            self.result.lines_known += 1
            return
        known.add(digest)
        source = SourceDraft(f"{line.sheet}:{line.row}", digest)
        with _Line(line):
            record.make_contact(self.importer.new_id(), draft, by=self.importer.account, at=self.importer.at, source=source)
        self.result.contacts += 1

    def _chantier(self, planned: PlannedChantier) -> Activity:
        draft = ChantierDraft(
            title=planned.title,
            starts_on=planned.starts_on,
            ends_on=planned.ends_on,
            minutes=planned.minutes,
            partner=planned.partner,
            paid_cents=planned.paid_cents,
            youths=planned.youth_count,
            source=_source(planned.source, planned.line_digest),
        )
        return Activity.record_chantier(self._activity_id(), draft, by=self.importer.account, at=self.importer.at)

    def count_presences(self, presences: Sequence[PlannedPresence]) -> None:
        for planned in presences:
            draft = PresenceDraft(
                occurred_on=planned.occurred_on,
                count=planned.count,
                channel=planned.channel or Channel.OTHER,
                minutes=planned.minutes,
                place=planned.place,
                themes=planned.themes[:THEMES_AT_MOST],
                educators=self.importer.people(planned.educators),
                source=_source(planned.source, planned.line_digest),
            )
            with _Line(planned.source):
                activity = Activity.count_presence(self._activity_id(), draft, by=self.importer.account, at=self.importer.at)
            self.result.activities.append(activity)

    def write_outings(self, outings: Sequence[PlannedOuting]) -> None:
        for planned in outings:
            draft = OutingDraft(
                occurred_on=planned.occurred_on,
                minutes=planned.minutes,
                territory=planned.territory,
                educators=self.importer.people(planned.educators),
                counts={f"{cell.gender}:{cell.band}": cell.count for cell in planned.counts if cell.count is not None},
                source=_source(planned.source, planned.line_digest),
            )
            with _Line(planned.source):
                activity = Activity.record_outing(self._activity_id(), draft, by=self.importer.account, at=self.importer.at)
            self.result.activities.append(activity)

    def _of(self, reference: YouthReference, line: SourceLine) -> YouthRecord:
        if reference.record is not None:
            return self._existing(reference.record)
        if reference.source not in self.records:
            raise ImportRefused(line.sheet, line.row)
        return self.records[reference.source]

    def _existing(self, reference: str) -> YouthRecord:
        youth = YouthId(UUID(reference))
        if youth not in self.result.completed:
            self.result.completed[youth] = self.find(youth)
        return self.result.completed[youth]

    def _activity_id(self) -> ActivityId:
        return ActivityId(self.importer.new_id())


def prepare_import(plan: ImportPlan, importer: Importer, find: Callable[[YouthId], YouthRecord]) -> PreparedImport:
    """Build all that `plan` says. `find` gives a record that exists, or raises; `KnownRecord.reference` is the youth's UUID as text.

    Raises `ImportRefused`, which names the sheet and the row whose content a rule refuses: then nothing at all is written.
    """
    preparation = _Preparation(importer, find)
    preparation.open_records(plan.youths)
    preparation.write_contacts(plan.contacts)
    preparation.write_chantiers(plan.chantiers)
    preparation.count_presences(plan.presences)
    preparation.write_outings(plan.outings)
    return preparation.result


def _source(line: SourceLine, digest: bytes) -> SourceDraft:
    return SourceDraft(f"{line.sheet}:{line.row}", digest.hex())


class _Line:
    """Turns the refusal of a rule into one that names the line of the file."""

    def __init__(self, source: SourceLine) -> None:
        self._source = source

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, refusal: BaseException | None, traceback: object) -> None:
        """Name the line."""
        if isinstance(refusal, DomainError) and not isinstance(refusal, ImportRefused):
            raise ImportRefused(self._source.sheet, self._source.row, refusal) from None
