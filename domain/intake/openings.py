"""Deciding which lines open a record: contradictions, likenesses within the file, records that exist already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.intake.cells import SourceLine
from domain.intake.directory import Person
from domain.intake.likeness import Traits, likely_pairs, likeness, same_birth, same_identity, traits_of
from domain.intake.plan import Agreement, Decision, DuplicateOffer, KnownRecord, YouthReference
from domain.intake.reasons import Consequence, ReasonCode, sentence
from domain.intake.texts import Doubt, name_key
from domain.intake.youths import YouthLine

_CODE = re.compile(r"([jl]) (\d+)(?: \d+)?")


@dataclass(frozen=True, slots=True)
class Opening:
    """What becomes of a line: `opens` a record, completes another (`attached`), or neither. `reference` is None when only counted."""

    youth: YouthLine = field(repr=False)
    agreement: Agreement
    reference: YouthReference | None
    opens: bool = False
    attached: bool = False
    offer: DuplicateOffer | None = None

    @property
    def set_aside(self) -> bool:
        """Tell a line that nothing is written of although it does not say no."""
        return self.reference is None and self.youth.agreement is not Agreement.REFUSED


class KnownRecords:
    """The records that exist, found by what a line says of its person."""

    def __init__(self, records: Sequence[KnownRecord]) -> None:
        """Index the records by first name, family name and code."""
        self._by_key: dict[str, list[tuple[KnownRecord, Traits]]] = {}
        self.records = tuple(records)
        self._coded = frozenset(record.reference for record in records if code_key(record.pseudonym))
        for record in records:
            traits = Traits(
                first_key=name_key(record.pseudonym),
                family_key=name_key(record.family_name or ""),
                birth_year=record.birth_year,
                approximate=False,
                territory_key=name_key(record.territory or ""),
            )
            for key in {f"f:{traits.first_key}", f"n:{traits.family_key}", f"c:{code_key(record.pseudonym)}"} - {"n:", "c:"}:
                self._by_key.setdefault(key, []).append((record, traits))

    def same_as(self, youth: YouthLine, agreement: Agreement) -> list[YouthReference]:
        """Give the records that this very line, or its like in another export, has opened before."""
        own = traits_of(youth)
        named = [record for record, traits in self._by_key.get(f"f:{own.first_key}", ()) if same_identity(own, traits)]
        coded = [record for record, traits in self._by_key.get(f"c:{code_key(line_code(youth))}", ()) if same_birth(own, traits)]
        surest_first = (*named, *coded) if agreement is Agreement.AGREED else (coded or named)
        return [YouthReference(record=record.reference) for record in dict.fromkeys(surest_first)]

    def alike(self, youth: YouthLine) -> list[tuple[YouthReference, int]]:
        """Give the records that may be the same person's, with how alike they are."""
        own = traits_of(youth)
        found = dict.fromkeys((*self._by_key.get(f"f:{own.first_key}", ()), *self._by_key.get(f"n:{own.family_key}", ())))
        scored = ((YouthReference(record=record.reference), likeness(own, traits)) for record, traits in found)
        return [pair for pair in scored if pair[1]]

    def is_coded(self, reference: YouthReference) -> bool:
        """Tell whether a record bears a code in place of a name: its person did not agree to more."""
        return reference.record in self._coded

    def people(self) -> Iterable[Person]:
        """Give the people of the records, for the names of the contacts."""
        for record in self.records:
            agreement = Agreement.UNKNOWN if code_key(record.pseudonym) else Agreement.AGREED
            reference = YouthReference(record=record.reference)
            yield Person(name_key(record.pseudonym), name_key(record.family_name or ""), agreement, reference)


def code_key(pseudonym: str) -> str:
    """Give what « J-0307 » and « J-0307-2 » share; empty for anything that is not a code."""
    found = _CODE.fullmatch(name_key(pseudonym))
    return f"{found[1]} {int(found[2])}" if found else ""


def line_code(youth: YouthLine) -> str:
    """Give the code of a line: its number, or its row when it has none or when the number is what the person is called."""
    words = {*youth.first_key.split(), *youth.family_key.split()}
    if youth.number is None or youth.number in words:
        return f"L-{youth.source.row:04d}"
    return f"J-{int(youth.number):04d}"


