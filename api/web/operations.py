"""Each route says which operation of the access trail it is, or why it leaves no line. A test fails on a route that says neither (R081)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from domain.trail import Operation

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., object])
_MARK = "__sillage_declaration__"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a route says of itself: its operation, or the reason why it has none, or both when only a refusal leaves a line."""

    operation: Operation | None
    reason: str = ""

    @property
    def leaves_when_granted(self) -> bool:
        """Tell whether whoever is answered by this route has left a line of its operation."""
        return self.operation is not None and not self.reason


def leaves(operation: Operation) -> Callable[[_Endpoint], _Endpoint]:
    """Declare that a granted request through this route leaves a line of `operation`."""
    return _marked(Declaration(operation))


def leaves_if_refused(operation: Operation, reason: str) -> Callable[[_Endpoint], _Endpoint]:
    """Declare that a refusal leaves a line of `operation`, and why a granted request (for an empty form) shows nothing of anybody."""
    return _marked(Declaration(operation, reason))


def leaves_nothing(reason: str) -> Callable[[_Endpoint], _Endpoint]:
    """Declare that this route shows and changes nothing of anybody, and say why that is so."""
    return _marked(Declaration(None, reason))


def declaration_of(endpoint: Callable[..., object]) -> Declaration | None:
    """Return what `endpoint` declared, or `None` when it declared nothing (a defect)."""
    declared = getattr(endpoint, _MARK, None)
    return declared if isinstance(declared, Declaration) else None


def _marked(declaration: Declaration) -> Callable[[_Endpoint], _Endpoint]:
    def mark(endpoint: _Endpoint) -> _Endpoint:
        setattr(endpoint, _MARK, declaration)
        return endpoint

    return mark
