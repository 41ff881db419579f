"""The bodies that the JSON API reads. Unknown fields are refused, a boolean is no number, texts are bounded (R157, R163).

The lengths here only keep out what is out of all proportion: the rule, with its sentence, is the domain's (`domain/texts.py`).
A JSON string is turned into a day or an identifier here and nowhere else; a number is never taken for either.
"""

import re
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from domain.activity import MOST_PEOPLE
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, InformationDraft, NoteDraft, OpeningDraft, OutingDraft, StepDraft
from domain.texts import LINE, MINUTES_IN_A_DAY, NOTE, SENTENCE, THEMES_AT_MOST
from domain.vocabulary import GRANTABLE_CATEGORIES, Channel, Gender, Initiative, OutingKind

_CALENDAR_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CANONICAL_UUID_LENGTH: Final = 36
_PEOPLE_AT_MOST: Final = 12
_COUNT_AT_MOST: Final = MOST_PEOPLE
_CELLS_AT_MOST: Final = 60


def _day(value: object) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _CALENDAR_DAY.fullmatch(value) else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> date:
    raise PydanticCustomError("date_expected", "a day as YYYY-MM-DD")


def _identifier(value: object) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == _CANONICAL_UUID_LENGTH else _no_identifier()
    except ValueError:
        return _no_identifier()


def _no_identifier() -> UUID:
    raise PydanticCustomError("uuid_type", "a UUID")


def _one_of(choices: type[Channel | Gender | Initiative | OutingKind]) -> BeforeValidator:
    def member(value: object) -> object:
        return choices(value) if isinstance(value, str) and value in set(choices) else value

    return BeforeValidator(member)


Day = Annotated[date, BeforeValidator(_day), Field(examples=["2026-11-22"])]
Identifier = Annotated[UUID, BeforeValidator(_identifier)]
Line = Annotated[str, Field(max_length=4 * LINE)]
Sentence = Annotated[str, Field(max_length=4 * SENTENCE)]
Prose = Annotated[str, Field(max_length=4 * NOTE)]
Year = Annotated[int, Field(ge=1900, le=2100)]
Minutes = Annotated[int, Field(ge=0, le=MINUTES_IN_A_DAY)]
Count = Annotated[int, Field(ge=0, le=_COUNT_AT_MOST)]


class Body(BaseModel):
    """A body that is read: strict types, no unknown field, no content in its `repr`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Show nothing of what was typed."""
        return []


class Opening(Body):
    """Ouvrir un dossier : un code ou un surnom suffit (N1, R010)."""

    pseudonym: Line
    birth_year: Year | None = None
    gender: Annotated[Gender, _one_of(Gender)] | None = None
    territory: Line | None = None
    met_through: Line | None = None
    first_contact_on: Day | None = None
    informed: "Information | None" = None
    """Comment le jeune a été informé, si cela est déjà fait."""

    def draft(self) -> OpeningDraft:
        """Return what the domain judges."""
        return OpeningDraft(self.pseudonym, self.birth_year, self.gender, self.territory, self.met_through, self.first_contact_on)


class Information(Body):
    """Le jeune a été informé : de quoi, comment, quand (N2)."""

    how: Sentence
    occurred_on: Day

    def draft(self) -> InformationDraft:
        """Return what the domain judges."""
        return InformationDraft(self.how, self.occurred_on)


class Agreement(Body):
    """Le jeune a donné son accord pour une catégorie (N2)."""

    category: Annotated[str, Field(json_schema_extra={"enum": [str(category) for category in GRANTABLE_CATEGORIES]}, max_length=20)]
    what_was_said: Sentence
    occurred_on: Day

    def draft(self) -> AgreementDraft:
        """Return what the domain judges."""
        return AgreementDraft(self.category, self.what_was_said, self.occurred_on)


class Identity(Body):
    """L’identité civile : l’un des deux noms au moins, après accord (N2)."""

    first_name: Line | None = None
    last_name: Line | None = None

    def draft(self) -> IdentityDraft:
        """Return what the domain judges."""
        return IdentityDraft(self.first_name, self.last_name)


class Contact(Body):
    """Un contact : la date suffit (N23, N44)."""

    occurred_on: Day
    channel: Annotated[Channel, _one_of(Channel)] = Channel.STREET
    initiated_by: Annotated[Initiative, _one_of(Initiative)] = Initiative.OTHER
    present: Annotated[list[Identifier], Field(max_length=_PEOPLE_AT_MOST)] = []
    territory: Line | None = None
    place: Line | None = None
    minutes: Minutes | None = None
    themes: Annotated[list[Line], Field(max_length=THEMES_AT_MOST)] = []
    comment: Prose | None = None

    def draft(self) -> ContactDraft:
        """Return what the domain judges."""
        return ContactDraft(
            self.occurred_on,
            self.channel,
            self.initiated_by,
            tuple(self.present),
            self.territory,
            self.place,
            self.minutes,
            tuple(self.themes),
            self.comment,
        )


class Note(Body):
    """Une note : des faits, 4 000 caractères au plus."""

    text: Prose
    occurred_on: Day

    def draft(self) -> NoteDraft:
        """Return what the domain judges."""
        return NoteDraft(self.text, self.occurred_on)


class Step(Body):
    """Une démarche faite avec le jeune."""

    theme: Line
    occurred_on: Day
    partner: Line | None = None
    result: Sentence | None = None
    due_on: Day | None = None

    def draft(self) -> StepDraft:
        """Return what the domain judges."""
        return StepDraft(self.theme, self.occurred_on, self.partner, self.result, self.due_on)


class StepResult(Body):
    """Ce qu’une démarche a donné."""

    result: Sentence | None = None


class Referents(Body):
    """Une ou deux personnes référentes (N44)."""

    referents: Annotated[list[Identifier], Field(min_length=1, max_length=2)]


class ErasureDemand(Body):
    """Effacer le dossier. Un·e éducateur·rice ne le demande que pour un jeune présent."""

    asked_in_person: bool = False


class Outing(Body):
    """Une sortie de rue ou une action, sans rien sur personne : des comptes par sexe et tranche d’âge (N25)."""

    occurred_on: Day
    kind: Annotated[OutingKind, _one_of(OutingKind)] = OutingKind.STREET_WORK
    territory: Line | None = None
    minutes: Minutes | None = None
    place: Line | None = None
    educators: Annotated[list[Identifier], Field(max_length=_PEOPLE_AT_MOST)] = []
    counts: Annotated[dict[Annotated[str, Field(max_length=40)], Count], Field(max_length=_CELLS_AT_MOST)] = {}
    """Des comptes par sexe et tranche d’âge : {"girl:11-15": 3, "boy:16-17": 5}."""

    def draft(self) -> OutingDraft:
        """Return what the domain judges."""
        return OutingDraft(self.occurred_on, self.kind, self.minutes, self.territory, self.place, tuple(self.educators), dict(self.counts))


class SignIn(Body):
    """Se connecter dans la démonstration, d’un clic."""

    structure: Identifier | None = None
    account: Identifier


Opening.model_rebuild()
