"""What stops a command, in French and in English, with an exit code that means something.

0 done · 1 refused, or a check that does not hold · 2 a setting or a usage · 3 something outside does not answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from api.databases import KeysMissing
from api.settings import SettingsError
from crypto_shredding.postgresql.postgresql_failures import EmbeddedPostgreSQLError
from domain.refusals import DomainError

REFUSED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 3


class Trouble(Exception):
    """A command cannot go on: why and what to do, in both languages."""

    def __init__(self, french: str, english: str, code: int) -> None:
        super().__init__(f"{french}\n{english}")
        self.code = code


@contextmanager
def told() -> Iterator[None]:
    """Turn what is known to go wrong into a `Trouble`. The message of a database error is left out: it may quote a row."""
    try:
        yield
    except SettingsError as error:
        raise Trouble(str(error), "The settings need mending, see above.", USAGE) from None
    except KeysMissing:
        raise Trouble(
            "Il y a des événements et pas une seule clé : cette base de clés n’est pas la leur. Vérifiez SILLAGE_KEYS_DATABASE, ou lancez"
            " « ./run sillage restore » avec une sauvegarde des clés. Rien n’a été changé.",
            "There are events and not a single key: this keys database is not theirs. Check SILLAGE_KEYS_DATABASE, or restore the keys.",
            UNAVAILABLE,
        ) from None
    except EmbeddedPostgreSQLError as error:
        raise Trouble(error.french, error.english, UNAVAILABLE) from None
    except DomainError as refusal:
        raise Trouble(str(refusal), f"Refused ({refusal.code}).", REFUSED) from None
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise Trouble(
            f"La base de données ne répond pas ({type(error).__name__}). Vérifiez son adresse et qu’elle est démarrée, puis recommencez.",
            f"The database does not answer ({type(error).__name__}). Check its address and that it runs, then try again.",
            UNAVAILABLE,
        ) from None
