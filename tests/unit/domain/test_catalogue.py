from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.catalogue import SENSITIVE_ITEMS, Capacity, Catalogue, is_sensitive
from domain.catalogue_file import read_catalogue_file
from domain.drafts import ItemDescriptionDraft, ItemDraft
from domain.identifiers import CatalogueId
from domain.refusals import ApprovalMissing, CatalogueUnreadable, ItemNotDescribed, ItemUnknown, NumberRefused, TextMissing
from tests.unit.domain.scenes import ANNE, BRUNO, NOW, refused, replayed, state_of

DESCRIPTION = ItemDescriptionDraft("suivre les démarches", "pour ne pas les refaire", ("educator",), 12, "une démarche faite ensemble")
FILE = Path(__file__).parents[2] / "input" / "catalogue_items_2021.csv"


def a_catalogue(label: str = "Logement") -> tuple[Catalogue, UUID]:
    catalogue = Catalogue.begin(CatalogueId(uuid4()), at=NOW)
    item = uuid4()
    catalogue.propose(item, ItemDraft("Accès aux droits", label, "S0"), by=ANNE, at=NOW)
    return catalogue, item


def test_the_items_of_2021_all_come_in_off() -> None:
    catalogue = Catalogue.begin(CatalogueId(uuid4()), at=NOW)
    for draft in read_catalogue_file(FILE.read_text(encoding="utf-8")):
        catalogue.propose(uuid4(), draft, by=ANNE, at=NOW)
    assert len(catalogue.items) == 18
    assert not any(item.is_on for item in catalogue.items.values())


def test_the_items_that_shocked_are_sensitive_in_the_file_of_2021() -> None:
    labels = {draft.label.casefold() for draft in read_catalogue_file(FILE.read_text(encoding="utf-8"))}
    assert labels >= SENSITIVE_ITEMS
    assert all(is_sensitive(label) for label in SENSITIVE_ITEMS)
    assert {label for label in labels if is_sensitive(label)} == SENSITIVE_ITEMS | {"santé physique", "santé"}


def test_an_item_is_switched_on_once_it_says_what_it_is_for() -> None:
    catalogue, item = a_catalogue()
    refused(ItemNotDescribed, lambda: catalogue.switch_on(item, by=ANNE, at=NOW))
    catalogue.describe(item, DESCRIPTION, by=ANNE, at=NOW)
    catalogue.switch_on(item, by=ANNE, at=NOW)
    assert catalogue.items[item].is_on


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"purpose": ""}, TextMissing),
        ({"need": " "}, TextMissing),
        ({"readers": ()}, TextMissing),
        ({"definition": ""}, TextMissing),
        ({"retention_months": 25}, NumberRefused),
        ({"retention_months": 0}, NumberRefused),
    ],
)
def test_a_description_lacks_nothing(changed: dict[str, Any], refusal: type[Exception]) -> None:
    catalogue, item = a_catalogue()
    fields = {name: getattr(DESCRIPTION, name) for name in DESCRIPTION.__slots__} | changed
    refused(refusal, lambda: catalogue.describe(item, ItemDescriptionDraft(**fields), by=ANNE, at=NOW))


def test_a_sensitive_item_needs_two_people_in_two_capacities() -> None:
    catalogue, item = a_catalogue("Santé mentale")
    catalogue.describe(item, DESCRIPTION, by=ANNE, at=NOW)
    refused(ApprovalMissing, lambda: catalogue.switch_on(item, by=ANNE, at=NOW))
    catalogue.approve(item, Capacity.EDUCATORS, by=ANNE, at=NOW)
    refused(ApprovalMissing, lambda: catalogue.approve(item, Capacity.DPO, by=ANNE, at=NOW))
    refused(ApprovalMissing, lambda: catalogue.switch_on(item, by=ANNE, at=NOW))
    catalogue.approve(item, Capacity.DPO, by=BRUNO, at=NOW)
    catalogue.switch_on(item, by=ANNE, at=NOW)
    assert catalogue.items[item].is_on


def test_describing_an_item_anew_takes_its_approvals_and_switches_it_off() -> None:
    catalogue, item = a_catalogue("Estime de soi")
    catalogue.describe(item, DESCRIPTION, by=ANNE, at=NOW)
    catalogue.approve(item, Capacity.EDUCATORS, by=ANNE, at=NOW)
    catalogue.approve(item, Capacity.DPO, by=BRUNO, at=NOW)
    catalogue.switch_on(item, by=ANNE, at=NOW)
    catalogue.describe(item, DESCRIPTION, by=ANNE, at=NOW)
    assert not catalogue.items[item].is_on
    refused(ApprovalMissing, lambda: catalogue.switch_on(item, by=ANNE, at=NOW))


def test_no_description_makes_a_sensitive_item_ordinary() -> None:
    catalogue, item = a_catalogue("Rapport à la loi")
    catalogue.describe(item, DESCRIPTION, by=ANNE, at=NOW)
    assert catalogue.items[item].sensitive


def test_an_item_switched_off_needs_its_approvals_again() -> None:
    catalogue, item = a_catalogue("Santé mentale")
    catalogue.describe(item, DESCRIPTION, by=ANNE, at=NOW)
    catalogue.approve(item, Capacity.EDUCATORS, by=ANNE, at=NOW)
    catalogue.approve(item, Capacity.DPO, by=BRUNO, at=NOW)
    catalogue.switch_off(item, by=ANNE, at=NOW)
    refused(ApprovalMissing, lambda: catalogue.switch_on(item, by=ANNE, at=NOW))


def test_an_unknown_item_is_refused() -> None:
    refused(ItemUnknown, lambda: a_catalogue()[0].switch_off(uuid4(), by=ANNE, at=NOW))


def test_the_same_item_is_known_whatever_its_capitals() -> None:
    catalogue, _ = a_catalogue("Logement")
    assert catalogue.has(ItemDraft("accès aux DROITS", " logement", "ailleurs"))
    assert not catalogue.has(ItemDraft("Accès aux droits", "Loisirs", "S0"))


@pytest.mark.parametrize("content", ["", "a;b;c\n1;2;3", "section;item\nx;y"])
def test_a_file_without_the_three_columns_is_no_catalogue(content: str) -> None:
    refused(CatalogueUnreadable, lambda: read_catalogue_file(content))


def test_a_line_without_an_item_is_named() -> None:
    assert "Ligne 3" in str(refused(CatalogueUnreadable, lambda: read_catalogue_file("section;item;source\nA;B;C\nA;;C")))


def test_a_short_line_is_named_and_does_not_crash() -> None:
    assert "Ligne 2" in str(refused(CatalogueUnreadable, lambda: read_catalogue_file("section;item;source\nA")))


def test_a_quotation_mark_left_open_is_named() -> None:
    assert "guillemet" in str(refused(CatalogueUnreadable, lambda: read_catalogue_file('section;item;source\n"A;B;C')))


def test_replaying_the_stored_events_gives_the_catalogue() -> None:
    catalogue, item = a_catalogue("Santé mentale")
    catalogue.describe(item, DESCRIPTION, by=ANNE, at=NOW)
    catalogue.approve(item, Capacity.DPO, by=BRUNO, at=NOW)
    assert state_of(replayed(catalogue)) == state_of(catalogue)
