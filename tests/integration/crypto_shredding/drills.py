"""What a restore drill is done with: a service, a backup taken of it, and two records, one of which is erased afterwards."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg

from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.backups.backup import structures_of, take_keys, take_main
from crypto_shredding.backups.backup_file import Kind
from crypto_shredding.backups.backup_key import backup_key
from crypto_shredding.backups.restore import Places, restore_structure
from domain.identifiers import ErasureId, YouthId
from tests.conftest import ALPHA
from tests.given import closed, to_its_end


@dataclass
class Drill:
    """A service that can be stopped, put back from a backup of either database, and started again."""

    settings: Settings
    databases: Databases
    service: Service
    erased: YouthId
    staying: YouthId
    files: dict[Kind, Path] = field(default_factory=dict)
    erasure: ErasureId | None = None

    @property
    def structure(self) -> Structure:
        return next(one for one in self.service.structures() if one.id == ALPHA)

    def erase(self) -> None:
        self.erasure = closed(self.structure.records, self.erased)
        to_its_end(self.structure, self.erasure)

    def restore(self, *kinds: Kind) -> None:
        self.service.close()
        paths = {kind.value: self.files[kind] for kind in kinds}
        places = Places(self.databases.main, self.databases.keys)
        key = backup_key(self.settings.provider_folder)
        restore_structure(places, key, self.service.providers, replace=True, **paths)
        self.service = build(self.settings, self.databases)

    def back_up(self) -> None:
        key = backup_key(self.settings.provider_folder)
        taken = take_main(self.databases.main, self.settings.backups, key)
        taken += take_keys(self.databases.keys, self.settings.backups, key, structures_of(self.databases.main))
        self.files = {file.header.kind: file.path for file in taken if file.code == "alpha"}

    def open(self) -> None:
        self.service.open_structures()

    def open_whole(self) -> None:
        self.open()
        assert self.service.locked == {}

    def ledger(self) -> Path:
        return self.settings.default_ledger_folder / f"{ALPHA}.jsonl"


def ring_state(databases: Databases, youth: UUID) -> str:
    with psycopg.connect(databases.keys) as owner:
        row = owner.execute("SELECT state FROM s_alpha.key_rings WHERE subject_id = %s", (youth,)).fetchone()
    assert row is not None
    return str(row[0])
