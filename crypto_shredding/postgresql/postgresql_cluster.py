"""The embedded PostgreSQL's data folder: made once, checked, its settings written."""

import os
import shutil
from pathlib import Path
from typing import Final

from crypto_shredding.postgresql.postgresql_account import Account, make_private
from crypto_shredding.postgresql.postgresql_binaries import Binaries
from crypto_shredding.postgresql.postgresql_failures import disk_full, not_started
from crypto_shredding.postgresql.postgresql_process import last_complaint, run_program
from crypto_shredding.postgresql.postgresql_settings import (
    BOOTSTRAP_ROLE,
    access_rules,
    account_map,
    is_our_role,
    server_settings,
)

# A new cluster takes 40 MB, its write-ahead log 64 MB soon after.
MEGABYTES_NEEDED: Final = 120
_INITDB_OPTIONS: Final = (
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
    "--auth-local=peer",
    "--auth-host=reject",
    f"--username={BOOTSTRAP_ROLE}",
)


def data_version(data: Path) -> str | None:
    """Give the major version that wrote the cluster in `data` ("15", "18"), None when there is none yet."""
    version = data / "PG_VERSION"
    return version.read_text(encoding="ascii").strip() if version.exists() else None


def create(data: Path, binaries: Binaries, account: Account) -> None:
    """Make a new cluster beside its place and move it there once complete: a killed start leaves no half of one."""
    if shutil.disk_usage(data.parent).free < MEGABYTES_NEEDED * 1_000_000:
        raise disk_full(data.parent, MEGABYTES_NEEDED)
    draft = data.with_name("postgresql.draft")
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft, account)
    log = data.with_name("postgresql-start.log")
    if run_program([binaries.bindir / "initdb", *_INITDB_OPTIONS], draft, account, log) == 0:
        draft.rename(data)
        return
    shutil.rmtree(draft, ignore_errors=True)
    reason = last_complaint(log)
    raise disk_full(data.parent, MEGABYTES_NEEDED) if "No space left" in reason else not_started(log, reason)


def take_over(data: Path, account: Account) -> None:
    """Give `data` to `account` and close it to others; all of it when it came back from a copy made by root."""
    if account.is_another and data.stat().st_uid == 0:
        for folder, folders, files in os.walk(data):
            for name in (*folders, *files):
                os.chown(Path(folder) / name, account.uid, account.gid, follow_symlinks=False)
    make_private(data, account)


def configure(data: Path, socket_folder: Path, major: int, account: Account) -> bool:
    """Write the settings that differ from those in `data`; tell whether any did."""
    texts = {
        "postgresql.conf": server_settings(socket_folder),
        "pg_hba.conf": access_rules(),
        "pg_ident.conf": account_map(account, major, mapped_roles(data)),
    }
    changed = [_write(data / name, text, account) for name, text in texts.items()]
    return any(changed)


def admit(data: Path, role: str, major: int, account: Account) -> None:
    """Add `role` to the map of accounts."""
    _write(data / "pg_ident.conf", account_map(account, major, [*mapped_roles(data), role]), account)


def mapped_roles(data: Path) -> list[str]:
    """List our roles that the map of accounts names one by one."""
    words = (data / "pg_ident.conf").read_text(encoding="utf-8").split()
    return sorted({word for word in words if is_our_role(word)})


def _write(path: Path, text: str, account: Account) -> bool:
    if path.read_text(encoding="utf-8") == text:
        return False
    draft = path.with_name(f"{path.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    if account.is_another:
        os.chown(draft, account.uid, account.gid)
    draft.replace(path)
    return True
