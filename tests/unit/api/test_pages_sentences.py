"""The sentences of the pages: catalogues up to date, French typography, plurals, nothing that escapes translation."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.pages.catalogues import TEMPLATE, catalogue_text, catalogues, template_text
from api.pages.rendering import TEMPLATES, ago_in, environment
from api.pages.sentences import sentences_from, sentences_in
from api.wording import typeset

TODAY = date(2026, 11, 22)


def test_the_template_of_the_catalogues_has_every_sentence_of_the_pages() -> None:
    assert TEMPLATE.read_bytes() == template_text(), "Run: python -m api.pages.catalogues"


@pytest.mark.parametrize("file", catalogues(), ids=lambda file: file.parent.parent.name)
def test_each_catalogue_is_up_to_date(file: Path) -> None:
    assert file.read_bytes() == catalogue_text(file), "Run: python -m api.pages.catalogues"


def test_another_language_takes_its_own_sentences_and_keeps_french_for_what_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "sillage.po"
    file.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Mes jeunes"\nmsgstr "My young people"\n\n'
        'msgid "%(num)d dossier"\nmsgid_plural "%(num)d dossiers"\nmsgstr[0] "%(num)d record"\nmsgstr[1] "%(num)d records"\n',
        encoding="utf-8",
    )

    english = sentences_from(file, "en")

    assert english.say("Mes jeunes") == "My young people"
    assert english.say("Qui l'a lu") == "Qui l'a lu"
    assert english.count("%(num)d dossier", "%(num)d dossiers", 0) == "%(num)d records"


def test_a_mark_never_begins_a_line_and_an_apostrophe_is_curled() -> None:
    assert typeset("Qu'est-ce que c'est ? « Un mot » : voilà ; oui !") == (
        "Qu’est-ce que c’est\u202f? «\u00a0Un mot\u202f»\u00a0: voilà\u202f; oui\u202f!"
    )


def test_zero_is_singular_in_french() -> None:
    count = sentences_in().count

    assert [count("%(num)d dossier", "%(num)d dossiers", number) for number in (0, 1, 2)] == [
        "%(num)d dossier",
        "%(num)d dossier",
        "%(num)d dossiers",
    ]


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-1, "aujourd’hui"),
        (0, "aujourd’hui"),
        (1, "hier"),
        (2, "il y a 2 jours"),
        (59, "il y a 59 jours"),
        (60, "il y a 2 mois"),
        (749, "il y a 24 mois"),
        (750, "il y a 2 ans"),
    ],
)
def test_how_long_ago_is_told_roughly(days: int, told: str) -> None:
    assert ago_in(sentences_in(), TODAY - timedelta(days=days), TODAY) == told


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("**/*.html")), ids=lambda path: path.name)
def test_each_template_compiles_and_styles_and_scripts_nothing_inline(template: Path) -> None:
    environment().get_template(str(template.relative_to(TEMPLATES)))

    text = template.read_text(encoding="utf-8")
    assert re.search(r"""\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|https?://|\|\s*safe""", text) is None


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("**/*.html")), ids=lambda path: path.name)
def test_each_sentence_of_a_template_can_be_translated(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&\w+;", "", text, flags=re.DOTALL)
    bare = re.sub(r'[a-z-]+="[^"]*"', "", bare)  # Attributes that a macro writes apart from their tag.

    assert [word for word in re.findall(r"[^\W\d_]{2,}", bare) if word not in {"Sillage", "html", "doctype"}] == []
