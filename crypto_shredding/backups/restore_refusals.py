"""What a restore refuses, one class a fact. Nothing was changed when one of them is raised."""

from crypto_shredding.backups.backup_file import BackupUnusable


class MigrationsDiffer(BackupUnusable):
    """The backup comes from migrations that read otherwise here: another edition of Sillage made it."""


class EpochDestroyed(BackupUnusable):
    """The keys in this backup are under an epoch whose key the provider has destroyed, or never had: nobody opens them."""


class StructurePresent(Exception):
    """There is something already where the backup would go, and nobody said to replace it."""


class NamesakePresent(Exception):
    """The directory has another structure of this code, or this structure under another code."""


class StructuresForgotten(Exception):
    """The directory in the backup does not know structures that are here; their codes."""


class MainMissing(Exception):
    """Keys are restored beside their main database, which is locked first: there is none of this structure."""


class ServiceConnected(Exception):
    """The service is connected to the database."""


class StreamsWithoutRing(Exception):
    """So many streams would have no ring: what they hold would be lost for good."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
