"""The stylesheet, the script and the drawings. An address bears the digest of its file, so that a slow phone fetches each once."""

import os
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.pages.rendering import STATIC, asset

FOR_EVER: Final = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """The files that say nothing of anybody, and so may stay in a browser."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return the file, to be kept when its address names this very content."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        if scope["query_string"].decode("latin-1") == asset(Path(full_path).name).partition("?")[2]:
            response.headers["Cache-Control"] = FOR_EVER
        return response
