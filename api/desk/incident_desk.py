"""What one person looked at, inside an incident and nowhere else; anomalies, and what was said of them (R086, R088).

Pages and JSON API both come through here. Decide, commit the line with the incident's reference, then show (invariant 2).
"""

from dataclasses import dataclass
from datetime import date

from api.desk.trail_interval import interval_of_days
from api.web.requests import Caller
from domain.desk.desk_refusals import FileClosedAlready
from domain.desk.incident import Incident
from domain.identifiers import AccountId
from domain.local_time import local
from domain.refusals import ChoiceUnknown
from domain.trail import CommandKey, Operation, Outcome, Role
from projections.access_trail import PAGE, Page, TrailFilter
from projections.anomalies import Anomaly, Rule

REASONS = {
    Rule.BULK_READS: "Plus de 30 dossiers différents ouverts en une heure.",
    Rule.OUTSIDE_CASELOAD: "Plusieurs dossiers essayés en dehors de son suivi.",
    Rule.REPEATED_REFUSALS: "Beaucoup de pages refusées en une heure.",
    Rule.PROBING: "Beaucoup de dossiers inexistants demandés en une heure.",
    Rule.FAILED_SIGN_INS: "Plusieurs connexions échouées en une heure.",
}
"""What an incident that comes from an anomaly gives as its reason: stored, and so not translated."""


@dataclass(frozen=True, slots=True)
class AnomalyLook:
    """One anomaly, and the incident in which it was treated, if it was."""

    anomaly: Anomaly
    incident: int | None


def open_incident(caller: Caller, account: AccountId, first: date, last: date, reason: str, *, command: CommandKey | None = None) -> int:
    """State a reason for looking at what `account` did from `first` to `last`, both within. Raises `ChoiceUnknown` for no staff."""
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_INCIDENTS)
    known = caller.structure.accounts.get(account)
    if known is None or known.role is Role.YOUTH:
        raise ChoiceUnknown("account")
    return caller.structure.records.open_incident(caller.actor, account, interval_of_days(first, last), reason, command=command)


def look_at_deeds(caller: Caller, number: int, *, before: int | None = None, limit: int = PAGE) -> tuple[Incident, Page]:
    """Give what the person of an incident did within its interval. The line of this look refers to the incident. Raises `NotAllowed`."""
    incident = caller.structure.records.read_file(caller.actor, Incident, number, Operation.INVESTIGATE)
    wanted = TrailFilter(account=incident.account, since=incident.since, until=incident.until)
    return incident, caller.structure.trail.lines(wanted, before=before, limit=limit)


def look_at_anomalies(caller: Caller) -> list[AnomalyLook]:
    """Give the anomalies of the last 31 days, the latest first. Raises `NotAllowed`."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_INCIDENTS)
    return anomalies_of(caller)


def anomalies_of(caller: Caller) -> list[AnomalyLook]:
    """Give the same to whoever has left the line of this look already."""
    records = caller.structure.records
    treated = {incident.anomaly: number for number, incident in records.files(Incident) if incident.anomaly is not None}
    return [AnomalyLook(found, treated.get(found.key)) for found in caller.structure.anomalies.latest(records.clock())]


def treat_anomaly(caller: Caller, key: str, explained: str | None, *, command: CommandKey | None = None) -> int:
    """Close an anomaly with what explains it, or open an incident about it when nothing does. Give the incident's number.

    Raises `NotAllowed` for an anomaly that is not there, `FileClosedAlready` when somebody else has treated it, `TextMissing`.
    """
    records = caller.structure.records
    records.must_allow(caller.actor, Operation.MANAGE_INCIDENTS)
    earlier = records.accepted(command)
    found = next((look for look in anomalies_of(caller) if look.anomaly.key == key), None)
    if found is None:
        raise records.refused(caller.actor, Operation.MANAGE_INCIDENTS, Outcome.NOT_FOUND)
    if found.incident is not None and earlier is None:
        raise FileClosedAlready("Cette alerte est déjà traitée.")
    if found.incident is not None:
        return found.incident
    anomaly = found.anomaly
    return records.open_incident(
        caller.actor,
        anomaly.account,
        interval_of_days(local(anomaly.since).date(), local(anomaly.until).date()),
        REASONS[anomaly.rule],
        anomaly=key,
        explained=explained,
        command=command,
    )


def name_in(caller: Caller, account: AccountId) -> str:
    """Return the name of somebody of the staff, empty for a youth's account and for one that is gone."""
    known = caller.structure.accounts.get(account)
    return "" if known is None or known.role is Role.YOUTH else known.display_name
