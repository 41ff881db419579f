"""How a high-water mark is written, by whichever provider keeps it."""

import json
from dataclasses import asdict
from typing import Final

from crypto_shredding.keys.provider import Mark, ProviderUnavailable

_DAMAGED: Final = (
    "Le repère gardé par le fournisseur de clés est abîmé : sans lui, une copie plus ancienne des données ne se verrait pas. "
    "Remettez-le depuis une copie (voir « Le repère est abîmé », dans docs/how-to/keys-in-a-token.md). Rien d'autre n'est perdu."
)
_HIGHEST: Final = Mark(epoch=2**31 - 2, erasures=2**62, position=2**62)
"""Above these, what comes next fits neither the keys database nor a wrapped key: nobody came so far."""


def written(mark: Mark) -> bytes:
    """Write a mark as JSON."""
    return json.dumps(asdict(mark)).encode()


def damaged() -> ProviderUnavailable:
    """Give what is raised when the mark cannot be told."""
    return ProviderUnavailable(_DAMAGED)


def read(content: bytes | None) -> Mark:
    """Read what `written` gave; `None` is a mark never raised. Raises `ProviderUnavailable` when it is damaged, never taken for zero."""
    if content is None:
        return Mark()
    try:
        fields = json.loads(content)
        mark = Mark(**fields)
    except (ValueError, TypeError):
        raise damaged() from None
    if set(fields) != set(asdict(mark)) or not all(type(value) is int and value >= 0 for value in fields.values()):
        raise damaged()
    if mark.joined(_HIGHEST) != _HIGHEST:
        raise damaged()
    return mark
