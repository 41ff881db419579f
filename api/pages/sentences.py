"""The sentences of the pages: gettext catalogues read by Babel, French being the source, and French typography laid over them.

The catalogues are the `.po` files themselves, read once a language: nothing compiled is kept beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from api.wording import SOURCE, typeset

LOCALES: Final = Path(__file__).parent.parent / "locales"
DOMAIN: Final = "sillage"


@dataclass(frozen=True, slots=True)
class Sentences:
    """What the pages say in one language. `say` translates one sentence, `count` one that depends on a number."""

    language: str
    say: Callable[[str], str]
    count: Callable[[str, str, int], str]


def N_(sentence: str) -> str:  # noqa: N802  # The customary name of a sentence to be translated where it is shown.
    """Mark `sentence` for the catalogues without translating it yet."""
    return sentence


@lru_cache(maxsize=8)
def sentences_in(language: str = SOURCE) -> Sentences:
    """Return the sentences of `language`."""
    return sentences_from(LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po", language)


def sentences_from(file: Path, language: str) -> Sentences:
    """Return the sentences of one catalogue; a sentence that it lacks stays in French."""
    catalogue = _catalogue(file, language)
    finish = typeset if language == SOURCE else str

    @lru_cache(maxsize=2048)
    def say(sentence: str) -> str:
        return finish(catalogue.gettext(sentence))

    def count(one: str, many: str, number: int) -> str:
        return finish(catalogue.ngettext(one, many, number))

    return Sentences(language, say, count)


def _catalogue(file: Path, language: str) -> NullTranslations:
    with file.open("rb") as source:
        read = read_po(source, locale=language, domain=DOMAIN)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)
