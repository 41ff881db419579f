"""The import, from the bytes of a file to written records: what pages, JSON API and command line have in common (N30).

Read, plan, compare with the records that the person may open, write all or nothing. Nothing here touches the disk but the sealed store.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import structlog

from api.bootstrap import Structure
from api.imports.import_choices import Choices
from api.imports.import_outcome import BROKEN, INTERRUPTED, UNCHANGED, Outcome
from api.imports.import_previews import CHOICES, FILE, Previews, alone, show_progress
from api.imports.import_summary import Summary, lacks_fallback, summarise
from api.imports.spreadsheets import UnreadableWorkbook, read_workbook
from api.logs import places
from crypto_shredding.postgresql.database import RoleConnection
from domain.identifiers import AccountId, YouthId
from domain.import_again import LeftToWrite
from domain.import_commands import ImportResult, Progress
from domain.intake import ImportPlan, Sheet, SourceLine, plan_import
from domain.refusals import AlreadyImported, DomainError, FieldRefused, NothingToWrite, StoreUnavailable
from domain.trail import Actor, Role
from projections.position import Position

log = structlog.get_logger("sillage.imports")

STEPS: Final = 100
"""What the progress of an import is counted in: each part of the work has its share of them."""
_READ, _PLANNED, _COMPARED = 15, 45, 70
_BETWEEN_STEPS: Final = 0.1
VIEWS_SECONDS: Final = 20.0
"""How long a comparison waits for the lists to hold what was just written: an import just before this one, for instance."""


class ListsLate(StoreUnavailable):
    """Les listes sont encore en train de se mettre à jour. Rien n'est perdu : réessayez dans une minute."""

    code = "lists_late"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what of it is left to write, and the records that the person may complete."""

    plan: ImportPlan
    left: LeftToWrite
    openable: frozenset[YouthId] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Desk:
    """Imports of one person in one structure."""

    structure: Structure
    actor: Actor

    @property
    def educators(self) -> Mapping[str, AccountId]:
        """The educators' accounts by their initials. Whoever has left accompanies nobody: their initials are nobody's."""
        accounts = self.structure.accounts.all()
        return {one.initials: one.account_id for one in accounts if one.role is Role.EDUCATOR and one.is_active and one.initials}

    @property
    def names_a_referent(self) -> bool:
        """Whether the person says who accompanies the youths whose initials are nobody's: they cannot accompany anybody themselves."""
        return self.actor.role is not Role.EDUCATOR

    def open(self, content: bytes, filename: str) -> tuple[Sheet, ...]:
        """Read a file that was not taken over before. Raises `FieldRefused` (`file`), `AlreadyImported`."""
        if self.structure.records.ledger.was_imported(digest_of(content)):
            raise AlreadyImported
        return sheets_of(content, filename)

    def plan(self, sheets: tuple[Sheet, ...], choices: Choices) -> Planned:
        """Plan, comparing with the records that the person may change. Raises `NotAllowed`, `ListsLate`, `MappingRefused`."""
        records = self.structure.records
        youths = self._own_youths()
        known = records.known_records(self.actor, youths)
        plan = plan_import(
            sheets, mapping=choices.mapping, today=records.clock().date(), known=known, decisions=dict(choices.decisions) or None
        )
        openable = frozenset(YouthId(UUID(record.reference)) for record in known)
        return Planned(plan, records.left_to_import(plan, openable), openable)

    def preview(self, sheets: tuple[Sheet, ...], choices: Choices) -> tuple[Choices, Summary]:
        """Plan and say what it would come to; the choices come back with the mapping that was used."""
        planned = self.plan(sheets, choices)
        summary = summarise(planned.plan, planned.left, self.educators.keys())
        return replace(choices, mapping=planned.plan.mapping), summary

    def write(self, content: bytes, choices: Choices, progress: Progress) -> ImportResult:
        """Take a file over, all or nothing. `progress` is told steps of `STEPS`. Raises what `run_import` raises, and `FieldRefused`."""
        sheets = sheets_of(content, choices.filename)
        progress(_READ, STEPS)
        planned = self.plan(sheets, choices)
        progress(_PLANNED, STEPS)
        fallback = self._fallback(planned, choices)
        twins = self._twins(sheets, planned.plan)
        progress(_COMPARED, STEPS)
        result = self.structure.records.run_import(
            self.actor,
            planned.plan,
            file_digest=digest_of(content),
            accounts=self.educators,
            openable=planned.openable,
            twins=twins,
            fallback=fallback,
            progress=lambda done, whole: progress(_COMPARED + done * (STEPS - _COMPARED) // max(whole, 1), STEPS),
        )
        progress(STEPS, STEPS)
        return result

    def _twins(self, sheets: tuple[Sheet, ...], plan: ImportPlan) -> frozenset[SourceLine]:
        """Find the lines that are surely youths whom colleagues accompany. Nobody is told; nothing of it is kept."""
        records = self.structure.records
        others = records.records_of_others(self.actor)
        if not others:
            return frozenset()
        compared = plan_import(sheets, mapping=plan.mapping, today=records.clock().date(), known=others)
        return frozenset(skipped.source for skipped in compared.skipped)

    def _own_youths(self) -> list[YouthId]:
        if self.actor.role is not Role.EDUCATOR:
            return []
        position = Position(self.structure.store.database)
        if not (position.catch_up(VIEWS_SECONDS) and position.is_whole()):
            raise ListsLate
        return [row.youth for row in self.structure.caseload.of(self.actor.account)]

    def _fallback(self, planned: Planned, choices: Choices) -> AccountId | None:
        """Decide who accompanies the youths whose initials are nobody's."""
        if not self.names_a_referent:
            return None
        if choices.fallback in set(self._all_educators()):
            return choices.fallback
        if lacks_fallback(planned.left.plan, self.educators.keys()):
            raise FieldRefused("fallback", "Choisissez à qui confier les jeunes dont les initiales ne sont celles de personne.")
        return None

    def _all_educators(self) -> list[AccountId]:
        return [one.account_id for one in self.structure.accounts.all() if one.role is Role.EDUCATOR and one.is_active]


def digest_of(content: bytes) -> bytes:
    """Give what a file is known by: its SHA-256 (ADR 0008)."""
    return hashlib.sha256(content).digest()


def sheets_of(content: bytes, filename: str) -> tuple[Sheet, ...]:
    """Read a file. Raises `FieldRefused` (`file`), with a sentence that never quotes it."""
    try:
        return read_workbook(content, filename)
    except UnreadableWorkbook as error:
        raise FieldRefused("file", str(error)) from None


def start(desk: Desk, previews: Previews, preview: UUID) -> threading.Thread | None:
    """Begin to write a preview, in a thread of its own; give it, or `None` when it is not waiting (a second click changes nothing).

    Raises `PreviewEnded`.
    """
    content, choices = previews.read(preview, FILE, CHOICES)
    if content is None or choices is None:
        return None
    with ExitStack() as stack:
        connection = stack.enter_context(alone(previews.database, preview))
        if connection is None or not previews.start(preview, digest_of(content), STEPS):
            return None
        job = _Job(desk, previews, preview, content, Choices.from_json(choices), connection, stack.pop_all())
    thread = threading.Thread(target=job.run, daemon=True)
    thread.start()
    return thread


def settle(previews: Previews, preview: UUID, was_imported: Callable[[bytes], bool]) -> None:
    """Say what became of a running import whose process is gone: it was written whole, or not at all."""
    with alone(previews.database, preview) as connection:
        advance = previews.advance(preview)
        if connection is None or advance.file_digest is None:
            return
        if was_imported(advance.file_digest):
            previews.finish(preview, None)
        else:
            previews.put_back(preview, INTERRUPTED.to_json())


@dataclass
class _Job:
    """One import at work. It owns the connection that holds the import's lock."""

    desk: Desk
    previews: Previews
    preview: UUID
    content: bytes
    choices: Choices
    connection: RoleConnection
    held: ExitStack
    _told_at: float = 0.0

    def run(self) -> None:
        """Write, and leave word of what became of it. This is the outermost boundary of the thread: nothing goes on past it."""
        with self.held:
            try:
                self._write()
            except Exception as error:  # noqa: BLE001  # Said in the log by its kind; its message could quote a person.
                log.critical("import.broken", error=type(error).__name__, where=places(error))

    def _write(self) -> None:
        try:
            outcome = Outcome.of(self.desk.write(self.content, self.choices, self._progress))
        except (AlreadyImported, NothingToWrite):
            outcome = UNCHANGED
        except DomainError as refusal:
            self._explain(Outcome(refusal.code, str(refusal)))
            return
        except BaseException:
            self._explain(BROKEN)
            raise
        self.previews.finish(self.preview, outcome.to_json())

    def _explain(self, why: Outcome) -> None:
        # A connection lost while committing leaves a doubt, which the digest of the file settles.
        if self.desk.structure.records.ledger.was_imported(digest_of(self.content)):
            self.previews.finish(self.preview, None)
        else:
            self.previews.put_back(self.preview, why.to_json())

    def _progress(self, done: int, _whole: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _BETWEEN_STEPS:
            self._told_at = now
            show_progress(self.connection, self.previews.database, self.preview, done)
