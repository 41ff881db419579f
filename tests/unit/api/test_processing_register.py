"""The register of processing is what the service is: it changes when the service does (RGPD art. 30; R001, R004)."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from api.desk import processing_register
from api.desk.processing_register import Configuration, ItemLine, Measure, register_of
from api.pages.registers import detail_in_words, kept_in_words, register_as_csv
from domain import legal_constants
from domain.categories import Category
from domain.desk.processing import GROUNDS, NATURES, Processing
from domain.trail import Purpose

GOLDEN = Path(__file__).parents[2] / "golden" / "processing_register.json"
CONFIGURATION = Configuration(
    structure="Association Le Fil",
    officers=("Camille P.",),
    host="base.hebergeur.example",
    trail_days=365,
    measures=(Measure("key_per_youth", on=True), Measure("backups", on=True, detail="2026-11-26")),
    items=(ItemLine("Scolarité", "chercher un lieu d'apprentissage", ("educator",), 24),),
)


def drawn() -> dict[str, object]:
    return json.loads(json.dumps(asdict(register_of(CONFIGURATION))))  # type: ignore[no-any-return]


def test_the_register_of_a_known_configuration_is_the_golden_one() -> None:
    assert drawn() == json.loads(GOLDEN.read_text("utf-8"))


def test_changing_how_long_a_record_is_kept_changes_the_register(monkeypatch: pytest.MonkeyPatch) -> None:
    before = register_as_csv(register_of(CONFIGURATION))
    monkeypatch.setattr(legal_constants, "RETENTION_MONTHS", 36)

    after = register_as_csv(register_of(CONFIGURATION))

    assert "24 mois après le dernier contact" in before
    assert "36 mois après le dernier contact" in after


def test_changing_how_long_the_trail_is_kept_changes_the_register() -> None:
    line = register_of(replace(CONFIGURATION, trail_days=730)).processings[list(Processing).index(Processing.TRAIL)]

    assert kept_in_words(line).startswith("730 jours")


def test_the_page_says_a_day_in_french_and_anything_else_as_it_is() -> None:
    said = [detail_in_words(Measure("backups", on=True, detail=detail)) for detail in ("2026-11-26", "pkcs11", "120", "")]

    assert said == ["26 novembre 2026", "pkcs11", "120", ""]


def test_the_recipients_are_those_whom_the_policy_lets_read(monkeypatch: pytest.MonkeyPatch) -> None:
    before = register_of(CONFIGURATION).processings[0].recipients
    monkeypatch.setattr(processing_register, "allows", lambda *_: False)

    assert before == ("educator", "youth")
    assert register_of(CONFIGURATION).processings[0].recipients == ()


def test_every_category_has_one_legal_basis_and_every_purpose_a_processing() -> None:
    assert GROUNDS.keys() == set(Category)
    assert {category for nature in NATURES.values() for category in nature.categories} == set(Category)
    stated = {purpose for nature in NATURES.values() for purpose in nature.purposes}
    assert {*Purpose} <= stated
