"""Each page as it is: accessible to axe, nothing wider than the screen, everything a finger can hit, a picture of it kept."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import DESK, PHONE, OpenPage, Shoot
from tests.e2e.people import come_in, go_out, take_over, tick

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
OLD_BASE = Path(__file__).parent.parent / "input" / "jeunes_ancienne_base.csv"
GRAVE = {"serious", "critical"}
FINGER = 44
"""CSS pixels (WCAG 2.2, 2.5.5). A link inside a sentence is as high as its line."""

TOO_SMALL = f"""() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, .choice')]
  .filter((one) => {{
    const box = one.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && getComputedStyle(one).display !== 'inline';
    return seen && !one.closest('.skip') && !(one.matches('input') && one.closest('.choice')) && box.height < {FINGER} - 0.5;
  }})
  .map((one) => one.outerHTML.slice(0, 90))"""

EDUCATOR = (
    "/dossiers",
    "/dossiers/nouveau",
    "/dossiers/fermes",
    "/remplacements",
    "/urgence",
    "/sorties",
    "/sorties/nouvelle",
    "/feuille-papier",
    "/a-propos",
    "/mon-compte",
    "/mon-compte/mot-de-passe",
    "/finalite",
    "/inconnue",
)
OF_A_RECORD = (
    "",
    "/contacts/nouveau",
    "/notes",
    "/demarches",
    "/accords",
    "/identite",
    "/referents",
    "/partages",
    "/transmission",
    "/effacement",
)
OTHERS = (
    ("Camille P.", ("/semaine", "/acces", "/acces/motifs", "/acces/export", "/incidents", "/incidents/nouveau", "/alertes")),
    (
        "Camille P.",
        (
            "/registres",
            "/registres/traitements",
            "/registres/dossier-de-controle",
            "/violations",
            "/violations/nouvelle",
            "/requisitions",
            "/requisitions/nouvelle",
        ),
    ),
    (
        "Camille P.",
        ("/acces/urgences", "/acces/partages", "/acces/sceau", "/effacements", "/archives", "/archives/bordereau", "/catalogue"),
    ),
    ("Hélène V.", ("/chiffres",)),
    ("Léo A.", ("/semaine", "/equipes", "/remplacements", "/catalogue", "/effacements", "/comptes", "/comptes/inviter")),
    ("Jeune A", ("/mon-dossier", "/mon-dossier/acces", "/mon-dossier/effacement")),
)


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "light"), (PHONE, "dark"), pytest.param(DESK, "light", marks=pytest.mark.long)])
def test_each_page_is_accessible_and_fits(open_page: OpenPage, shoot: Shoot, width: int, scheme: str) -> None:
    page = open_page(width, scheme=scheme)
    page.goto("/")
    faults = faults_of(page, shoot, "entree")
    come_in(page, "Jeanne D.")
    for address in EDUCATOR:
        faults += _visited(page, shoot, address)
    faults += _visited_record(page, shoot)
    faults += _wrong_form(page, shoot)
    faults += _import(page, shoot)
    go_out(page)
    for name, addresses in OTHERS:
        come_in(page, name)
        for address in addresses:
            faults += _visited(page, shoot, address)
        go_out(page)

    assert faults == []


def _visited_record(page: Page, shoot: Shoot) -> list[str]:
    page.goto("/dossiers")
    record = page.get_by_role("link", name="Kiki").first.get_attribute("href")
    faults = []
    for part in OF_A_RECORD:
        faults += _visited(page, shoot, f"{record}{part}")
    page.goto(f"{record}")
    page.get_by_role("link", name="Noter le résultat").first.click()
    page.wait_for_url(re.compile("resultat"))
    return faults + faults_of(page, shoot, "resultat")


def _import(page: Page, shoot: Shoot) -> list[str]:
    faults = _visited(page, shoot, "/imports")
    take_over(page, OLD_BASE)
    faults += faults_of(page, shoot, "imports-apercu")
    page.get_by_role("button", name="Importer").click()
    page.get_by_role("heading", name="Reprise terminée").wait_for(timeout=60_000)
    return faults + faults_of(page, shoot, "imports-terminee")


def _wrong_form(page: Page, shoot: Shoot) -> list[str]:
    page.goto("/dossiers/nouveau")
    tick(page, "informé·e qu’un dossier est tenu", "pas encore")
    page.get_by_role("button", name="Ouvrir le dossier").click()
    page.wait_for_selector("#erreurs")
    return faults_of(page, shoot, "formulaire-a-corriger")


def _visited(page: Page, shoot: Shoot, address: str) -> list[str]:
    page.goto(address)
    name = re.sub(r"[0-9a-f-]{36}", "dossier", address).strip("/").replace("/", "-")
    return faults_of(page, shoot, name)


def faults_of(page: Page, shoot: Shoot, name: str) -> list[str]:
    """Say what is wrong with the page that is open."""
    shoot(page, name)
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    faults = [f"{name}: {one['id']} {one['nodes'][0]['target']}" for one in found if one["impact"] in GRAVE]
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wider > 0:
        faults.append(f"{name}: {wider} pixels wider than the screen")
    faults += [f"{name}: too small for a finger: {one}" for one in page.evaluate(TOO_SMALL)]
    titles = page.get_by_role("heading", level=1).count()
    if titles != 1:
        faults.append(f"{name}: {titles} first-level headings")
    return faults
