"""What can be wrong with a backup, in French and in English: a sentence each, that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.commands.troubles import REFUSED, UNAVAILABLE, Trouble
from crypto_shredding.backups.backup_file import BackupTooNew, BackupUnusable, OtherBackup, WrongBackupKey
from crypto_shredding.backups.backup_key import BackupKeyDamaged, BackupKeyMissing
from crypto_shredding.backups.restore_refusals import (
    EpochDestroyed,
    MainMissing,
    MigrationsDiffer,
    NamesakePresent,
    ServiceConnected,
    StreamsWithoutRing,
)
from crypto_shredding.keys.provider import ProviderUnavailable

_ANSWERS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (
        BackupKeyMissing,
        "La clé des sauvegardes (sauvegarde.key) n’est pas dans le dossier des clés : remettez-la, sans elle aucune sauvegarde ne s’ouvre.",
        "The backup key (sauvegarde.key) is not in the keys folder: put it back, no backup opens without it.",
    ),
    (
        BackupKeyDamaged,
        "La clé des sauvegardes (sauvegarde.key) est abîmée : remettez-en une copie.",
        "The backup key (sauvegarde.key) is damaged: put a copy of it back.",
    ),
    (
        WrongBackupKey,
        "Cette sauvegarde a été faite avec une autre clé : mettez la sauvegarde.key de cette époque dans le dossier des clés.",
        "This backup was made with another key: put the sauvegarde.key of that time in the keys folder.",
    ),
    (
        BackupTooNew,
        "Cette sauvegarde vient d’une version plus récente de Sillage : mettez Sillage à jour, puis recommencez.",
        "This backup comes from a later version of Sillage: update Sillage, then try again.",
    ),
    (
        OtherBackup,
        "Ces fichiers ne vont pas ensemble, ou ne sont pas ce que leur nom dit : donnez les deux fichiers d’une même structure.",
        "These files do not belong together, or are not what their names say: give both files of one structure.",
    ),
    (
        MigrationsDiffer,
        "Cette sauvegarde vient d’une autre édition de Sillage : restaurez avec celle qui l’a faite.",
        "This backup comes from another edition of Sillage: restore it with the one that made it.",
    ),
    (
        EpochDestroyed,
        (
            "Les clés de cette sauvegarde ne s’ouvrent plus : leur époque a été détruite, ou le dossier des clés n’est pas le bon."
            " Prenez une sauvegarde plus récente des clés, ou remettez le dossier des clés."
        ),
        (
            "The keys in this backup do not open any more: their epoch was destroyed, or the keys folder is not the right one."
            " Take a later backup of the keys, or put the keys folder back."
        ),
    ),
    (
        BackupUnusable,
        "Cette sauvegarde est incomplète ou abîmée : prenez-en une autre.",
        "This backup is incomplete or damaged: take another one.",
    ),
    (
        ServiceConnected,
        "Le service est encore connecté à la base : arrêtez-le, puis recommencez.",
        "The service is still connected to the database: stop it, then try again.",
    ),
    (
        NamesakePresent,
        "Une autre structure porte déjà ce code ici : restaurez sur d’autres bases.",
        "Another structure has this code here already: restore to other databases.",
    ),
    (
        MainMissing,
        "Les événements de cette structure ne sont pas là : restaurez-les d’abord, ou ensemble avec les clés.",
        "The events of this structure are not there: restore them first, or together with the keys.",
    ),
    (
        ProviderUnavailable,
        "L’endroit des clés (dossier ou jeton) ne répond pas : branchez-le, puis recommencez.",
        "The place of the keys (folder or token) does not answer: connect it, then try again.",
    ),
)


@contextmanager
def answered() -> Iterator[None]:
    """Turn what can be wrong with a backup into a sentence that says what to do."""
    try:
        yield
    except StreamsWithoutRing as losses:
        raise Trouble(
            f"{losses.number} dossiers ou fils n’auraient pas de clé, et seraient perdus : ces clés sont plus vieilles que ces événements."
            " Rien n’a été changé. Prenez des clés plus récentes, ou des événements plus anciens (--at), ou acceptez avec --accept-losses.",
            f"{losses.number} streams would have no key and be lost: these keys are older than these events. Nothing was changed."
            " Take later keys, or earlier events (--at), or accept it with --accept-losses.",
            REFUSED,
        ) from None
    except OSError as error:
        raise Trouble(
            f"Le dossier n’est pas utilisable ({error.strerror}). Rien n’est perdu : donnez-en un autre, puis recommencez.",
            f"The folder cannot be used ({error.strerror}). Nothing is lost: name another one, then try again.",
            UNAVAILABLE,
        ) from None
    except tuple(kind for kind, _, _ in _ANSWERS) as failure:
        french, english = next((french, english) for kind, french, english in _ANSWERS if isinstance(failure, kind))
        raise Trouble(french, english, REFUSED) from None
