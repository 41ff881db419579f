"""A service on two servers that are copied all the time, and the records that it is filled with: each youth has words of their own."""

import os
import re
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.bootstrap import Service, Structure, build
from api.databases import KEYS, MAIN, Databases, add_structure, create_database, migrate
from api.key_providers import providers_of
from api.settings import Settings
from crypto_shredding.backups.backup import structures_of, take_keys, take_main
from crypto_shredding.backups.backup_key import backup_key
from domain.categories import Category
from domain.drafts import AgreementDraft, IdentityDraft, OpeningDraft
from domain.identifiers import StructureId, YouthId
from domain.record.youth_record import YouthRecord
from domain.trail import Operation, TrailLine
from tests.fault.attack import secrets_in
from tests.fault.every_copy import Ground
from tests.fault.loot import Loot
from tests.given import LEILA, contact, educator, information, note, today, with_archive_agreement

STRUCTURE = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
CANARY = re.compile(rb"canari-[a-p]{16}")
MEETING_PLACE = "Quai du Levant"
"""The territory where everybody is met. Nothing but a contact tells it of a youth; the counters of the structure name it."""
_SCHEMA = "s_alpha"
_ROUNDS = 20
"""An erasure waits for the views, and the views for it: so many turns are more than enough."""


@dataclass
class House:
    """A service on two servers. What it keeps outside of them stands in folders of their own: each could be a volume."""

    ground: Ground
    service: Service = field(init=False)
    folders: dict[str, Path] = field(init=False)
    backups_read: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        names = "provider", "provider-replica", "data", "backups", "ledger"
        self.folders = {name: self.ground.folder / name for name in names}
        for folder in self.folders.values():
            folder.mkdir(mode=0o700)
        main, keys = self.ground.servers
        create_database(main.address(), MAIN)
        create_database(keys.address(), KEYS)
        migrate(self.databases, providers_of(self.settings))
        add_structure(self.databases, providers_of(self.settings), STRUCTURE, "alpha", "Structure alpha")
        self.service = build(self.settings, self.databases)
        with_archive_agreement(self.structure.records)

    @property
    def databases(self) -> Databases:
        main, keys = self.ground.servers
        return Databases(main.address(MAIN), keys.address(KEYS))

    @property
    def settings(self) -> Settings:
        return Settings(
            database=self.databases.main,
            keys_database=self.databases.keys,
            data_folder=self.folders["data"],
            keys_folder=self.folders["provider"],
            keys_replicas=(self.folders["provider-replica"],),
            backup_folder=self.folders["backups"],
            ledger_folders=(self.folders["ledger"],),
            in_flight_seconds=0,
            pool_size=4,
        )

    @property
    def structure(self) -> Structure:
        return self.service.structure(STRUCTURE)

    def take(self, moment: str, kinds: Collection[str]) -> None:
        """Copy both servers and back both databases up. A cold copy stops the servers, and the service with them."""
        key = backup_key(self.folders["provider"])
        take_main(self.databases.main, self.folders["backups"], key)
        take_keys(self.databases.keys, self.folders["backups"], key, structures_of(self.databases.main))
        self.ground.take(moment, *(kind for kind in kinds if kind != "cold_copy"))
        if "cold_copy" in kinds:
            self.service.close()
            self.ground.take(moment, "cold_copy")
            self.service = build(self.settings, self.databases)

    def new_loot(self) -> Loot:
        """Give an empty sack."""
        return Loot(STRUCTURE, _SCHEMA)

    def living(self) -> Loot:
        """Give what stands in the living databases."""
        loot = self.new_loot()
        for server in self.ground.servers:
            loot.read_server(server.address())
        return loot

    def new_backups(self) -> Iterator[tuple[str, Loot]]:
        """Give what stands in each backup file that was not read yet, behind the name of its server."""
        key = backup_key(self.folders["provider"])
        for kind in ("main", "keys"):
            for path in set(self.folders["backups"].glob(f"*.{kind}.sillage")) - self.backups_read:
                loot = self.new_loot()
                loot.read_backup(path, key)
                self.backups_read.add(path)
                yield kind, loot

    def secrets(self) -> set[bytes]:
        """Give everything outside the databases that may be a secret and exists at this moment."""
        return secrets_in(self.folders.values())

    def settle(self) -> None:
        """Take every erasure as far as *purged*."""
        for _ in range(_ROUNDS):
            self.structure.runner.run_once()
            if self.structure.erasures.advance_all():
                return
        pytest.fail("an erasure does not come to its end")

    def rotate(self) -> None:
        """End the present epoch."""
        self.structure.rotation.rotate()


def fill(structure: Structure, count: int) -> dict[YouthId, set[bytes]]:
    """Write `count` records in one import, each with words of its own in pseudonym, identity, contact and note; give the words."""
    youths = {YouthId(uuid4()): [_canary() for _ in range(4)] for _ in range(count)}
    structure.store.key_store.mint_many(youths)
    written = [event for youth, words in youths.items() for event in _record(youth, *words)]
    line = TrailLine(educator(), Operation.RUN_IMPORT, subjects=tuple(youths), records=count)
    structure.store.events.put_bulk(written, trail=line, import_digest=os.urandom(32))
    structure.runner.run_once()
    return {youth: {word.encode() for word in words} for youth, words in youths.items()}


def _canary() -> str:
    # Letters alone: figures in a row may look like a national number, which is refused.
    return "canari-" + "".join(secrets.choice("abcdefghijklmnop") for _ in range(16))


def _record(youth: YouthId, pseudonym: str, name: str, comment: str, text: str) -> Collection[Any]:
    at = datetime.now(UTC)
    record = YouthRecord.open(youth, OpeningDraft(pseudonym, birth_year=2010), referents=[LEILA], by=LEILA, at=at)
    record.inform(information(), by=LEILA, at=at)
    for category in (Category.IDENTITY, Category.FOLLOW_UP):
        record.agree(AgreementDraft(category, "on a lu la feuille ensemble", today()), by=LEILA, at=at)
    record.give_identity(IdentityDraft(name, "Nom"), by=LEILA, at=at)
    record.make_contact(uuid4(), contact(comment=comment, territory=MEETING_PLACE), by=LEILA, at=at)
    record.add_note(note(text), by=LEILA, at=at)
    return record.collect_events()
