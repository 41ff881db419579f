"""A DPO in front of a phone answers what an authority asks, by touching and nothing else (N46)."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, OpenPage, Shoot
from tests.e2e.people import come_in
from tests.e2e.test_every_page import faults_of


def test_a_dpo_answers_what_is_asked_from_a_phone(open_page: OpenPage, shoot: Shoot) -> None:
    page = open_page(PHONE)
    come_in(page, "Camille P.")
    expect(page.get_by_role("heading", name="À faire cette semaine")).to_be_visible()
    faults = _a_breach(page, shoot)
    faults += _a_requisition(page, shoot)
    faults += _an_incident(page, shoot)

    # Which breach clock runs?
    page.get_by_role("link", name="À faire").click()
    expect(page.get_by_text("Violation : prévenir la CNIL")).to_be_visible()
    faults += faults_of(page, shoot, "semaine")
    page.get_by_role("link", name="Décider").first.click()
    expect(page.get_by_text("h sur 72")).to_be_visible()
    # Who read this record last month?
    page.get_by_role("link", name="Accès", exact=True).click()
    page.locator("a[href^='/acces/dossiers/']:visible").first.click()
    expect(page.get_by_role("heading", name="Qui a lu ce dossier")).to_be_visible()
    a_month_ago = datetime.now(UTC) - timedelta(days=31)
    page.get_by_label("Du", exact=True).fill(f"{a_month_ago:%Y-%m-%d}")
    page.get_by_role("button", name="Voir ces jours").click()
    expect(page.locator(".deeds li").first).to_be_visible()
    # What did the emergencies of last week show?
    page.get_by_role("link", name="Accès", exact=True).click()
    page.locator("a[href='/acces/urgences']").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("urgence")
    assert faults == []


def _a_breach(page: Page, shoot: Shoot) -> list[str]:
    page.goto("/violations/nouvelle")
    page.get_by_label("Ce qui s’est passé").fill("Téléphone de service perdu, session ouverte.")
    page.get_by_role("button", name="Inscrire").click()
    page.wait_for_url(re.compile(r"/violations/\d+"))
    page.get_by_text("Nommer un compte et un intervalle", exact=True).click()
    page.get_by_label("Le compte", exact=True).select_option(index=1)
    page.get_by_label("Depuis", exact=True).fill(f"{datetime.now(UTC):%Y-%m-%d}T00:00")
    page.get_by_label("Jusqu’à", exact=True).fill(f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}T23:59")
    page.locator("form[action$='/perimetre'] button[type=submit]").click()
    page.get_by_role("link", name="Voir la liste").wait_for()
    faults = faults_of(page, shoot, "violation")
    page.get_by_role("link", name="Voir la liste").click()
    page.get_by_role("heading", name="Dossiers touchés").wait_for()
    return faults + faults_of(page, shoot, "violation-dossiers")


def _a_requisition(page: Page, shoot: Shoot) -> list[str]:
    page.goto("/requisitions/nouvelle")
    page.get_by_label("Qui demande").fill("Tribunal judiciaire, cabinet 3")
    page.get_by_label("Sur quel fondement").fill("CPP 99-3, dossier 12/345")
    page.get_by_label("L’essentiel", exact=True).check()
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url(re.compile(r"/requisitions/\d+"))
    return faults_of(page, shoot, "requisition")


def _an_incident(page: Page, shoot: Shoot) -> list[str]:
    page.goto("/incidents/nouveau")
    page.get_by_role("button", name="Ouvrir et regarder").click()
    page.wait_for_selector("#erreurs")
    faults = faults_of(page, shoot, "incident-a-corriger")
    page.get_by_label("La personne", exact=True).select_option(index=2)
    page.get_by_label("Ce qui s’est passé").fill("Une voisine cite un prénom que seul le dossier porte.")
    page.get_by_role("button", name="Ouvrir et regarder").click()
    page.wait_for_url(re.compile(r"/incidents/\d+"))
    return faults + faults_of(page, shoot, "incident")
