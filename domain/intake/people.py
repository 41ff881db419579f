"""Readings about people: sex, agreement, who is named in a cell, educators' initials, themes and places."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from domain.intake.cells import Cell, is_blank, plain_text
from domain.intake.plan import Agreement
from domain.intake.quantities import read_count
from domain.intake.reasons import ReasonCode
from domain.intake.remembering import remembered
from domain.intake.texts import LONGEST_LABEL, LONGEST_NAME, LONGEST_TEXT, Doubt, doubt, flaw_of, name_key, read_text
from domain.vocabulary import Channel, Gender

_GIRL = frozenset({"f", "fem", "feminin", "feminine", "fille", "filles", "femme", "mlle"})
_BOY = frozenset({"g", "h", "m", "masc", "masculin", "masculine", "garcon", "garcons", "homme", "mr"})
_UNKNOWN = frozenset({"", "nc", "inconnu", "inconnue", "ne sait pas", "nsp"})

_YES = frozenset(
    {"oui", "o", "ok", "oral", "accord oral", "oui oral", "oral oui", "ecrit", "accord ecrit", "oui ecrit", "signe", "d accord", "accord"}
)
_NO = frozenset({"non", "n", "refus", "refuse", "refusee", "pas d accord", "ne veut pas", "opposition", "oppose", "opposee"})
_SAYS_NO = re.compile(r"\b(?:non|refus\w*|oppos\w*|ne veut pas|pas d accord|veut pas)\b")
_NOT_ASKED = re.compile(r"\bnon (?:demande|vu|vue|renseigne|connu|precise|encore|su|recueilli)\w*")

_BETWEEN_PEOPLE = re.compile(r"[,;+&/\n]|\s+et\s+|\s+avec\s+", re.IGNORECASE)
_GROUP_WORD = r"(?:jeunes?|filles?|garcons?|autres?|copains?|copines?|inconnu\w*|personnes?|ados?|mineurs?|majeurs?)"
_NUMBER_WORDS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10}
_HOW_MANY = rf"(\d{{1,3}}|{'|'.join(_NUMBER_WORDS)})"
_COUNTED_GROUP = re.compile(rf"(?:un )?(?:groupe (?:de|d) )?(?:env |environ |une )?{_HOW_MANY} {_GROUP_WORD}(?: .*)?")
_VAGUE_GROUP = re.compile(rf"(?:(?:un|le|petit|gros|plusieurs|des|quelques|les) )*(?:groupe|bande|{_GROUP_WORD})(?: .*)?")
_MOST_PEOPLE = 60

_BETWEEN_INITIALS = re.compile(r"[+/,;&\s]+|\bet\b")
_INITIALS = re.compile(r"[^\W\d_]{1,3}(?:[.\-][^\W\d_]{1,3})*\.?")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LONGEST_INITIALS = 4
_LONGEST_WORD = 30
_MOST_EDUCATORS = 12
_BETWEEN_THEMES = re.compile(r"[,;+\n]|\s/\s|(?<=[^\WA-Z])/|/(?=[^\WA-Z])")
_MOST_THEMES = 20

_PLACES: tuple[tuple[Channel, tuple[str, ...]], ...] = (
    (Channel.TEXT_MESSAGE, ("sms", "texto", "message", "whatsapp")),
    (Channel.PHONE, ("telephone", "tel", "appel")),
    (Channel.NETWORK, ("snap", "snapchat", "insta", "instagram", "reseau", "reseaux", "tiktok", "discord", "facebook", "internet")),
    (Channel.HOME_VISIT, ("domicile", "maison", "chez", "visite")),
    (Channel.SCHOOL, ("college", "lycee", "ecole", "cfa", "etablissement")),
    (Channel.PREMISES, ("local", "bureau", "permanence", "antenne", "service")),
    (Channel.ACTIVITY, ("chantier", "sejour", "activite", "sortie", "atelier")),
    (
        Channel.PARTNER,
        ("mission", "tribunal", "mairie", "ccas", "cpam", "caf", "hopital", "cmp", "centre", "prefecture", "commissariat", "partenaire"),
    ),
    (
        Channel.STREET,
        ("rue", "hall", "city", "stade", "place", "parc", "square", "quartier", "pied", "cafe", "bar", "metro", "dehors", "parking"),
    ),
)


@dataclass(frozen=True, slots=True)
class AgreementRead:
    """What the agreement's cell says, and in which words (None when blank)."""

    agreement: Agreement
    words: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """One person named in a cell that may name several."""

    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unnamed:
    """People about whom the cell says only how many they were."""

    count: int


