"""What tests begin with: people, and records that they opened. Everybody is fictional."""

import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from domain.categories import Category
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, InformationDraft, NoteDraft, OpeningDraft, StepDraft
from domain.identifiers import AccountId, ErasureId, RequestId, YouthId
from domain.oblivion.archive_gate import ArchiveGround
from domain.record_keeping import RecordKeeping
from domain.trail import Actor, CommandKey, Purpose, Role

LEILA = AccountId(UUID("1e11a000-0000-4000-8000-000000000001"))
"""An educator, the referent of the records that tests open."""
MARC = AccountId(UUID("4a4c0000-0000-4000-8000-000000000002"))
"""Another educator of the same structure."""

_PURPOSES = {
    Role.EDUCATOR: Purpose.ACCOMPANY,
    Role.YOUTH: Purpose.OWN_RECORD,
    Role.DPO: Purpose.REVIEW_ACCESS,
    Role.HEAD_OF_SERVICE: Purpose.STEER,
    Role.FUNDER: Purpose.STEER,
    Role.ADMINISTRATOR: Purpose.RUN_SERVICE,
    Role.SYSTEM: Purpose.RUN_SERVICE,
}


def somebody(role: Role, account: AccountId | None = None, subject: YouthId | None = None) -> Actor:
    """Somebody of `role` signed in, with the purpose that goes with it and a request of their own."""
    return Actor(account or AccountId(uuid4()), role, _PURPOSES[role], RequestId(uuid4()), subject)


def educator(account: AccountId = LEILA) -> Actor:
    return somebody(Role.EDUCATOR, account)


def youth_themselves(youth: YouthId) -> Actor:
    """The youth whose record this is."""
    return somebody(Role.YOUTH, subject=youth)


def today() -> date:
    return datetime.now(UTC).date()


def command(actor: Actor, key: str | None = None) -> CommandKey:
    """The idempotency key of one try of `actor`; a random one unless `key` is given."""
    return CommandKey(actor.account, hashlib.sha256((key or str(uuid4())).encode()).digest())


def information() -> InformationDraft:
    return InformationDraft("dit de vive voix, feuille remise", today())


def opened(records: RecordKeeping, actor: Actor, draft: OpeningDraft | None = None, *, informed: bool = True) -> YouthId:
    """A record that `actor` opened under a pseudonym, the youth being informed unless told otherwise."""
    accepted = records.open_record(actor, draft or OpeningDraft("Zébulon"), informed=information() if informed else None)
    return YouthId(accepted.stream)


def opened_many(records: RecordKeeping, actor: Actor, pseudonyms: Sequence[str]) -> list[YouthId]:
    return [opened(records, actor, OpeningDraft(pseudonym)) for pseudonym in pseudonyms]


def note(text: str = "vu au city-stade") -> NoteDraft:
    return NoteDraft(text, today())


def contact(**fields: object) -> ContactDraft:
    """A contact of today."""
    return ContactDraft(**{"occurred_on": today(), **fields})  # type: ignore[arg-type]


def filled(records: RecordKeeping, actor: Actor, draft: OpeningDraft | None = None, **said: str) -> YouthId:
    """A record with something in every category in use. `said` overrides the words of each field by its name."""
    words = {"note": "vu au city-stade", "comment": "parle de son stage", "first_name": "Prénom", "last_name": "Nom", "step": "CAP"} | said
    youth = opened(records, actor, draft)
    records.agree(actor, youth, AgreementDraft(Category.IDENTITY, words.get("agreed", "on a lu la feuille ensemble"), today()))
    records.give_identity(actor, youth, IdentityDraft(words["first_name"], words["last_name"]))
    records.make_contact(actor, youth, contact(comment=words["comment"], territory="Nord", place=words.get("place", "gare")))
    records.add_note(actor, youth, note(words["note"]))
    records.take_step(actor, youth, StepDraft(words["step"], today(), partner=words.get("partner"), result=words.get("result")))
    return youth


def closed(records: RecordKeeping, youth: YouthId) -> ErasureId:
    """An erasure that the youth asked for in person, with their referent at their side."""
    return records.close_record(educator(), youth, asked_in_person=True)


OF_THE_GATE = 2
"""How many events of a structure are its archive gate's, once an agreement is entered: nobody's record is in them."""


def with_archive_agreement(records: RecordKeeping) -> None:
    """Open the archive gate, for as long as any test lasts."""
    records.open_gate(somebody(Role.DPO), ArchiveGround.STANDING_AGREEMENT, "convention 2026-1", None)


def begun(structure: Any, erasure: ErasureId) -> None:
    """Let an erasure begin, and the views pass its beginning: they have let go of the youth, and the ring is still there."""
    assert not structure.erasures.advance(erasure)
    structure.runner.run_once()


def to_its_end(structure: Any, erasure: ErasureId, seconds: float = 30) -> None:
    """Carry an erasure, and the views before it, until the ciphertexts are nulled."""
    deadline = time.monotonic() + seconds
    while not structure.erasures.advance(erasure):
        assert time.monotonic() < deadline
        structure.runner.run_once()
