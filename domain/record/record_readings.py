"""What a record lets itself be asked: nothing here decides or changes anything."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from domain.categories import Category
from domain.identifiers import YouthId

if TYPE_CHECKING:
    from domain.record.youth_record import YouthRecord


class RecordReadings:
    """The readings of a `YouthRecord`, over the state that its appliers keep."""

    if TYPE_CHECKING:
        id: UUID
        first_contact_on: date | None
        identity: YouthRecord.IdentityGiven | None
        contacts: list[YouthRecord.ContactMade]
        notes: list[YouthRecord.NoteAdded]
        steps: dict[UUID, YouthRecord.StepTaken]
        completed: dict[UUID, YouthRecord.StepCompleted]
        closed_by: UUID | None

    @property
    def youth(self) -> YouthId:
        """The youth's identifier, which is the stream's."""
        return YouthId(self.id)

    @property
    def is_closed(self) -> bool:
        """Tell whether an erasure was asked for."""
        return self.closed_by is not None

    @property
    def last_contact_on(self) -> date | None:
        """The day of the last contact, else of the first meeting."""
        return max((contact.occurred_on for contact in self.contacts), default=self.first_contact_on)

    @property
    def next_deadline(self) -> date | None:
        """The nearest deadline among the steps that are not completed."""
        return min((step.due_on for key, step in self.steps.items() if step.due_on and key not in self.completed), default=None)

    @property
    def filled_categories(self) -> tuple[Category, ...]:
        """The categories that have content to show."""
        has_follow_up = bool(self.contacts or self.notes or self.steps)
        filled = {Category.CORE: True, Category.IDENTITY: self.identity is not None, Category.FOLLOW_UP: has_follow_up}
        return tuple(category for category, is_filled in filled.items() if is_filled)
