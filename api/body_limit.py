"""How much may be sent: 1 MiB, and 16 MB for a workbook. Counted as it comes, so that a lying Content-Length changes nothing (R163)."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from api.request_refusals import BodyTooLarge

BODY_BYTES: Final = 1024 * 1024
WORKBOOK_BYTES: Final = 16_000_000
MULTIPART_BYTES: Final = 64 * 1024
"""What the wrapping of a form adds around a workbook."""

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
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            # The framework hands an HTTPException raised while a body is read on to our answers, and hides any other.
            raise HTTPException(BodyTooLarge.status)
        return message

    return counted
