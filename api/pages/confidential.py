"""Forms that hold a secret: read apart from the others, which a page of failure offers anew. What is typed here is never shown again."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from api.pages.forms import FORM_TYPE, Form, FormUnreadable, parse


async def _read(request: Request) -> Form:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise FormUnreadable
    return Form.sent(parse(await request.body()))


Confidential = Annotated[Form, Depends(_read)]
"""The fields of a form that holds a secret."""
