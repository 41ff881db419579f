"""Taking over old files: send one, look at what it would come to, choose, run, follow (N30). Nothing is written before « run »."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.imports.import_choices import Choices, mapping_from_json
from api.imports.import_door import Look, ThroughDoor
from api.imports.import_mapping import completed_mapping
from api.v1.answers import READING, WRITING
from api.v1.import_schemas import ImportChoices, ImportPreview, ImportProgress, page_of
from api.web.operations import leaves, leaves_nothing
from api.web.requests import Command
from api.web.uploads import Uploaded
from domain.identifiers import AccountId
from domain.intake import Decision, Sheet, SourceLine, WorkbookMapping
from domain.refusals import ChoiceUnknown
from domain.trail import Operation

router = APIRouter(prefix="/imports", tags=["reprise de fichiers"])

PreviewId = Annotated[UUID, Path(description="L’identifiant de l’aperçu.")]
Page = Annotated[int, Query(ge=1, le=100_000, description="La page des lignes douteuses et des ressemblances, 50 à la fois.")]

_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "xlsx, xls, ods ou csv, 16 Mo au plus."}},
                }
            }
        },
    }
}


@router.post("", status_code=201, operation_id="sendImportFile", responses=WRITING, openapi_extra=_FILE)
@leaves(Operation.PREVIEW_IMPORT)
def send_file(door: ThroughDoor, upload: Uploaded) -> ImportPreview:
    """Envoyer un fichier et voir ce qu’il donnerait. Rien n’est écrit ; l’aperçu disparaît avec la session."""
    return _shown(door, door.look(door.begin(upload)), 1)


@router.get("/{preview_id}", operation_id="readImportPreview", responses=READING)
@leaves(Operation.PREVIEW_IMPORT)
def read_preview(preview_id: PreviewId, door: ThroughDoor, page: Page = 1) -> ImportPreview:
    """Voir un aperçu, tant qu’il n’est pas écrit."""
    return _shown(door, door.look(preview_id), page)


@router.put("/{preview_id}", operation_id="chooseForImport", responses=WRITING)
@leaves(Operation.PREVIEW_IMPORT)
def choose(preview_id: PreviewId, body: ImportChoices, door: ThroughDoor) -> ImportPreview:
    """Changer les colonnes, les réponses aux ressemblances, la personne référente ; l’aperçu est refait."""
    door.change(preview_id, _edit(body))
    return _shown(door, door.look(preview_id), 1)


@router.post("/{preview_id}/run", status_code=202, operation_id="runImport", responses=WRITING)
@leaves(Operation.RUN_IMPORT)
def run(preview_id: PreviewId, door: ThroughDoor, _command: Command) -> ImportProgress:
    """Écrire tout, ou rien. Le demander deux fois ne l’écrit qu’une fois."""
    door.run(preview_id)
    return ImportProgress.of(preview_id, *door.follow(preview_id))


@router.get("/{preview_id}/progress", operation_id="followImport", responses=READING)
@leaves_nothing("It shows numbers and one sentence about the author's own file, and no record.")
def follow(preview_id: PreviewId, door: ThroughDoor) -> ImportProgress:
    """Suivre l’écriture."""
    return ImportProgress.of(preview_id, *door.follow(preview_id))


@router.delete("/{preview_id}", status_code=204, operation_id="forgetImport", responses=WRITING)
@leaves_nothing("It forgets what its author's own session had sealed.")
def forget(preview_id: PreviewId, door: ThroughDoor) -> Response:
    """Oublier un aperçu et son fichier."""
    door.give_up(preview_id)
    return Response(status_code=204)


def _shown(door: ThroughDoor, look: Look, page: int) -> ImportPreview:
    names = door.names(look.summary.offers[page_of(page)])
    return ImportPreview.of(look, page, names, fallback_required=door.desk.names_a_referent and look.summary.lacks_fallback)


def _edit(body: ImportChoices) -> Callable[[Choices, tuple[Sheet, ...]], Choices]:
    def edit(choices: Choices, sheets: tuple[Sheet, ...]) -> Choices:
        decided = {SourceLine(said.sheet, said.row): _decision(said.decision) for said in body.decisions}
        return replace(
            choices,
            mapping=_mapping(body, choices.mapping, sheets),
            decisions={**choices.decisions, **decided},
            fallback=choices.fallback if body.fallback is None else AccountId(body.fallback),
        )

    return edit


def _mapping(body: ImportChoices, before: WorkbookMapping | None, sheets: tuple[Sheet, ...]) -> WorkbookMapping | None:
    if body.mapping is None or before is None:
        return before
    try:
        said = mapping_from_json([sheet.model_dump() for sheet in body.mapping])
    except ValueError:
        raise ChoiceUnknown("mapping") from None
    return completed_mapping(said, before, sheets)


def _decision(word: str) -> Decision:
    try:
        return Decision(word)
    except ValueError:
        raise ChoiceUnknown("decisions") from None
