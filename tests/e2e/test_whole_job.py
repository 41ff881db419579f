"""The main job, from the first contact to oblivion, as people do it with a browser: phone and desk, with scripts and without."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from domain.legal_constants import COOLING_OFF
from tests.e2e.conftest import DESK, PHONE, OpenPage, Shoot, Site
from tests.e2e.people import come_in, fill_in_contact, go_out, take_over, tick
from tests.moving_clock import MovingClock

EDUCATOR = "Jeanne D."
YOUTH = "Jeune A"
NICKNAME_OF_THE_YOUTH = "Kiki"
LOOK = "a lu un dossier"
WORKBOOK = Path(__file__).parent.parent / "input" / "suivi_jeunes.xlsx"
IMPORT_PATIENCE = 60_000
"""Milliseconds for nine hundred youths to be written on a busy machine."""


@pytest.mark.parametrize(
    ("width", "scripts"),
    [(PHONE, True), *(pytest.param(*how, marks=pytest.mark.long) for how in ((DESK, False), (PHONE, False), (DESK, True)))],
)
def test_a_record_lives_from_its_opening_to_its_oblivion(
    open_page: OpenPage,
    shoot: Shoot,
    site: Site,
    width: int,
    scripts: bool,  # noqa: FBT001
) -> None:
    page = open_page(width, scripts=scripts)

    come_in(page, EDUCATOR)
    _takes_over_the_old_workbook(page, shoot)
    _opens_a_record(page, "Bloc-7")
    fill_in_contact(page, channel="Dans la rue", who="Elle ou lui", words="Veut repasser son brevet de secourisme.")
    expect(page.get_by_text("Contact enregistré.")).to_be_visible()
    expect(page.get_by_text("Veut repasser son brevet de secourisme.")).to_be_visible()
    shoot(page, "dossier")

    page.goto("/dossiers")
    row = page.get_by_role("listitem").filter(has_text="Bloc-7")
    expect(row).to_contain_text("vu·e aujourd’hui")
    shoot(page, "mes-jeunes")
    page.get_by_role("link", name=NICKNAME_OF_THE_YOUTH).first.click()
    expect(page.get_by_role("heading", name=NICKNAME_OF_THE_YOUTH)).to_be_visible()
    record = page.url
    go_out(page)

    come_in(page, "Camille P.")
    _the_trail_has_the_look(page)
    shoot(page, "acces")
    go_out(page)

    come_in(page, YOUTH)
    expect(page.get_by_role("heading", name="Mon dossier")).to_be_visible()
    shoot(page, "mon-dossier")
    _asks_for_oblivion(page)
    shoot(page, "dossier-ferme")
    _three_days_pass(site)
    _becomes_erased(page)
    shoot(page, "donnee-effacee")
    go_out(page)

    come_in(page, EDUCATOR)
    expect(page.get_by_text("Bloc-7", exact=True)).to_be_visible()
    expect(page.get_by_text(NICKNAME_OF_THE_YOUTH, exact=True)).to_have_count(0)
    page.goto(record)
    expect(page.get_by_role("heading", name="Donnée effacée")).to_be_visible()
    shoot(page, "dossier-efface")


def test_an_educator_erases_for_a_youth_who_is_there(open_page: OpenPage) -> None:
    page = open_page()
    come_in(page, EDUCATOR)
    page.get_by_role("link", name="Momo").first.click()
    page.get_by_role("link", name="Effacer ce dossier").click()

    page.get_by_role("button", name="Effacer le dossier").click()
    expect(page.get_by_role("alert")).to_contain_text("Cochez la case")
    page.get_by_label("La ou le jeune est là").check()
    page.get_by_role("button", name="Effacer le dossier").click()

    _becomes_erased(page)


def test_a_colleague_finds_nothing_of_a_record_that_is_not_theirs(open_page: OpenPage) -> None:
    page = open_page()
    come_in(page, EDUCATOR)
    page.get_by_role("link", name="Momo").first.click()
    record = page.url
    go_out(page)

    come_in(page, "Sonia M.")
    expect(page.get_by_text("Momo")).to_have_count(0)
    page.goto(record)

    expect(page.get_by_role("heading", name="Page introuvable")).to_be_visible()


def test_the_head_of_service_has_figures_and_no_other_door(open_page: OpenPage) -> None:
    page = open_page()
    come_in(page, "Hélène V.")

    expect(page.get_by_role("navigation", name="Menu principal").get_by_role("link")).to_have_text(["Chiffres"])
    for address in ("/dossiers", "/acces", "/mon-dossier", "/sorties"):
        page.goto(address)
        expect(page.get_by_role("heading", name="Page introuvable")).to_be_visible()


def _takes_over_the_old_workbook(page: Page, shoot: Shoot) -> None:
    before = page.locator("#jeunes > li").count()
    take_over(page, WORKBOOK)
    shoot(page, "apercu")
    page.get_by_role("button", name="Importer").click()
    expect(page.get_by_role("heading", name="Reprise terminée")).to_be_visible(timeout=IMPORT_PATIENCE)
    shoot(page, "reprise")
    page.get_by_role("link", name="Continuer").click()
    assert page.locator("#jeunes > li").count() > before


def _opens_a_record(page: Page, nickname: str) -> None:
    page.get_by_role("link", name="Nouveau dossier").click()
    page.get_by_label("Surnom ou code").fill(nickname)
    tick(page, "informé·e qu’un dossier est tenu", "de vive voix")
    page.get_by_role("button", name="Ouvrir le dossier").click()
    expect(page.get_by_role("heading", name=nickname)).to_be_visible()
    page.get_by_role("link", name="Nouveau contact").click()


def _the_trail_has_the_look(page: Page) -> None:
    page.get_by_role("link", name="Accès", exact=True).click()
    expect(page.get_by_role("heading", name="Qui a consulté quoi")).to_be_visible()
    looks = page.get_by_role("listitem").filter(has_text=EDUCATOR).filter(has_text=LOOK)
    expect(looks.first).to_be_visible()
    looks.first.get_by_role("link").click()
    expect(page.get_by_text("sans son contenu")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=EDUCATOR).filter(has_text=LOOK).first).to_be_visible()
    expect(page.get_by_text(NICKNAME_OF_THE_YOUTH)).to_have_count(0)


def _asks_for_oblivion(page: Page) -> None:
    page.get_by_role("link", name="Effacer mon dossier").click()
    page.get_by_label("Oui, je veux effacer").check()
    page.get_by_role("button", name="Effacer mon dossier").click()
    expect(page.get_by_role("heading", name="Ton dossier est fermé")).to_be_visible()


def _three_days_pass(site: Site) -> None:
    """Put the clock forward by which the service's worker sees whether somebody may still change their mind."""
    clock = MovingClock(site.service.databases)
    clock.ahead = COOLING_OFF
    site.structure.erasures.application.clock = clock


def _becomes_erased(page: Page) -> None:
    """Wait as a person does: the page moves by itself with scripts, and on « Actualiser » without."""
    expect(page.get_by_role("heading", name="Où en est l’effacement")).to_be_visible()
    for _ in range(120):  # What waits is looked at every ten seconds.
        if page.get_by_role("heading", name="Donnée effacée").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(page.get_by_role("heading", name="Donnée effacée")).to_be_visible()
