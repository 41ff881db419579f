"""What every answer must be, whoever asked and whatever came of it (R160, R161, R166; OWASP ASVS 5.0 §3.3, §3.4, §4.1, §14.3)."""

from collections import Counter
from collections.abc import Collection, Iterator
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import unquote, urlsplit

from api.web.problems import API_VERSION, PROBLEM_JSON
from tests.witness import Exchange

HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}
TELLING: Final = ("Traceback", "psycopg", "SELECT ", "INSERT INTO", "/api/v1.py", 'File "', "site-packages")
NAMES_THE_SOFTWARE: Final = frozenset({"server", "x-powered-by", "via", "x-aspnet-version"})
_KEPT_FOR_EVER: Final = "public, max-age=31536000, immutable"


def faults_of_answer(seen: Exchange, words: Collection[str] = ()) -> Iterator[str]:
    """Say what is wrong with an answer."""
    for fault in (*_of_headers(seen), *_of_kind(seen), *_of_cookies(seen), *_of_address(seen, words)):
        yield f"{seen}: {fault}"


def _of_headers(seen: Exchange) -> Iterator[str]:
    times = Counter(name for name, _ in seen.headers)
    yield from (f"{name} {times[name]} times" for name in (*HEADERS, "content-security-policy", "cache-control") if times[name] != 1)
    yield from (f"{name}: {seen.header(name)}" for name, value in HEADERS.items() if seen.header(name) != value)
    policy = dict(part.strip().split(" ", 1) for part in seen.header("content-security-policy").split(";") if " " in part.strip())
    if policy != POLICY:
        yield "another content security policy"
    if seen.header("cache-control") not in _caching(seen):
        yield f"cache-control: {seen.header('cache-control')}"
    yield from (f"says {name}" for name in NAMES_THE_SOFTWARE & set(times))
    if "access-control-allow-origin" in times:
        yield "open to other sites"


def _caching(seen: Exchange) -> set[str]:
    is_asset = seen.path.startswith("/static/") and seen.status in {200, 304}
    return {"no-store", _KEPT_FOR_EVER} if is_asset else {"no-store"}


def _of_kind(seen: Exchange) -> Iterator[str]:
    kind = seen.header("content-type")
    if seen.body and not kind:
        yield "a body of no kind"
    if kind.startswith("text/") and "charset=utf-8" not in kind:
        yield f"content-type: {kind}"
    if seen.status >= 400 and seen.path.startswith(API_VERSION) and kind != PROBLEM_JSON:
        yield f"a refusal as {kind}"
    if seen.status == 500:
        yield "an error of ours"
    text = seen.text()
    yield from (f"tells {word}" for word in TELLING if seen.status >= 400 and word in text)


def _of_cookies(seen: Exchange) -> Iterator[str]:
    for name, value in seen.headers:
        if name != "set-cookie":
            continue
        for cookie, given in SimpleCookie(value).items():
            if not (given["httponly"] and given["samesite"].lower() == "strict" and given["path"] == "/" and not given["domain"]):
                yield f"the cookie {cookie} is open"
            if cookie.startswith("__") and not (cookie.startswith("__Host-") and given["secure"]):
                yield f"the cookie {cookie} promises what it does not keep"


def _of_address(seen: Exchange, words: Collection[str]) -> Iterator[str]:
    leads = seen.header("location") or seen.header("sillage-next")
    parts = urlsplit(leads)
    if parts.scheme or parts.netloc or leads.startswith("//") or "\\" in leads:
        yield f"leads elsewhere: {leads}"
    told = " ".join(unquote(f"{name} {value}") for name, value in seen.headers)
    yield from ("a header tells a word of somebody's" for word in words if word in told)
