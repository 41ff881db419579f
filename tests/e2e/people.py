"""What the tests do as people do it: come in, fill in, look."""

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
