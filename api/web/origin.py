"""Where a request comes from: the host name that it uses, and whether a page of ours sent it (CSRF; OWASP ASVS 5.0 §3.5)."""

import re
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from api.web.request_refusals import ForeignOrigin, UnknownHost

_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\s:@\[\]/]+)(:[0-9]{1,5})?")
"""A name or an address, and a port at most (RFC 3986 §3.2.2): a lenient reading would take `[::1].elsewhere` for this machine."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})
"""`none` is the person's own doing: an address typed, a bookmark, a page loaded again."""


def check_host(request: Request, hosts: frozenset[str]) -> None:
    """Refuse a host name that is not ours, so that no foreign name can be made to point at this machine (DNS rebinding)."""
    if not hosts:
        return
    named = _HOST.fullmatch(request.headers.get("host", ""))
    if named is None or named["name"].strip("[]").lower() not in hosts:
        raise UnknownHost


def check_origin(request: Request) -> None:
    """Refuse a change that another site sends with the person's cookie. A bearer token is never sent by itself, so it needs no check."""
    if request.method in _READING or request.headers.get("authorization", "").strip():
        return
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site not in _OURS:
            raise ForeignOrigin
        return
    origin = request.headers.get("origin")
    # Our own Referrer-Policy makes older browsers say « null »: the browsers that send no Sec-Fetch-Site are refused with a sentence.
    if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignOrigin
