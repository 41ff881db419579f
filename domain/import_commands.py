"""The use case that takes over a structure's files: all of a plan, or nothing (N30)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.access.access_policy import decides_for, relation_of
from domain.categories import Category
from domain.identifiers import AccountId, YouthId
from domain.import_again import LeftToWrite, left_to_write, without_twins
from domain.importing import Importer, PreparedImport, prepare_import
from domain.intake.cells import SourceLine
from domain.intake.plan import ImportPlan, KnownRecord
from domain.keeping import Keeping
from domain.record.youth_record import YouthRecord
from domain.refusals import AlreadyImported, NothingToWrite, Replayed
from domain.trail import Actor, Operation, Outcome, TrailLine

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is, in steps of no unit."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How much was written. `opened` counts the youths whom colleagues accompany already, whose records were not opened again."""

    opened: int
    completed: int
    contacts: int
    activities: int
    events: int
    lines_known: int


class ImportCommands(Keeping):
    """Taking over files."""

    def preview_import(self, actor: Actor) -> None:
        """Decide and leave the line before a preview is shown. Raises `NotAllowed`, `TrailUnavailable`."""
        self.disclose(actor, Operation.PREVIEW_IMPORT)

    def known_records(self, actor: Actor, youths: Collection[YouthId]) -> tuple[KnownRecord, ...]:
        """Give those of `youths` that `actor` may change, to be compared with the lines of a file: nothing is disclosed by comparing.

        Raises `NotAllowed`.
        """
        self.must_allow(actor, Operation.PREVIEW_IMPORT)
        found = (self.find_kind(YouthRecord, youth) for youth in youths)
        return tuple(_known(record) for record in found if record is not None and _may_complete(actor, record))

    def show_known_records(self, actor: Actor, youths: Collection[YouthId]) -> tuple[KnownRecord, ...]:
        """Give those of `youths` that `actor` may change, each after its line, to be shown as likely duplicates.

        Raises `NotAllowed`, `TrailUnavailable`: then show nothing.
        """
        known = self.known_records(actor, youths)
        if known:
            subjects = [YouthId(UUID(record.reference)) for record in known]
            self.disclose(actor, Operation.PREVIEW_IMPORT, subjects=subjects, categories=(Category.CORE,))
        return known

    def records_of_others(self, actor: Actor) -> tuple[KnownRecord, ...]:
        """Give the living records that `actor` may not open, to be compared with the lines of a file by the service alone.

        What comes of it MUST NOT be shown: neither whom a line resembles, nor whether it does (invariant 12). Raises `NotAllowed`.
        """
        self.must_allow(actor, Operation.RUN_IMPORT)
        opened = (event.originator_id for event in self.store.first_events() if isinstance(event, YouthRecord.Opened))
        found = (self.find_kind(YouthRecord, youth) for youth in list(opened))
        return tuple(_known(one) for one in found if one is not None and not one.is_closed and not _may_complete(actor, one))

    def left_to_import(self, plan: ImportPlan, openable: Collection[YouthId]) -> LeftToWrite:
        """Leave aside the lines of `plan` that are written already, in whosever record. `openable`: records that the actor may change."""
        return left_to_write(plan, self._written_lines(), openable)

    def run_import(
        self,
        actor: Actor,
        plan: ImportPlan,
        *,
        file_digest: bytes,
        accounts: Mapping[str, AccountId],
        openable: Collection[YouthId] = (),
        twins: Collection[SourceLine] = (),
        fallback: AccountId | None = None,
        progress: Progress | None = None,
    ) -> ImportResult:
        """Write what is left to write of a plan, in one transaction. `file_digest` is the SHA-256 of the file.

        `accounts` maps initials to accounts; `fallback` is who accompanies the youths whose initials are nobody's, the actor else; `twins`
        are the lines that are surely records of others (`domain.import_again`). Records that the plan completes must be the actor's.
        Raises `NotAllowed`, `AlreadyImported`, `NothingToWrite`, `ImportRefused`.
        """
        self.must_allow(actor, Operation.RUN_IMPORT)
        if self.ledger.was_imported(file_digest):
            raise AlreadyImported
        left = self.left_to_import(plan, openable)
        importer = Importer(actor.account, self.clock(), self.new_id, accounts, fallback)
        plan, silent = without_twins(left.plan, twins, lambda youth: actor.account in importer.referents(youth.referents))
        prepared = self._prepare(actor, plan, importer)
        events = _events(prepared)
        if not events and not silent:
            raise NothingToWrite
        self._mint(prepared, progress or _silence, len(events))
        self._write(actor, prepared, events, file_digest)
        (progress or _silence)(len(events), len(events))
        return ImportResult(
            opened=len(prepared.opened) + silent,
            completed=len(prepared.completed),
            contacts=prepared.contacts,
            activities=len(prepared.activities),
            events=len(events),
            lines_known=left.lines_known + prepared.lines_known,
        )

    def _written_lines(self) -> Mapping[str, UUID]:
        digests = ((getattr(event, "source_digest", None), event.originator_id) for event in self.store.first_events())
        return {digest: stream for digest, stream in digests if digest is not None}

    def _prepare(self, actor: Actor, plan: ImportPlan, importer: Importer) -> PreparedImport:
        def find(youth: YouthId) -> YouthRecord:
            return self.find_record(actor, Operation.CHANGE_RECORD, youth)

        return prepare_import(plan, importer, find)

    def _mint(self, prepared: PreparedImport, progress: Progress, total: int) -> None:
        # Minting is most of what takes time before the one transaction, so its progress is the one shown.
        for number, record in enumerate(prepared.opened):
            self.mint_keys(record.youth)
            progress(number * total // (len(prepared.opened) + 1), total)

    def _write(self, actor: Actor, prepared: PreparedImport, events: list[Any], file_digest: bytes) -> None:
        changed = tuple(youth for youth, record in prepared.completed.items() if youth in {event.originator_id for event in events})
        if changed:
            self.ledger.write_trail(TrailLine(actor, Operation.CHANGE_RECORD, Outcome.GRANTED, changed, records=len(changed)))
        opened = tuple(record.youth for record in prepared.opened)
        categories = tuple(dict.fromkeys(event.category for event in events))
        line = TrailLine(actor, Operation.RUN_IMPORT, Outcome.GRANTED, opened, categories, records=len(opened) + len(changed))
        try:
            self.store.put_bulk(events, trail=line, import_digest=file_digest)
        except Replayed:
            raise AlreadyImported from None


def _events(prepared: PreparedImport) -> list[Any]:
    aggregates = (*prepared.opened, *prepared.completed.values(), *prepared.activities)
    return [event for aggregate in aggregates for event in aggregate.collect_events()]


def _may_complete(actor: Actor, record: YouthRecord) -> bool:
    return not record.is_closed and decides_for(actor, Operation.CHANGE_RECORD, relation_of(actor, record))


def _known(record: YouthRecord) -> KnownRecord:
    family_name = None if record.identity is None else record.identity.last_name
    return KnownRecord(str(record.id), record.pseudonym, family_name, record.birth_year, record.territory)


def _silence(_done: int, _total: int) -> None:
    """Nobody watches."""
