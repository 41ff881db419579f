"""A service's workbook taken over on a phone, with scripts and without: choose, look, correct, decide, import, see the result."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESK, PHONE, OpenPage, Shoot
from tests.e2e.people import come_in

INPUT = Path(__file__).parents[1] / "input"
WORKBOOK = INPUT / "suivi_jeunes.xlsx"
OLDER_BASE = INPUT / "jeunes_ancienne_base.csv"
A_MINUTE = 60_000
A_CODE = re.compile(r"^J-\d{4}$")
LARGEST = 16 * 1024 * 1024


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (PHONE, False), pytest.param(DESK, True, marks=pytest.mark.long)])
def test_a_workbook_becomes_records(open_page: OpenPage, shoot: Shoot, width: int, scripts: bool) -> None:  # noqa: FBT001
    page = open_page(width, scripts=scripts)
    come_in(page, "Jeanne D.")
    page.get_by_role("link", name="Reprise", exact=True).click()
    expect(page.get_by_text("Qui a refusé n’est jamais inscrit")).to_be_visible()
    shoot(page, "choisir")

    _send(page, WORKBOOK)
    expect(_tally(page, "Dossiers sous un code")).to_contain_text("159")
    expect(_tally(page, "Ont refusé")).to_contain_text("48")
    shoot(page, "apercu")
    _not_wider_than_the_screen(page)

    _looks_at_a_doubt(page)
    shoot(page, "doutes")
    _not_wider_than_the_screen(page)
    _leaves_a_sheet_out(page)
    shoot(page, "colonnes")
    _decides_for_all(page)

    page.get_by_role("button", name="Importer").click()
    expect(page.get_by_role("heading", name="Reprise en cours").or_(page.get_by_role("heading", name="Reprise terminée"))).to_be_visible()
    shoot(page, "en-cours")
    expect(page.get_by_role("heading", name="Reprise terminée")).to_be_visible(timeout=A_MINUTE)
    expect(_tally(page, "Sorties, chantiers")).to_contain_text(re.compile(r"1\s391"))
    shoot(page, "resultat")

    page.goto("/dossiers")
    expect(page.get_by_text(A_CODE).first).to_be_visible(timeout=A_MINUTE)
    page.goto("/imports")
    _send(page, WORKBOOK)
    expect(page.get_by_role("alert")).to_contain_text("a déjà été repris : rien n’a changé")
    shoot(page, "deja-repris")


def test_an_older_base_offers_whom_it_resembles_and_can_be_given_up(open_page: OpenPage, shoot: Shoot) -> None:
    page = open_page()
    come_in(page, "Jeanne D.")
    page.goto("/imports")

    _send(page, OLDER_BASE)
    shoot(page, "ancienne-base")
    page.get_by_role("button", name="Abandonner").click()

    expect(page.get_by_text("rien n’a été écrit")).to_be_visible()
    expect(page.get_by_text("Aperçus en attente")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_file_that_cannot_be_read_is_explained_at_its_field(
    open_page: OpenPage,
    shoot: Shoot,
    scripts: bool,  # noqa: FBT001
) -> None:
    page = open_page(scripts=scripts)
    come_in(page, "Jeanne D.")
    page.goto("/imports")

    page.get_by_label("Fichier").set_input_files({"name": "casse.xlsx", "mimeType": "application/zip", "buffer": b"PK\x03\x04 cut"})
    page.get_by_role("button", name="Voir ce que cela donnerait").click()

    expect(page.get_by_role("alert")).to_contain_text("abîmé")
    shoot(page, "casse")


def test_a_file_that_is_too_large_is_said_before_it_is_sent(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    come_in(page, "Jeanne D.")
    page.goto("/imports")
    large = tmp_path / "grand.csv"
    large.write_bytes(b"a" * (LARGEST + 1))

    page.get_by_label("Fichier").set_input_files(large)
    page.get_by_role("button", name="Voir ce que cela donnerait").click()

    assert "16 Mo" in page.get_by_label("Fichier").evaluate("field => field.validationMessage")
    assert page.url.endswith("/imports")


def _send(page: Page, file: Path) -> None:
    page.get_by_label("Fichier").set_input_files(file)
    page.get_by_role("button", name="Voir ce que cela donnerait").click()
    expect(page.get_by_role("heading", name="Aperçu de la reprise").or_(page.get_by_role("alert"))).to_be_visible(timeout=A_MINUTE)


def _tally(page: Page, label: str) -> object:
    return page.locator(f"dt:has-text('{label}') + dd").first


def _looks_at_a_doubt(page: Page) -> None:
    page.get_by_text("Cases et lignes douteuses").click()
    page.get_by_role("link", name="Plusieurs jeunes portent ce nom").click()
    expect(page.get_by_text(re.compile(r"Page 1 sur 1\d\d"))).to_be_visible()
    expect(page.get_by_text("Contacts, ligne 8, colonne B")).to_be_visible()
    page.get_by_role("link", name="Suivantes").click()
    expect(page.get_by_text(re.compile(r"Page 2 sur 1\d\d"))).to_be_visible()


def _leaves_a_sheet_out(page: Page) -> None:
    sheet = page.locator("details", has_text="Travail de rue")
    sheet.locator("summary").click()
    sheet.get_by_label("Cette feuille contient").select_option("ignored")
    sheet.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_text("Choix appliqués")).to_be_visible(timeout=A_MINUTE)
    expect(_tally(page, "Sorties")).to_contain_text("0")


def _decides_for_all(page: Page) -> None:
    page.get_by_text("ressemblances à regarder").click()
    page.get_by_label("Ou la même réponse pour toutes").select_option("skip")
    page.get_by_role("button", name="Appliquer ces réponses").click()
    expect(page.get_by_text("Choix enregistrés")).to_be_visible(timeout=A_MINUTE)


def _not_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
