"""How a command gets the secret that opens the keys, typed at the terminal or read from a file; what makes a passphrase strong enough.

Nothing is taken from the environment or the command line, which other accounts of the machine may read.
"""

import os
import re
import unicodedata
from getpass import getpass
from pathlib import Path
from typing import Final

from api.commands.troubles import REFUSED, USAGE, Trouble
from api.settings import Settings

ASKED_FOR: Final = {"file": "Phrase de passe : ", "pkcs11": "Code PIN du token : "}
LEAST_WORDS: Final = 5
LEAST_CHARACTERS: Final = 20
_WORD_LETTERS: Final = 3
_LEAST_DIFFERENT: Final = 8
_ROWS: Final = ("azertyuiopqsdfghjklmwxcvbn", "qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz", "01234567890", "&é\"'(-è_çà)=")
_ANYONE_S_BUSINESS: Final = 0o007

WHAT_IS_ASKED: Final = (
    f"Il faut au moins {LEAST_WORDS} mots différents, sans rapport entre eux, ou {LEAST_CHARACTERS} caractères au hasard. Ni suite de"
    " touches, ni répétition, ni chiffres seuls."
)


class TooEasy(Exception):
    """Il faut au moins 5 mots différents, ou 20 caractères au hasard."""


def check_strength(passphrase: str) -> None:
    """Refuse what a thief of the disk would find. Raises `TooEasy`.

    Five words drawn from a list of some thousands, or twenty characters, are out of reach behind Argon2id. Whether they were drawn at
    random, nobody can tell from looking: what is refused here is only what cannot have been.
    """
    plain = unicodedata.normalize("NFKC", passphrase).casefold()
    words = {word for word in re.split(r"[\W_\d]+", plain) if len(word) >= _WORD_LETTERS}
    if len(words) < LEAST_WORDS and len(plain) < LEAST_CHARACTERS:
        raise TooEasy
    signs = re.sub(r"[\W_]+", "", plain)
    if len(set(signs)) < _LEAST_DIFFERENT or signs.isdigit() or _repeats(signs) or _follows_a_row(signs):
        raise TooEasy


def read_secret(settings: Settings, kind: str, number: int = 0) -> str:
    """Give the secret of the provider `kind`: line `number` of the file that the settings name, else asked for at the terminal."""
    if settings.passphrase_file is not None:
        return _line_of(settings.passphrase_file, number)
    return ask(ASKED_FOR[kind])


def ask(prompt: str) -> str:
    """Ask at the terminal, without showing what is typed. Raises `Trouble` when there is none."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        raise Trouble(
            "Cette commande a besoin du secret qui ouvre les clés, et il n’y a pas de terminal où le taper : lancez-la depuis un terminal,"
            " ou nommez dans SILLAGE_PASSPHRASE_FILE un fichier qui le contient.",
            "This command needs the secret that opens the keys, and there is no terminal to type it at: run it from a terminal, or name"
            " a file that holds it in SILLAGE_PASSPHRASE_FILE.",
            USAGE,
        ) from None
    return getpass(prompt).strip()


def ask_new() -> str:
    """Ask for a new passphrase, twice. Raises `Trouble` when it is too easy, or when the two differ."""
    first = checked(ask("Nouvelle phrase de passe : "))
    if ask("La même, encore une fois : ") != first:
        raise Trouble("Les deux ne sont pas les mêmes : rien n’a changé. Recommencez.", "The two differ: nothing has changed.", REFUSED)
    return first


def checked(passphrase: str) -> str:
    """Give back a passphrase that is strong enough. Raises `Trouble`."""
    try:
        check_strength(passphrase)
    except TooEasy:
        raise Trouble(
            f"Cette phrase de passe est trop facile à deviner : rien n’a changé. {WHAT_IS_ASKED}",
            f"This passphrase is too easy to guess: nothing has changed. At least {LEAST_WORDS} different words, or {LEAST_CHARACTERS}"
            " random characters; no row of keys, no repetition, not digits alone.",
            REFUSED,
        ) from None
    return passphrase


def _line_of(path: Path, number: int) -> str:
    try:
        mode = path.stat().st_mode
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise Trouble(
            f"Le fichier nommé par SILLAGE_PASSPHRASE_FILE ne se lit pas ({reason}) : vérifiez son chemin et ses droits.",
            f"The file named by SILLAGE_PASSPHRASE_FILE cannot be read ({reason}): check its path and its mode.",
            USAGE,
        ) from None
    if mode & _ANYONE_S_BUSINESS:
        raise Trouble(
            "Tout le monde peut lire le fichier nommé par SILLAGE_PASSPHRASE_FILE : réservez-le à votre compte (chmod 600).",
            "Anybody can read the file named by SILLAGE_PASSPHRASE_FILE: keep it to your account (chmod 600).",
            USAGE,
        )
    secret = lines[number].strip() if number < len(lines) else ""
    if not secret:
        raise Trouble(
            f"La ligne {number + 1} du fichier nommé par SILLAGE_PASSPHRASE_FILE est vide : écrivez-y le secret.",
            f"Line {number + 1} of the file named by SILLAGE_PASSPHRASE_FILE is empty: write the secret there.",
            USAGE,
        )
    return secret


def _repeats(signs: str) -> bool:
    """Tell whether it is one thing said again and again."""
    return signs in (signs + signs)[1:-1]


def _follows_a_row(signs: str) -> bool:
    """Tell whether most steps go to the next key of a row, or to the next letter or figure."""
    pairs = [signs[at : at + 2] for at in range(len(signs) - 1)]
    along = sum(any(pair in row or pair[::-1] in row for row in _ROWS) for pair in pairs)
    return 2 * along > len(pairs)
