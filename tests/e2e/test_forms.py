"""Forms under bad luck: wrong, doubled, stale, cut off, long, strange. What was typed is never lost and never written twice."""

import psycopg
from playwright.sync_api import Page, expect
from psycopg import sql

from crypto_shredding.postgresql.database import APPLICATION, role_of, schema_of
from tests.e2e.conftest import PHONE, OpenPage, Site
from tests.e2e.people import come_in, fill_in_contact, tick

WORDS = "A demandé <b>à voir</b> la liste des stages & une attestation. 🙂 مرحبا"


def test_a_form_that_does_not_do_keeps_what_was_typed_and_leads_to_the_fault(open_page: OpenPage) -> None:
    for scripts in (True, False):
        page = open_page(scripts=scripts)
        _at_contact_form(page)

        page.get_by_label("Un mot").fill(WORDS)
        tick(page, "De quoi a-t-on parlé", "logement")
        page.get_by_role("button", name="Enregistrer le contact").click()

        summary = page.get_by_role("alert")
        expect(summary).to_contain_text("Rien n’est perdu")
        expect(page.get_by_label("Un mot")).to_have_value(WORDS)
        expect(page.get_by_label("logement")).to_be_checked()
        summary.get_by_role("link", name="Dites par où").click()
        assert page.url.endswith("#channel")


def test_what_was_typed_is_shown_as_it_was_typed(open_page: OpenPage) -> None:
    page = open_page()
    _at_contact_form(page)

    fill_in_contact(page, channel="Par message", who="Nous", words=WORDS)

    expect(page.get_by_text(WORDS)).to_be_visible()


def test_a_form_sent_twice_writes_once(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    _at_contact_form(page)
    address = page.url
    key = page.locator("[name=idempotency_key]").input_value()
    version = page.locator("[name=expected_version]").input_value()
    sent = {
        "idempotency_key": key,
        "expected_version": version,
        "channel": "street",
        "initiated_by": "youth",
        "occurred_on": "2026-01-05",
        "comment": "Une seule fois.",
    }

    for _ in range(2):
        answer = page.request.post(address, form=sent, headers={"Origin": page.url.split("/dossiers")[0]}, max_redirects=0)
        assert answer.status == 303

    page.goto(address.removesuffix("/contacts/nouveau"))
    expect(page.get_by_text("Une seule fois.")).to_have_count(1)


def test_a_form_about_an_older_version_is_shown_again_and_can_then_be_sent(open_page: OpenPage) -> None:
    page, other = open_page(), open_page()
    _at_contact_form(page)
    come_in(other, "Karim B.")
    other.goto(page.url)
    fill_in_contact(other, channel="Au local", who="Elle ou lui", words="Écrit par Karim.")
    expect(other.get_by_text("Contact enregistré.")).to_be_visible()

    fill_in_contact(page, channel="Dans la rue", who="Nous", words="Écrit par Jeanne.")

    expect(page.get_by_role("alert")).to_contain_text("Quelqu’un d’autre a modifié ce dossier")
    expect(page.get_by_label("Un mot")).to_have_value("Écrit par Jeanne.")
    page.get_by_role("button", name="Enregistrer le contact").click()
    expect(page.get_by_text("Écrit par Jeanne.")).to_be_visible()
    expect(page.get_by_text("Écrit par Karim.")).to_be_visible()


def test_without_network_the_text_stays_in_the_page(open_page: OpenPage) -> None:
    page = open_page()
    _at_contact_form(page)
    page.context.set_offline(offline=True)

    fill_in_contact(page, channel="Dans la rue", who="Nous", words="Sous la pluie.")

    expect(page.get_by_role("alert")).to_contain_text("Pas de réseau")
    expect(page.get_by_label("Un mot")).to_have_value("Sous la pluie.")
    page.context.set_offline(offline=False)
    expect(page.get_by_role("alert")).to_contain_text("Le réseau est revenu")
    page.get_by_role("button", name="Enregistrer le contact").click()
    expect(page.get_by_text("Contact enregistré.")).to_be_visible()


def test_a_session_that_ends_meanwhile_does_not_lose_the_text(open_page: OpenPage) -> None:
    for scripts in (True, False):
        page = open_page(scripts=scripts)
        _at_contact_form(page)
        words = f"Avant la fin de la session, {scripts}."
        page.context.clear_cookies()

        fill_in_contact(page, channel="Au téléphone", who="Elle ou lui", words=words)
        expect(page.get_by_text("votre session est terminée")).to_be_visible()
        page.get_by_role("button", name="Jeanne D.").click()
        page.get_by_role("button", name="Reprendre mon texte").click()
        expect(page.get_by_label("Un mot")).to_have_value(words)
        expect(page.get_by_label("Au téléphone")).to_be_checked()
        page.get_by_role("button", name="Enregistrer le contact").click()

        expect(page.get_by_text(words)).to_be_visible()


def test_a_service_that_fails_gives_the_text_back(open_page: OpenPage, site: Site) -> None:
    page = open_page()
    _at_contact_form(page)
    _trail(site, "REVOKE INSERT")

    fill_in_contact(page, channel="Au local", who="Nous", words="Pendant la panne.")
    expect(page.get_by_label("Un mot")).to_have_value("Pendant la panne.")
    expect(page.get_by_text("Kiki")).to_have_count(0)
    _trail(site, "GRANT INSERT")
    page.get_by_role("button", name="Enregistrer le contact").click()

    expect(page.get_by_text("Pendant la panne.")).to_be_visible()


def test_a_contact_is_written_with_the_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page(PHONE)
    _at_contact_form(page)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "[name=channel]")
    page.keyboard.press("Space")
    _tab_to(page, "[name=initiated_by]")
    page.keyboard.press("ArrowDown")
    _tab_to(page, "[name=themes]")
    page.keyboard.press("Space")
    _tab_to(page, "[name=comment]")
    page.keyboard.type("Au clavier.")
    _tab_to(page, "button[type=submit]")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Contact enregistré.")).to_be_visible()
    expect(page.get_by_text("Au clavier.")).to_be_visible()


