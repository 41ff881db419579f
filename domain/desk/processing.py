"""What a structure does with personal data, on which legal ground: the table behind the register of processing (RGPD art. 30; R004).

Recipients are not written here: they are whoever the policy lets read. Durations are those of the legal constants and of the settings.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.categories import YOUTH_CATEGORIES, Category
from domain.trail import Operation, Purpose


class LegalBasis(StrEnum):
    """RGPD art. 6(1)."""

    PUBLIC_MISSION = "6(1)(e)"
    LEGAL_OBLIGATION = "6(1)(c)"
    VITAL_INTEREST = "6(1)(d)"


class SensitiveGround(StrEnum):
    """Why data of article 9 or 10 may be processed, where a category may hold some."""

    VITAL_INTEREST = "9(2)(c)"
    CARE = "9(2)(h)"
    """Health or social care by people who are bound by secrecy."""
    OFFENCES = "10, LIL 46"


@dataclass(frozen=True, slots=True)
class Ground:
    """The one legal basis of a category, and its ground where it is sensitive (R001)."""

    basis: LegalBasis
    sensitive: SensitiveGround | None = None


GROUNDS: Final[dict[Category, Ground]] = {
    Category.CORE: Ground(LegalBasis.PUBLIC_MISSION),
    Category.IDENTITY: Ground(LegalBasis.PUBLIC_MISSION),
    Category.FOLLOW_UP: Ground(LegalBasis.PUBLIC_MISSION),
    Category.VITAL: Ground(LegalBasis.VITAL_INTEREST, SensitiveGround.VITAL_INTEREST),
    Category.HEALTH: Ground(LegalBasis.PUBLIC_MISSION, SensitiveGround.CARE),
    Category.JUSTICE: Ground(LegalBasis.PUBLIC_MISSION, SensitiveGround.OFFENCES),
    Category.PROTECTION: Ground(LegalBasis.LEGAL_OBLIGATION),
    Category.STRUCTURE: Ground(LegalBasis.PUBLIC_MISSION),
}


class Processing(StrEnum):
    """The processings of a structure."""

    ACCOMPANIMENT = "accompaniment"
    """Youths who agreed to be written down: their records."""
    PROTECTION = "protection"
    """Informations préoccupantes (CASF L226-2-1)."""
    ACTIVITY = "activity"
    """Outings, chantiers and figures: nobody is named."""
    TRAIL = "trail"
    """Who accessed what (délibération CNIL 2021-122)."""
    ACCOUNTS = "accounts"
    """Who may sign in."""
    REGISTERS = "registers"
    """Breaches, incidents, requisitions, rights."""


@dataclass(frozen=True, slots=True)
class Nature:
    """What a processing is about, for what, and by which operations its data are read."""

    categories: tuple[Category, ...]
    purposes: tuple[Purpose, ...]
    read_by: tuple[Operation, ...]


NATURES: Final[dict[Processing, Nature]] = {
    Processing.ACCOMPANIMENT: Nature(
        YOUTH_CATEGORIES,
        (Purpose.ACCOMPANY, Purpose.EMERGENCY, Purpose.TAKE_OVER_FILES, Purpose.HONOUR_RIGHTS, Purpose.OWN_RECORD),
        (Operation.READ_RECORD,),
    ),
    Processing.PROTECTION: Nature((Category.PROTECTION,), (Purpose.PROTECT,), (Operation.READ_REPORT,)),
    Processing.ACTIVITY: Nature((Category.STRUCTURE,), (Purpose.STEER,), (Operation.LIST_ACTIVITIES, Operation.READ_FIGURES)),
    Processing.TRAIL: Nature((Category.STRUCTURE,), (Purpose.REVIEW_ACCESS,), (Operation.READ_TRAIL, Operation.READ_OWN_TRAIL)),
    Processing.ACCOUNTS: Nature((Category.STRUCTURE,), (Purpose.RUN_SERVICE,), (Operation.LIST_ACCOUNTS,)),
    Processing.REGISTERS: Nature(
        (Category.STRUCTURE,), (Purpose.HONOUR_RIGHTS, Purpose.REVIEW_ACCESS), (Operation.MANAGE_BREACHES, Operation.MANAGE_REQUISITIONS)
    ),
}
