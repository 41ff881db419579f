"""What the JSON API says of an import, and what it reads."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import Field as Bounded

from api.imports.import_choices import mapping_to_json
from api.imports.import_door import Look
from api.imports.import_outcome import Outcome
from api.imports.import_previews import Advance
from api.imports.import_summary import Doubt, Offer
from api.web.representations import Shown
from api.web.schemas import Body, Identifier
from domain.intake import CONSEQUENCE_FR, SENTENCES_FR, Consequence, Decision, ReasonCode, SheetKind
from domain.intake.mapping import Field

PAGE: Final = 50
_SHEETS_AT_MOST: Final = 100
_COLUMNS_AT_MOST: Final = 20_000
_DECISIONS_AT_MOST: Final = 20_000
_NAME: Final = 300
_WORD: Final = 40
_ROWS: Final = 2_000_000


def _among(words: type[SheetKind | Field | Decision]) -> dict[str, Any]:
    return {"enum": [word.value for word in words]}


Kind = Annotated[str, Bounded(max_length=_WORD, json_schema_extra=_among(SheetKind))]
FieldName = Annotated[str, Bounded(max_length=_WORD, json_schema_extra=_among(Field))]
Decided = Annotated[str, Bounded(max_length=_WORD, json_schema_extra=_among(Decision))]
Name = Annotated[str, Bounded(max_length=_NAME)]
Row = Annotated[int, Bounded(ge=0, le=_ROWS)]


class ImportColumn(Body):
    """Une colonne : sa place (0 pour la première), et ce qu’elle contient ; `null` si elle n’est pas reprise."""

    index: Annotated[int, Bounded(ge=0, le=_COLUMNS_AT_MOST)]
    letter: Name = ""
    """Pour les yeux : la place seule compte."""
    header: Name = ""
    field: FieldName | None = None


class ImportSheet(Body):
    """Une feuille : ce qu’elle contient, la ligne de ses en-têtes (0 s’il n’y en a pas), ses colonnes."""

    sheet: Name
    kind: Kind
    header_row: Row | None = None
    columns: Annotated[list[ImportColumn], Bounded(default_factory=list, max_length=_COLUMNS_AT_MOST)]
    """Vide : les colonnes sont proposées d’après les en-têtes."""


class ImportDecision(Body):
    """Ce qu’il advient d’une ligne qui ressemble à quelqu’un d’autre."""

    sheet: Name
    row: Row
    decision: Decided


class ImportChoices(Body):
    """Ce qui est choisi. Ce qui manque reste comme avant."""

    mapping: Annotated[list[ImportSheet], Bounded(max_length=_SHEETS_AT_MOST)] | None = None
    decisions: Annotated[list[ImportDecision], Bounded(default_factory=list, max_length=_DECISIONS_AT_MOST)]
    fallback: Identifier | None = None
    """La personne référente des jeunes dont les initiales ne sont celles de personne."""


class DoubtShown(Shown):
    """Une case ou une ligne douteuse. `read` est vide quand ce qui a été lu ne doit pas être montré."""

    sheet: str
    row: int
    column: str | None
    header: str | None
    read: str
    reason: str
    sentence: str
    consequence: str

    @classmethod
    def of(cls, doubt: Doubt) -> Self:
        """Show one doubt."""
        return cls(
            sheet=doubt.sheet,
            row=doubt.row,
            column=doubt.column,
            header=doubt.header,
            read=doubt.read,
            reason=doubt.reason,
            sentence=SENTENCES_FR[ReasonCode(doubt.reason)],
            consequence=CONSEQUENCE_FR[Consequence(doubt.consequence)],
        )


class OtherShown(Shown):
    """Ce à quoi une ligne ressemble : une autre ligne du fichier, ou un dossier."""

    sheet: str | None
    row: int | None
    record: UUID | None
    label: str | None


class OfferShown(Shown):
    """Une ressemblance, et ce qui est décidé."""

    sheet: str
    row: int
    label: str | None
    reason: str
    sentence: str
    default: str
    decision: str
    others: list[OtherShown]

    @classmethod
    def of(cls, offer: Offer, names: dict[str, str]) -> Self:
        """Show one offer. `names` are those of the records that may be shown; the others are left out."""
        others = [other for other in offer.others if other.record is None or other.record in names]
        return cls(
            sheet=offer.sheet,
            row=offer.row,
            label=offer.label,
            reason=offer.reason,
            sentence=SENTENCES_FR[ReasonCode(offer.reason)],
            default=offer.default,
            decision=offer.decision,
            others=[
                OtherShown(
                    sheet=other.sheet,
                    row=other.row,
                    record=None if other.record is None else UUID(other.record),
                    label=other.label if other.record is None else names[other.record],
                )
                for other in others
            ],
        )


class OutcomeShown(Shown):
    """Ce qu’il en est advenu : ce qui a été écrit, `unchanged` si tout l’était déjà, ou pourquoi rien ne l’a été."""

    code: str | None
    refusal: str | None
    unchanged: bool
    opened: int
    completed: int
    contacts: int
    activities: int
    lines_known: int

    @classmethod
    def of(cls, outcome: Outcome | None) -> Self | None:
        """Show one outcome."""
        if outcome is None:
            return None
        return cls(
            code=outcome.code,
            refusal=outcome.refusal,
            unchanged=outcome.unchanged,
            opened=outcome.opened,
            completed=outcome.completed,
            contacts=outcome.contacts,
            activities=outcome.activities,
            lines_known=outcome.lines_known,
        )


class ImportProgress(Shown):
    """L’avancement : `waiting` (rien n’est écrit), `running`, `written`."""

    id: UUID
    state: str
    done: int
    total: int
    outcome: OutcomeShown | None

    @classmethod
    def of(cls, preview: UUID, advance: Advance, outcome: Outcome | None) -> Self:
        """Show how far an import has come."""
        return cls(id=preview, state=advance.state, done=advance.done, total=advance.total, outcome=OutcomeShown.of(outcome))


class ImportPreview(Shown):
    """Un aperçu : ce qui serait écrit, et une page de ce qui est douteux."""

    id: UUID
    filename: str
    counts: dict[str, int]
    reasons: dict[str, int]
    mapping: list[dict[str, Any]]
    unknown_initials: list[str]
    fallback: UUID | None
    fallback_required: bool
    doubts: list[DoubtShown]
    duplicates: list[OfferShown]
    page: int
    pages: int
    outcome: OutcomeShown | None

    @classmethod
    def of(cls, look: Look, page: int, names: dict[str, str], *, fallback_required: bool) -> Self:
        """Show one page of a preview."""
        summary, shown = look.summary, page_of(page)
        return cls(
            id=look.id,
            filename=look.choices.filename,
            counts=summary.counts,
            reasons=dict(summary.by_reason),
            mapping=[] if look.choices.mapping is None else mapping_to_json(look.choices.mapping),
            unknown_initials=list(summary.strangers),
            fallback=look.choices.fallback,
            fallback_required=fallback_required,
            doubts=[DoubtShown.of(doubt) for doubt in summary.doubts[shown]],
            duplicates=[OfferShown.of(offer, names) for offer in summary.offers[shown]],
            page=page,
            pages=max(1, -(-max(len(summary.doubts), len(summary.offers)) // PAGE)),
            outcome=OutcomeShown.of(look.outcome),
        )


def page_of(page: int) -> slice:
    """Give what is on a page, the first being 1."""
    return slice((page - 1) * PAGE, page * PAGE)
