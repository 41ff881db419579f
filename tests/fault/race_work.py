"""What the processes of the erasure race do: write to one record until it refuses, and a while longer."""

from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from time import monotonic, sleep
from typing import Final

from api.bootstrap import Structure
from domain.identifiers import YouthId
from domain.refusals import ConcurrentChange, RecordClosed, RecordErased
from domain.trail import Actor
from tests.fault.processes import Site
from tests.given import educator, note

_AFTERWARDS_SECONDS: Final = 1.5


@dataclass
class Told:
    """What one writer was told: the versions that were accepted, and how each of its last tries was refused."""

    accepted: list[int] = field(default_factory=list)
    accepted_after_a_refusal: int = 0
    refusals: list[str] = field(default_factory=list)
    surprise: str | None = None


def write_until_refused(site: Site, youth: YouthId, start: Barrier, gone: Event, told: "Queue[Told]") -> None:
    """Write as fast as possible; once refused, go on trying until the record is erased and a while longer."""
    mine, actor = Told(), educator()
    with site.service() as (_, structure):
        start.wait(30)
        try:
            while not mine.refusals:
                _try(structure, actor, youth, mine)
            end = None
            while end is None or monotonic() < end:
                _try(structure, actor, youth, mine)
                sleep(0.002)
                if end is None and gone.is_set():
                    end = monotonic() + _AFTERWARDS_SECONDS
        except Exception as surprise:  # noqa: BLE001 - the outermost boundary of this process: the test is told.
            mine.surprise = repr(surprise)
    told.put(mine)


def _try(structure: Structure, actor: Actor, youth: YouthId, mine: Told) -> None:
    try:
        accepted = structure.records.add_note(actor, youth, note())
    except ConcurrentChange:
        return
    except (RecordClosed, RecordErased) as refusal:
        mine.refusals.append(type(refusal).__name__)
    else:
        mine.accepted.append(accepted.version)
        mine.accepted_after_a_refusal += bool(mine.refusals)
