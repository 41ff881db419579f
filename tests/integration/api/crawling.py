"""Somebody who follows every link, fills in every form and calls every operation that the application has, with every identifier there is.

Routes are found in the application itself: whoever adds one has it crawled.
"""

import itertools
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api.web.operations import declaration_of
from api.web.problems import API_VERSION
from domain.trail import Operation
from tests.architecture.http_reference import api_routes
from tests.given import today

_PARAMETER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_LINKS: Final = frozenset({"a", "area", "link", "script", "img", "iframe"})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LEAVING: Final = frozenset({Operation.SIGN_OUT})
"""What ends the very session that crawls."""
A_WORD: Final = "essai"
_PAGES_AT_MOST: Final = 400
_OTHERWISE: Final = ("identity", "1")
"""What is tried in the place of a parameter that is no identifier."""

Identifiers = Mapping[str, Sequence[object]]


@dataclass
class Sheet(HTMLParser):
    """The links and the forms of a page."""

    links: list[str] = field(default_factory=list)
    forms: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Action, method and fields, each with what it held or with something harmless."""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _LINKS and (link := given.get("href") or given.get("src")):
            self.links.append(link)
        elif tag == "form":
            self.forms.append((given.get("action", ""), given.get("method", "get").upper(), {}))
        elif self.forms and (name := given.get("name")):
            fields = self.forms[-1][2]
            fields[name] = fields.get(name) or _something(tag, given)
        elif tag == "option" and self.forms and given.get("value"):
            fields = self.forms[-1][2]
            last = next(reversed(fields), None)
            if last is not None and not fields[last]:
                fields[last] = given["value"]


def _something(tag: str, given: Mapping[str, str]) -> str:
    """Keep what a field holds; else answer it with something harmless of its kind."""
    if given.get("value") or tag == "select":
        return given.get("value", "")
    answers = {"date": today().isoformat(), "number": "1", "checkbox": "on", "hidden": "", "email": "essai@example.org"}
    return answers.get(given.get("type", "text"), A_WORD)


@dataclass
class Crawler:
    """Goes through the application as one person. `headers_of` signs that person in anew whenever their session has ended."""

    app: FastAPI
    client: TestClient
    identifiers: Identifiers
    headers_of: Callable[[], Mapping[str, str]]
    _headers: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> None:
        """Follow every link from the front door, and open every page and every reading operation."""
        self._follow(["/", *self._addresses(reading=True)])

    def try_everything(self) -> None:
        """Do the same; then fill in every form that was met, and send something harmless to every route that changes."""
        forms = self._follow(["/", *self._addresses(reading=True)])
        for (action, names), page in forms.items():
            # The page as it is by now: another form may have changed the record meanwhile.
            sheet = _sheet_of(self._send("GET", page))
            for fields in (fields for to, _, fields in sheet.forms if (to, frozenset(fields)) == (action, names)):
                self._send("POST", action, urlencode(fields).encode(), "application/x-www-form-urlencoded")
        pages = [(route, None) for route in self._routes(pages=True)]
        operations = [(route, self._body_of(route)) for route in self._routes(pages=False)]
        for route, body in [*pages, *operations]:
            for method, address in self._filled(route, reading=False):
                kind = "application/json" if body is not None else "application/x-www-form-urlencoded"
                self._send(method, address, body if body is not None else urlencode(self._harmless()).encode(), kind)

    def _follow(self, addresses: Iterable[str]) -> dict[tuple[str, frozenset[str]], str]:
        """Follow links until there is none left; give the forms that were met, one of each shape, each with its page."""
        waiting, known = deque(addresses), set(addresses)
        forms: dict[tuple[str, frozenset[str]], str] = {}
        found = 0
        while waiting:
            page = waiting.popleft()
            answer = self._send("GET", page)
            sheet = _sheet_of(answer)
            leads = [*sheet.links, *filter(None, [answer.headers.get("location")])]
            for link in leads:
                address = _ours(link)
                if address is not None and address not in known and found < _PAGES_AT_MOST:
                    found += 1
                    known.add(address)
                    waiting.append(address)
            for action, method, fields in sheet.forms:
                if method == "POST" and action not in self._leaving():
                    forms.setdefault((action, frozenset(fields)), page)
        return forms

    def _send(self, method: str, address: str, body: bytes | None = None, kind: str = "") -> Any:
        headers = self._signed_in() | {"Idempotency-Key": str(uuid4()), "If-Match": '"8"'} | ({"Content-Type": kind} if kind else {})
        # A session that a form opens on the way (the demonstration's one click) is not this person's.
        self.client.cookies.clear()
        answer = self.client.request(method, address, content=body, headers=headers, follow_redirects=False)
        if answer.status_code == 401 and self.client.get(f"{API_VERSION}/session", headers=dict(self._headers)).status_code == 401:
            self._headers = {}
        return answer

    def _signed_in(self) -> dict[str, str]:
        self._headers = self._headers or self.headers_of()
        return dict(self._headers)

    def _routes(self, *, pages: bool) -> list[APIRoute]:
        return [route for route in routes_of(self.app) if path_of(route).startswith(API_VERSION) is not pages and not _leaves(route)]

    def _leaving(self) -> set[str]:
        return {path_of(route) for route in routes_of(self.app) if _leaves(route)}

    def _addresses(self, *, reading: bool) -> list[str]:
        return [
            address for pages in (True, False) for route in self._routes(pages=pages) for _, address in self._filled(route, reading=reading)
        ]

    def _filled(self, route: APIRoute, *, reading: bool) -> Iterator[tuple[str, str]]:
        """Give the addresses of a route, with every identifier in the place of each parameter."""
        names = _PARAMETER.findall(path_of(route))
        places = [self._candidates(name) for name in names]
        query = self._query_of(route)
        for method in sorted(route.methods or ()):
            if (method in _READING) is not reading:
                continue
            for values in itertools.product(*places):
                path = path_of(route)
                for name, value in zip(names, values, strict=True):
                    path = re.sub(rf"\{{{name}(?::\w+)?\}}", str(value), path)
                yield method, f"{path}?{query}" if query else path

    def _candidates(self, name: str) -> Sequence[object]:
        """Give what is known under a parameter's name; under a name that nobody knows, every identifier there is."""
        if name in self.identifiers:
            return self.identifiers[name]
        everything = itertools.chain.from_iterable(self.identifiers.values())
        return [*dict.fromkeys(everything), *_OTHERWISE]

    def _harmless(self) -> dict[str, str]:
        return {"expected_version": "8", "idempotency_key": str(uuid4()), "occurred_on": today().isoformat(), "text": A_WORD, "sure": "on"}

    def _query_of(self, route: APIRoute) -> str:
        parameters = self._described(route).get("parameters", ())
        needed = {one["name"]: self._example(one["schema"]) for one in parameters if one["in"] == "query" and one.get("required")}
        return urlencode(needed)

    def _body_of(self, route: APIRoute) -> bytes:
        content = self._described(route).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return b"{}" if schema is None else json.dumps(self._example(schema)).encode()

    def _described(self, route: APIRoute) -> Mapping[str, Any]:
        paths: Mapping[str, Any] = self.app.openapi()["paths"]
        methods: Mapping[str, Any] = paths.get(path_of(route), {})
        return next((methods[method.lower()] for method in route.methods or () if method.lower() in methods), {})

    def _example(self, schema: Mapping[str, Any]) -> Any:
        """Make the smallest thing that a schema takes."""
        if "$ref" in schema:
            return self._example(self.app.openapi()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._example(schema[several][0])
        if "enum" in schema or "const" in schema:
            return schema.get("const", next(iter(schema.get("enum", ())), None))
        return self._of_type(schema)

    def _of_type(self, schema: Mapping[str, Any]) -> Any:
        kind = schema.get("type", "string")
        if kind == "object":
            properties = schema.get("properties", {})
            return {name: self._example(properties[name]) for name in schema.get("required", ()) if name in properties}
        if kind == "array":
            return [self._example(schema.get("items", {}))] * schema.get("minItems", 0)
        if kind in {"integer", "number"}:
            return schema.get("minimum", 1)
        if kind in {"boolean", "null"}:
            return True if kind == "boolean" else None
        formats = {"uuid": str(next(iter(self.identifiers.values()))[0]), "date": today().isoformat(), "date-time": "2026-01-01T00:00:00Z"}
        return formats.get(schema.get("format", ""), A_WORD)


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    """Give every route of the application, those of the routers that it includes too."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from api_routes(route.original_router)


def path_of(route: APIRoute) -> str:
    """Give a route's whole path; the framework keeps it below the router that includes it."""
    return route.path if route.operation_id is None or route.path.startswith(API_VERSION) else f"{API_VERSION}{route.path}"


def _leaves(route: APIRoute) -> bool:
    declared = declaration_of(route.endpoint)
    return declared is not None and declared.operation in LEAVING


def _sheet_of(answer: Any) -> Sheet:
    sheet = Sheet()
    if answer.headers.get("content-type", "").startswith("text/html"):
        sheet.feed(answer.text)
    return sheet


def _ours(link: str) -> str | None:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return None
    return parts._replace(fragment="").geturl()
