"""What there is to do this week, for the DPO, their deputies and the administrator: one line a thing, with its button and its day (N46).

Asked when somebody looks, and sent to nobody; outside working hours only an emergency is shown at once (N39). No key of a youth is needed.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from api.desk.ending_access import kept_unused
from api.desk.incident_desk import anomalies_of
from api.desk.processing_register import is_sealed_start, newest_backup, sealed_last
from api.erasures.erasure_looks import waiting_in
from api.settings import Settings
from api.web.requests import Caller
from crypto_shredding.keys.provider import Providers
from domain.access.replacements import Replacements, replacements_of
from domain.desk.breach import Breach
from domain.desk.incident import Incident
from domain.desk.requisition import Requisition
from domain.identifiers import YouthId
from domain.local_time import local
from domain.oblivion.hold import Hold, hold_of
from domain.sign_in.sign_in_rules import REVIEW_EVERY
from domain.trail import Operation, Role

SOON: Final = timedelta(days=14)
TEMPORARY: Final = "/acces/partages"
BEFORE_AN_AGREEMENT_ENDS: Final = timedelta(days=60)
"""Another agreement of the archives administration takes weeks."""
BACKUP_AT_LEAST_EVERY: Final = timedelta(hours=36)
SEALED_AT_LEAST_EVERY: Final = timedelta(hours=1)
_WORKING_HOURS: Final = range(8, 19)
_FRIDAY: Final = 4


class Kind(StrEnum):
    """What is to be done."""

    BREACH_CLOCK = "breach_clock"
    EMERGENCY = "emergency"
    """A record was opened in an emergency, and nobody has reviewed it."""
    ANOMALY = "anomaly"
    INCIDENT = "incident"
    BREACH_OPEN = "breach_open"
    LATE_ERASURE = "late_erasure"
    APPROVAL = "approval"
    REQUISITION = "requisition"
    ARCHIVES_CLOSED = "archives_closed"
    ARCHIVES_ENDING = "archives_ending"
    HOLD_ENDING = "hold_ending"
    SHARE_ENDING = "share_ending"
    """One line for all of them, with the first last day: its page has a line each."""
    REPLACEMENT_ENDING = "replacement_ending"
    ACCOUNTS = "accounts"
    ADMINISTRATOR_UNUSED = "administrator_unused"
    """The last account of administration is not used: it is not closed by itself as others are (R156)."""
    BACKUP = "backup"
    TRAIL_NOT_SEALED = "trail_not_sealed"
    NOT_SEALED = "not_sealed"


EMERGENCIES: Final = frozenset({Kind.BREACH_CLOCK, Kind.EMERGENCY})
FOR_THE_ADMINISTRATOR: Final = frozenset({Kind.APPROVAL, Kind.ACCOUNTS, Kind.BACKUP, Kind.TRAIL_NOT_SEALED, Kind.NOT_SEALED})


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `address` is `None` when somebody else does it. `number` is a file's, `due` the last day, `since` a moment known."""

    kind: Kind
    address: str | None
    due: datetime | date | None = None
    number: int | None = None
    since: datetime | None = None

    @property
    def is_emergency(self) -> bool:
        """Tell whether it is shown at any hour."""
        return self.kind in EMERGENCIES

    @property
    def last_day(self) -> date | None:
        """The last day, where the people are."""
        return local(self.due).date() if isinstance(self.due, datetime) else self.due


@dataclass(frozen=True, slots=True)
class Week:
    """What there is to do now, and what waits for the working hours."""

    now: tuple[Task, ...]
    later: tuple[Task, ...]


def look_at_week(caller: Caller, settings: Settings, providers: Providers) -> Week:
    """Give what there is to do to the DPO or to the administrator. Each held record is named in the trail first, as its reference is shown.

    Raises `NotAllowed`, `TrailUnavailable`.
    """
    records = caller.structure.records
    records.must_allow(caller.actor, Operation.READ_WEEK)
    at = records.clock()
    named = [hold.youth for hold in _holds_ending(caller, at)] if caller.actor.role is Role.DPO else []
    records.disclose(caller.actor, Operation.READ_WEEK, subjects=named)
    found = [task for task in _tasks(caller, settings, providers, at, named) if _is_for(caller, task)]
    found.sort(key=lambda task: (not task.is_emergency, task.last_day is None, task.last_day or date.max))
    if is_working_time(at):
        return Week(tuple(found), ())
    return Week(tuple(task for task in found if task.is_emergency), tuple(task for task in found if not task.is_emergency))


def is_working_time(at: datetime) -> bool:
    """Tell whether it is a working hour of an office: from Monday to Friday, 8 to 19. Public holidays are not known here."""
    there = local(at)
    return there.weekday() <= _FRIDAY and there.hour in _WORKING_HOURS


def _is_for(caller: Caller, task: Task) -> bool:
    return caller.actor.role is Role.DPO or task.kind in FOR_THE_ADMINISTRATOR


