"""The backup of the rings that is proven before an epoch ends, and what it takes away."""

from datetime import UTC, datetime, timedelta

from api.bootstrap import Structure
from api.databases import Databases
from api.settings import Settings
from crypto_shredding.backups.backup import find, structures_of, take_keys, take_main
from crypto_shredding.backups.backup_file import Kind
from crypto_shredding.backups.backup_key import backup_key
from tests.conftest import ALPHA


def test_a_rotation_removes_backups_of_keys_alone_whatever_their_age(
    structure: Structure, databases: Databases, settings: Settings
) -> None:
    folder, key, past = settings.backups, backup_key(settings.provider_folder), datetime.now(UTC) - timedelta(days=40)
    take_main(databases.main, folder, key, clock=lambda: past - timedelta(days=1))
    take_main(databases.main, folder, key, clock=lambda: past)
    take_keys(databases.keys, folder, key, structures_of(databases.main), clock=lambda: past)

    structure.rotation.rotate()

    kinds = [(file.header.kind, file.header.structure) for file in find(folder, key)[0]]
    assert kinds.count((Kind.MAIN, ALPHA)) == 2
    assert kinds.count((Kind.KEYS, ALPHA)) == 1
