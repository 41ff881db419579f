"""What a certificate says, in plain French for a sixteen-year-old, on the sheet and in the terminal (design §6; R068)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from api.wording import SOURCE, day_in, typeset
from crypto_shredding.erasure.certificate import Certificate, Copies, Scope

TITLE: Final = "Attestation d’effacement"
_DAY: Final = "d MMMM y"
_NOT_YET: Final = "Pas encore"
_GROUP: Final = 4
_INTRODUCTIONS: Final = {
    Scope.RECORD: "Un dossier a été effacé.",
    Scope.CATEGORY: "Une partie d’un dossier a été effacée. Laquelle, ce n’est pas écrit ici.",
}
_KINDS: Final = {
    "events": ("événement", "événements"),
    "view_rows": ("ligne d’affichage", "lignes d’affichage"),
    "previews": ("aperçu", "aperçus"),
    "drafts": ("brouillon", "brouillons"),
    "exports": ("export", "exports"),
    "uploads": ("fichier déposé", "fichiers déposés"),
}
_SAME_DISK: Final = (
    "Les clés étaient sur le même disque que le contenu. Si quelqu’un a copié tout ce disque, cette attestation ne dit rien de sa copie."
)
_OTHERS: Final = ("autre élément", "autres éléments")


@dataclass(frozen=True, slots=True)
class Line:
    """One date: its name, the day and hour or « Pas encore », and what it means."""

    name: str
    when: str
    meaning: str


def introduction(certificate: Certificate) -> str:
    """Say what was erased."""
    return typeset(_INTRODUCTIONS[certificate.scope])


def dates(certificate: Certificate, zone: tzinfo | None) -> list[Line]:
    """Say each date, in the order in which they usually come."""
    lines = [
        Line("Fermé", _moment(certificate.closed_at, zone), "À partir de là, plus personne n’a pu l’ouvrir."),
        Line(
            "Clé détruite",
            _moment(certificate.effective_at, zone),
            "Le contenu était chiffré : illisible sans sa clé. La clé est détruite. Ici, plus personne ne peut le lire, l’équipe non plus.",
        ),
        Line("Contenu retiré", _moment(certificate.purged_at, zone), _about_purge(certificate)),
        Line("Définitif", _moment(certificate.irreversible_at, zone), _about_copies(certificate)),
        *_about_backups(certificate),
    ]
    return [Line(typeset(line.name), typeset(line.when), typeset(line.meaning)) for line in lines]


def not_recalled(certificate: Certificate) -> list[str]:
    """Say what no key can take back."""
    shown, exports = certificate.not_recalled.shown, certificate.not_recalled.exports
    sentences = [
        f"Ce qui a été lu à l’écran ne peut pas être repris : {_number(shown)} fois." if shown else "Rien n’avait été lu à l’écran.",
        f"Les copies remises à quelqu’un ne peuvent pas être reprises : {_number(exports)}."
        if exports
        else "Aucune copie n’avait été remise.",
    ]
    if certificate.copies is Copies.SAME_DISK:
        sentences.append(_SAME_DISK)
    return [typeset(sentence) for sentence in sentences]


def grouped(hexadecimal: str) -> str:
    """Cut a long number into groups that eyes can compare."""
    return " ".join(hexadecimal[start : start + _GROUP] for start in range(0, len(hexadecimal), _GROUP))


def _about_purge(certificate: Certificate) -> str:
    counted = ", ".join(_counts(certificate.purged))
    said = (
        "Ce qui restait, déjà illisible, a été retiré."
        if certificate.purged_at
        else "Ce qui reste est déjà illisible. Il sera retiré ensuite."
    )
    return f"{said} Retiré en tout : {counted}." if counted else said


def _about_copies(certificate: Certificate) -> str:
    if certificate.irreversible_at is None:
        return "D’ici là, une ancienne copie de secours et ses clés pourraient rendre le contenu. Une nouvelle attestation donnera la date."
    return "Les clés des anciennes copies de secours sont détruites aussi : plus aucune ne peut rendre le contenu."


def _about_backups(certificate: Certificate) -> Iterator[Line]:
    until = certificate.last_retained_backup_until
    if until is not None:
        meaning = "Jusque-là, des copies de secours peuvent garder du contenu chiffré. Sans sa clé, il ne dit rien à personne."
        yield Line("Copies de secours", f"jusqu’au {day_in(SOURCE, until, _DAY)}", meaning)


def _counts(purged: Mapping[str, int]) -> Iterator[str]:
    for kind, names in _KINDS.items():
        yield from _count(purged.get(kind, 0), names)
    yield from _count(sum(count for kind, count in purged.items() if kind not in _KINDS), _OTHERS)


def _count(count: int, names: tuple[str, str]) -> Iterator[str]:
    if count:
        yield f"{_number(count)}\N{NO-BREAK SPACE}{names[count > 1]}"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


def _moment(at: datetime | None, zone: tzinfo | None) -> str:
    if at is None:
        return _NOT_YET
    local = at.astimezone(zone)
    said = f"{day_in(SOURCE, local.date(), _DAY)} à {local:%H:%M}"
    return f"{said} UTC" if zone is UTC else said
