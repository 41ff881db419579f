"""The embedded PostgreSQL's own settings: nothing about a person in its log, no way in but a private socket."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from crypto_shredding.postgresql.postgresql_account import SOCKET_PORT, Account

ROLE_PREFIX: Final = "sillage_"
BOOTSTRAP_ROLE: Final = "postgres"
# From this version on, a map of accounts accepts a regular expression for the role.
FIRST_MAJOR_WITH_ROLE_PATTERNS: Final = 16

_OUR_ROLE: Final = re.compile(ROLE_PREFIX + r"[a-z0-9_]{1,50}")

_SETTINGS: Final = """\
# Written again at each start.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
max_connections = 200
password_encryption = 'scram-sha-256'

# An accepted change is durable, whatever is killed.
fsync = on
synchronous_commit = on
full_page_writes = on
autovacuum = on
shared_buffers = '64MB'
huge_pages = off
min_wal_size = '64MB'
max_wal_size = '512MB'

# PostgreSQL writes failing statements, rows and parameters to its log unless told not to.
log_statement = 'none'
log_min_messages = 'warning'
log_min_error_statement = 'panic'
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = 'terse'
log_checkpoints = off
log_connections = off
log_line_prefix = '%m [%p] '
# One file a weekday, the oldest written over.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%u.log'
log_file_mode = 0600
log_rotation_age = '1d'
log_rotation_size = 0
log_truncate_on_rotation = on

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'ISO, YMD'
lc_messages = 'C'
"""

_ACCESS: Final = """\
# The private socket alone; who may be which role is in pg_ident.conf.
local all all peer map=sillage
local replication postgres peer map=sillage
"""


def is_our_role(name: str) -> bool:
    """Tell whether `name` is a role of ours: the only names that are ever written into the map of accounts."""
    return _OUR_ROLE.fullmatch(name) is not None


def server_settings(socket_folder: Path) -> str:
    """Give the text of postgresql.conf."""
    return _SETTINGS.format(port=SOCKET_PORT, socket_folder=str(socket_folder).replace("'", "''"))


def access_rules() -> str:
    """Give the text of pg_hba.conf: peer authentication (the kernel names the account), nothing else."""
    return _ACCESS


def account_map(account: Account, major: int, roles: Sequence[str]) -> str:
    """Give the text of pg_ident.conf: the service's account and the server's may be our roles, nobody else.

    Before version 16 each role is named, so `roles` lists those met so far; from 16 on a pattern does.
    """
    patterns = [f"/^{ROLE_PREFIX}"] if major >= FIRST_MAJOR_WITH_ROLE_PATTERNS else sorted(roles)
    lines = [f'sillage "{name}" {role}' for name in sorted({account.name, account.service_name}) for role in (BOOTSTRAP_ROLE, *patterns)]
    return "\n".join(lines) + "\n"
