"""The demonstration on a real server, and a real browser that looks at it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.bootstrap import Service, Structure
from api.demonstration import tell
from api.web.app import create_app
from tests.browser import find_browser, launch_arguments
from tests.witness import Kind, Owner, Witness, disclosures_without_line

PHONE = 390
DESK = 1280
HEIGHTS = {PHONE: 844, DESK: 900}
PATIENCE = 20_000
"""Milliseconds that a page may take on a busy machine."""


@dataclass(frozen=True)
class Site:
    """The service as a browser reaches it."""

    address: str
    service: Service
    structure: Structure
    told: dict[str, Owner]
    """The words of the story, by the record that they belong to."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=find_browser(), args=launch_arguments())
        yield found
        found.close()


@pytest.fixture
def site(service: Service, structure: Structure) -> Iterator[Site]:
    """A real server over fresh databases, the story of the demonstration told in the first structure.

    A witness stands at its door: what a page told before its line was in the trail fails the test.
    """
    tell(structure, datetime.now(UTC).date())
    words = words_of_the_story(structure)
    witness = Witness(create_app(service), service.databases.main, [structure.code])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(witness, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", service, structure, words)
        server.should_exit = True
        thread.join(timeout=15)
    witness.close()
    assert list(disclosures_without_line(witness.exchanges, words)) == []


def words_of_the_story(structure: Structure) -> dict[str, Owner]:
    """Give what is written of each youth of the story and of nobody else: notes and comments. Nicknames are in old files too."""
    written: dict[str, set[UUID]] = {}
    with structure.store.database.connection() as connection:
        rows = connection.execute(structure.store.database.statement("SELECT subject_id FROM {subject_references}")).fetchall()
    for (youth,) in rows:
        record = structure.records.find(youth)
        texts = {*(note.text for note in record.notes), *(made.comment for made in record.contacts if made.comment)}
        for text in texts:
            written.setdefault(text, set()).add(youth)
    return {text: Owner(Kind.RECORD, *youths) for text, youths in written.items() if len(youths) == 1}


OpenPage = Callable[..., Page]
Shoot = Callable[[Page, str], Path]


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[OpenPage]:
    """Open a page of one's own: a phone or a desk, with or without scripts. What the browser complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(width: int = PHONE, *, scripts: bool = True, scheme: str = "light") -> Page:
        context = browser.new_context(
            base_url=site.address,
            viewport={"width": width, "height": HEIGHTS[width]},
            java_script_enabled=scripts,
            color_scheme=scheme,
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _note(message.type, message.text, complaints))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _note(kind: str, text: str, complaints: list[str]) -> None:
    # A refused form answers 4xx on purpose, and the browser says so on its console.
    if kind == "error" and "Failed to load resource" not in text:
        complaints.append(text)


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    """Keep a picture of a page in the test's own folder."""

    def taken(page: Page, name: str) -> Path:
        width = page.viewport_size["width"] if page.viewport_size else 0
        path = tmp_path / f"{name}-{width}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return taken
