"""What the tests of the views do over and over: act as somebody, and read what the views hold, decrypted."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from api.bootstrap import Structure
from domain.drafts import ContactDraft, InformationDraft, OpeningDraft, StepDraft
from domain.identifiers import AccountId, ErasureId, RequestId, YouthId
from domain.trail import Actor, Purpose, Role

TODAY = datetime.now(UTC).date()
A_DAY = date(2026, 3, 14)
INFORMED = InformationDraft("dit de vive voix", date(2026, 1, 5))


def somebody(role: Role = Role.EDUCATOR, purpose: Purpose = Purpose.ACCOMPANY, subject: YouthId | None = None) -> Actor:
    return Actor(AccountId(uuid4()), role, purpose, RequestId(uuid4()), subject)


@dataclass
class Desk:
    """An educator at work."""

    structure: Structure
    actor: Actor = field(default_factory=somebody)

    def open(self, pseudonym: str = "Zed", **fields: Any) -> YouthId:
        draft = OpeningDraft(pseudonym, **({"birth_year": 2010, "gender": "girl", "territory": "Les Oliviers"} | fields))
        return YouthId(self.structure.records.open_record(self.actor, draft, informed=INFORMED).stream)

    def meet(self, youth: YouthId, day: date = A_DAY, **fields: Any) -> None:
        self.structure.records.make_contact(self.actor, youth, ContactDraft(day, **fields))

    def step(self, youth: YouthId, due_on: date | None, day: date = A_DAY) -> UUID:
        records = self.structure.records
        records.take_step(self.actor, youth, StepDraft("logement", day, due_on=due_on))
        return next(reversed(records.read_record(self.actor, youth).steps))

    def close(self, youth: YouthId) -> ErasureId:
        return self.structure.records.close_record(self.actor, youth, asked_in_person=True)

    def account(self) -> AccountId:
        return self.actor.account


def contents(structure: Structure) -> dict[str, list[Any]]:
    """Read every view, decrypted, in an order that does not depend on how it was written."""
    sealer, database = structure.runner_store.sealer, structure.runner_store.database
    with database.connection() as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(database.statement(query)).fetchall()

        caseload = rows("SELECT subject_id, account_id, core, follow_up FROM {caseload} ORDER BY 1, 2")
        shares = rows("SELECT subject_id, access_id, holder, core FROM {caseload_shares} ORDER BY 2")
        temporary = rows("SELECT access_id, subject_id, granted, ended FROM {temporary_accesses} ORDER BY 1")
        contributions = rows("SELECT subject_id, core, follow_up FROM {figure_contributions} ORDER BY 1")
        months = {
            table: rows(f"SELECT month, state FROM {{{table}}} ORDER BY 1") for table in ("figures", "erased_figures", "activity_figures")
        }
        activities = rows("SELECT activity_id, occurred_on, state FROM {activities} ORDER BY 1")
        folded = rows("SELECT erasure_id FROM {folded_erasures} ORDER BY 1")
    rings = sealer.rings({row[0] for row in (*caseload, *shares, *contributions)})
    structure_ring = sealer.structure_ring()

    def shown(table: str, subject: UUID, sealed: bytes | None) -> Any:
        return None if sealed is None else sealer.open(rings[subject], table, subject, sealed)

    return {
        "caseload": [
            (subject, account, shown("caseload", subject, core), shown("caseload", subject, seen))
            for subject, account, core, seen in caseload
        ],
        "shares": [
            (subject, access, holder, sealer.open(rings[subject], "caseload_shares", f"{access} {subject}", core))
            for subject, access, holder, core in shares
        ],
        "temporary": [
            (access, subject, sealer.open(structure_ring, "temporary_accesses", f"granted {access} {subject}", granted))
            + ((sealer.open(structure_ring, "temporary_accesses", f"ended {access} {subject}", ended),) if ended else ())
            for access, subject, granted, ended in temporary
        ],
        "contributions": [
            (subject, shown("figure_contributions", subject, core), shown("figure_contributions", subject, seen))
            for subject, core, seen in contributions
        ],
        "activities": [
            (activity, day, sealer.open(structure_ring, "activities", f"{activity} {day.isoformat()}", state))
            for activity, day, state in activities
        ],
        "folded": folded,
    } | {
        table: [(month, sealer.open(structure_ring, table, month.isoformat(), state)) for month, state in found]
        for table, found in months.items()
    }
