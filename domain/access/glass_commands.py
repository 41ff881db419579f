"""Breaking the glass: somebody must read, tonight, a record that is not theirs (N12, R089, design §8).

It is no way to ask who is followed (N9): a try is written before anything is looked for, three a day are all there are, and whatever opens
nothing is answered alike. A hit opens one record for sixty minutes, to read; the DPO and the referents find it in the register at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from domain import texts
from domain.access.access_policy import Relation, decide, decides_for, relation_of
from domain.access.glass_register import GlassRegister, register_of
from domain.access.glass_tries import GlassTries, tries_of
from domain.drafts import EmergencyDraft
from domain.identifiers import AccessId, YouthId
from domain.keeping import Accepted, Keeping
from domain.record.record_access_events import GlassBroken, GlassReviewed
from domain.record.record_accesses import reason_in_words
from domain.record.youth_record import YouthRecord
from domain.refusals import ConcurrentChange, DetailMissing, NothingOpened, Replayed, ReviewMustWait, TriesSpent
from domain.silent import Silent
from domain.trail import Actor, CommandKey, Operation, Outcome, Purpose, TrailLine

_TRIES: Final = 50
"""Emergencies meet in the register, and at one account's own tries: whoever comes second reads again."""

Search = Callable[[EmergencyDraft], Sequence[YouthId]]
"""Finds the records that bear exactly that nickname and those details, in a time that does not depend on what it finds."""


@dataclass(frozen=True, slots=True, repr=False)
class Emergency(Silent):
    """One emergency, as the DPO reviews it. `granted` and `review` are `None` of a record that is closed or erased since."""

    entry: GlassRegister.Entered
    granted: GlassBroken | None
    review: GlassReviewed | None
    is_reviewed: bool
    justified: bool | None


