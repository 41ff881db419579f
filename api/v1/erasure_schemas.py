"""Erasures, the archive gate and holds as the JSON API says and reads them. Nothing here holds content or a name."""

from datetime import date, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator

from api.erasures.erasure_looks import ErasureLook
from api.web.representations import Shown
from api.web.schemas import Body, Day, Identifier, Line
from domain.oblivion.archive_gate import ArchiveGate, ArchiveGround
from domain.oblivion.erasure import Ground
from domain.oblivion.hold import Hold, HoldReason
from domain.trail import Role


def _one_of(choices: type[ArchiveGround | HoldReason | Ground]) -> BeforeValidator:
    def member(value: object) -> object:
        return choices(value) if isinstance(value, str) and value in set(choices) else value

    return BeforeValidator(member)


class Cancellation(Body):
    """Annuler : le jeune garde son dossier. Un·e éducateur·rice ne l’annule que pour un jeune présent."""

    asked_in_person: bool = False


class OfficeDemand(Body):
    """Effacer un dossier que seule sa référence du journal nomme : une demande reçue (`office`), ou la durée dépassée (`retention`)."""

    reference: Identifier
    ground: Annotated[Literal[Ground.OFFICE, Ground.RETENTION], _one_of(Ground)] = Ground.OFFICE


class ArchiveAgreement(Body):
    """Ce que l’administration des archives a accordé (R064). Sans `valid_until`, l’accord n’a pas de fin."""

    ground: Annotated[ArchiveGround, _one_of(ArchiveGround)]
    reference: Line
    valid_until: Day | None = None


class HoldDemand(Body):
    """Suspendre ce qui détruirait un dossier, jusqu’à un dernier jour : douze mois au plus (R065)."""

    reason: Annotated[HoldReason, _one_of(HoldReason)]
    until: Day


class ErasureShown(Shown):
    """How far an erasure has come: `closed`, `effective` (key destroyed), `purged`, `irreversible` (no copy opens), or `cancelled`.

    `category` is `null` when the whole record is meant. `final_on` is the day on which, at the latest, no copy opens any more: `null` once
    that is so or when it cannot be said. `obstacles` (what stands in the way) and `late` are for the DPO alone, `approved_by` (roles) for
    those who approve; `null` for anybody else.
    """

    id: UUID
    stage: str
    ground: str
    category: str | None
    closed_at: datetime
    cooling_off_until: datetime | None
    cancellable: bool
    cancelled_at: datetime | None
    effective_at: datetime | None
    purged_at: datetime | None
    irreversible_at: datetime | None
    final_on: date | None
    obstacles: list[str] | None
    late: bool | None
    approved_by: list[str] | None

    @classmethod
    def of(cls, look: ErasureLook, role: Role) -> Self:
        """Show one erasure to somebody of `role`."""
        erasure, progress = look.erasure, look.progress
        watches, approves = role is Role.DPO, role in _APPROVERS
        return cls(
            id=erasure.id,
            stage=erasure.stage.value,
            ground=erasure.ground,
            category=erasure.erased_category,
            closed_at=erasure.created_on,
            cooling_off_until=erasure.cooling_off_until,
            cancellable=progress.is_cancellable,
            cancelled_at=erasure.cancelled_at,
            effective_at=erasure.effective_at,
            purged_at=erasure.purged_at,
            irreversible_at=progress.irreversible_at,
            final_on=progress.final_on,
            obstacles=[obstacle.value for obstacle in progress.obstacles] if watches else None,
            late=progress.is_late if watches else None,
            approved_by=sorted(erasure.approvals) if approves else None,
        )


_APPROVERS: Final = frozenset({Role.DPO, Role.ADMINISTRATOR})


class ErasuresShown(Shown):
    """One page of the erasures, the latest first. `next` is what to send as `after` for the following one."""

    items: list[ErasureShown]
    next: UUID | None


class ErasureAsked(Shown):
    """The receipt of a demand: from now on nobody reads or writes the record."""

    erasure: UUID


class ArchiveGateShown(Shown):
    """The archive gate. Closed, nothing is destroyed; the other fields are those of the last agreement that was entered."""

    open: bool
    ground: str | None
    reference: str | None
    valid_until: date | None

    @classmethod
    def of(cls, gate: ArchiveGate | None, at: datetime) -> Self:
        """Show the gate as it is at the moment `at`."""
        agreement = None if gate is None else gate.agreement
        if gate is None or agreement is None:
            return cls(open=False, ground=None, reference=None, valid_until=None)
        return cls(open=gate.is_open(at), ground=agreement.ground, reference=agreement.reference, valid_until=agreement.valid_until)


class HoldShown(Shown):
    """The hold on one record. Inactive, there is none, and the other fields are `null`."""

    active: bool
    reason: str | None
    until: date | None

    @classmethod
    def of(cls, hold: Hold | None, at: datetime) -> Self:
        """Show a hold as it is at the moment `at`."""
        if hold is None or not hold.is_active(at):
            return cls(active=False, reason=None, until=None)
        return cls(active=True, reason=hold.reason, until=hold.until)


class CertificateShown(Shown):
    """The signed file: `certificate` in its canonical form is what `signature` (Ed25519) is of. See `docs/reference/certificate.md`."""

    certificate: dict[str, object]
    public_key: str
    signature: str