class _Deciding:
    """The lines decided so far. A record that one line was recognised in is offered to the next only when no other fits."""

    def __init__(self, known: KnownRecords, decisions: Mapping[SourceLine, Decision]) -> None:
        self.openings: list[Opening] = []
        self._known = known
        self._decisions = decisions
        self._recognised: set[YouthReference] = set()

    def add(self, youth: YouthLine, refusals: Sequence[YouthLine], earlier: Sequence[Opening]) -> None:
        agreement = self._agreement(youth, refusals)
        if agreement is Agreement.REFUSED:
            self.openings.append(Opening(youth, agreement, None))
            return
        offer = self._offer(youth, agreement, earlier)
        opening = Opening(youth, agreement, YouthReference(source=youth.source), opens=True, offer=offer)
        self.openings.append(self._applied(opening, earlier))

    def _agreement(self, youth: YouthLine, refusals: Sequence[YouthLine]) -> Agreement:
        """Believe the refusal when another line of the same person says no, unless a person decided that they are two."""
        if youth.agreement is Agreement.REFUSED or not refusals or self._decisions.get(youth.source) is Decision.SEPARATE:
            return youth.agreement
        same_name = any(youth.family_key and youth.family_key == other.family_key for other in refusals)
        if same_name or youth.agreement is Agreement.AGREED:
            youth.line.withhold()
            consequence = Consequence.SET_ASIDE if same_name else Consequence.WRITTEN_ANONYMOUS
            youth.line.doubt(Doubt(ReasonCode.AGREEMENT_CONTRADICTED), None, consequence)
        return Agreement.REFUSED if same_name else Agreement.UNKNOWN

    def _offer(self, youth: YouthLine, agreement: Agreement, earlier: Sequence[Opening]) -> DuplicateOffer | None:
        """Offer the records and lines that may be the same person's, the surest first."""
        same = sorted(self._known.same_as(youth, agreement), key=lambda reference: reference in self._recognised)
        if same:
            self._recognised.add(same[0])
            return self._made(youth, same, ReasonCode.RECORD_EXISTS, Decision.SKIP)
        recorded = [reference for reference, _ in sorted(self._known.alike(youth), key=lambda pair: -pair[1])]
        if recorded:
            return self._made(youth, recorded, ReasonCode.RECORD_ALIKE, Decision.SEPARATE)
        others = [opening.reference for opening in earlier if opening.reference is not None]
        return self._made(youth, others, ReasonCode.SAME_PERSON_IN_FILE, Decision.SEPARATE) if others else None

    def _made(self, youth: YouthLine, others: Sequence[YouthReference], reason: ReasonCode, default: Decision) -> DuplicateOffer:
        decision = self._decisions.get(youth.source, default)
        return DuplicateOffer(youth.source, tuple(dict.fromkeys(others)), reason, sentence(reason), default, decision)

    def _applied(self, opening: Opening, earlier: Sequence[Opening]) -> Opening:
        """Apply the decision on an offer. Completing a record under a code brings no name and no note into it."""
        offer = opening.offer
        if offer is None or offer.decision is Decision.SEPARATE:
            return opening
        target = offer.others[0]
        of_target = [other.agreement for other in earlier if other.reference == target and other.opens]
        coded = self._known.is_coded(target) if target.record is not None else Agreement.AGREED not in of_target
        agreement = Agreement.UNKNOWN if coded else opening.agreement
        return replace(opening, agreement=agreement, reference=target, opens=False, attached=offer.decision is Decision.ATTACH)


def decide(youths: Sequence[YouthLine], known: KnownRecords, decisions: Mapping[SourceLine, Decision]) -> list[Opening]:
    """Decide what becomes of each line, in order. Nothing is merged but by a decision."""
    pairs: dict[int, list[tuple[int, int]]] = {}
    for one, other, score in likely_pairs([traits_of(youth) for youth in youths]):
        pairs.setdefault(one, []).append((other, score))
        pairs.setdefault(other, []).append((one, score))
    deciding = _Deciding(known, decisions)
    for index, youth in enumerate(youths):
        alike = sorted(pairs.get(index, ()), key=lambda pair: (-pair[1], pair[0]))
        refusals = [youths[other] for other, _ in alike if youths[other].agreement is Agreement.REFUSED]
        deciding.add(youth, refusals, [deciding.openings[other] for other, _ in alike if other < index])
    return deciding.openings
