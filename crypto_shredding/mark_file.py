"""How a high-water mark is written, by whichever provider keeps it."""

import json
from dataclasses import asdict
from typing import Final

from crypto_shredding.provider import Mark, ProviderUnavailable

_DAMAGED: Final = (
    "Le repère gardé par le fournisseur de clés est abîmé : sans lui, une copie plus ancienne des données ne se verrait pas. "
    "Remettez son dossier ou son token depuis une copie."
)


def written(mark: Mark) -> bytes:
    """Write a mark as JSON."""
    return json.dumps(asdict(mark)).encode()


def read(content: bytes | None) -> Mark:
    """Read what `written` gave; `None` is a mark never raised. Raises `ProviderUnavailable` when it is damaged, never taken for zero."""
    if content is None:
        return Mark()
    try:
        fields = json.loads(content)
        mark = Mark(**fields)
    except (ValueError, TypeError):
        raise ProviderUnavailable(_DAMAGED) from None
    if set(fields) != set(asdict(mark)) or not all(type(value) is int and value >= 0 for value in fields.values()):
        raise ProviderUnavailable(_DAMAGED)
    return mark
