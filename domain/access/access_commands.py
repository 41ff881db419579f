"""Who accompanies a youth and who else may read: referents, handover, shares, rights referent, names for the youth (N10, N13, R037).

Those of the referents take `command` and `expected_version` and raise as `domain.record.record_commands` says. Those of the DPO name a
record by its trail reference and need no key: what they write is sealed for the youth, and nothing of it is shown to them.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from domain.access.access_policy import Relation, decides_for, relation_of
from domain.access.teams import Team
from domain.drafts import HandingOverDraft, ShareDraft
from domain.identifiers import AccessId, AccountId, YouthId
from domain.keeping import Accepted, Keeping
from domain.record.record_access_events import RightsReferentNamed, Shared, StaffNamesDisclosed
from domain.record.youth_record import YouthRecord
from domain.refusals import AccessUnknown, CommandKeyReused, ConcurrentChange, NotAllowed, RecordClosed, RecordErased, TeamUnknown
from domain.trail import Actor, CommandKey, Operation, Outcome, TrailLine

_TRIES = 20
"""The DPO writes beside the referents, and about no version that they had read: whoever comes second reads again."""


class AccessCommands(Keeping):
    """The use cases of the accesses to a record."""

    def name_referents(
        self,
        actor: Actor,
        youth: YouthId,
        referents: Sequence[AccountId],
        *,
        command: CommandKey | None = None,
        expected_version: int | None = None,
    ) -> Accepted:
        """Name one or two referents; whoever is not among them sees the record no more (N8, N13)."""
        return self._change_referents(
            actor,
            youth,
            lambda record, at: record.name_referents(referents, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def hand_over(
        self,
        actor: Actor,
        youth: YouthId,
        draft: HandingOverDraft,
        *,
        command: CommandKey | None = None,
        expected_version: int | None = None,
    ) -> Accepted:
        """Let a successor accompany the youth in the actor's place; the actor sees the record no more, from this moment on (N13)."""
        return self._change_referents(
            actor,
            youth,
            lambda record, at: record.hand_over(draft, by=actor.account, at=at),
            command=command,
            expected_version=expected_version,
        )

    def share_record(
        self, actor: Actor, youth: YouthId, draft: ShareDraft, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """Share categories of a record with a colleague or a living team, to a last day (N10). Raises `TeamUnknown` besides."""
        access = AccessId(self.new_id())

        def decide(record: YouthRecord, at: datetime) -> None:
            if draft.team is not None and draft.team not in self._living_teams():
                raise TeamUnknown("with")
            record.share(access, draft, by=actor.account, at=at)

        return self.change(actor, youth, decide, command=command, expected_version=expected_version, operation=Operation.SHARE_RECORD)

    def end_share(
        self, actor: Actor, youth: YouthId, access: UUID, *, command: CommandKey | None = None, expected_version: int | None = None
    ) -> Accepted:
        """End a share now (N10). Raises `AccessUnknown` for what is no share that lasts."""

        def decide(record: YouthRecord, at: datetime) -> None:
            if not isinstance(record.accesses.get(access), Shared):
                raise AccessUnknown
            record.end_access(access, by=actor.account, at=at)

        return self.change(actor, youth, decide, command=command, expected_version=expected_version, operation=Operation.SHARE_RECORD)

    def teams_to_share_with(self, actor: Actor, youth: YouthId) -> list[Team]:
        """Give the living teams to whoever may share this record. Raises `NotAllowed`, `RecordClosed`, `RecordErased`."""
        self.disclose_about(actor, Operation.SHARE_RECORD, youth)
        return sorted(self._living_teams().values(), key=lambda team: team.name)

    def name_rights_referent(self, actor: Actor, reference: UUID, account: AccountId, demand: str, until: date) -> UUID:
        """Let an educator read one record for one demand of rights, by the DPO's decision (design §8). Give the access.

        Raises `NotAllowed`, `NotAReader`, a `FieldRefused`, `RecordClosed`, `TrailUnavailable`.
        """
        access: UUID = self.new_id()

        def decide(record: YouthRecord, at: datetime) -> None:
            nonlocal access
            access = record.name_rights_referent(AccessId(access), account, demand, until, by=actor.account, at=at)

        self._amend_referred(actor, Operation.NAME_RIGHTS_REFERENT, reference, decide)
        return access

    def end_rights_referent(self, actor: Actor, reference: UUID, access: UUID) -> None:
        """End what the DPO had decided. Raises `NotAllowed`, `AccessUnknown`, `RecordClosed`, `TrailUnavailable`."""

        def decide(record: YouthRecord, at: datetime) -> None:
            if not isinstance(record.accesses.get(access), RightsReferentNamed):
                raise AccessUnknown
            record.end_access(access, by=actor.account, at=at)

        self._amend_referred(actor, Operation.NAME_RIGHTS_REFERENT, reference, decide)

    def rights_referents_of(self, actor: Actor, reference: UUID) -> list[RightsReferentNamed]:
        """Give the DPO the rights referents that they named on a record and whose access lasts. Raises `NotAllowed`, `RecordClosed`."""
        record = self._shown(actor, Operation.NAME_RIGHTS_REFERENT, reference)
        living = record.living_accesses(self.clock()).values()
        return [granted for granted in living if isinstance(granted, RightsReferentNamed)]

    def disclose_names(self, actor: Actor, reference: UUID, reason: str) -> None:
        """Decide that the youth reads who looked by name, and why (R037). Raises as `name_rights_referent` does."""
        self._amend_referred(
            actor, Operation.DECIDE_NAMES, reference, lambda record, at: record.disclose_names(reason, by=actor.account, at=at)
        )

    def mask_names(self, actor: Actor, reference: UUID) -> None:
        """Decide that the youth reads roles again. Does nothing when they do. Raises as `disclose_names` does."""
        self._amend_referred(actor, Operation.DECIDE_NAMES, reference, lambda record, at: record.mask_names(by=actor.account, at=at))

    def names_decision(self, actor: Actor, reference: UUID) -> StaffNamesDisclosed | None:
        """Give the DPO the decision that stands about a record, if one does. Raises `NotAllowed`, `RecordClosed`, `TrailUnavailable`."""
        return self._shown(actor, Operation.DECIDE_NAMES, reference).names_disclosed

    def names_are_disclosed(self, youth: YouthId) -> bool:
        """Tell whether the youth reads names. It discloses nothing by itself: whoever calls it has decided about the record."""
        record = self.find_kind(YouthRecord, youth)
        return record is not None and record.names_disclosed is not None

    def _is_open(self, youth: YouthId) -> bool:
        record = self.find_kind(YouthRecord, youth)
        return record is not None and not record.is_closed

    def _change_referents(
        self,
        actor: Actor,
        youth: YouthId,
        decide: Callable[[YouthRecord, datetime], None],
        *,
        command: CommandKey | None,
        expected_version: int | None,
    ) -> Accepted:
        """Change who accompanies a youth. Asked for again by whoever gave their own access away by it, it is answered as the first time."""
        operation = Operation.NAME_REFERENTS
        earlier = self.accepted(command)
        # Of a record that is closed or erased since, nothing is told any more: it is refused as to anybody.
        if earlier is None or not self._is_open(youth):
            try:
                return self.change(actor, youth, decide, command=command, expected_version=expected_version, operation=operation)
            except NotAllowed:
                # Two clicks at once: the first one took the access away while the second was on its way.
                earlier = self.accepted(command)
                if earlier is None or not self._is_open(youth):
                    raise
        # They stand in no relation to it any more: what they were is decided about, in the role and for the purpose of now.
        if not decides_for(actor, operation, Relation.REFERENT):
            raise self.refused(actor, operation, Outcome.REFUSED)
        try:
            return self.repeated(actor, operation, youth, decide, earlier)
        except CommandKeyReused:
            record = self.find_kind(YouthRecord, youth)
            if record is not None and relation_of(actor, record) is Relation.REFERENT:
                raise
            # To whoever is nothing to it any more, something else under the same key tells nothing of it, and not unseen.
            raise self.refused(actor, operation, Outcome.REFUSED) from None

    def _amend_referred(self, actor: Actor, operation: Operation, reference: UUID, decide: Callable[[YouthRecord, datetime], None]) -> None:
        youth = self.referred(actor, operation, reference)
        for tries_left in reversed(range(_TRIES)):
            record = self._living(actor, operation, youth)
            decide(record, self.clock())
            if not record.pending_events:
                self.disclose(actor, operation, subjects=(youth,))
                return
            try:
                self.append(record, actor=actor, operation=operation, subject=youth)
            except ConcurrentChange:
                if not tries_left:
                    raise
            else:
                return

    def _shown(self, actor: Actor, operation: Operation, reference: UUID) -> YouthRecord:
        youth = self.referred(actor, operation, reference)
        line = TrailLine(actor, operation, Outcome.GRANTED, (youth,), records=1)
        while (record := self._living(actor, operation, youth)).version < self.ledger.write_trail(line):
            pass  # Something was closed since it was read: what is shown is read after the fence (invariant 4).
        return record

    def _living(self, actor: Actor, operation: Operation, youth: YouthId) -> YouthRecord:
        """Find a record that is open. That it is not is told after a line, as everywhere."""
        record = self.find_kind(YouthRecord, youth)
        if record is None:
            # An erased youth has no trail reference any more: the line names no record.
            self.refused(actor, operation, Outcome.REFUSED)
            raise RecordErased
        if record.is_closed:
            self.refused(actor, operation, Outcome.REFUSED, youth)
            raise RecordClosed
        return record

    def _living_teams(self) -> dict[UUID, Team]:
        teams = self.circle().teams
        return {} if teams is None else teams.teams