def read_gender(cell: Cell) -> Gender | Doubt | None:
    """Read a sex in any of its spellings; « ? » is unknown, as a blank is."""
    flaw = flaw_of(cell, LONGEST_LABEL)
    if flaw is not None:
        return flaw
    key = name_key(plain_text(cell))
    if key in _UNKNOWN:
        return None
    if key in _GIRL:
        return Gender.GIRL
    return Gender.BOY if key in _BOY else doubt(ReasonCode.GENDER_UNREADABLE, cell)


def read_agreement(cell: Cell) -> AgreementRead | Doubt:
    """Read an agreement. A blank was not asked; whatever says no in some way is a refusal (N3)."""
    flaw = flaw_of(cell, LONGEST_TEXT)
    if flaw is not None:
        return flaw
    text = plain_text(cell)
    key = name_key(text)
    if is_blank(cell):
        return AgreementRead(Agreement.UNKNOWN, None)
    if key in _YES:
        return AgreementRead(Agreement.AGREED, text.casefold())
    if key in _NO or (_SAYS_NO.search(key) and not _NOT_ASKED.search(key)):
        return AgreementRead(Agreement.REFUSED, None)
    return doubt(ReasonCode.AGREEMENT_UNCLEAR, cell)


def read_people(cell: Cell) -> tuple[Named | Unnamed | Doubt, ...] | Doubt | None:
    """Read who is named in a cell: « Mamadou, Kiki et Ali », « 6 jeunes non connus », or both."""
    flaw = flaw_of(cell, LONGEST_TEXT)
    if flaw is not None:
        return flaw
    if is_blank(cell):
        return None
    parts = [part for part in _BETWEEN_PEOPLE.split(str(cell) if isinstance(cell, str) else plain_text(cell)) if name_key(part)]
    if not parts:
        return None
    if len(parts) > _MOST_PEOPLE:
        return doubt(ReasonCode.TEXT_TOO_LONG, cell)
    return tuple(_person(part.strip()) for part in parts)


@remembered(maxsize=8192)
def _person(part: str) -> Named | Unnamed | Doubt:
    key = name_key(part)
    if found := _COUNTED_GROUP.fullmatch(key):
        return Unnamed(_NUMBER_WORDS.get(found[1]) or int(found[1])) if found[1].strip("0") else doubt(ReasonCode.COUNT_UNREADABLE, part)
    if _VAGUE_GROUP.fullmatch(key):
        return doubt(ReasonCode.COUNT_UNREADABLE, part)
    count = read_count(part)
    if not isinstance(count, Doubt) and count is not None and count.at_least:
        return Unnamed(count.at_least)
    text = read_text(part, LONGEST_NAME)
    if isinstance(text, Doubt):
        return text
    return Named(" ".join(part.split())) if text else doubt(ReasonCode.PERSON_UNKNOWN, part)


def read_educators(cell: Cell) -> tuple[str, ...] | Doubt | None:
    """Read educators' initials or first names: « FT + AL », « KB/NR », « KB NR ». Each once, in the order written."""
    flaw = flaw_of(cell, LONGEST_LABEL)
    if flaw is not None:
        return flaw
    if is_blank(cell) or not name_key(plain_text(cell)):
        return None
    words = [word for word in _BETWEEN_INITIALS.split(plain_text(cell)) if word]
    if len(words) > _MOST_EDUCATORS or not all(_INITIALS.fullmatch(w) or (_WORD.fullmatch(w) and len(w) <= _LONGEST_WORD) for w in words):
        return doubt(ReasonCode.EDUCATORS_UNREADABLE, cell)
    return tuple(dict.fromkeys(_initials(word) for word in words))


def _initials(word: str) -> str:
    bare = word.replace(".", "").replace("-", "")
    return bare.upper() if len(bare) <= _LONGEST_INITIALS and (bare.isupper() or "." in word) else word


def read_themes(cell: Cell) -> tuple[str, ...] | Doubt | None:
    """Read themes: « famille, scolarité », « écoute / emploi », « logement+emploi »; « CMU/AME » is one."""
    flaw = flaw_of(cell, LONGEST_TEXT)
    if flaw is not None:
        return flaw
    if is_blank(cell):
        return None
    themes = tuple(dict.fromkeys(" ".join(part.split()) for part in _BETWEEN_THEMES.split(str(cell)) if name_key(part)))
    if len(themes) > _MOST_THEMES or any(len(theme) > LONGEST_NAME for theme in themes):
        return doubt(ReasonCode.TEXT_TOO_LONG, cell)
    return themes or None


@remembered(maxsize=1024)
def channel_of(place: str) -> Channel:
    """Deduce how a contact happened from the place that was written; what is not recognised is `OTHER`."""
    words = set(name_key(place).split())
    return next((channel for channel, signs in _PLACES if words & set(signs)), Channel.OTHER)
