"""What people do with a record, one use case a method: who acts comes first, then which record, then what.

Writes take `command` (makes a repeated try harmless) and `expected_version` (what the person had read; `None` accepts any).
Each raises `NotAllowed`, `RecordClosed`, `RecordErased`, `ConcurrentChange`, `TrailUnavailable`, `CommandKeyReused`, and the refusals
of its own rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.access.access_policy import Grant, decide
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, InformationDraft, NoteDraft, OpeningDraft, StepDraft
from domain.identifiers import AccountId, YouthId
from domain.keeping import Accepted, Keeping
from domain.record.youth_record import YouthRecord
from domain.refusals import Replayed
from domain.silent import Silent
from domain.trail import Actor, CommandKey, Operation, Outcome, TrailLine


@dataclass(frozen=True, slots=True, repr=False)
class RecordLook(Silent):
    """A record, or what may be seen of it, and what was decided about it."""

    record: YouthRecord
    grant: Grant


class RecordCommands(Keeping):
    """The use cases of a youth's record."""

    def read_record(self, actor: Actor, youth: YouthId) -> YouthRecord:
        """Give what `actor` may see of the record, once its line in the trail is committed."""
        return self.look_at_record(actor, youth).record

    def look_at_record(self, actor: Actor, youth: YouthId) -> RecordLook:
        """Give what `actor` may see of the record and by what right; the line that is committed before names those categories."""
        while True:
            record, grant = self.find_access(actor, Operation.READ_RECORD, youth)
            shown, reader = self.within(record, grant), replace(actor, purpose=grant.purpose)
            line = TrailLine(reader, Operation.READ_RECORD, Outcome.GRANTED, (youth,), shown.filled_categories, records=1)
            if self.ledger.write_trail(line) <= record.version:
                return RecordLook(shown, grant)
            # Something was closed since it was read: what is shown is read after the fence (invariant 4).

    def grant_to_read(self, actor: Actor, youth: YouthId) -> Grant | None:
        """Say by what right `actor` reads this record now, if by any. It discloses nothing by itself and leaves no line."""
        record = self.find_kind(YouthRecord, youth)
        if record is None or record.is_closed:
            return None
        return decide(actor, Operation.READ_RECORD, self.standings(actor, record))

    def open_record(
        self,
        actor: Actor,
        draft: OpeningDraft,
        *,
        informed: InformationDraft | None = None,
        referents: Sequence[AccountId] | None = None,
        command: CommandKey | None = None,
    ) -> Accepted:
        """Open a record under a pseudonym (N1). `informed` writes at once that the youth was told; `referents` is the actor unless given.

        Keys are minted before the first event: a ring without a record is harmless, a record without a ring cannot be.
        """
        self.must_allow(actor, Operation.OPEN_RECORD)
        earlier = self.accepted(command)
        youth = YouthId(earlier.stream if earlier else self.new_id())
        at = self.clock()
        record = YouthRecord.open(youth, draft, referents=referents or [actor.account], by=actor.account, at=at)
        if informed is not None:
            record.inform(informed, by=actor.account, at=at)
        events = list(record.pending_events)
        if earlier is None:
            self.mint_keys(youth)
            try:
                return self.append(record, actor=actor, operation=Operation.OPEN_RECORD, subject=youth, command=command)
            except Replayed as replayed:
                earlier = self.accepted(command, replayed)
                if earlier is None:
                    raise
        self.find_record(actor, Operation.CHANGE_RECORD, YouthId(earlier.stream))
        self.must_repeat(events, earlier)
        self.ledger.write_trail(TrailLine(actor, Operation.CHANGE_RECORD, Outcome.GRANTED, (YouthId(earlier.stream),), records=1))
        return earlier

    def inform(
        self,
        actor: Actor,
        youth: YouthId,
        draft: InformationDraft,
        *,
        command: CommandKey | None = None,
        expected_version: int | None = None,
    ) -> Accepted:
        """Write that the youth was told (N2)."""
        return self.change(
            actor,
            youth,
            lambda record, at: record.inform(draft, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def agree(
        self, actor: Actor, youth: YouthId, draft: AgreementDraft, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """Write the youth's agreement to one category (N2)."""
        return self.change(
            actor,
            youth,
            lambda record, at: record.agree(draft, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def give_identity(
        self, actor: Actor, youth: YouthId, draft: IdentityDraft, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """Write the civil identity, once the youth agreed to it (N2)."""
        return self.change(
            actor,
            youth,
            lambda record, at: record.give_identity(draft, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def make_contact(
        self, actor: Actor, youth: YouthId, draft: ContactDraft, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """Write a contact (N23, N44)."""
        contact = self.new_id()
        return self.change(
            actor,
            youth,
            lambda record, at: record.make_contact(contact, draft, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def add_note(
        self, actor: Actor, youth: YouthId, draft: NoteDraft, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """Write a note."""
        return self.change(
            actor,
            youth,
            lambda record, at: record.add_note(draft, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def take_step(
        self, actor: Actor, youth: YouthId, draft: StepDraft, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """Write a step made with the youth (démarche)."""
        step = self.new_id()
        return self.change(
            actor,
            youth,
            lambda record, at: record.take_step(step, draft, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def complete_step(
        self,
        actor: Actor,
        youth: YouthId,
        step: UUID,
        result: str | None,
        *,
        command: CommandKey | None = None,
        expected_version: int | None = None,
    ) -> Accepted:
        """Write what came of a step."""
        return self.change(
            actor,
            youth,
            lambda record, at: record.complete_step(step, result, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )
