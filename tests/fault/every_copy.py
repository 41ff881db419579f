"""Every copy there can be of what two PostgreSQL servers hold: archives of the write-ahead log, replicas by streaming, base backups, data
folders copied cold and hot (issue 3; event_store_facts §4.3).

A copy is a data folder that somebody kept. Brought up as a server of its own, it recovers to the end of its own log, or from an archive to
a moment that is named.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from crypto_shredding.postgresql.embedded_postgresql import EmbeddedPostgreSQL, _reachable, start
from crypto_shredding.postgresql.postgresql_account import server_account
from crypto_shredding.postgresql.postgresql_binaries import find_binaries
from crypto_shredding.postgresql.postgresql_cluster import take_over
from tests.fault.copied_server import DATA, Server, copied_hot, opened_folder, write_settings

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of random name is made in it.
ROOM_BYTES = 4 << 30
_ALONE = {
    # A copy that is brought up neither archives, nor follows anybody, nor needs to survive the machine.
    "archive_mode": "off",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "fsync": "off",
    "restore_command": "false",
    "recovery_target_action": "promote",
    # It answers once it has recovered, and not in between.
    "hot_standby": "off",
}


@dataclass(frozen=True)
class Copy:
    """A data folder that somebody kept, in `postgresql` under `folder`. `recovery` says how far it recovers, `as_of` what it then shows."""

    kind: str
    server: str
    taken: str
    as_of: str
    folder: Path
    bindir: Path
    archive: Path | None = None
    recovery: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.kind} of {self.server}, taken {self.taken}, as of {self.as_of}"

    @property
    def bytes_in(self) -> Path:
        """The folder whose raw bytes count as this copy's: the log alone for an archive, not the base backup that it goes with."""
        return self.archive or self.folder

    @contextmanager
    def brought_up(self) -> Iterator[EmbeddedPostgreSQL]:
        """Start a server on the copy: it recovers, and ends with the block. The copy is not what it was any more."""
        data = self.folder / DATA
        account = server_account(data)
        take_over(data, account)
        (data / "standby.signal").unlink(missing_ok=True)
        write_settings(data, {**_ALONE, **self.recovery}, account, "w")
        signal = data / "recovery.signal"
        signal.touch()
        os.chown(signal, account.uid, account.gid)
        server = start(self.folder, bindir=self.bindir)
        try:
            yield server
        finally:
            server.stop()


@dataclass
class Ground:
    """Two servers on one ground, and the copies of them that nobody has looked into yet."""

    folder: Path
    servers: tuple[Server, ...]
    copies: list[Copy] = field(default_factory=list)
    _bases: dict[str, Path] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def take(self, moment: str, *kinds: str) -> None:
        """Copy both servers in each of `kinds`: `base_backup`, `hot_copy`, `cold_copy`, `replica_copy`."""
        for kind, server in itertools.product(kinds, self.servers):
            folder = self._new_folder()
            getattr(server, kind)(folder)
            self.copies.append(Copy(kind, server.name, moment, moment, folder, server.bindir))

    def take_bases(self) -> None:
        """Take the base backups that every archive begins with."""
        for server in self.servers:
            self._bases[server.name] = self._new_folder()
            server.base_backup(self._bases[server.name])

    def take_archives(self, moment: str, as_of: str, positions: Mapping[str, str] | None = None) -> None:
        """Copy the archives, to be recovered from the base backups as far as `positions`, or to their end."""
        for server in self.servers:
            archive, folder = self._new_folder(), opened_folder(self._new_folder())
            server.archive_copy(archive)
            copied_hot(self._bases[server.name] / DATA, folder / DATA)
            recovery = {"restore_command": f'cp "{archive}/%f" "%p"'}
            if positions is not None:
                recovery["recovery_target_lsn"] = positions[server.name]
            self.copies.append(Copy("archive", server.name, moment, as_of, folder, server.bindir, archive, recovery))

    def looked_into(self) -> Iterator[Copy]:
        """Give the copies that nobody has looked into yet, and throw each away afterwards."""
        while self.copies:
            copy = self.copies.pop(0)
            yield copy
            for folder in (copy.folder, copy.archive):
                if folder is not None:
                    shutil.rmtree(folder)

    def positions(self) -> dict[str, str]:
        """Give each server's place in its log."""
        return {server.name: server.position() for server in self.servers}

    def _new_folder(self) -> Path:
        return self.folder / "copies" / str(next(self._numbers))


@contextmanager
def laid_ground(*names: str) -> Iterator[Ground]:
    """Lay the ground for a server of each name, in a folder that other accounts can walk to; leave nothing of it behind."""
    with ExitStack() as stack:
        folder, programs = (stack.enter_context(_folder(place)) for place in (_roomy(), None))
        bindir = _reachable(find_binaries(None, folder, None), programs, server_account(folder / "nobody's")).bindir
        opened_folder(folder / "copies")
        servers = []
        for name in names:
            server = Server(folder, name, bindir)
            stack.callback(server.end)
            server.begin()
            servers.append(server)
        yield Ground(folder, tuple(servers))


@contextmanager
def _folder(place: Path | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sillage-copies-", dir=place))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _roomy() -> Path | None:
    """Give a place in memory when there is plenty: making ten thousand files was measured to be most of the time on a disk."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        return MEMORY
    return None
