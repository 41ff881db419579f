"""Planning an import: from sheets to a plan, purely (N30). The caller gives the day, the known records and the decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from domain.intake.activities import plan_chantier, plan_outing
from domain.intake.cells import Sheet, SourceLine
from domain.intake.contacts import PlannedLine, contacts_of, plan_contacts, presences_of
from domain.intake.directory import Directory
from domain.intake.lines import Line, lines_of, without_national_numbers
from domain.intake.mapping import SheetKind, WorkbookMapping
from domain.intake.openings import KnownRecords, Opening, decide
from domain.intake.plan import Agreement, Decision, DoubtfulLine, ImportPlan, KnownRecord, PlanCounts, SkippedLine
from domain.intake.proposals import check_mapping, propose_mapping
from domain.intake.reasons import ReasonCode, sentence
from domain.intake.remembering import forget
from domain.intake.texts import shown
from domain.intake.writing import directory_of, write_youths
from domain.intake.youths import read_youth


def plan_import(
    sheets: Sequence[Sheet],
    *,
    mapping: WorkbookMapping | None,
    today: date,
    known: Sequence[KnownRecord] = (),
    decisions: Mapping[SourceLine, Decision] | None = None,
) -> ImportPlan:
    """Plan what the sheets would write.

    `mapping` None takes the proposed one. `known` are the records that the person may open. `decisions` answer the offers
    of an earlier plan, by line. The same arguments give the same plan. Raises `MappingRefused`.
    """
    try:
        return _plan(sheets, mapping=mapping, today=today, known=known, decisions=decisions)
    finally:
        forget()


def _plan(
    sheets: Sequence[Sheet],
    *,
    mapping: WorkbookMapping | None,
    today: date,
    known: Sequence[KnownRecord],
    decisions: Mapping[SourceLine, Decision] | None,
) -> ImportPlan:
    cleaned, doubts = _cleaned(sheets)
    chosen = propose_mapping(cleaned) if mapping is None else mapping
    check_mapping(chosen, cleaned)
    lines = _Lines(cleaned, chosen, doubts)
    records = KnownRecords(known)
    youth_lines = list(lines.of(SheetKind.YOUTHS))
    openings = decide([y for y in (read_youth(line, today) for line in youth_lines) if y is not None], records, decisions or {})
    directory = directory_of(openings, records)
    planned = ImportPlan(
        mapping=chosen,
        youths=write_youths(openings, directory, (record.pseudonym for record in known)),
        duplicates=tuple(opening.offer for opening in openings if opening.offer is not None),
        skipped=tuple(_skipped(openings)),
    )
    acts = plan_contacts(lines.of(SheetKind.CONTACTS), directory, today)
    planned = replace(planned, contacts=contacts_of(acts), presences=presences_of(acts))
    outings = [plan_outing(line, directory, today) for line in lines.of(SheetKind.OUTINGS)]
    chantiers = [plan_chantier(line, directory, today) for line in lines.of(SheetKind.CHANTIERS)]
    planned = replace(
        planned,
        outings=tuple(outing for outing in outings if outing is not None),
        chantiers=tuple(chantier for chantier in chantiers if chantier is not None),
        doubts=_shown_doubts(doubts, directory, chosen),
    )
    return replace(planned, counts=_counts(planned, openings, len(youth_lines), acts, (len(outings), len(chantiers))))


class _Lines:
    """The lines of all sheets of a kind."""

    def __init__(self, sheets: Sequence[Sheet], mapping: WorkbookMapping, doubts: list[DoubtfulLine]) -> None:
        self._sheets = tuple(zip(sheets, mapping.sheets, strict=True))
        self._doubts = doubts

    def of(self, kind: SheetKind) -> Iterator[Line]:
        for sheet, chosen in self._sheets:
            if chosen.kind is kind:
                yield from lines_of(sheet, chosen, self._doubts)


def _cleaned(sheets: Sequence[Sheet]) -> tuple[tuple[Sheet, ...], list[DoubtfulLine]]:
    """Empty the national numbers, and give each sheet a name that can be shown and that no other bears."""
    doubts: list[DoubtfulLine] = []
    cleaned = []
    names: set[str] = set()
    for number, sheet in enumerate(sheets, 1):
        name = shown(sheet.name)
        names.add(name := name if name and name not in names else f"Feuille {number}")
        without, found = without_national_numbers(replace(sheet, name=name))
        cleaned.append(without)
        doubts.extend(found)
    return tuple(cleaned), doubts


def _skipped(openings: Sequence[Opening]) -> Iterator[SkippedLine]:
    for opening in openings:
        if opening.reference is not None and not opening.opens and not opening.attached:
            yield SkippedLine(opening.youth.source, opening.reference)


def _shown_doubts(doubts: Sequence[DoubtfulLine], directory: Directory, mapping: WorkbookMapping) -> tuple[DoubtfulLine, ...]:
    """Order the doubts as the file is read, and hide whatever would name somebody who refused or was not asked."""
    position = {sheet.sheet: index for index, sheet in enumerate(mapping.sheets)}
    headers = {(sheet.sheet, column.letter): column.header for sheet in mapping.sheets for column in sheet.columns}
    shown_ones = (_without_read(doubt) if doubt.read and directory.gives_away(doubt.read) else doubt for doubt in doubts)
    headed = (replace(doubt, header=headers.get((doubt.source.sheet, doubt.column or ""))) for doubt in shown_ones)
    return tuple(sorted(headed, key=lambda doubt: (position[doubt.source.sheet], doubt.source.row)))


def _without_read(doubt: DoubtfulLine) -> DoubtfulLine:
    return replace(doubt, read="", sentence=sentence(doubt.reason))


def _counts(
    plan: ImportPlan, openings: Sequence[Opening], youths_read: int, acts: Sequence[PlannedLine], read: tuple[int, int]
) -> PlanCounts:
    opened = Counter(opening.agreement for opening in openings if opening.opens)
    refused = sum(opening.youth.agreement is Agreement.REFUSED for opening in openings)
    by_reason = Counter(doubt.reason for doubt in plan.doubts)
    return PlanCounts(
        youths_read=youths_read,
        youths_agreed=opened[Agreement.AGREED],
        youths_anonymous=opened[Agreement.UNKNOWN],
        youths_refused=refused,
        youths_set_aside=youths_read - len(openings) + sum(opening.set_aside for opening in openings),
        youths_skipped=len(plan.skipped),
        contact_lines_read=len(acts),
        contact_lines_set_aside=sum(not act.contacts and act.presence is None for act in acts),
        contacts=len(plan.contacts),
        presences=len(plan.presences),
        outings=len(plan.outings),
        outings_set_aside=read[0] - len(plan.outings),
        chantiers=len(plan.chantiers),
        chantiers_set_aside=read[1] - len(plan.chantiers),
        duplicates=len(plan.duplicates),
        doubts=tuple((reason, by_reason[reason]) for reason in ReasonCode if by_reason[reason]),
    )
