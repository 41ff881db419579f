"""What a preview shows: counts, doubtful lines, likely duplicates. Sealed between two requests, so that no page plans again.

It holds what the author's own file says, and of existing records their identifier alone: their names are read anew each time, after
their line in the trail, so that a record which is erased in the meantime is not shown from here (invariant 4).
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from domain.import_again import LeftToWrite
from domain.intake import Agreement, DuplicateOffer, ImportPlan, PlannedYouth, ReasonCode, SourceLine

_READ_AT_MOST: Final = 60
_ORDER: Final = {ReasonCode.SAME_PERSON_IN_FILE: 0, ReasonCode.RECORD_ALIKE: 1, ReasonCode.RECORD_EXISTS: 2}
"""First what most needs a person's eye; last what is left aside by itself."""


@dataclass(frozen=True, slots=True, repr=False)
class Doubt:
    """One doubtful thing: where, what was read (empty when it must not be shown), why, and what becomes of it."""

    sheet: str
    row: int
    column: str | None
    header: str | None
    read: str
    reason: str
    consequence: str


@dataclass(frozen=True, slots=True, repr=False)
class Other:
    """What a line resembles: another line of the file, or a record that exists."""

    sheet: str | None
    row: int | None
    label: str | None
    record: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Offer:
    """A likely duplicate, and what is decided about it."""

    sheet: str
    row: int
    label: str | None
    reason: str
    default: str
    decision: str
    others: tuple[Other, ...]

    @property
    def line(self) -> SourceLine:
        """The line that it is about."""
        return SourceLine(self.sheet, self.row)


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """All of a preview but the mapping, which is among the choices."""

    counts: dict[str, int]
    doubts: tuple[Doubt, ...]
    offers: tuple[Offer, ...]
    strangers: tuple[str, ...]
    """Initials that are no account's."""
    lacks_fallback: bool
    """Whether youths to open have no referent whose initials are known."""

    @property
    def by_reason(self) -> list[tuple[str, int]]:
        """How many doubts of each reason, in the order of the reasons."""
        found = Counter(doubt.reason for doubt in self.doubts)
        return [(reason.value, found[reason.value]) for reason in ReasonCode if found[reason.value]]

    @property
    def writes_something(self) -> bool:
        """Whether anything would be written."""
        return any(self.counts[name] for name in ("agreed", "anonymous", "completed", "contacts", "presences", "outings", "chantiers"))

    def to_json(self) -> bytes:
        """Write everything, without the names of the fields of the many."""
        return json.dumps(
            {
                "counts": self.counts,
                "doubts": [list(asdict(doubt).values()) for doubt in self.doubts],
                "offers": [asdict(offer) for offer in self.offers],
                "strangers": self.strangers,
                "lacks_fallback": self.lacks_fallback,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` wrote."""
        said: dict[str, Any] = json.loads(text)
        return cls(
            said["counts"],
            tuple(Doubt(*doubt) for doubt in said["doubts"]),
            tuple(Offer(**{**offer, "others": tuple(Other(**other) for other in offer["others"])}) for offer in said["offers"]),
            tuple(said["strangers"]),
            said["lacks_fallback"],
        )


def summarise(plan: ImportPlan, left: LeftToWrite, initials: Collection[str]) -> Summary:
    """Say what a plan would write. `initials` are those of the structure's educators."""
    named = {initial for youth in left.plan.youths for initial in youth.referents}
    opened = [youth for youth in left.plan.youths if youth.attach_to is None]
    return Summary(
        counts=_counts(plan, left, opened),
        doubts=tuple(
            Doubt(
                doubt.source.sheet,
                doubt.source.row,
                doubt.column,
                doubt.header,
                doubt.read[:_READ_AT_MOST],
                doubt.reason.value,
                doubt.consequence.value,
            )
            for doubt in plan.doubts
        ),
        offers=_offers(plan),
        strangers=tuple(sorted(named.difference(initials))),
        lacks_fallback=lacks_fallback(left.plan, initials),
    )


def lacks_fallback(plan: ImportPlan, initials: Collection[str]) -> bool:
    """Tell whether a youth to open would have no referent whose initials are known."""
    return any(youth.attach_to is None and not set(youth.referents).intersection(initials) for youth in plan.youths)


def _counts(plan: ImportPlan, left: LeftToWrite, opened: Collection[PlannedYouth]) -> dict[str, int]:
    agreed = sum(youth.agreement is Agreement.AGREED for youth in opened)
    read = plan.counts
    return {
        "agreed": agreed,
        "anonymous": len(opened) - agreed,
        "completed": sum(youth.attach_to is not None and youth.attach_to.record is not None for youth in left.plan.youths),
        "contacts": len(left.plan.contacts),
        "presences": len(left.plan.presences),
        "outings": len(left.plan.outings),
        "chantiers": len(left.plan.chantiers),
        "refused": read.youths_refused,
        "set_aside": read.youths_set_aside + read.contact_lines_set_aside + read.outings_set_aside + read.chantiers_set_aside,
        "youths_set_aside": read.youths_set_aside,
        "contacts_set_aside": read.contact_lines_set_aside,
        "skipped": read.youths_skipped,
        "known": left.lines_known,
        "duplicates": read.duplicates,
        "doubts": len(plan.doubts),
    }


def _offers(plan: ImportPlan) -> tuple[Offer, ...]:
    labels = {youth.source: youth.pseudonym for youth in plan.youths}
    sheets = {sheet.sheet: position for position, sheet in enumerate(plan.mapping.sheets)}
    ordered = sorted(plan.duplicates, key=lambda offer: (_ORDER.get(offer.reason, 1), sheets[offer.source.sheet], offer.source.row))
    return tuple(_offer(offer, labels) for offer in ordered)


def _offer(offer: DuplicateOffer, labels: dict[SourceLine, str]) -> Offer:
    others = [
        Other(None, None, None, other.record)
        if other.source is None
        else Other(other.source.sheet, other.source.row, labels.get(other.source), None)
        for other in offer.others
    ]
    return Offer(
        offer.source.sheet,
        offer.source.row,
        labels.get(offer.source),
        offer.reason.value,
        offer.default.value,
        offer.decision.value,
        tuple(others),
    )
