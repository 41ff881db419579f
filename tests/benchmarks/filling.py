"""Fills a structure with fictional records, through the domain and the store, so that a row is measured at the load that it names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from api.bootstrap import Structure
from domain.drafts import ContactDraft, InformationDraft, OpeningDraft
from domain.identifiers import AccountId, RequestId, YouthId
from domain.record.youth_record import YouthRecord
from domain.trail import Actor, Operation, Purpose, Role, TrailLine

EVENTS_A_BATCH: Final = 20_000
_LAST_DAY: Final = date(2026, 11, 20)
_DAYS: Final = 700
_TERRITORIES: Final = ("Centre", "Les Prés", "Gare", "Bellevue", "Rivage")
_COMMENT: Final = "Rencontre au local, on a parlé de la mission locale et du logement ; il rappelle jeudi. " * 2


@dataclass(frozen=True, slots=True)
class Load:
    """How much there is (design §11)."""

    name: str
    youths: int
    events: int


LOADS: Final = {load.name: load for load in (Load("S", 500, 25_000), Load("M", 5_000, 300_000), Load("L", 15_000, 1_500_000))}


def educator() -> Actor:
    """Give an educator whom nobody has met before."""
    return Actor(AccountId(uuid4()), Role.EDUCATOR, Purpose.ACCOMPANY, RequestId(uuid4()))


def fill(structure: Structure, actors: Sequence[Actor], *, youths: int, events: int, days: int = _DAYS) -> list[YouthId]:
    """Write `youths` records of `events` events each, on the last `days` days, shared out among `actors`; give their identifiers."""
    filled: list[YouthId] = []
    a_batch = max(1, EVENTS_A_BATCH // events)
    while len(filled) < youths:
        batch = [YouthId(uuid4()) for _ in range(min(a_batch, youths - len(filled)))]
        structure.store.key_store.mint_many(batch)
        written = [
            event
            for number, youth in enumerate(batch, start=len(filled))
            for event in _record(youth, actors[number % len(actors)].account, number, events, days)
        ]
        line = TrailLine(actors[0], Operation.RUN_IMPORT, subjects=tuple(batch), records=len(batch))
        structure.store.events.put_bulk(written, trail=line, import_digest=os.urandom(32))
        filled += batch
    return filled


def _record(youth: YouthId, by: AccountId, number: int, events: int, days: int) -> Sequence[Any]:
    """Write one record: opened, informed, and contacts a month apart, from the beginning again once the days are used up."""
    at, first = datetime.now(UTC), _LAST_DAY - timedelta(days=days)
    territory = _TERRITORIES[number % len(_TERRITORIES)]
    gender, birth_year = "girl" if number % 3 else "boy", 2001 + number % 14
    opening = OpeningDraft(f"Pseudo {number}", birth_year=birth_year, gender=gender, territory=territory, first_contact_on=first)
    record = YouthRecord.open(youth, opening, referents=[by], by=by, at=at)
    record.inform(InformationDraft("de vive voix", first), by=by, at=at)
    for contact in range(events - 2):
        day = _LAST_DAY - timedelta(days=(number + contact * 31) % days)
        record.make_contact(uuid4(), ContactDraft(day, present=(by,), territory=territory, minutes=20, comment=_COMMENT), by=by, at=at)
    return record.collect_events()
