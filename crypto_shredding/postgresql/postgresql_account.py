"""Under which account of the machine the embedded PostgreSQL runs, and its private folders."""

import contextlib
import hashlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto_shredding.postgresql.postgresql_failures import EmbeddedPostgreSQLError, unusable

# PostgreSQL refuses to run as root: the first of these that the machine has takes its place.
_UNPRIVILEGED: Final = ("postgres", "nobody")
# A socket's path holds 104 bytes on the smallest system (macOS), its closing NUL included.
_LONGEST_SOCKET_PATH: Final = 103
SOCKET_PORT: Final = 5432


@dataclass(frozen=True)
class Account:
    """The account the server runs as, and the one that the service itself runs as."""

    name: str
    uid: int
    gid: int
    service_name: str

    @property
    def is_another(self) -> bool:
        """Tell whether the server leaves the service's own account (the service is root)."""
        return self.name != self.service_name


def server_account(data: Path) -> Account:
    """Find the account to run PostgreSQL as: our own; when we are root, the owner of `data` or an unprivileged one."""
    uid = os.geteuid()
    try:
        own = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgreSQLError(
            f"Le compte numéro {uid} n'a pas de nom sur cette machine : PostgreSQL ne peut pas le reconnaître. "
            "Donnez-lui une ligne dans /etc/passwd, ou utilisez une base par adresse (SILLAGE_DATABASE).",
            f"Account number {uid} has no name on this machine, so PostgreSQL cannot recognise it. "
            "Give it a line in /etc/passwd, or use a database by address (SILLAGE_DATABASE).",
        ) from None
    if uid != 0:
        return Account(own.pw_name, uid, own.pw_gid, own.pw_name)
    other = _owner(data) or _unprivileged()
    if other is not None:
        return Account(other.pw_name, other.pw_uid, other.pw_gid, own.pw_name)
    raise EmbeddedPostgreSQLError(
        "PostgreSQL refuse de tourner en tant que root et aucun compte sans droits (postgres, nobody) n'existe ici. "
        "Lancez la commande depuis un compte ordinaire.",
        "PostgreSQL refuses to run as root and there is no unprivileged account (postgres, nobody) here. "
        "Run the command from an ordinary account.",
    )


def _owner(data: Path) -> pwd.struct_passwd | None:
    with contextlib.suppress(FileNotFoundError, KeyError):
        owner = pwd.getpwuid(data.stat().st_uid)
        return owner if owner.pw_uid != 0 else None
    return None


def _unprivileged() -> pwd.struct_passwd | None:
    for name in _UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def make_private(folder: Path, account: Account) -> None:
    """Make `folder` exist, belong to `account` and be closed to everybody else (0700)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode):
        raise unusable(folder, "ce n'est pas un dossier", "it is not a folder")
    if seen.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    if stat.S_IMODE(seen.st_mode) != stat.S_IRWXU:
        folder.chmod(stat.S_IRWXU)


def fits_a_socket(folder: Path) -> bool:
    """Tell whether the path of a socket in `folder` is short enough for the system."""
    return len(os.fsencode(folder / f".s.PGSQL.{SOCKET_PORT}")) <= _LONGEST_SOCKET_PATH


def short_path(folder: Path, purpose: str) -> Path:
    """Give the path of the short folder that serves the data in `folder` for `purpose` (socket, programs)."""
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"sillage-{os.geteuid()}-{digest}-{purpose}"
    # Nothing else is short everywhere; `short_folder` checks whose it is.
    return short if fits_a_socket(short) else Path("/tmp") / short.name  # noqa: S108 - see just above.


def short_folder(folder: Path, purpose: str, owner: int, mode: int) -> Path:
    """Make a folder with a short path for the data in `folder`, always the same one, owned by `owner`.

    It stands in the machine's folder for temporary files, where anybody could have put another of that name:
    one that is a link or that somebody else owns is refused.
    """
    short = short_path(folder, purpose)
    short.mkdir(mode=0o700, exist_ok=True)
    seen = short.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid not in {owner, os.geteuid()}:
        raise unusable(short, "il appartient à quelqu'un d'autre", "it belongs to somebody else")
    os.chown(short, owner, -1)
    short.chmod(mode)
    return short
