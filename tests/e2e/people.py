"""What the tests do as people do it: come in, fill in, look."""

from pathlib import Path

from playwright.sync_api import Page, expect


def come_in(page: Page, name: str) -> None:
    """Sign in as the fictional person whose button bears `name`."""
    page.goto("/")
    page.get_by_role("button", name=name).first.click()
    expect(page.get_by_role("button", name="Quitter")).to_be_visible()


def go_out(page: Page) -> None:
    """Sign out."""
    page.get_by_role("button", name="Quitter").click()
    expect(page.get_by_text("Choisissez qui vous êtes")).to_be_visible()


def tick(page: Page, group: str, choice: str) -> None:
    """Choose `choice` in the question `group`."""
    page.get_by_role("group", name=group).get_by_label(choice, exact=True).check()


def fill_in_contact(page: Page, *, channel: str, who: str, words: str = "") -> None:
    """Fill in a contact with as few taps as it takes, and send it."""
    tick(page, "Par où", channel)
    tick(page, "Qui est allé vers l’autre", who)
    if words:
        page.get_by_label("Un mot").fill(words)
    page.get_by_role("button", name="Enregistrer le contact").click()


def take_over(page: Page, workbook: Path) -> None:
    """Send an old workbook, and look at what it would come to."""
    page.get_by_role("link", name="Reprise", exact=True).click()
    page.get_by_label("Fichier").set_input_files(workbook)
    page.get_by_role("button", name="Voir ce que cela donnerait").click()
    expect(page.get_by_role("heading", name="Aperçu de la reprise")).to_be_visible(timeout=60_000)
