"""What the processes of the gap test do: write as fast as they can, and read as fast as they can."""

from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from api.bootstrap import Structure
from crypto_shredding.following import Follower
from domain.activity import Activity
from domain.drafts import OutingDraft
from domain.identifiers import ActivityId
from domain.trail import Actor, Operation, TrailLine
from tests.fault.processes import Site
from tests.given import closed, command, educator, note, opened, today

Seen = list[tuple[int, str, int]]
"""What a follower saw, in its order: position, stream, version."""

_LIMIT: Final = 500
_NOTES, _OUTINGS = 7, 40


class Hasty(Follower):
    """A follower that takes the highest visible position for the end of what there is, and waits for nobody."""

    def _settled(self, connection: Any) -> bool:
        return connection is not None


def write(site: Site, seconds: float, start: Barrier, acknowledged: "Queue[int]") -> None:
    """Write single events, pairs of one stream, closings over two streams and imports; tell how many events were acknowledged."""
    written = 0
    with site.service() as (_, structure):
        actor = educator()
        start.wait(30)
        end = monotonic() + seconds
        while monotonic() < end:
            written += _a_round(structure, actor)
    acknowledged.put(written)


def _a_round(structure: Structure, actor: Actor) -> int:
    records = structure.records
    youth = opened(records, actor)
    for _ in range(_NOTES):
        records.add_note(actor, youth, note(), command=command(actor))
    closed(records, youth)
    return 2 + _NOTES + 2 + _import(structure, actor)


def _import(structure: Structure, actor: Actor) -> int:
    """Append many events in one transaction: their positions are drawn long before they are visible."""
    outing, at = OutingDraft(today(), counts={"girl:11-15": 2}), structure.records.clock()
    activities = [Activity.record_outing(ActivityId(uuid4()), outing, by=actor.account, at=at) for _ in range(_OUTINGS)]
    events = [event for activity in activities for event in activity.collect_events()]
    structure.store.events.put_bulk(events, trail=TrailLine(actor, Operation.RUN_IMPORT), import_digest=uuid4().bytes)
    return len(events)


def follow(site: Site, kind: type[Follower], start: Barrier, end: Event, seen: "Queue[tuple[str, Seen]]") -> None:
    """Read in a tight loop until the writers have ended and nothing is left; tell what was seen."""
    found: Seen = []
    with site.service() as (_, structure):
        follower = kind(structure.id, structure.runner_store.database)
        start.wait(30)
        while _take(follower.next_batch, found) or not end.is_set():
            pass
        _take(follower.next_batch, found)
    seen.put((kind.__name__, found))


def _take(next_batch: Callable[[int, int], Any], found: Seen) -> bool:
    batch = next_batch(found[-1][0] if found else 0, _LIMIT)
    found.extend((row.id, str(row.originator_id), row.originator_version) for row in batch)
    return bool(batch)
