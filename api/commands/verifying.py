"""`verify certificate`: what a certificate certifies, or why it certifies nothing. Offline: no settings, no data folder, no database.

The group's other commands stand in `journals.py`.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Annotated, Final

import typer

from api.commands.journals import check_export, check_journal
from api.commands.output import AsJson, say
from api.commands.troubles import REFUSED, USAGE, Trouble
from api.erasures.certificate_page import attached_to
from api.erasures.certificate_sentences import TITLE, dates, grouped, introduction, not_recalled
from crypto_shredding.erasure.certificate import Certificate, CertificateInvalid, Reason, public_key_of, read

verify_commands = typer.Typer(no_args_is_help=True, help="Vérifier ce que le service a signé, et que rien n’a été changé depuis.")
verify_commands.command("export")(check_export)
verify_commands.command("journal")(check_journal)

_MOST_BYTES: Final = 1 << 20
_PDF: Final = b"%PDF-"
_REFUSALS: Final = {
    Reason.MALFORMED: (
        "Ce fichier n’est pas une attestation d’effacement, ou il est abîmé. Demandez-le de nouveau.",
        "This file is no certificate of erasure, or it is damaged. Ask for it again.",
    ),
    Reason.UNKNOWN_VERSION: (
        "Cette attestation est d’une version que ce programme ne connaît pas. Recommencez avec une version plus récente de Sillage.",
        "This certificate is of a version that this program does not know. Try again with a newer Sillage.",
    ),
    Reason.SIGNATURE_WRONG: (
        "La signature ne tient pas : ce fichier a été changé depuis qu’il a été signé. Demandez-le de nouveau.",
        "The signature does not hold: this file was changed after it was signed. Ask for it again.",
    ),
    Reason.OTHER_KEY: (
        "Cette attestation est signée, mais par une autre clé que la vôtre. Vérifiez la clé que la structure publie.",
        "This certificate is signed, but by another key than yours. Check the key that the structure publishes.",
    ),
    Reason.DATES_OUT_OF_ORDER: (
        "Les dates de cette attestation se contredisent : elle ne prouve rien. Signalez-le à la structure.",
        "The dates of this certificate contradict each other: it proves nothing. Tell the structure.",
    ),
}
_KEY_EXPECTED: Final = "C’est bien la clé que vous avez donnée."
_KEY_NOT_COMPARED: Final = (
    "N’importe qui peut fabriquer une clé : comparez celle-ci avec celle que la structure publie, ou donnez-la avec --key."
)

File = Annotated[Path, typer.Argument(help="L’attestation, en PDF ou en JSON.", exists=True, dir_okay=False, readable=True)]
Key = Annotated[str | None, typer.Option("--key", help="La clé de signature que la structure publie : 64 chiffres hexadécimaux.")]


@dataclass(frozen=True, slots=True)
class _Checked:
    certificate: Certificate
    public: bytes
    from_page: bool


@verify_commands.command("certificate")
def certificate(file: File, key: Key = None, *, as_json: AsJson = False) -> None:
    """Vérifier une attestation d’effacement, et dire ce qu’elle atteste. Code 1 si elle n’atteste rien."""
    expected = None if key is None else _key(key)
    try:
        checked = _checked(_content_of(file), expected)
    except CertificateInvalid as invalid:
        if as_json:
            say(json.dumps({"valid": False, "reason": invalid.reason}))
            sys.exit(REFUSED)
        raise Trouble(*_REFUSALS[invalid.reason], REFUSED) from None
    if as_json:
        say(_as_json(checked, key_compared=key is not None))
        return
    for line in _as_text(checked, key_compared=key is not None):
        say(line)


def _content_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES)


def _checked(content: bytes, expected: bytes | None) -> _Checked:
    from_page = content.startswith(_PDF)
    signed = attached_to(content) if from_page else content
    return _Checked(read(signed, expected_public=expected), public_key_of(signed), from_page)


def _key(text: str) -> bytes:
    digits = re.sub(r"\s", "", text).lower()
    if re.fullmatch(r"[0-9a-f]{64}", digits) is None:
        raise Trouble("Une clé de signature a 64 chiffres hexadécimaux.", "A signing key has 64 hexadecimal digits.", USAGE)
    return bytes.fromhex(digits)


def _as_json(checked: _Checked, *, key_compared: bool) -> str:
    content = checked.certificate.content()
    return json.dumps({"valid": True, "key_compared": key_compared, "public_key": checked.public.hex(), "certificate": content})


def _as_text(checked: _Checked, *, key_compared: bool) -> Iterator[str]:
    content = checked.certificate
    yield f"{TITLE} : la signature tient."
    if checked.from_page:
        yield "Ce qui suit est signé. Cela seul compte, quoi que montre la page."
    yield f"\n{introduction(content)}\n"
    for line in dates(content, UTC):
        yield f"{line.name} : {line.when}\n    {line.meaning}"
    yield ""
    yield from not_recalled(content)
    yield f"\nRéférence de l’effacement : {content.reference}"
    for fingerprint in content.fingerprints:
        yield f"Empreinte de la clé détruite :\n    {grouped(fingerprint)}"
    if content.epochs_destroyed:
        yield f"Époques dont la clé est détruite : {', '.join(map(str, content.epochs_destroyed))}"
    yield f"Clé de signature :\n    {grouped(checked.public.hex())}"
    yield _KEY_EXPECTED if key_compared else _KEY_NOT_COMPARED