def _tasks(caller: Caller, settings: Settings, providers: Providers, at: datetime, named: Collection[YouthId]) -> Iterator[Task]:
    if caller.actor.role is Role.DPO:
        yield from _files(caller)
        yield from _emergencies(caller)
        yield from _endings(caller, at)
        # Read again behind the line: what was closed in between is not shown (invariant 4), nor what the line does not name.
        for hold in _holds_ending(caller, at):
            if hold.youth in named:
                yield Task(Kind.HOLD_ENDING, f"/acces/dossiers/{hold.reference}/suspension", hold.until)
    yield from _erasures(caller)
    yield from _accounts(caller, at)
    yield from _service(caller, settings, providers, at)


def _files(caller: Caller) -> Iterator[Task]:
    records = caller.structure.records
    for number, breach in records.files(Breach):
        if breach.runs():
            yield Task(Kind.BREACH_CLOCK, f"/violations/{number}", breach.due_at, number, breach.aware_at)
        elif breach.closed_at is None:
            yield Task(Kind.BREACH_OPEN, f"/violations/{number}", number=number)
    for number, incident in records.files(Incident):
        if incident.concluded is None:
            yield Task(Kind.INCIDENT, f"/incidents/{number}", number=number)
    for number, requisition in records.files(Requisition):
        if requisition.is_open:
            yield Task(Kind.REQUISITION, f"/requisitions/{number}", number=number)


def _emergencies(caller: Caller) -> Iterator[Task]:
    for entry in caller.structure.records.emergencies_to_tell(caller.actor):
        yield Task(Kind.EMERGENCY, f"/acces/urgences/{entry.access}", entry.review_by, since=entry.timestamp)
    if any(look.incident is None for look in anomalies_of(caller)):
        yield Task(Kind.ANOMALY, "/alertes")


def _endings(caller: Caller, at: datetime) -> Iterator[Task]:
    records, today = caller.structure.records, local(at).date()
    gate = records.gate()
    if gate is None or not gate.is_open(at) or gate.agreement is None:
        yield Task(Kind.ARCHIVES_CLOSED, "/archives")
    elif gate.agreement.valid_until is not None and gate.agreement.valid_until - today <= BEFORE_AN_AGREEMENT_ENDS:
        yield Task(Kind.ARCHIVES_ENDING, "/archives", gate.agreement.valid_until)
    shares = (one for one in caller.structure.temporary.around(today) if one.runs_out(today, SOON))
    if first := next(shares, None):
        yield Task(Kind.SHARE_ENDING, TEMPORARY, first.until)
    found = records.find_kind(Replacements, replacements_of(caller.structure.id))
    for named in [] if found is None else found.living(at):
        if named.until - today <= SOON:
            yield Task(Kind.REPLACEMENT_ENDING, TEMPORARY, named.until)


class _HoldEnding(NamedTuple):
    youth: YouthId
    reference: UUID
    until: date


def _holds_ending(caller: Caller, at: datetime) -> Iterator[_HoldEnding]:
    """Give the records whose hold ends soon: a hold's stream is known by its record's alone."""
    database, last = caller.structure.store.database, local(at).date() + SOON
    with database.connection() as connection:
        known = connection.execute(database.statement("SELECT subject_id, reference FROM {subject_references}")).fetchall()
        streams = {hold_of(YouthId(subject)): (YouthId(subject), reference) for subject, reference in known}
        query = database.statement("SELECT originator_id FROM {events} WHERE originator_version = 1 AND originator_id = ANY(%s)")
        held = [row[0] for row in connection.execute(query, (list(streams),)).fetchall()]
    for stream in held:
        hold = caller.structure.records.find_kind(Hold, stream)
        if hold is not None and hold.is_active(at) and hold.until is not None and hold.until <= last:
            yield _HoldEnding(*streams[stream], hold.until)


def _erasures(caller: Caller) -> Iterator[Task]:
    waiting = waiting_in(caller)
    role = caller.actor.role.value
    if any(look.awaits_approval and role not in look.erasure.approvals for look in waiting):
        yield Task(Kind.APPROVAL, "/effacements")
    if any(look.progress.is_late for look in waiting):
        yield Task(Kind.LATE_ERASURE, "/effacements")


def _accounts(caller: Caller, at: datetime) -> Iterator[Task]:
    today = local(at).date()
    staff = [account for account in caller.structure.accounts.all() if account.role is not Role.YOUTH and account.is_active]
    reviewed = [account.reviewed_on or account.created_on for account in staff]
    if any(day is not None and today - day >= REVIEW_EVERY for day in reviewed):
        yield Task(Kind.ACCOUNTS, "/comptes" if caller.actor.role is Role.ADMINISTRATOR else None)
    # Of the administrator's own account: whoever uses it has it used.
    if caller.actor.role is Role.DPO and kept_unused(caller.structure.accounts):
        yield Task(Kind.ADMINISTRATOR_UNUSED, None)


def _service(caller: Caller, settings: Settings, providers: Providers, at: datetime) -> Iterator[Task]:
    saved_at, sealed_at = newest_backup(settings.backups), sealed_last(caller)
    if saved_at is None or at - saved_at > BACKUP_AT_LEAST_EVERY:
        yield Task(Kind.BACKUP, None, since=saved_at)
    if sealed_at is None or at - sealed_at > SEALED_AT_LEAST_EVERY:
        yield Task(Kind.TRAIL_NOT_SEALED, "/acces/sceau" if caller.actor.role is Role.DPO else None, since=sealed_at)
    if not is_sealed_start(settings, providers):
        yield Task(Kind.NOT_SEALED, None)
