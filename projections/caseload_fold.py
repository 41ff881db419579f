"""Folds the events of a batch into the rows of the caseload, in memory, and writes each row once (facts §5.5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain.categories import Category
from domain.record.record_access_events import HandedOver, ReferentsNamed
from domain.record.youth_record import YouthRecord
from projections.queries import statements
from projections.store import Connection, Database, Handlers, Sealer

TABLE: Final = "caseload"


@dataclass(slots=True, repr=False)
class FollowUp:
    """What the contacts and steps of one youth come to. Days are ISO 8601; `deadlines` go by the step's identifier."""

    contacts: int = 0
    last_contact: str | None = None
    deadlines: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, repr=False)
class _Row:
    """One youth. What was loaded stays sealed unless an event of the batch touches it."""

    accounts: set[UUID]
    stored_for: frozenset[UUID] = frozenset()
    sealed_core: bytes | None = None
    core: dict[str, Any] | None = None
    sealed_follow_up: bytes | None = None
    follow_up: FollowUp | None = None
    changed: bool = False


class CaseloadFold:
    """The rows of the youths of one batch."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._sealer = sealer
        self._sql = statements(database, "caseload")
        self._rows: dict[UUID, _Row] = {}
        self._rings: Mapping[UUID, Any] = {}
        self.handlers: Handlers = {
            YouthRecord.Opened: self._opened,
            YouthRecord.ContactMade: self._contact_made,
            YouthRecord.StepTaken: self._step_taken,
            YouthRecord.StepCompleted: self._step_completed,
            YouthRecord.AgreementWithdrawn: self._agreement_withdrawn,
            YouthRecord.ReferentsNamed: self._referents_named,
            YouthRecord.HandedOver: self._referents_named,
        }

    def load(self, connection: Connection, youths: Collection[UUID], rings: Mapping[UUID, Any]) -> None:
        """Begin a batch: read the rows of `youths`, whose living rings are all in `rings`."""
        self._rows, self._rings = {}, rings
        found = connection.execute(self._sql["load"], (list(youths),), prepare=True, binary=True).fetchall()
        for subject, account, core, follow_up in found:
            row = self._rows.setdefault(subject, _Row(set(), sealed_core=core, sealed_follow_up=follow_up))
            row.accounts.add(account)
        for row in self._rows.values():
            row.stored_for = frozenset(row.accounts)

    def store(self, connection: Connection) -> None:
        """Write the rows that changed, in the transaction of `connection`."""
        changed = {subject: row for subject, row in self._rows.items() if row.changed}
        gone = [(account, subject) for subject, row in changed.items() for account in row.stored_for - row.accounts]
        if gone:
            connection.execute(self._sql["drop"], _columns(gone), prepare=True)
        sealed = {subject: self._sealed(subject, row) for subject, row in changed.items()}
        rows = [(account, subject, *sealed[subject]) for subject, row in changed.items() for account in sorted(row.accounts)]
        if rows:
            connection.execute(self._sql["store"], _columns(rows), prepare=True)

    def _opened(self, event: YouthRecord.Opened) -> None:
        core = {
            "pseudonym": event.pseudonym,
            "birth_year": event.birth_year,
            "territory": event.territory,
            "first_contact": _iso(event.first_contact_on),
        }
        self._rows[event.originator_id] = _Row(set(event.referents), core=core, changed=True)

    def _referents_named(self, event: ReferentsNamed | HandedOver) -> None:
        row = self._rows[event.originator_id]
        row.accounts, row.changed = set(event.referents), True

    def _contact_made(self, event: YouthRecord.ContactMade) -> None:
        follow_up = self._follow_up(event.originator_id)
        follow_up.contacts += 1
        follow_up.last_contact = max(follow_up.last_contact or "", event.occurred_on.isoformat())

    def _step_taken(self, event: YouthRecord.StepTaken) -> None:
        follow_up = self._follow_up(event.originator_id)
        if event.due_on is not None:
            follow_up.deadlines[event.step_id.hex] = event.due_on.isoformat()

    def _step_completed(self, event: YouthRecord.StepCompleted) -> None:
        self._follow_up(event.originator_id).deadlines.pop(event.step_id.hex, None)

    def _agreement_withdrawn(self, event: YouthRecord.AgreementWithdrawn) -> None:
        if event.withdrawn_category == Category.FOLLOW_UP:
            row = self._rows[event.originator_id]
            row.follow_up, row.sealed_follow_up, row.changed = None, None, True

    def _follow_up(self, youth: UUID) -> FollowUp:
        row = self._rows[youth]
        row.changed = True
        if row.follow_up is None:
            row.follow_up = open_follow_up(self._sealer, self._rings[youth], youth, row.sealed_follow_up)
        return row.follow_up

    def _sealed(self, youth: UUID, row: _Row) -> tuple[bytes | None, bytes | None]:
        ring = self._rings[youth]
        core, follow_up = row.sealed_core, row.sealed_follow_up
        if row.core is not None:
            core = self._sealer.seal(ring, Category.CORE, TABLE, youth, row.core)
        if row.follow_up is not None:
            state = row.follow_up
            value = [state.contacts, state.last_contact, state.deadlines]
            follow_up = self._sealer.seal(ring, Category.FOLLOW_UP, TABLE, youth, value)
        return core, follow_up


def open_follow_up(sealer: Sealer, ring: Any, youth: UUID, sealed: bytes | None) -> FollowUp:
    """Open the column `follow_up`; an empty one is a youth with neither contact nor step."""
    opened = None if sealed is None else sealer.open(ring, TABLE, youth, sealed)
    return FollowUp() if opened is None else FollowUp(*opened)


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
