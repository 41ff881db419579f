"""What a PKCS#11 token remembers of a structure: the high-water mark and the epochs destroyed, in a private data object.

    {"mark": {"epoch": …, "erasures": …, "position": …}, "destroyed": [[first, last], …]}

A token knows no transaction, and an object's value may be fixed once it is made (SoftHSM 2.6). So a new object is written before the old
one goes, and what several say is joined: neither a kill nor another process loses anything.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import UUID

import pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import ObjectHandleInvalid

from crypto_shredding.keys import mark_file
from crypto_shredding.keys.pkcs11_token import APPLICATION, find
from crypto_shredding.keys.provider import Mark, ProviderUnavailable

_DAMAGED: Final = "Ce que le token garde en mémoire est abîmé. Ne faites aucune rotation, et appelez de l'aide : les clés, elles, sont là."


@dataclass(frozen=True, slots=True)
class TokenMemory:
    """The mark never goes down, and a destroyed epoch never comes back: joining loses neither."""

    mark: Mark = field(default_factory=Mark)
    destroyed: frozenset[int] = frozenset()

    def joined(self, other: "TokenMemory") -> "TokenMemory":
        """Give what either knows."""
        return TokenMemory(self.mark.joined(other.mark), self.destroyed | other.destroyed)

    def written(self) -> bytes:
        """Write it as JSON, the epochs as ranges: a token is small, and a structure may destroy an epoch every night."""
        ranges: list[list[int]] = []
        for epoch in sorted(self.destroyed):
            if ranges and ranges[-1][1] == epoch - 1:
                ranges[-1][1] = epoch
            else:
                ranges.append([epoch, epoch])
        return json.dumps({"mark": json.loads(mark_file.written(self.mark)), "destroyed": ranges}).encode()

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read what `written` gave. Raises `ProviderUnavailable` when it is damaged."""
        try:
            fields = json.loads(content)
            destroyed = frozenset(epoch for first, last in fields["destroyed"] for epoch in range(first, last + 1))
            return cls(mark_file.read(json.dumps(fields["mark"]).encode()), destroyed)
        except (ValueError, TypeError, KeyError):
            raise ProviderUnavailable(_DAMAGED) from None


def recall(session: pkcs11.Session, structure: UUID) -> TokenMemory:
    """Give all that the token remembers of a structure."""
    return _recalled(session, structure)[0]


def remember(session: pkcs11.Session, structure: UUID, news: TokenMemory) -> None:
    """Add to what the token remembers. Does nothing when it knows."""
    known, objects = _recalled(session, structure)
    memory = known.joined(news)
    if memory != known or len(objects) > 1:
        value = {Attribute.TOKEN: True, Attribute.PRIVATE: True, Attribute.VALUE: memory.written()}
        session.create_object({**_attributes(structure), **value})
        destroy_all(objects)


def destroy_all(objects: Sequence[Any]) -> None:
    """Destroy objects, those included that another process has destroyed meanwhile."""
    for each in objects:
        with contextlib.suppress(ObjectHandleInvalid):
            each.destroy()


def _recalled(session: pkcs11.Session, structure: UUID) -> tuple[TokenMemory, list[Any]]:
    while True:
        objects = find(session, _attributes(structure))
        memory = TokenMemory()
        # An object that goes between the search and the reading was replaced by another process: the new one is there already.
        with contextlib.suppress(ObjectHandleInvalid):
            for each in objects:
                memory = memory.joined(TokenMemory.read(each[Attribute.VALUE]))
            return memory, objects


def _attributes(structure: UUID) -> dict[Attribute, Any]:
    return {
        Attribute.CLASS: ObjectClass.DATA,
        Attribute.APPLICATION: APPLICATION,
        Attribute.LABEL: f"{APPLICATION}/{structure}/memory",
    }
