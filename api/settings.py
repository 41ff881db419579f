"""What the service is told from outside. This module is the one reader of the environment."""

import os
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.legal_constants import LONGEST_TRAIL, SHORTEST_TRAIL, TRAIL_KEPT

_DATABASE_IN_CLEAR: Final = (
    "SILLAGE_DATABASE et SILLAGE_KEYS_DATABASE : une base sur une autre machine demande « sslmode=verify-full » (et « sslrootcert=… »)"
    " dans son adresse, pour que personne n'écoute ni ne se fasse passer pour elle. Si le réseau entre les deux est déjà chiffré (VPN) :"
    " SILLAGE_DATABASE_TLS=none."
)
_HERE: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


class SettingsError(Exception):
    """A setting is missing or wrong. The message says which one and how to mend it."""


class Settings(BaseSettings):
    """The settings, each read from `SILLAGE_<NAME>`.

    `database` and `keys_database` name host and database (`postgresql://hôte:5432/sillage`). The user in them is the one that migrates;
    the service signs in as `sillage_app`, `sillage_runner` and `sillage_saga`, with passwords from libpq's own password file (`passfile`).
    """

    model_config = SettingsConfigDict(env_prefix="SILLAGE_", frozen=True, extra="ignore")

    data_folder: Path = Path("donnees")
    database: str | None = None
    keys_database: str | None = None
    keys_folder: Path | None = None
    provider: Literal["file", "pkcs11"] = "file"
    keys_replicas: Annotated[tuple[Path, ...], NoDecode] = ()
    """Where each key file is written too: mounted folders, separated as in PATH."""
    pkcs11_module: Path | None = None
    pkcs11_token: str | None = None
    sealing: Literal["required", "none"] = "required"
    """Whether the service refuses to serve with keys that no secret protects (N36)."""
    passphrase_file: Path | None = None
    """Where commands read the secret that they would ask for at the terminal. The service itself never reads it."""
    backup_folder: Path | None = None
    escrow_folder: Path | None = None
    ledger_folders: Annotated[tuple[Path, ...], NoDecode] = ()
    """Where the erasure ledger is written too, off this machine: mounted folders, separated as in PATH."""
    checkpoint_folder: Path | None = None
    """Where checkpoints of the journal are written: a folder that is best off this machine."""
    checkpoint_seconds: Annotated[float, Field(ge=1, le=3600)] = 300.0
    trail_days: Annotated[int, Field(ge=SHORTEST_TRAIL.days, le=LONGEST_TRAIL.days)] = TRAIL_KEPT.days
    """How old a line of the access trail may be. Months go whole, when their first day is that old."""
    trail_reason: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = ""
    """Why the trail is kept longer than a year: the documented risk, and who decided it (R085)."""
    pg_bindir: Annotated[Path | None, Field(validation_alias="PG_BINDIR")] = None
    database_tls: Literal["required", "none"] = "required"
    """Whether a database on another machine must be reached through verified TLS (R162)."""
    security_contact: str | None = None
    """Where a flaw is reported (`mailto:` or `https:`), told at `/.well-known/security.txt` (RFC 9116)."""
    requests_a_minute: Annotated[int, Field(ge=0)] = 120
    """How many requests an account may make a minute in each worker process; 0 means any number (R163)."""
    structure_requests_a_minute: Annotated[int, Field(ge=0)] = 3000
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_address: Annotated[str | None, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?$")] = None
    """How people reach the service (`https://sillage.example.org`): passkeys are bound to it, and invitations lead there."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    pool_size: Annotated[int, Field(ge=2, le=100)] = 12
    demonstration: bool = False
    in_flight_seconds: Annotated[float, Field(ge=0)] = 10.0
    log_level: str = "info"

    @field_validator("ledger_folders", "keys_replicas", mode="before")
    @classmethod
    def _several(cls, given: object) -> object:
        return tuple(Path(part) for part in given.split(os.pathsep) if part) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.database is None) != (self.keys_database is None):
            raise ValueError("SILLAGE_DATABASE et SILLAGE_KEYS_DATABASE vont ensemble : donnez les deux, ou aucune des deux.")
        if self.database is not None and self.database == self.keys_database:
            raise ValueError("SILLAGE_DATABASE et SILLAGE_KEYS_DATABASE doivent être deux bases : les clés vivent à part des données.")
        if self.demonstration and self.database is not None:
            raise ValueError("La démonstration n'existe qu'avec la base embarquée : retirez SILLAGE_DEMONSTRATION ou SILLAGE_DATABASE.")
        if (self.pkcs11_module is None) != (self.pkcs11_token is None):
            raise ValueError("SILLAGE_PKCS11_MODULE et SILLAGE_PKCS11_TOKEN vont ensemble : donnez les deux, ou aucun des deux.")
        if self.provider == "pkcs11" and self.pkcs11_module is None:
            raise ValueError("SILLAGE_PROVIDER=pkcs11 demande un token : donnez SILLAGE_PKCS11_MODULE et SILLAGE_PKCS11_TOKEN.")
        if self.trail_days > TRAIL_KEPT.days and not self.trail_reason.strip():
            raise ValueError(
                f"SILLAGE_TRAIL_DAYS : au-delà de {TRAIL_KEPT.days} jours, écrivez dans SILLAGE_TRAIL_REASON le risque"
                " documenté qui le demande."
            )
        return self

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        addresses = (address for address in (self.database, self.keys_database) if address is not None)
        if self.database_tls == "required" and any(_may_be_listened_to(address) for address in addresses):
            raise ValueError(_DATABASE_IN_CLEAR)
        if self.security_contact is not None and not self.security_contact.isprintable():
            raise ValueError("SILLAGE_SECURITY_CONTACT doit tenir sur une ligne.")
        if self.security_contact is not None and not self.security_contact.startswith(("mailto:", "https://")):
            raise ValueError("SILLAGE_SECURITY_CONTACT commence par « mailto: » ou « https:// ».")
        return self

    @property
    def address(self) -> str:
        """How people reach the service; on one's own machine, as `localhost`, which passkeys know and `127.0.0.1` is not."""
        return self.public_address or f"http://localhost:{self.port}"

    @property
    def embedded(self) -> bool:
        """Whether the service starts its own PostgreSQL."""
        return self.database is None

    @property
    def database_host(self) -> str:
        """The host of the main database, empty for the embedded one."""
        return "" if self.database is None else str(conninfo_to_dict(self.database).get("host") or "")

    @property
    def backups(self) -> Path:
        """Where backups are written."""
        return self.backup_folder or self.data_folder / "sauvegardes"

    @property
    def default_ledger_folder(self) -> Path:
        """Where the erasure ledger is written when no folder off this machine is named."""
        return self.data_folder / "registre"

    @property
    def default_checkpoint_folder(self) -> Path:
        """Where checkpoints are written when no folder off this machine is named."""
        return self.data_folder / "points-de-controle"

    @property
    def provider_folder(self) -> Path:
        """Where the file provider keeps its keys: a volume of its own in production."""
        return self.keys_folder or self.data_folder / "cles"


def _may_be_listened_to(address: str) -> bool:
    """Tell whether a database is reached over a network without a certificate that is checked for its very name.

    A socket and this very machine are no network. Anything less than `verify-full` gives in to who stands between (libpq, « SSL Support »).
    """
    given = conninfo_to_dict(address)
    hosts = f"{given.get('host') or ''},{given.get('hostaddr') or ''}".split(",")
    return any(host not in _HERE and not host.startswith(("/", "@")) for host in hosts) and given.get("sslmode") != "verify-full"


def read_settings(**given: object) -> Settings:
    """Read the settings. Raises `SettingsError` with a sentence a setting, without the values."""
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        sentences = (f"{'.'.join(map(str, fault['loc'])) or 'réglages'} : {fault['msg']}" for fault in error.errors(include_input=False))
        raise SettingsError("\n".join(sentences)) from None
