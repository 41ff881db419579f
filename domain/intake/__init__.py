"""Reading what a structure brings (N30): messy sheets in, an import plan and its doubts out, nothing written."""

from domain.age_bands import WideBand
from domain.intake.cells import Cell, Row, Sheet, SourceLine
from domain.intake.mapping import ColumnMapping, Field, SheetKind, SheetMapping, WorkbookMapping
from domain.intake.plan import (
    Agreement,
    Decision,
    DoubtfulLine,
    DuplicateOffer,
    HeadCount,
    ImportPlan,
    KnownRecord,
    PlanCounts,
    PlannedChantier,
    PlannedContact,
    PlannedOuting,
    PlannedPresence,
    PlannedYouth,
    SkippedLine,
    YouthReference,
)
from domain.intake.planning import plan_import
from domain.intake.proposals import FIELD_FR, FIELDS_OF, REQUIRED_OF, MappingRefused, check_mapping, columns_at, propose_mapping
from domain.intake.reasons import CONSEQUENCE_FR, SENTENCES_FR, Consequence, ReasonCode
from domain.vocabulary import Channel, Gender

__all__ = [
    "CONSEQUENCE_FR",
    "FIELDS_OF",
    "FIELD_FR",
    "REQUIRED_OF",
    "SENTENCES_FR",
    "Agreement",
    "Cell",
    "Channel",
    "ColumnMapping",
    "Consequence",
    "Decision",
    "DoubtfulLine",
    "DuplicateOffer",
    "Field",
    "Gender",
    "HeadCount",
    "ImportPlan",
    "KnownRecord",
    "MappingRefused",
    "PlanCounts",
    "PlannedChantier",
    "PlannedContact",
    "PlannedOuting",
    "PlannedPresence",
    "PlannedYouth",
    "ReasonCode",
    "Row",
    "Sheet",
    "SheetKind",
    "SheetMapping",
    "SkippedLine",
    "SourceLine",
    "WideBand",
    "WorkbookMapping",
    "YouthReference",
    "check_mapping",
    "columns_at",
    "plan_import",
    "propose_mapping",
]
