"""What the tests of the domain say over and over: people, days, and given / when / then over events."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import Mapper

from domain.drafts import AgreementDraft, IdentityDraft, InformationDraft, OpeningDraft
from domain.identifiers import AccountId, RequestId, YouthId
from domain.record.youth_record import YouthRecord
from domain.replay import project
from domain.stream import Stream
from domain.trail import Actor, Purpose, Role
from domain.transcodings import transcoder

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
A_DAY = date(2026, 11, 20)
ANNE = AccountId(UUID("aaaaaaaa-0000-4000-8000-000000000001"))
BRUNO = AccountId(UUID("bbbbbbbb-0000-4000-8000-000000000002"))
CARLA = AccountId(UUID("cccccccc-0000-4000-8000-000000000003"))
TOLD = InformationDraft("dit de vive voix", A_DAY)

_PURPOSES = {
    Role.EDUCATOR: Purpose.ACCOMPANY,
    Role.YOUTH: Purpose.OWN_RECORD,
    Role.DPO: Purpose.REVIEW_ACCESS,
    Role.HEAD_OF_SERVICE: Purpose.STEER,
    Role.FUNDER: Purpose.STEER,
    Role.ADMINISTRATOR: Purpose.RUN_SERVICE,
    Role.SYSTEM: Purpose.RUN_SERVICE,
}


def actor(account: AccountId = ANNE, role: Role = Role.EDUCATOR, subject: YouthId | None = None, purpose: Purpose | None = None) -> Actor:
    return Actor(account, role, purpose or _PURPOSES[role], RequestId(uuid4()), subject)


def a_record(pseudonym: str = "Kiki", **fields: Any) -> YouthRecord:
    return YouthRecord.open(YouthId(uuid4()), OpeningDraft(pseudonym, **fields), referents=[ANNE], by=ANNE, at=NOW)


def an_informed_record() -> YouthRecord:
    record = a_record()
    record.inform(TOLD, by=ANNE, at=NOW)
    return record


def a_named_record() -> YouthRecord:
    record = an_informed_record()
    record.agree(AgreementDraft("identity", "le nom, pour la mission locale", A_DAY), by=ANNE, at=NOW)
    record.give_identity(IdentityDraft("Inès", "Durand"), by=ANNE, at=NOW)
    return record


def events_of(stream: Stream) -> list[Any]:
    """What the stream has decided since it was made or read."""
    return list(stream.pending_events)


def replayed(stream: Stream) -> Any:
    """The same stream, stored as JSON and read back."""
    mapper: Mapper[UUID] = Mapper(transcoder())
    stored = [mapper.to_stored_event(event) for event in stream.pending_events]
    return project(None, [mapper.to_domain_event(row) for row in stored])


def state_of(stream: Stream) -> dict[str, Any]:
    return {name: value for name, value in vars(stream).items() if name != "_pending_events"}


def refused(refusal: type[Exception], act: Callable[[], object]) -> Any:
    """Act, expecting a refusal; give it."""
    with pytest.raises(refusal) as caught:
        act()
    return caught.value