class GlassCommands(Keeping):
    """The use cases of emergencies."""

    def break_glass(self, actor: Actor, draft: EmergencyDraft, search: Search, *, command: CommandKey | None = None) -> Accepted:
        """Open one record to read for sixty minutes. `search` runs at each try that counts; the same `command` is the same try.

        What an emergency of this very account has open already is no try: whoever left its page is answered as opened.
        Raises `NotAllowed`, `TriesSpent`, `NothingOpened`, `ReasonTooShort`, `DetailMissing`, `TrailUnavailable`.
        """
        self.must_allow(actor, Operation.BREAK_GLASS)
        sought, hurried = _sought(draft), replace(actor, purpose=Purpose.EMERGENCY)
        for tries_left in reversed(range(_TRIES)):
            earlier = self.accepted(command)
            if earlier is not None:
                return self._answered_again(hurried, earlier)
            already = self._open_already(actor, sought)
            if already is not None:
                return self._answered_again(hurried, Accepted(already.id, already.version, replayed=True))
            tries = self._one_more_try(actor)
            meant = self._meant(actor, sought, search)
            try:
                if len(meant) == 1:
                    return self._open(hurried, meant[0], tries, sought.reason, command)
                # Several fit and none is opened: their referents find the asking in who looked at them.
                missed = TrailLine(hurried, Operation.BREAK_GLASS, Outcome.NOT_FOUND, tuple(record.youth for record in meant))
                self.store.put(tries.collect_events(), trail=missed, command=command)
            except (ConcurrentChange, Replayed):
                if not tries_left:
                    raise
            else:
                raise NothingOpened
        raise NothingOpened

    def list_emergencies(self, actor: Actor) -> list[Emergency]:
        """Give every emergency that opened a record to the DPO, the last one first. Raises `NotAllowed`, `TrailUnavailable`."""
        self.must_allow(actor, Operation.LIST_GLASS)
        register = self._register()
        found = [self._emergency(register, entry) for entry in reversed(register.entered.values())]
        subjects = [YouthId(one.entry.subject) for one in found if one.granted is not None]
        self.disclose(actor, Operation.LIST_GLASS, subjects=subjects, records=len(found))
        return [self._still(register, one) for one in found]

    def read_emergency(self, actor: Actor, access: UUID) -> Emergency:
        """Give one emergency to the DPO. Raises `NotAllowed`, `TrailUnavailable`."""
        self.must_allow(actor, Operation.LIST_GLASS)
        register = self._register()
        entry = register.entered.get(access)
        if entry is None:
            raise self.refused(actor, Operation.LIST_GLASS, Outcome.NOT_FOUND)
        found = self._emergency(register, entry)
        self.disclose(actor, Operation.LIST_GLASS, subjects=() if found.granted is None else (YouthId(entry.subject),))
        return self._still(register, found)

    def review_emergency(self, actor: Actor, access: UUID, sentence: str, *, justified: bool) -> None:
        """Judge an emergency, once; what is still open ends. The sentence says nothing of the youth (N12).

        Of a record that is erased, whether it was justified is kept and the sentence is not. A closed one can come back and takes no
        event: judged in the register alone, what it opened would last on, and the sentence be lost.
        Raises `NotAllowed`, `GlassReviewedAlready`, `ReviewMustWait`, `TextMissing`, `TrailUnavailable`.
        """
        self.must_allow(actor, Operation.REVIEW_GLASS)
        said = texts.required_line(sentence, "sentence", texts.SENTENCE)
        for tries_left in reversed(range(_TRIES)):
            register = self._register()
            entry = register.entered.get(access)
            if entry is None:
                raise self.refused(actor, Operation.REVIEW_GLASS, Outcome.NOT_FOUND)
            at = self.clock()
            register.review(access, justified=justified, by=actor.account, at=at)
            record = self.find_kind(YouthRecord, entry.subject)
            if record is not None and record.is_closed:
                self.refused(actor, Operation.REVIEW_GLASS, Outcome.REFUSED, record.youth)
                raise ReviewMustWait
            if record is not None:
                record.review_glass(access, said, justified=justified, by=actor.account, at=at)
            subjects = () if record is None else (record.youth,)
            line = TrailLine(actor, Operation.REVIEW_GLASS, Outcome.GRANTED, subjects, records=len(subjects))
            events = [*(() if record is None else record.collect_events()), *register.collect_events()]
            try:
                self.store.put(events, trail=line)
            except ConcurrentChange:
                if not tries_left:
                    raise
            else:
                return

    def acknowledge_emergency(self, actor: Actor, access: UUID) -> None:
        """Write that a referent has seen what they were told of. Raises `NotAllowed`, `TrailUnavailable`."""
        for tries_left in reversed(range(_TRIES)):
            register = self._register()
            entry = register.entered.get(access)
            relation = Relation.REFERENT if entry is not None and actor.account in entry.told else Relation.NONE
            if not decides_for(actor, Operation.ACKNOWLEDGE_GLASS, relation):
                raise self.refused(actor, Operation.ACKNOWLEDGE_GLASS, Outcome.REFUSED)
            register.acknowledge(access, by=actor.account, at=self.clock())
            if not register.pending_events:
                self.ledger.write_trail(TrailLine(actor, Operation.ACKNOWLEDGE_GLASS))
                return
            try:
                self.append(register, actor=actor, operation=Operation.ACKNOWLEDGE_GLASS)
            except ConcurrentChange:
                if not tries_left:
                    raise
            else:
                return

    def emergencies_to_tell(self, actor: Actor) -> list[GlassRegister.Entered]:
        """Give what waits for `actor`: of the DPO what is to be reviewed, of an educator what they were told of and have not seen.

        It says that there is something, and to a referent of which of their records; the page on which it stands leaves its own line.
        Of a record that is closed or erased, or is theirs no more, a referent is told nothing (invariant 4).
        """
        if decides_for(actor, Operation.REVIEW_GLASS, Relation.NONE):
            return self._register().to_review()
        if decides_for(actor, Operation.ACKNOWLEDGE_GLASS, Relation.REFERENT):
            return [entry for entry in self._register().unseen_by(actor.account) if self._is_in_care(actor, entry)]
        return []

    def emergencies_open_to(self, actor: Actor) -> list[GlassRegister.Entered]:
        """Give what `actor` has open by an emergency at this moment, for the way back to it; nothing of a record closed or erased.

        It says which record and until when, and nothing of the youth: the page on which it stands leaves its own line.
        """
        if not decides_for(actor, Operation.BREAK_GLASS, Relation.NONE):
            return []
        return [entry for entry, _record in self._open_to(actor)]

    def _open_to(self, actor: Actor) -> Iterator[tuple[GlassRegister.Entered, YouthRecord]]:
        at = self.clock()
        for entry in self._register().not_judged_of(actor.account):
            # The record is the one that decides; those of earlier nights are not read for it.
            record = self._open_record(entry) if at < entry.ends_at else None
            if record is not None and any(standing.relation is Relation.BROKEN_GLASS for standing in self.standings(actor, record)):
                yield entry, record

    def _open_already(self, actor: Actor, sought: EmergencyDraft) -> YouthRecord | None:
        return next((record for _entry, record in self._open_to(actor) if _bears(record, sought)), None)

    def _register(self) -> GlassRegister:
        identifier = register_of(self.structure)
        return self.find_kind(GlassRegister, identifier) or GlassRegister.begin(identifier, at=self.clock())

    def _one_more_try(self, actor: Actor) -> GlassTries:
        at, identifier = self.clock(), tries_of(actor.account)
        tries = self.find_kind(GlassTries, identifier) or GlassTries.begin(identifier, at=at)
        try:
            tries.try_once(at)
        except TriesSpent:
            self.refused(actor, Operation.BREAK_GLASS, Outcome.REFUSED)
            raise
        return tries

    def _answered_again(self, actor: Actor, earlier: Accepted) -> Accepted:
        """Answer what is sent twice as the first one was, without another try.

        Raises `NothingOpened` where that one had missed, or what it had opened is closed or erased since.
        """
        record = self.find_kind(YouthRecord, earlier.stream)
        if record is None or record.is_closed:
            self.ledger.write_trail(TrailLine(actor, Operation.BREAK_GLASS, Outcome.NOT_FOUND))
            raise NothingOpened
        line = TrailLine(actor, Operation.BREAK_GLASS, Outcome.GRANTED, (YouthId(earlier.stream),), records=1)
        self.ledger.write_trail(line)
        return earlier

    def _meant(self, actor: Actor, sought: EmergencyDraft, search: Search) -> list[YouthRecord]:
        """Give what may be meant: open, truly bearing what was sought, and not to be read already.

        Of several, those that are or were in the actor's own care are not meant: a record made up under somebody's nickname would else
        tell, by opening or not, whether there is another one, and nobody would be told of the asking (N9).
        """
        candidates = [record for one in search(sought) if (record := self.find_kind(YouthRecord, one)) is not None]
        bearing = [record for record in candidates if not record.is_closed and _bears(record, sought)]
        if len(bearing) > 1:
            bearing = [record for record in bearing if not record.was_in_care_of(actor.account)]
        return [record for record in bearing if decide(actor, Operation.READ_RECORD, self.standings(actor, record)) is None]

    def _open(self, actor: Actor, record: YouthRecord, tries: GlassTries, reason: str, command: CommandKey | None) -> Accepted:
        at, access, register = self.clock(), AccessId(self.new_id()), self._register()
        told = list(record.referents)
        record.break_glass(access, reason, by=actor.account, at=at)
        register.enter(access, subject=record.id, account=actor.account, told=told, at=at)
        line = TrailLine(actor, Operation.BREAK_GLASS, Outcome.GRANTED, (record.youth,), records=1)
        events = [*record.collect_events(), *register.collect_events(), *tries.collect_events()]
        self.store.put(events, trail=line, command=command)
        return Accepted(record.id, record.version)

    def _emergency(self, register: GlassRegister, entry: GlassRegister.Entered) -> Emergency:
        reviewed = register.reviewed.get(entry.access)
        record = self._open_record(entry)
        granted = None if record is None else record.accesses.get(entry.access)
        return Emergency(
            entry,
            granted if isinstance(granted, GlassBroken) else None,
            None if record is None else record.glass_reviews.get(entry.access),
            reviewed is not None,
            None if reviewed is None else reviewed.justified,
        )

    def _still(self, register: GlassRegister, named: Emergency) -> Emergency:
        """Read again, now that the line is committed: what was closed in between says nothing of itself (invariant 4)."""
        return named if named.granted is None else self._emergency(register, named.entry)

    def _is_in_care(self, actor: Actor, entry: GlassRegister.Entered) -> bool:
        record = self._open_record(entry)
        return record is not None and relation_of(actor, record) is Relation.REFERENT

    def _open_record(self, entry: GlassRegister.Entered) -> YouthRecord | None:
        record = self.find_kind(YouthRecord, YouthId(entry.subject))
        return None if record is None or record.is_closed else record


def _sought(draft: EmergencyDraft) -> EmergencyDraft:
    if draft.birth_year is None and draft.referent is None and texts.line(draft.territory, "territory") is None:
        raise DetailMissing("birth_year")
    return replace(
        draft,
        pseudonym=texts.required_line(draft.pseudonym, "pseudonym", texts.NAME),
        territory=texts.line(draft.territory, "territory"),
        reason=reason_in_words(draft.reason),
    )


def _bears(record: YouthRecord, sought: EmergencyDraft) -> bool:
    """Tell whether `record` bears exactly that nickname, accents and case aside, and each of the details that were given."""
    return (
        texts.plain(record.pseudonym) == texts.plain(sought.pseudonym)
        and sought.birth_year in {None, record.birth_year}
        and (sought.territory is None or texts.plain(record.territory or "") == texts.plain(sought.territory))
        and (sought.referent is None or sought.referent in record.referents)
    )
