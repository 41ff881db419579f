"""From refusals and failures to answers. The one table from a refusal's code to an HTTP status stands here; the domain knows none.

422 is for what was typed badly; a rule that says no to a well-formed demand is 409; 503 is for what comes back by itself.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import psycopg
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.web.problems import FieldFault, Problem, answer
from api.web.request_refusals import RequestRefused
from api.web.validation import faults_of
from domain.refusals import DomainError, FieldRefused

log = structlog.get_logger("sillage.errors")

Handler = Callable[[Request, Any], Response]

STATUS_OF_CODE: Final[dict[str, int]] = {
    "not_found": 404,
    "record_closed": 410,
    "record_erased": 410,
    "concurrent_change": 409,
    "replayed": 409,
    "trail_unavailable": 503,
    "store_unavailable": 503,
    "field_refused": 422,
    "command_key_reused": 422,
    "nothing_to_write": 422,
    "tries_spent": 429,
}
RULE_SAYS_NO: Final = 409
"""The status of a refusal that has no row of its own: a rule of the domain, which the person can satisfy and try again."""

RETRY_AFTER: Final = {"Retry-After": "5"}

TITLES: Final[dict[int, str]] = {
    400: "Demande illisible",
    401: "Vous n’êtes pas connecté·e",
    403: "Demande refusée",
    404: "Page introuvable",
    405: "Action impossible ici",
    408: "Envoi interrompu",
    406: "Format non proposé",
    409: "Action impossible en l’état",
    410: "Donnée effacée",
    413: "Envoi trop volumineux",
    415: "Format non reconnu",
    422: "Quelque chose est à corriger",
    428: "Précision manquante",
    429: "Trop de demandes",
    500: "Erreur du service",
    503: "Service indisponible pour un instant",
}
_TITLES_OF_CODES: Final[dict[str, str]] = {"record_closed": "Dossier fermé"}
"""Closed is not erased yet: the key may still exist, and the youth may change their mind."""
_DETAILS: Final[dict[int, str]] = {
    400: "La demande n’a pas pu être lue. Vérifiez sa forme, puis recommencez.",
    404: "Cette page n’existe pas, ou elle ne vous est pas ouverte.",
    405: "Cette adresse existe, mais pas pour cette action. Revenez à la page précédente.",
    408: "L’envoi s’est arrêté en route. Vérifiez le réseau, puis recommencez.",
    413: "Ce qui a été envoyé est trop volumineux. Raccourcissez le texte ou divisez le fichier.",
    415: "Ce format n’est pas reconnu. Envoyez du JSON (application/json).",
}
_CODES: Final[dict[int, str]] = {
    400: "unreadable",
    404: "not_found",
    405: "method_not_allowed",
    408: "interrupted",
    413: "too_large",
    415: "unsupported_format",
}


def status_of(refusal: type[DomainError]) -> int:
    """Return the status of a refusal: its code's own row, or that of the nearest parent that has one."""
    for kind in refusal.__mro__:
        code = kind.__dict__.get("code")
        if code in STATUS_OF_CODE:
            return STATUS_OF_CODE[code]
    return RULE_SAYS_NO


def problem_of_refusal(refusal: DomainError) -> Problem:
    """Turn a refusal of the domain into what is told. Its sentence is its own; a concurrent change says both versions."""
    status = status_of(type(refusal))
    more = {name: value for name in ("expected_version", "current_version") if isinstance(value := getattr(refusal, name, None), int)}
    faults = (FieldFault(refusal.field, str(refusal)),) if isinstance(refusal, FieldRefused) else ()
    title = _TITLES_OF_CODES.get(refusal.code, TITLES[status])
    return Problem(status, refusal.code, title, str(refusal), faults, more, RETRY_AFTER if status == HTTPStatus.SERVICE_UNAVAILABLE else {})


def problem_of_status(status: int, headers: dict[str, str] | None = None) -> Problem:
    """Turn a bare HTTP status of the framework into what is told."""
    title = TITLES.get(status, "Demande refusée")
    code = _CODES.get(status, f"http_{status}")
    return Problem(status, code, title, _DETAILS.get(status, title), headers=headers or {})


UNAVAILABLE: Final = Problem(
    503,
    "database_unavailable",
    TITLES[503],
    "La base de données ne répond pas. Rien n’a été perdu de ce qui était enregistré. Réessayez dans un instant.",
    headers=RETRY_AFTER,
)
TOO_LATE: Final = Problem(
    503,
    "too_late",
    "Trop long",
    "Cette demande a pris trop de temps : sa réponse n’est pas montrée. Rien n’est perdu ; refaites la même demande.",
    headers={"Retry-After": "1"},
)
"""The answer to a request that worked longer than its deadline, whatever it had found."""

BROKEN: Final = Problem(
    500,
    "internal",
    TITLES[500],
    "Une erreur s’est produite dans le service. Donnez la référence de la demande à la personne qui s’en occupe.",
)


def _refused_by_domain(request: Request, refusal: DomainError) -> Response:
    return answer(request, problem_of_refusal(refusal))


def problem_of_request(refusal: RequestRefused) -> Problem:
    """Turn a refusal of the web into what is told."""
    return Problem(refusal.status, refusal.code, TITLES[refusal.status], refusal.detail, headers=refusal.headers)


def _refused_by_web(request: Request, refusal: RequestRefused) -> Response:
    return answer(request, problem_of_request(refusal))


def _malformed(request: Request, error: RequestValidationError) -> Response:
    faults = faults_of(error.errors())
    if any(fault["type"] == "json_invalid" for fault in error.errors()):
        return answer(request, problem_of_status(400))
    return answer(request, Problem(422, "malformed", TITLES[422], "Corrigez ce qui est signalé, puis envoyez à nouveau.", faults))


def _framework(request: Request, error: HTTPException) -> Response:
    kept = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return answer(request, problem_of_status(error.status_code, kept))


def _database(request: Request, error: Exception) -> Response:
    # The message of a database error may quote a row, so only the kind of error is written down.
    log.error("database_unavailable", error=type(error).__name__, code=getattr(error, "sqlstate", None))
    return answer(request, UNAVAILABLE)


_HANDLERS: Final[dict[type[Exception], Handler]] = {
    DomainError: _refused_by_domain,
    RequestRefused: _refused_by_web,
    RequestValidationError: _malformed,
    HTTPException: _framework,
    psycopg.OperationalError: _database,
    psycopg.InterfaceError: _database,
    PoolTimeout: _database,
    PoolClosed: _database,
    TooManyRequests: _database,
}


def install(app: FastAPI) -> None:
    """Give `app` our answers. What none of them knows ends in `api.web.boundary`, as a 500 that says nothing."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
