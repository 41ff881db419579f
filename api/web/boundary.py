"""The outermost boundary of the web: request id, host, origin, size of the body, security headers, one log line, no way out for an error.

It is the one place of the web where any exception ends (style, « Errors »): the caller gets a 500 that says nothing, the log gets the
kind of the error and where it happened, never its message, which could quote a person.
"""

import asyncio
import time
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.logs import places
from api.seal import SEALED
from api.web.body_limit import limited
from api.web.errors import BROKEN, TOO_LATE, problem_of_request
from api.web.headers import secured
from api.web.origin import check_host, check_origin
from api.web.problems import API_VERSION, answer, plain_answer
from api.web.request_refusals import RequestRefused
from crypto_shredding.postgresql.database import STATEMENT_TIMEOUT_SECONDS

log = structlog.get_logger("sillage.requests")

NOT_FOUND_STEP: Final = 0.3
"""Seconds. A « not found » leaves at whole steps after its request came: how long it took to refuse a record that is there, and how much is
written in it, would tell it from one that does not exist (invariant 12). A record of 3 000 events is read and refused within 0.06 s on a
machine with two cores: the first step leaves a slower one the time."""

DEADLINE_SECONDS: Final = STATEMENT_TIMEOUT_SECONDS
"""How long a request may work once it was received whole. What comes later is not sent: an erasure waits that long for requests in flight
before it destroys a key, and nobody is shown afterwards what the key had opened (design §6; invariant 4)."""

ANSWER_STEP: Final = "sillage.answer_step"
"""Where a route says, in seconds, at which whole steps its refusal leaves."""

_DOOR: Final = "/ouverture"
_STATIC: Final = "/static/"
"""What a sealed service answers to: the form for the secret, and what a browser needs to show it."""


class Boundary:
    """ASGI middleware around everything. `hosts` are the host names that the service answers to; none given means any.

    While `is_open` says no, no route but the door is reached (N36).
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset(), is_open: Callable[[], bool] = lambda: True) -> None:
        self._app = app
        self._hosts = hosts
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(scope, receive, send).run(self._app, self._hosts, self._is_open)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._status = 0
        self._began = self._received = time.perf_counter()
        self._is_dropped = False
        self._id = uuid4()

    async def run(self, app: ASGIApp, hosts: frozenset[str], is_open: Callable[[], bool]) -> None:
        self._scope["sillage.request_id"] = self._id
        structlog.contextvars.bind_contextvars(request_id=str(self._id))
        try:
            await self._guarded(app, hosts, is_open)
        except Exception as error:  # noqa: BLE001  # The outermost boundary: nothing goes on past it.
            await self._broken(error)
        finally:
            self._write_line()
            structlog.contextvars.clear_contextvars()

    async def _guarded(self, app: ASGIApp, hosts: frozenset[str], is_open: Callable[[], bool]) -> None:
        request = Request(self._scope)
        try:
            check_host(request, hosts)
            check_origin(request)
            receive = limited(self._scope, self._listen)
        except RequestRefused as refusal:
            await answer(request, problem_of_request(refusal))(self._scope, self._receive, self._forward)
            return
        if not is_open() and not self._is_reached_sealed():
            await answer(request, SEALED)(self._scope, self._receive, self._forward)
            return
        await app(self._scope, receive, self._forward)

    def _is_reached_sealed(self) -> bool:
        path: str = self._scope["path"]
        return path == _DOOR or path.startswith(_STATIC)

    async def _listen(self) -> MutableMapping[str, Any]:
        """Receive, and note when: the deadline does not count how long a phone in the rain takes to send."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._received = time.perf_counter()
        return message

    async def _forward(self, message: MutableMapping[str, Any]) -> None:
        if self._is_dropped:
            return
        if self._is_late(message):
            await answer(Request(self._scope), TOO_LATE)(self._scope, self._receive, self._forward)
            self._is_dropped = True
            return
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if step := self._step():
                await asyncio.sleep(step - (time.perf_counter() - self._began) % step)
            headers = [*message.get("headers", ()), (b"x-request-id", str(self._id).encode())]
            message = {**message, "headers": secured(headers, https=self._scope.get("scheme") == "https")}
        await self._send(message)

    def _step(self) -> float:
        """Give the whole steps of time at which this answer leaves, 0 when it leaves at once."""
        if self._status == HTTPStatus.NOT_FOUND:
            return NOT_FOUND_STEP
        # A refused sign-in: the name may be unknown, the password wrong, the account closed (R140).
        refused: float = self._scope.get(ANSWER_STEP, 0.0)
        return refused if self._status >= HTTPStatus.BAD_REQUEST else 0.0

    def _is_late(self, message: MutableMapping[str, Any]) -> bool:
        starts = message["type"] == "http.response.start" and message["status"] < HTTPStatus.BAD_REQUEST
        return starts and time.perf_counter() - self._received > DEADLINE_SECONDS

    async def _broken(self, error: Exception) -> None:
        log.critical("unexpected_error", error=type(error).__name__, where=places(error))
        if self._status == 0:
            await _last_answer(Request(self._scope))(self._scope, self._receive, self._forward)

    def _write_line(self) -> None:
        log.info(
            "request",
            method=self._scope["method"],
            route=_template(self._scope),
            status=self._status,
            code=self._scope.get("sillage.code"),
            milliseconds=round((time.perf_counter() - self._began) * 1000, 1),
        )


def _template(scope: Scope) -> str:
    """Name the route without what its address holds. The framework knows a route by its path below the router that includes it."""
    path: str = scope["path"]
    template: str | None = getattr(scope.get("route"), "path", None)
    if template is None:
        return "static" if path.startswith("/static/") else "unknown"
    prefix = API_VERSION if path.startswith(f"{API_VERSION}/") else ""
    return template if template.startswith(prefix) else f"{prefix}{template}"


def _last_answer(request: Request) -> Response:
    try:
        return answer(request, BROKEN)
    except Exception:  # noqa: BLE001  # The page of an error may be what is broken: the plain one needs no template and no database.
        return plain_answer(request, BROKEN)
