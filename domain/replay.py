"""Events in, state out."""

from collections.abc import Iterable
from typing import Any


def project(aggregate: Any, events: Iterable[Any]) -> Any:
    """Replay `events` over `aggregate` (`None` at first): the aggregate, `ErasedStream`, or `None` when there is no event.

    A plain loop: the library's own projector checks a runtime protocol at each event, which was half the time of a rebuild.
    """
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate
