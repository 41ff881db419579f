"""Erasures as people meet them with a browser: a youth who keeps their record, one who follows it to its end, two people who approve."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from domain.identifiers import ErasureId
from domain.oblivion.erasure import Stage
from tests.e2e.conftest import DESK, PHONE, OpenPage, Shoot, Site
from tests.e2e.people import come_in, go_out
from tests.e2e.test_every_page import faults_of
from tests.given import today

YOUTH, EDUCATOR, DPO, ADMINISTRATOR = "Jeune A", "Jeanne D.", "Camille P.", "Léo A."


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_youth_asks_and_changes_their_mind(open_page: OpenPage, shoot: Shoot, scripts: bool) -> None:  # noqa: FBT001
    page = open_page(PHONE, scripts=scripts)
    come_in(page, YOUTH)
    _asks(page, shoot)

    expect(page.get_by_role("heading", name="Ton dossier est fermé")).to_be_visible()
    expect(page.get_by_text("Au plus tard le")).to_have_count(1)
    faults = faults_of(page, shoot, "dossier-ferme") if scripts else []
    page.get_by_role("link", name="Annuler : je garde mon dossier").click()
    faults += faults_of(page, shoot, "garder") if scripts else []
    page.get_by_role("button", name="Oui, je garde mon dossier").click()

    expect(page.get_by_text("Ton dossier est de nouveau ouvert, entier.")).to_be_visible()
    expect(page.get_by_role("heading", name="Mon dossier")).to_be_visible()
    assert faults == []


def test_a_youth_follows_their_erasure_to_the_end_and_may_take_the_certificate(open_page: OpenPage, shoot: Shoot, site: Site) -> None:
    page, of_the_educator = open_page(PHONE), open_page(PHONE)
    come_in(page, YOUTH)
    come_in(of_the_educator, EDUCATOR)
    erasure = _asks_in_person(of_the_educator, "Kiki")
    _until_irreversible(page, site, erasure)
    expect(page.get_by_role("heading", name="Donnée effacée")).to_be_visible()
    expect(page.get_by_text("pourrait encore")).to_have_count(0)
    page.get_by_text("Une attestation, si tu veux").click()
    expect(page.get_by_text("Tu n’es pas obligé·e de la prendre")).to_be_visible()
    faults = faults_of(page, shoot, "irreversible")
    with page.expect_download() as sheet:
        page.get_by_role("link", name="La feuille (PDF)").click()

    assert sheet.value.suggested_filename == "attestation.pdf"
    assert faults == []


def test_an_educator_cancels_with_the_youth_at_their_side(open_page: OpenPage, shoot: Shoot) -> None:
    page = open_page(PHONE)
    come_in(page, YOUTH)
    _asks(page, shoot)
    address = page.url
    go_out(page)
    come_in(page, EDUCATOR)
    page.get_by_role("link", name="Dossiers fermés").click()
    expect(page.get_by_text("Kiki")).to_have_count(0)
    faults = faults_of(page, shoot, "dossiers-fermes")
    page.get_by_role("link", name="Fermé").click()
    assert page.url == address
    faults += faults_of(page, shoot, "ferme-referente")
    page.get_by_role("link", name="Annuler l’effacement").click()

    page.get_by_role("button", name="Annuler l’effacement").click()
    expect(page.get_by_role("alert")).to_contain_text("avec la ou le jeune à vos côtés")
    faults += faults_of(page, shoot, "garder-referente")
    page.get_by_label("La ou le jeune est là").check()
    page.get_by_role("button", name="Annuler l’effacement").click()

    expect(page.get_by_text("le dossier est de nouveau ouvert, entier")).to_be_visible()
    expect(page.get_by_role("link", name="Kiki").first).to_be_visible()
    assert faults == []


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_a_letter_is_answered_by_two_people(open_page: OpenPage, shoot: Shoot, width: int) -> None:
    page = open_page(width)
    come_in(page, DPO)
    _opens_a_reference(page)
    faults = faults_of(page, shoot, "acces-dossier")
    page.get_by_role("link", name="Demander l’effacement").click()
    page.get_by_label("La personne l’a demandé").check()
    page.get_by_role("button", name="Demander l’effacement").click()
    expect(page.get_by_role("alert")).to_contain_text("Cochez la case")
    expect(page.get_by_label("La personne l’a demandé")).to_be_checked()
    faults += faults_of(page, shoot, "demander")
    page.get_by_label("J’ai vérifié").check()
    page.get_by_role("button", name="Demander l’effacement").click()
    expect(page.get_by_text("Il faut encore l’accord d’une deuxième personne")).to_be_visible()
    faults += faults_of(page, shoot, "effacement-bureau")
    faults += _visited(page, shoot, "/effacements", "effacements")
    go_out(page)

    come_in(page, ADMINISTRATOR)
    faults += _visited(page, shoot, "/effacements", "effacements-administration")
    page.get_by_role("link", name="Donner son accord").click()
    faults += faults_of(page, shoot, "accord")
    page.get_by_label("J’ai vérifié").check()
    page.get_by_role("button", name="Donner mon accord").click()

    expect(page.get_by_text("Votre accord est noté.")).to_be_visible()
    expect(page.get_by_text("Rien n’attend.")).to_be_visible()
    assert faults == []


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_the_dpo_keeps_the_archive_gate_and_holds(open_page: OpenPage, shoot: Shoot, width: int) -> None:
    page = open_page(width)
    come_in(page, DPO)
    faults = _visited(page, shoot, "/archives", "archives")
    page.get_by_text("Terminer cet accord").first.click()
    page.get_by_label("Cet accord est terminé").check()
    page.get_by_role("button", name="Terminer cet accord").click()
    expect(page.get_by_role("heading", name="Aucun accord en cours")).to_be_visible()
    page.get_by_role("button", name="Enregistrer l’accord").click()
    expect(page.get_by_role("alert")).to_contain_text("Écrivez la référence")
    page.get_by_label("Un visa sur une liste").check()
    page.get_by_label("Référence du document").fill("AD31 2026-114")
    faults += faults_of(page, shoot, "archives-a-corriger")
    page.get_by_role("button", name="Enregistrer l’accord").click()
    expect(page.get_by_role("heading", name="Un accord est en cours")).to_be_visible()
    faults += _visited(page, shoot, "/archives/bordereau", "bordereau")

    _opens_a_reference(page)
    page.get_by_role("link", name="Suspendre un effacement").click()
    page.get_by_label("Un litige est en cours").check()
    page.get_by_label("Dernier jour").fill((today() + timedelta(days=90)).isoformat())
    faults += faults_of(page, shoot, "suspension")
    page.get_by_role("button", name="Suspendre", exact=True).click()
    expect(page.get_by_text("Suspension enregistrée.")).to_be_visible()
    faults += faults_of(page, shoot, "suspension-en-cours")
    page.get_by_role("button", name="Lever la suspension").click()

    expect(page.get_by_text("Suspension levée.")).to_be_visible()
    assert faults == []


def test_an_agreement_taken_back_shows_the_youth_how_far_its_erasure_is(open_page: OpenPage, shoot: Shoot) -> None:
    page = open_page(PHONE)
    come_in(page, EDUCATOR)
    page.get_by_role("link", name="Kiki").first.click()
    page.get_by_role("link", name="Accords").click()
    card = page.get_by_role("region", name="Identité")
    card.get_by_label("C’est sa demande").check()
    card.get_by_role("button", name="Reprendre cet accord").click()
    expect(page.get_by_text("sa clé va être détruite")).to_be_visible()
    go_out(page)

    come_in(page, YOUTH)
    page.get_by_role("link", name="Où en est l’effacement").click()

    expect(page.get_by_text("« Identité »")).to_be_visible()
    assert faults_of(page, shoot, "categorie-effacee") == []


def _asks(page: Page, shoot: Shoot) -> None:
    page.get_by_role("link", name="Effacer mon dossier").click()
    page.get_by_role("button", name="Effacer mon dossier").click()
    expect(page.get_by_role("alert")).to_contain_text("Coche la case")
    shoot(page, "effacer-a-cocher")
    page.get_by_label("Oui, je veux effacer").check()
    page.get_by_role("button", name="Effacer mon dossier").click()
    page.wait_for_url(re.compile("/effacements/"))


def _asks_in_person(page: Page, nickname: str) -> ErasureId:
    page.get_by_role("link", name=nickname).first.click()
    page.get_by_role("link", name="Effacer ce dossier").click()
    page.get_by_label("La ou le jeune est là").check()
    page.get_by_role("button", name="Effacer le dossier").click()
    page.wait_for_url(re.compile("/effacements/"))
    return ErasureId(UUID(page.url.rsplit("/", 1)[1]))


def _opens_a_reference(page: Page) -> None:
    page.goto("/acces")
    page.locator("a[href^='/acces/dossiers/']:visible").first.click()
    expect(page.get_by_text("sans son contenu")).to_be_visible()


def _until_irreversible(page: Page, site: Site, erasure: ErasureId) -> None:
    """Wait for the service's own chores, which end the epoch at once in the demonstration, then look again."""
    for _ in range(120):
        found = site.structure.records.find(erasure)
        if found.stage is Stage.IRREVERSIBLE:
            page.goto(f"/effacements/{erasure}")
            return
        page.wait_for_timeout(250)
    raise AssertionError(found.stage)


def _visited(page: Page, shoot: Shoot, address: str, name: str) -> list[str]:
    page.goto(address)
    return faults_of(page, shoot, name)
