"""What can prevent the embedded PostgreSQL from serving, each with its remedy in French and in English."""

import errno
from pathlib import Path


class EmbeddedPostgreSQLError(Exception):
    """The embedded PostgreSQL cannot serve; `french` and `english` say why and what to do."""

    def __init__(self, french: str, english: str) -> None:
        """Keep both sentences; `str()` gives them one a line, French first."""
        super().__init__(f"{french}\n{english}")
        self.french = french
        self.english = english


class BinariesMissing(EmbeddedPostgreSQLError):
    """No PostgreSQL programs were found, or none of the version that the data were written with."""


class FolderUnusable(EmbeddedPostgreSQLError):
    """The data folder cannot be written, or belongs to somebody else."""


class DiskFull(EmbeddedPostgreSQLError):
    """There is no space left where the data are."""


class OtherVersionsData(EmbeddedPostgreSQLError):
    """The data were written by another major version of PostgreSQL than those at hand."""


class StartFailed(EmbeddedPostgreSQLError):
    """PostgreSQL stopped while starting, or did not become ready in time."""


def no_binaries(looked_in: str) -> BinariesMissing:
    """Say that no programs were found in `looked_in`."""
    return BinariesMissing(
        f"PostgreSQL est introuvable ({looked_in}). Relancez « ./run », ou installez le paquet « postgresql », "
        "ou donnez le dossier de ses programmes dans PG_BINDIR.",
        f"PostgreSQL was not found ({looked_in}). Run ./run again, or install the package postgresql, "
        "or give the folder of its programs in PG_BINDIR.",
    )


def other_version(folder: Path, written_with: str, at_hand: str) -> OtherVersionsData:
    """Say that `folder` holds data of PostgreSQL `written_with` whereas `at_hand` are there."""
    return OtherVersionsData(
        f"Le dossier {folder} a été écrit par PostgreSQL {written_with}, et seule la version {at_hand} est ici. "
        f"Installez PostgreSQL {written_with} et donnez son dossier dans PG_BINDIR, ou choisissez un autre "
        "dossier dans SILLAGE_DATA_FOLDER.",
        f"The folder {folder} was written by PostgreSQL {written_with}, and only version {at_hand} is here. "
        f"Install PostgreSQL {written_with} and give its folder in PG_BINDIR, or choose another folder in "
        "SILLAGE_DATA_FOLDER.",
    )


def disk_full(folder: Path, megabytes: int) -> DiskFull:
    """Say that `megabytes` (MB) are needed where `folder` is."""
    return DiskFull(
        f"Il n'y a plus assez de place sur le disque pour {folder} : il faut au moins {megabytes} Mo libres. "
        "Libérez de la place, ou choisissez un autre dossier dans SILLAGE_DATA_FOLDER.",
        f"There is not enough space left on the disk for {folder}: at least {megabytes} MB are needed. "
        "Free some space, or choose another folder in SILLAGE_DATA_FOLDER.",
    )


def unusable(folder: Path, why_french: str, why_english: str) -> FolderUnusable:
    """Say that `folder` cannot hold the data, and why."""
    return FolderUnusable(
        f"Le dossier {folder} ne peut pas servir : {why_french}. Rendez-le inscriptible pour vous seul, "
        "ou choisissez un autre dossier dans SILLAGE_DATA_FOLDER.",
        f"The folder {folder} cannot be used: {why_english}. Make it writable for you alone, "
        "or choose another folder in SILLAGE_DATA_FOLDER.",
    )


def not_started(log: Path, reason: str) -> StartFailed:
    """Say that the server stopped while starting; `reason` is PostgreSQL's own last fatal line."""
    return StartFailed(
        f"PostgreSQL n'a pas pu démarrer : {reason or 'sans explication'}. Voyez le journal {log}.",
        f"PostgreSQL could not start: {reason or 'no explanation'}. See the log {log}.",
    )


def from_os_error(error: OSError, folder: Path, megabytes: int) -> EmbeddedPostgreSQLError:
    """Translate what the system answered when `folder` was touched; the cause is kept by `raise … from`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(folder, megabytes)
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return unusable(folder, "vous ne pouvez pas y écrire", "you cannot write there")
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return unusable(folder, "ce n'est pas un dossier", "it is not a folder")
    reason = error.strerror or str(error.errno)
    return unusable(folder, f"le système a répondu « {reason} »", f"the system answered '{reason}'")
