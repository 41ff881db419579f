"""What the routes of the JSON API have in common: the problems that they may answer, for OpenAPI, and how a change is answered."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.web.problems import PROBLEM_JSON
from api.web.representations import AcceptedChange
from api.web.requests import etag
from domain.keeping import Accepted


class FieldFaultShown(BaseModel):
    """A field that does not do, and what to do about it."""

    field: str
    message: str


class ProblemShown(BaseModel):
    """A problem document (RFC 9457). `code` is stable; `detail` is in French for the person who can act."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldFaultShown] | None = None


_DESCRIPTIONS: Final = {
    400: "La demande n’est pas lisible.",
    401: "Personne n’est connecté.",
    403: "La demande vient d’un autre site.",
    404: "Inconnu, ou pas ouvert à vous : la réponse est la même.",
    409: "Une règle dit non, ou quelqu’un a modifié le dossier entre-temps (les deux versions sont données).",
    410: "Le dossier est fermé ou effacé.",
    413: "L’envoi est trop volumineux.",
    422: "Un champ est à corriger.",
    429: "Trop de demandes en une minute depuis ce compte ou cette structure (Retry-After).",
    428: "Il manque l’en-tête Idempotency-Key ou If-Match.",
    503: "La base ou le journal des accès ne répond pas : rien n’est montré ni modifié.",
}
_READING: Final = (400, 401, 404, 422, 429, 503)
_RECORD: Final = (*_READING, 410)
_WRITING: Final = (*_READING, 403, 409, 410, 413, 428)

Responses = dict[int | str, dict[str, Any]]


def _documented(statuses: tuple[int, ...]) -> Responses:
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemShown"}}},
        }
        for status in sorted(statuses)
    }


READING: Final = _documented(_READING)
READING_A_RECORD: Final = _documented(_RECORD)
WRITING: Final = _documented(_WRITING)


def change_answer(accepted: Accepted, response: Response) -> AcceptedChange:
    """Answer an accepted change, with the new version as ETag."""
    response.headers["ETag"] = etag(accepted.version)
    return AcceptedChange(id=accepted.stream, version=accepted.version, replayed=accepted.replayed)
