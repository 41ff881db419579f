"""Who else than its referents may open a record, for how long and why: shares, handover, break-glass, rights referent (N10-N13).

Each access is granted by one event and ends at its last day or minute: whoever decides compares it with the clock, and nothing has to run
for it to end (R152). The state keeps the events themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain import texts
from domain.categories import Category
from domain.legal_constants import GLASS_LASTS, TEMPORARY_AT_MOST
from domain.local_time import day_of
from domain.record import record_access_events as events
from domain.record.record_event import RecordEvent
from domain.refusals import (
    AccessUnknown,
    CategoryOff,
    ChoiceUnknown,
    DateRefused,
    GlassReviewedAlready,
    NotAReader,
    ReasonTooShort,
    ReferentAlready,
    YouthToldMissing,
)
from domain.vocabulary import GRANTABLE_CATEGORIES

if TYPE_CHECKING:
    from domain.drafts import HandingOverDraft, ShareDraft
    from domain.identifiers import AccessId, AccountId
    from domain.record.youth_record import YouthRecord

SHORTEST_REASON = 15
"""Characters: « urgence » alone is no reason in words."""


class RecordAccesses:
    """The accesses to a `YouthRecord`: the commands that grant, end and review them."""

    if TYPE_CHECKING:
        referents: list[UUID]
        accesses: dict[UUID, events.Granted]
        ended_accesses: set[UUID]
        left: dict[UUID, frozenset[UUID]]
        opened_by: UUID
        glass_reviews: dict[UUID, events.GlassReviewed]
        names_disclosed: events.StaffNamesDisclosed | None
        contacts: list[YouthRecord.ContactMade]
        notes: list[YouthRecord.NoteAdded]
        steps: dict[UUID, YouthRecord.StepTaken]

        def write(self, event: type[RecordEvent], at: datetime, **fields: Any) -> None:
            """Trigger one event."""

    def name_referents(self, referents: Sequence[AccountId], *, by: AccountId, at: datetime) -> None:
        """Name one or two referents."""
        self.write(events.ReferentsNamed, at, referents=texts.one_or_two(referents), by=by)

    def share(self, access: AccessId, draft: ShareDraft, *, by: AccountId, at: datetime) -> None:
        """Share some categories with a colleague or a team, in the place of what was shared with the same one and lasts.

        Of two that last, the first one would go on after the second one was ended. Raises a `FieldRefused`, `CategoryOff`, `RecordClosed`.
        """
        if (draft.account is None) == (draft.team is None):
            raise ChoiceUnknown("with")
        if draft.account in self.referents:
            raise ReferentAlready("with")
        said = {
            "shared_categories": _shared(draft.categories),
            "purpose": texts.required_line(draft.purpose, "purpose", texts.SENTENCE),
            "until": _last_day(draft.until, at),
            **_told(draft),
        }
        for key, granted in self.living_accesses(at).items():
            if isinstance(granted, events.Shared) and (granted.account, granted.team) == (draft.account, draft.team):
                self.write(events.AccessEnded, at, access=key, by=by)
        # MUST be the last event: a command that is sent again is compared with the last one that its first try wrote.
        self.write(events.Shared, at, access=access, account=draft.account, team=draft.team, by=by, **said)

    def hand_over(self, draft: HandingOverDraft, *, by: AccountId, at: datetime) -> None:
        """Let somebody else accompany the youth in the place of `by`. Raises a `FieldRefused`, `RecordClosed`."""
        if draft.successor in self.referents:
            raise ReferentAlready("successor")
        referents = [draft.successor if referent == by else referent for referent in self.referents]
        self.write(events.HandedOver, at, former=by, successor=draft.successor, referents=referents, **_told(draft))

    def break_glass(self, access: AccessId, reason: str, *, by: AccountId, at: datetime) -> None:
        """Open it to `by` for sixty minutes, to read. Raises `ReasonTooShort`, `RecordClosed`."""
        self.write(events.GlassBroken, at, access=access, account=by, reason=reason_in_words(reason), ends_at=at + GLASS_LASTS)

    def review_glass(self, access: UUID, sentence: str, *, justified: bool, by: AccountId, at: datetime) -> None:
        """Judge an emergency, once. Raises `AccessUnknown`, `GlassReviewedAlready`, `TextMissing`, `RecordClosed`."""
        if not isinstance(self.accesses.get(access), events.GlassBroken):
            raise AccessUnknown
        if access in self.glass_reviews:
            raise GlassReviewedAlready
        said = texts.required_line(sentence, "sentence", texts.SENTENCE)
        self.write(events.GlassReviewed, at, access=access, justified=justified, sentence=said, by=by)

    def name_rights_referent(self, access: AccessId, account: AccountId, demand: str, until: date, *, by: AccountId, at: datetime) -> UUID:
        """Let an educator read for one demand of rights: no referent of the record, and nobody who wrote in it.

        Decided twice, it is one access: the identifier of the one that lasts is given, and ending it ends it.
        Raises `NotAReader`, a `FieldRefused`, `RecordClosed`.
        """
        if account in self.referents or account in self.authors():
            raise NotAReader("account")
        named, last = texts.required_line(demand, "demand"), _last_day(until, at)
        for key, granted in self.living_accesses(at).items():
            if isinstance(granted, events.RightsReferentNamed) and (granted.account, granted.demand, granted.until) == (
                account,
                named,
                last,
            ):
                return key
        self.write(events.RightsReferentNamed, at, access=access, account=account, demand=named, until=last, by=by)
        return access

    def end_access(self, access: UUID, *, by: AccountId, at: datetime) -> None:
        """End an access now. Raises `AccessUnknown` when none of that identifier lasts, `RecordClosed`."""
        if access not in self.living_accesses(at):
            raise AccessUnknown
        self.write(events.AccessEnded, at, access=access, by=by)

    def disclose_names(self, reason: str, *, by: AccountId, at: datetime) -> None:
        """Let the youth read names. Raises `TextMissing`, `RecordClosed`."""
        self.write(events.StaffNamesDisclosed, at, reason=texts.required_line(reason, "reason", texts.SENTENCE), by=by)

    def mask_names(self, *, by: AccountId, at: datetime) -> None:
        """Let the youth read roles again. Raises `RecordClosed`."""
        if self.names_disclosed is not None:
            self.write(events.StaffNamesMasked, at, by=by)

    def replace_referents(self, referents: list[UUID]) -> None:
        """Replace the referents. Whoever is none of them any more sees it no more by any access that was granted before (N13)."""
        for account in set(self.referents) - set(referents):
            self.left[account] = frozenset(self.accesses)
        self.referents = referents

    def accesses_for(self, account: UUID, at: datetime) -> list[events.Granted]:
        """Give the accesses that last at the moment `at` and may count for `account`: whom they are for is not looked at."""
        closed = self.left.get(account, frozenset())
        return [granted for key, granted in self.living_accesses(at).items() if key not in closed]

    def was_in_care_of(self, account: UUID) -> bool:
        """Tell whether `account` accompanies the youth, once did, or opened the record."""
        return account in {*self.referents, *self.left, self.opened_by}

    def living_accesses(self, at: datetime) -> dict[UUID, events.Granted]:
        """Give the accesses that last at the moment `at`, in the order in which they were granted."""
        return {key: granted for key, granted in self.accesses.items() if key not in self.ended_accesses and granted.is_living(at)}

    def authors(self) -> set[UUID]:
        """Give the accounts that wrote contacts, notes or steps in it."""
        return {event.typed_by for event in self.contacts} | {event.by for event in self.notes} | {step.by for step in self.steps.values()}


def reason_in_words(reason: str) -> str:
    """Give the reason of an emergency. Raises `ReasonTooShort`, a `FieldRefused`."""
    said = texts.required_line(reason, "reason", texts.SENTENCE)
    if len(said) < SHORTEST_REASON:
        raise ReasonTooShort("reason")
    return said


def _shared(categories: tuple[str, ...]) -> list[str]:
    # Who the youth is has to be said: the core goes with whatever is shared. Health and justice are off (N6, N14).
    named = [category for category in dict.fromkeys(categories) if category != Category.CORE]
    if not set(named) <= set(GRANTABLE_CATEGORIES):
        raise CategoryOff
    return [Category.CORE.value, *(str(category) for category in named)]


def _last_day(until: date, at: datetime) -> date:
    last = texts.any_day(until, "until")
    if last is None or not day_of(at) <= last <= day_of(at) + timedelta(days=TEMPORARY_AT_MOST.days):
        raise DateRefused("until", "Indiquez le dernier jour : six mois au plus, à renouveler s'il le faut.")
    return last


def _told(draft: ShareDraft | HandingOverDraft) -> dict[str, str | None]:
    told = texts.line(draft.told, "told", texts.SENTENCE)
    because = texts.line(draft.not_told_because, "not_told_because", texts.SENTENCE)
    if told is None and because is None:
        raise YouthToldMissing("told")
    return {"told": told, "not_told_because": because}