def test_a_contact_takes_four_taps_from_the_list(open_page: OpenPage) -> None:
    page = open_page(PHONE)
    come_in(page, "Jeanne D.")

    page.get_by_role("link", name="Contact avec Kiki").click()
    fill_in_contact(page, channel="Dans la rue", who="Elle ou lui")

    expect(page.get_by_text("Contact enregistré.")).to_be_visible()


def test_the_list_is_searched_inside_the_page(open_page: OpenPage) -> None:
    page = open_page()
    come_in(page, "Jeanne D.")
    address = page.url

    page.get_by_label("Chercher dans cette liste").fill("kìK")

    names = page.locator("#jeunes > li:visible strong")
    expect(names).to_have_text(["Kiki"])
    assert page.url == address


def test_nothing_is_kept_in_the_browser(open_page: OpenPage) -> None:
    page = open_page()
    _at_contact_form(page)
    fill_in_contact(page, channel="Dans la rue", who="Nous", words="Rien ne reste ici.")
    expect(page.get_by_text("Contact enregistré.")).to_be_visible()

    kept = page.evaluate("async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length, document.cookie]")

    assert kept == [0, 0, 0, ""]


def _at_contact_form(page: Page) -> None:
    come_in(page, "Jeanne D.")
    page.get_by_role("link", name="Contact avec Kiki").click()
    expect(page.get_by_role("heading", name="Contact avec Kiki")).to_be_visible()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        if page.evaluate("(selector) => document.activeElement?.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(selector)


def _trail(site: Site, change: str) -> None:
    """Take the right to write the trail from the application, or give it back."""
    preposition = "FROM" if change.startswith("REVOKE") else "TO"
    schema, role = schema_of(site.structure.code), role_of(site.structure.code, APPLICATION)
    with psycopg.connect(site.service.databases.main, autocommit=True) as connection:
        connection.execute(
            sql.SQL(f"{change} ON {{}} {preposition} {{}}").format(sql.Identifier(schema, "access_trail"), sql.Identifier(role))
        )
