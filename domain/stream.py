"""What every aggregate of Sillage shares: a silent event, a category, a clock that is handed in, and the erased value.

An event never shows its content in a `repr`, so that neither a log nor a traceback can (R076).
"""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.categories import Category


def _silent_repr(self: object) -> str:
    return f"<{type(self).__qualname__}>"


class Stream(Aggregate):
    """Base of the aggregates. A subclass, its nested `Event` and each event carry a frozen, explicit `TOPIC`."""

    class Event(Aggregate.Event):
        """Base of the events. `category` names the key that encrypts the event."""

        category: ClassVar[Category]

        def __init_subclass__(cls, **kwargs: Any) -> None:
            # The library's metaclass turns each event into a dataclass, which writes a telling `__repr__` unless the class has its own.
            super().__init_subclass__(**kwargs)
            cls.__repr__ = _silent_repr  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """Name the class alone: the attributes are a person's."""
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, slots=True)
class ErasedStream:
    """What is left of a stream whose key was destroyed lawfully: that it was, and how long it had become."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class ErasedEvent:
    """An event whose key was destroyed lawfully (a tombstone). It takes its place in the sequence and says nothing."""

    originator_id: UUID
    originator_version: int
    whole: bool = True
    """Whether the whole ring went, and not one category's key alone."""

    def mutate(self, aggregate: Any) -> Any:
        """Keep the sequence whole: the erased stream grows; a living one (one category erased) moves on by one version."""
        if self.whole:
            return ErasedStream(self.originator_id, self.originator_version)
        aggregate.version = self.originator_version
        return aggregate


@dataclass(frozen=True, slots=True)
class WithheldEvent:
    """An event that whoever reads may not know: it takes its place in the sequence and says nothing."""

    originator_version: int

    def mutate(self, aggregate: Any) -> Any:
        """Move on by one version."""
        aggregate.version = self.originator_version
        return aggregate
