"""Breaking the glass as pages and JSON API do it. Whatever opens nothing is answered on a whole second, however it was found out (N9)."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.web.requests import Caller
from domain.drafts import EmergencyDraft
from domain.identifiers import YouthId
from domain.record.record_access_events import GlassBroken
from domain.refusals import NothingOpened
from domain.trail import CommandKey
from projections.position import Position

TICK_SECONDS: Final = 1.0
"""Looking through 5 000 records takes less. An answer that comes later comes at the next whole tick."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Which record is open to read, and until which moment."""

    record: YouthId
    ends_at: datetime


def break_glass(
    caller: Caller,
    draft: EmergencyDraft,
    command: CommandKey,
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Opened:
    """Open one record in an emergency. Raises `NothingOpened` after a whole number of ticks, and what the use case raises."""
    begun, structure = clock(), caller.structure
    # The nickname is looked for in the views: they hold what was written until now, or the search comes later.
    Position(structure.store.database).catch_up()
    try:
        accepted = structure.records.break_glass(
            caller.actor, draft, lambda sought: structure.caseload.named(sought.pseudonym), command=command
        )
    except NothingOpened:
        spent = clock() - begun
        wait(math.ceil(spent / TICK_SECONDS) * TICK_SECONDS - spent)
        raise
    record = structure.records.find(accepted.stream, version=accepted.version)
    own = [granted for granted in record.accesses.values() if isinstance(granted, GlassBroken) and granted.account == caller.actor.account]
    return Opened(YouthId(accepted.stream), own[-1].ends_at)


def opened_by(caller: Caller) -> list[Opened]:
    """Give what the caller has open by an emergency, and until when: the way back to it, for the pages where they begin."""
    return [Opened(YouthId(one.subject), one.ends_at) for one in caller.structure.records.emergencies_open_to(caller.actor)]
