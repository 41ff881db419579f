"""A file that a form brings, read into memory and nowhere else: the framework's own reading puts what is large into a temporary file.

`multipart/form-data` (RFC 7578) of one file field named `file`. The size is limited before it comes here (`api/web/body_limit.py`).
"""

from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Final

from fastapi import Depends
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from api.web.request_refusals import RequestRefused

FIELD: Final = b"file"
_LONGEST_NAME: Final = 200


class UploadUnreadable(RequestRefused):
    """Ce fichier n’a pas pu être reçu en entier. Revenez à la page précédente, choisissez-le à nouveau, puis envoyez-le."""

    status = 400
    code = "unreadable"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. Neither its content nor its name shows in a `repr`: a file may be named after a person."""

    content: bytes = field(repr=False)
    filename: str = field(repr=False)


@dataclass(slots=True, repr=False)
class _Reading:
    """Gathers the parts of a body; keeps the one of the field `file`."""

    name: bytes = b""
    header: bytes = b""
    value: bytes = b""
    filename: str = ""
    content: bytearray = field(default_factory=bytearray)
    is_whole: bool = False

    def part_begin(self) -> None:
        self.name = b""

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            _, options = parse_options_header(self.value)
            self.name = options.get(b"name", b"")
            if self.name == FIELD:
                self.filename = options.get(b"filename", b"").decode("utf-8", "replace")
                self.content.clear()
        self.header = self.value = b""

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self.name == FIELD:
            self.content += data[start:end]

    def end(self) -> None:
        self.is_whole = True


def parse(body: bytes, content_type: str) -> Upload:
    """Read a form's body. No file chosen gives an empty one. Raises `UploadUnreadable`."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise UploadUnreadable
    reading = _Reading()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": reading.part_begin,
            "on_header_field": reading.header_field,
            "on_header_value": reading.header_value,
            "on_header_end": reading.header_end,
            "on_part_data": reading.part_data,
            "on_end": reading.end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise UploadUnreadable from None
    if not reading.is_whole:
        raise UploadUnreadable
    return Upload(bytes(reading.content), _plain(reading.filename))


def _plain(name: str) -> str:
    """Keep the last part of a name, which some browsers send with its folders."""
    return PurePosixPath(PureWindowsPath(name).name).name[:_LONGEST_NAME]


async def _uploaded(request: Request) -> Upload:
    return parse(await request.body(), request.headers.get("content-type", ""))


Uploaded = Annotated[Upload, Depends(_uploaded)]
"""The file that a form sent."""
