"""The sentences' catalogues, taken out of the pages again.

`python -m api.pages.catalogues` brings the files up to date; a test compares.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from api.pages.sentences import DOMAIN, LOCALES
from api.wording import SOURCE

SOURCES: Final = LOCALES.parent
TEMPLATE: Final = LOCALES / f"{DOMAIN}.pot"
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "N_": None, "say": None, "_say": None, "count": (1, 2)}
_METHODS: Final = [("pages/**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS: Final = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}}


def extracted() -> Catalog:
    """Return every sentence of the pages and templates."""
    found = Catalog(charset="utf-8")
    for _, _, sentence, _, _ in extract_from_dir(SOURCES, _METHODS, _OPTIONS, keywords=_KEYWORDS):
        found.add(sentence)
    return found


def template_text() -> bytes:
    """Return the catalogue's template: the sentences alone, sorted, without a date or a place, so that it changes only when they do."""
    return _written(extracted(), omit_header=True)


def catalogue_text(file: Path) -> bytes:
    """Return what the catalogue `file` of one language should hold: its translations, over the sentences that the pages have today."""
    language = file.parent.parent.name
    known = read_po(BytesIO(file.read_bytes()), locale=language, domain=DOMAIN)
    made = Catalog(locale=language, charset="utf-8")
    for message in extracted():
        if message.id:
            former = known.get(message.id)
            made.add(message.id, former.string if former else _untranslated(message.id, language))
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {made.plural_forms}\\n"\n\n'
    )
    return header.encode() + _written(made, omit_header=True)


def catalogues() -> list[Path]:
    """Return the catalogues of all languages."""
    return sorted(LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def main() -> None:
    """Write the template and the catalogues again."""
    TEMPLATE.write_bytes(template_text())
    for file in catalogues():
        file.write_bytes(catalogue_text(file))


def _untranslated(sentence: str | Sequence[str], language: str) -> str | tuple[str, ...]:
    # French needs its plural written down, because zero is singular there; its other sentences are their own translation.
    if isinstance(sentence, str):
        return ""
    return tuple(sentence) if language == SOURCE else tuple("" for _ in sentence)


def _written(catalogue: Catalog, *, omit_header: bool) -> bytes:
    text = BytesIO()
    write_po(text, catalogue, width=0, no_location=True, omit_header=omit_header, sort_output=True)
    return text.getvalue()


if __name__ == "__main__":
    main()
