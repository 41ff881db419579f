"""The certificate of the reference page, and other ones made from it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto_shredding.canonical_json import canonical
from crypto_shredding.erasure.certificate import Certificate, Copies, NotRecalled, Scope, issue
from crypto_shredding.signing import CERTIFICATE, Signer

SIGNER: Final = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER_SIGNER: Final = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
WHOLE: Final = Certificate(
    reference=UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
    scope=Scope.RECORD,
    closed_at=datetime(2026, 12, 1, 13, 5, 9, tzinfo=UTC),
    effective_at=datetime(2026, 12, 4, 13, 5, 31, tzinfo=UTC),
    purged_at=datetime(2026, 12, 4, 13, 6, 2, tzinfo=UTC),
    irreversible_at=datetime(2026, 12, 5, 2, 0, 44, tzinfo=UTC),
    fingerprints=("5d" * 32,),
    epochs_destroyed=(11, 12),
    purged={"events": 42, "view_rows": 61, "previews": 1},
    not_recalled=NotRecalled(shown=17, exports=1),
    copies=Copies.APART,
    provider="pkcs11",
    last_retained_backup_until=date(2027, 1, 8),
)
EARLY: Final = replace(
    WHOLE, purged_at=None, irreversible_at=None, epochs_destroyed=(), purged={}, last_retained_backup_until=None, copies=Copies.SAME_DISK
)
"""Issued as soon as the key was destroyed: nothing else has come yet."""
FILE: Final = issue(WHOLE, SIGNER)


def signed_anyway(signer: Signer = SIGNER, **changes: Any) -> bytes:
    """Sign whatever `changes` make of the content, as somebody who holds the key and means harm would. `...` takes a field out."""
    content = {name: value for name, value in {**WHOLE.content(), **changes}.items() if value is not ...}
    signature = signer.sign(CERTIFICATE, canonical(content))
    return json.dumps({"certificate": content, "public_key": signer.public.hex(), "signature": signature.hex()}).encode()
