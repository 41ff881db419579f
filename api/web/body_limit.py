"""How much may be sent, and how slowly: 1 MiB, and 16 MB for a workbook; silence for 30 s at most (R163).

Counted as it comes, so that a lying Content-Length changes nothing.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from api.web.request_refusals import BodyTooLarge

BODY_BYTES: Final = 1024 * 1024
WORKBOOK_BYTES: Final = 16_000_000
MULTIPART_BYTES: Final = 64 * 1024
"""What the wrapping of a form adds around a workbook."""

SILENCE_SECONDS: Final = 30.0
"""How long a body may stop coming. A phone in the rain sends slowly; who sends a byte now and then only holds a connection."""

_WORKBOOK_PATHS: Final = frozenset({"/imports", "/api/v1/imports"})


def limit_of(path: str) -> int:
    """Return the number of bytes that may be sent to `path`."""
    return WORKBOOK_BYTES + MULTIPART_BYTES if path in _WORKBOOK_PATHS else BODY_BYTES


def limited(scope: Scope, receive: Receive) -> Receive:
    """Wrap `receive` so that it stops at the limit. Raises `BodyTooLarge` at once when the announced length is already over it."""
    limit = limit_of(scope["path"])
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLarge
    received, is_whole = 0, False

    async def counted() -> Message:
        nonlocal received, is_whole
        # Once the body is whole, what is waited for is that the other side hangs up: as long as it takes.
        message = await (receive() if is_whole else _soon(receive))
        is_whole = not message.get("more_body", False)
        received += len(message.get("body", b""))
        if received > limit:
            # The framework hands an HTTPException raised while a body is read on to our answers, and hides any other.
            raise HTTPException(BodyTooLarge.status)
        return message

    return counted


async def _soon(receive: Receive) -> Message:
    try:
        return await asyncio.wait_for(receive(), SILENCE_SECONDS)
    except TimeoutError:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
