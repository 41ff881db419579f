"""Seals what is kept for a moment between two requests of one person: the preview of an import (design §5, « the web tier spills too »).

The key comes from the token of their session (HKDF-SHA256, RFC 5869), which is stored nowhere: the service keeps its digest alone. What
was sealed opens in that session and in no other; when the session ends, nobody opens it any more, the service included.

The format is the envelope of everything else. Its « key id » is the random salt of the derivation, so that no two seals share a key.
"""

import os
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto_shredding.envelope import KEY_BYTES, KEY_ID_BYTES, place, read_header, seal, unseal
from domain.identifiers import AccountId, StructureId

_LABEL: Final = b"sillage/v1/expiring"


@dataclass(frozen=True)
class ExpiringSeal:
    """Seals and opens for one session: of this structure, of this account."""

    structure: StructureId
    account: AccountId
    token: str = field(repr=False)
    """256 random bits as text: high enough an entropy for HKDF without stretching."""

    def seal(self, content: bytes, subject: UUID, part: str) -> bytes:
        """Seal `content` as the `part` of `subject`, and as nothing else."""
        salt = os.urandom(KEY_ID_BYTES)
        return seal(content, cipher=self._cipher(salt), key_id=salt, where=self._place(subject, part))

    def open(self, sealed: bytes, subject: UUID, part: str) -> bytes:
        """Open what `seal` sealed. Raises `Tampered` in another session, and `MalformedEnvelope`."""
        salt = read_header(sealed).key_id
        return unseal(sealed, cipher=self._cipher(salt), where=self._place(subject, part))

    def _cipher(self, salt: bytes) -> AESGCM:
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=_LABEL).derive(self.token.encode())
        return AESGCM(derived)

    def _place(self, subject: UUID, part: str) -> bytes:
        return place(_LABEL, self.structure.bytes, self.account.bytes, subject.bytes, part.encode())
