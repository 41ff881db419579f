"""The certificate of an erasure, made from what its events say and signed with the structure's key (R068, R072)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.responses import Response

from api.erasures.certificate_page import as_pdf
from api.erasures.erasure_index import ErasureIndex
from api.erasures.erasure_progress import irreversible_at
from api.web.request_refusals import RequestRefused
from api.web.requests import Caller
from crypto_shredding.erasure.certificate import Certificate, Copies, NotRecalled, Scope, issue
from crypto_shredding.signing import signer_of
from domain.identifiers import ErasureId
from domain.legal_constants import EVENT_BACKUPS_KEPT
from domain.local_time import zone
from domain.oblivion.erasure import Erasure
from domain.trail import Operation

_FILE_NAME: Final = "attestation"
"""Of the file that is taken away. It says neither of what nor of whom (N37)."""
_NEXT_NIGHT: Final = timedelta(days=1)
"""A backup that is too old goes when the next one is taken."""


class CertificateNotYet(RequestRefused):
    """L’attestation n’existe pas encore : elle peut être faite dès que la clé est détruite."""

    status = 409
    code = "certificate_not_yet"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, and the file that carries its signature."""

    certificate: Certificate
    signed: bytes


def issue_certificate(caller: Caller, erasure: ErasureId) -> Issued:
    """Certify an erasure as far as it has come, after the line in the trail.

    Raises `NotAllowed`, `TrailUnavailable`, `CertificateNotYet`, and what opening the signing key raises.
    """
    structure = caller.structure
    found = structure.records.read_erasure(caller.actor, erasure, Operation.READ_CERTIFICATE)
    certificate = certificate_of(found, ErasureIndex.of(structure).provider_of)
    return Issued(certificate, issue(certificate, signer_of(structure.store.key_store)))


def signed_file(issued: Issued) -> Response:
    """Answer with the signed file, byte for byte."""
    return _taken_away(issued.signed, "json", "application/json")


def sheet(issued: Issued) -> Response:
    """Answer with the page to read or to print."""
    return _taken_away(as_pdf(issued.certificate, issued.signed, zone()), "pdf", "application/pdf")


def certificate_of(erasure: Erasure, provider_of: Callable[[int], str | None]) -> Certificate:
    """Make the certificate of `erasure`; `provider_of` names who holds an epoch's key. Raises `CertificateNotYet` while its key exists.

    Backups of events may hold its ciphertext for as long as they are kept after the purge; whether there are any is not known here.
    """
    begun, effect, effective_at = erasure.begun, erasure.effect, erasure.effective_at
    if begun is None or effect is None or effective_at is None:
        raise CertificateNotYet
    ended = erasure.irreversible
    provider = ended.provider if ended is not None else provider_of(effect.epoch)
    if provider is None:
        raise CertificateNotYet
    return Certificate(
        reference=erasure.id,
        scope=Scope.RECORD if erasure.is_whole else Scope.CATEGORY,
        closed_at=erasure.created_on,
        effective_at=effective_at,
        purged_at=erasure.purged_at,
        irreversible_at=irreversible_at(erasure),
        fingerprints=(effect.fingerprint,),
        epochs_destroyed=() if ended is None else (ended.epoch,),
        purged={"view_rows": begun.view_rows, "previews": effect.previews}
        | ({} if erasure.purged_events is None else {"events": erasure.purged_events}),
        not_recalled=NotRecalled(shown=begun.shown, exports=begun.exported),
        copies=Copies.APART if effect.is_apart else Copies.SAME_DISK,
        provider=provider,
        last_retained_backup_until=None if erasure.purged_at is None else (erasure.purged_at + EVENT_BACKUPS_KEPT + _NEXT_NIGHT).date(),
    )


def _taken_away(content: bytes, suffix: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{_FILE_NAME}.{suffix}"'})
