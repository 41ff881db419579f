"""Unusual accesses, told to the DPO once an episode (R088). Asked of the trail each time: nobody has a profile, a rank or a score (R086).

There is no rule about the night: evenings are working hours in the street. The limits are ours but for the first, and stand here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.identifiers import AccountId
from domain.legal_constants import DISTINCT_RECORDS_IN_AN_HOUR
from projections.queries import statements
from projections.store import Database

LOOKED_BACK: Final = timedelta(days=31)
_QUIET: Final = timedelta(hours=1)
"""What parts two episodes. An episode cut by the edge of what is looked at would begin at another line: it is not told."""


class Rule(StrEnum):
    """What is unusual, within an hour."""

    BULK_READS = "bulk_reads"
    """More records opened than anybody accompanies in an hour."""
    OUTSIDE_CASELOAD = "outside_caseload"
    """Several records tried that are not in this person's care."""
    REPEATED_REFUSALS = "repeated_refusals"
    """Page after page that this role does not open."""
    PROBING = "probing"
    """Record after record that does not exist: somebody is guessing."""
    FAILED_SIGN_INS = "failed_sign_ins"
    """Of whoever it was: a failed sign-in names no account in the trail, or it would tell which ones there are."""


LIMITS: Final[dict[Rule, int]] = {
    Rule.BULK_READS: DISTINCT_RECORDS_IN_AN_HOUR + 1,
    Rule.OUTSIDE_CASELOAD: 3,
    Rule.REPEATED_REFUSALS: 10,
    Rule.PROBING: 10,
    Rule.FAILED_SIGN_INS: 10,
}
"""From how many on, in an hour, it is told."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One episode. `name` is `None` for a youth's account and for one that is gone. `since` and `until` are UTC, both within."""

    rule: Rule
    account: AccountId
    role: str
    name: str | None
    line: int
    since: datetime
    until: datetime

    @property
    def key(self) -> str:
        """What this episode is known by, for as long as its lines are kept: the rule, and the line that crossed its limit."""
        return f"{self.rule}:{self.line}"


class Anomalies:
    """Asks the trail of one structure."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = statements(database, "anomalies")

    def latest(self, at: datetime) -> Sequence[Anomaly]:
        """Give the episodes of the last 31 days, the latest first."""
        since = at - LOOKED_BACK
        parameters = {"since": since, "told_since": since + _QUIET, "rules": [*LIMITS], "limits": [*LIMITS.values()]}
        with self._database.connection() as connection:
            rows = connection.execute(self._sql["episodes"], parameters).fetchall()
        return [
            Anomaly(Rule(rule), AccountId(account), role, name, line, begun, ended)
            for rule, account, role, name, line, begun, ended in rows
        ]
