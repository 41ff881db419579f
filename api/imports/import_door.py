"""Imports as somebody signed in meets them, on a page or through the JSON API: begin, look, change, run, follow, give up."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from api.imports import imports
from api.imports.import_choices import Choices
from api.imports.import_outcome import Outcome
from api.imports.import_previews import CHOICES, FILE, OUTCOME, RUNNING, SUMMARY, WAITING, WRITTEN, Advance, PreviewEnded, Previews
from api.imports.import_summary import Offer, Summary
from api.imports.imports import Desk
from api.web.requests import Caller, SignedIn, token_of
from api.web.uploads import Upload
from crypto_shredding.expiring_seal import ExpiringSeal
from domain.identifiers import YouthId
from domain.intake import Sheet
from domain.trail import Operation

Edit = Callable[[Choices, tuple[Sheet, ...]], Choices]
"""Turns what was chosen into what is chosen now, knowing the sheets."""


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """A preview, opened: what was chosen, what it comes to, and why an earlier try wrote nothing, if there was one."""

    id: UUID
    choices: Choices
    summary: Summary
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A preview of this session that was not finished. A file may be named after a person: no `repr` of it."""

    id: UUID
    created_at: datetime
    filename: str

    def __repr__(self) -> str:
        """Name the class alone."""
        return "<Kept>"


@dataclass(frozen=True)
class ImportDoor:
    """The imports of one session."""

    caller: Caller
    desk: Desk
    previews: Previews

    def must_preview(self) -> None:
        """Refuse whoever imports nothing. Raises `NotAllowed`."""
        self.caller.structure.records.must_allow(self.caller.actor, Operation.PREVIEW_IMPORT)

    def begin(self, upload: Upload) -> UUID:
        """Read a file and keep its preview. Raises `NotAllowed`, `FieldRefused` (`file`), `AlreadyImported`."""
        self.caller.structure.records.preview_import(self.caller.actor)
        sheets = self.desk.open(upload.content, upload.filename)
        choices, summary = self.desk.preview(sheets, Choices(upload.filename))
        parts = {FILE: upload.content, CHOICES: choices.to_json(), SUMMARY: summary.to_json()}
        return self.previews.add(parts, self.caller.session.expires_at)

    def look(self, preview: UUID) -> Look:
        """Open a preview, after its line in the trail. Raises `NotAllowed`, `PreviewEnded`, also once it is written."""
        self.caller.structure.records.preview_import(self.caller.actor)
        choices, summary, outcome = self.previews.read(preview, CHOICES, SUMMARY, OUTCOME)
        if choices is None or summary is None:
            raise PreviewEnded
        said = None if outcome is None else Outcome.from_json(outcome)
        return Look(preview, Choices.from_json(choices), Summary.from_json(summary), said)

    def names(self, offers: Collection[Offer]) -> dict[str, str]:
        """Give the pseudonyms of the records that `offers` name, by identifier, each after its line. An erased one is missing."""
        youths = {YouthId(UUID(other.record)) for offer in offers for other in offer.others if other.record is not None}
        if not youths:
            return {}
        known = self.caller.structure.records.show_known_records(self.caller.actor, youths)
        return {record.reference: record.pseudonym for record in known}

    def change(self, preview: UUID, edit: Edit) -> None:
        """Change what is chosen, and plan again. Raises `NotAllowed`, `PreviewEnded`, `MappingRefused`, and what `edit` raises."""
        self.caller.structure.records.preview_import(self.caller.actor)
        content, kept = self.previews.read(preview, FILE, CHOICES)
        if content is None or kept is None:
            raise PreviewEnded
        choices = Choices.from_json(kept)
        sheets = imports.sheets_of(content, choices.filename)
        choices, summary = self.desk.preview(sheets, edit(choices, sheets))
        self.previews.change(preview, choices.to_json(), summary.to_json())

    def run(self, preview: UUID) -> None:
        """Begin to write. Doing it twice starts one import. Raises `NotAllowed`, `PreviewEnded`."""
        self.caller.structure.records.must_allow(self.caller.actor, Operation.RUN_IMPORT)
        imports.start(self.desk, self.previews, preview)

    def follow(self, preview: UUID) -> tuple[Advance, Outcome | None]:
        """Say how far it has come: numbers and one sentence, nothing of anybody. Raises `NotAllowed`, `PreviewEnded`."""
        self.must_preview()
        if self.previews.advance(preview).state == RUNNING:
            imports.settle(self.previews, preview, self.caller.structure.records.ledger.was_imported)
        advance = self.previews.advance(preview)
        # The outcome is read after the state: an import may end between the two, and a state that is final has its outcome.
        (outcome,) = self.previews.read(preview, OUTCOME)
        return advance, None if outcome is None or advance.state == RUNNING else Outcome.from_json(outcome)

    def give_up(self, preview: UUID) -> None:
        """Forget a preview. Raises `NotAllowed`, `PreviewEnded`."""
        self.must_preview()
        self.previews.delete(preview)

    def kept(self) -> list[Kept]:
        """List the previews of this session that were not finished. Those of another session are theirs: they open there, or nowhere."""
        self.previews.sweep()
        found = []
        for preview, created_at in self.previews.mine():
            try:
                (choices,) = self.previews.read(preview, CHOICES)
            except PreviewEnded:
                continue
            if choices is not None:
                found.append(Kept(preview, created_at, Choices.from_json(choices).filename))
        return found


def door_of(request: Request, caller: Caller) -> ImportDoor:
    """Open the door of whoever asks. The seal's key comes from the token of their session."""
    seal = ExpiringSeal(caller.structure.id, caller.actor.account, token_of(request) or "")
    return ImportDoor(caller, Desk(caller.structure, caller.actor), Previews(caller.structure.store.database, seal))


def _door(request: Request, caller: SignedIn) -> ImportDoor:
    return door_of(request, caller)


ThroughDoor = Annotated[ImportDoor, Depends(_door)]

__all__ = ["RUNNING", "WAITING", "WRITTEN", "Edit", "ImportDoor", "Look", "ThroughDoor", "door_of"]
