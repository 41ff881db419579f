"""The register of processing (RGPD art. 30), drawn from what the service is: policy, legal constants, settings, catalogue, keys (R004).

Nothing here is a sentence: pages and files give each code its words, the JSON API gives the codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.seal import sealables
from api.settings import Settings
from api.web.requests import Caller
from crypto_shredding.backups.backup_file import SUFFIX
from crypto_shredding.keys.provider import Providers
from domain import legal_constants
from domain.access.access_policy import allows
from domain.access.relations import Relation
from domain.catalogue import Catalogue
from domain.desk.processing import GROUNDS, NATURES, Processing
from domain.trail import Operation, Role


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category, its legal basis, and its ground where it is sensitive."""

    category: str
    basis: str
    ground: str | None


@dataclass(frozen=True, slots=True)
class ProcessingLine:
    """One processing. `kept` is a number of `unit` (months, days) after `since`; `None` when nothing deletes by itself."""

    name: str
    purposes: tuple[str, ...]
    categories: tuple[CategoryLine, ...]
    recipients: tuple[str, ...]
    kept: int | None
    unit: str | None
    since: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A security measure: whether it is on now, and in figures or names what there is of it."""

    name: str
    on: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item of the catalogue that is on."""

    label: str
    purpose: str
    readers: tuple[str, ...]
    retention_months: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything of the living service that the register depends on, and that this module does not know by itself."""

    structure: str
    officers: tuple[str, ...]
    host: str
    trail_days: int
    measures: tuple[Measure, ...]
    items: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """The register at a moment. `processors` is empty when everything stands on the structure's own machine."""

    structure: str
    officers: tuple[str, ...]
    processors: tuple[str, ...]
    processings: tuple[ProcessingLine, ...]
    measures: tuple[Measure, ...]
    items: tuple[ItemLine, ...]


def look_at_register(caller: Caller, settings: Settings, providers: Providers) -> Register:
    """Give the register to the DPO. Raises `NotAllowed`, `TrailUnavailable`."""
    caller.structure.records.disclose(caller.actor, Operation.READ_REGISTER)
    return register_of(configuration_of(caller, settings, providers))


def register_of(configuration: Configuration) -> Register:
    """Draw the register."""
    return Register(
        structure=configuration.structure,
        officers=configuration.officers,
        processors=(configuration.host,) if configuration.host else (),
        processings=tuple(_line(processing, configuration) for processing in Processing),
        measures=configuration.measures,
        items=configuration.items,
    )


def configuration_of(caller: Caller, settings: Settings, providers: Providers) -> Configuration:
    """Read what the service is now."""
    officers = tuple(account.display_name for account in caller.structure.accounts.all() if account.role is Role.DPO and account.is_active)
    return Configuration(
        structure=caller.structure.name,
        officers=officers,
        host=settings.database_host,
        trail_days=settings.trail_days,
        measures=tuple(measures_of(caller, settings, providers)),
        items=tuple(_items(caller.structure.records.find_kind(Catalogue, caller.structure.records.catalogue_id))),
    )


def measures_of(caller: Caller, settings: Settings, providers: Providers) -> list[Measure]:
    """Say which security measures are on at this moment."""
    sealed_at, saved_at = sealed_last(caller), newest_backup(settings.backups)
    return [
        Measure("key_per_youth", on=True),
        Measure("keys_apart", on=not settings.embedded),
        Measure("sealed_start", on=is_sealed_start(settings, providers), detail=settings.provider),
        Measure("key_replicas", on=bool(settings.keys_replicas), detail=str(len(settings.keys_replicas))),
        Measure("second_factor", on=not settings.demonstration),
        Measure("trail_sealed", on=sealed_at is not None, detail="" if sealed_at is None else sealed_at.date().isoformat()),
        Measure("checkpoints_off_server", on=settings.checkpoint_folder is not None),
        Measure("ledger_off_server", on=bool(settings.ledger_folders)),
        Measure("backups", on=saved_at is not None, detail="" if saved_at is None else saved_at.date().isoformat()),
        Measure("encrypted_database_link", on=settings.embedded or settings.database_tls == "required"),
        Measure("limits", on=settings.requests_a_minute > 0, detail=str(settings.requests_a_minute)),
    ]


def is_sealed_start(settings: Settings, providers: Providers) -> bool:
    """Tell whether a stolen machine gives nothing: the service asks for a secret that its host does not have (N36)."""
    return settings.sealing == "required" and all(one.is_protected() for one in sealables(providers))


def sealed_last(caller: Caller) -> datetime | None:
    """Give the moment of the last checkpoint of the journal, `None` when there is none."""
    database = caller.structure.store.database
    query = database.statement("SELECT max(sealed_at) FROM {checkpoints}")
    with database.connection() as connection:
        row = connection.execute(query).fetchone()
    moment: datetime | None = row[0] if row else None
    return moment


def newest_backup(folder: Path) -> datetime | None:
    """Give the moment of the newest backup in its folder, `None` when there is none or the folder is away."""
    try:
        moments = [file.stat().st_mtime for file in folder.glob(f"*{SUFFIX}")]
    except OSError:
        return None
    return datetime.fromtimestamp(max(moments), UTC) if moments else None


def readers_of(operations: Sequence[Operation]) -> tuple[str, ...]:
    """Name the roles that the policy lets do one of `operations`, whatever the relation."""
    return tuple(role.value for role in Role if any(allows(role, operation, relation) for operation in operations for relation in Relation))


def _line(processing: Processing, configuration: Configuration) -> ProcessingLine:
    nature = NATURES[processing]
    kept, unit, since = _kept(processing, configuration)
    return ProcessingLine(
        name=processing.value,
        purposes=tuple(purpose.value for purpose in nature.purposes),
        categories=tuple(_category(category) for category in nature.categories),
        recipients=readers_of(nature.read_by),
        kept=kept,
        unit=unit,
        since=since,
    )


def _category(category: str) -> CategoryLine:
    ground = next(found for name, found in GROUNDS.items() if name == category)
    return CategoryLine(category, ground.basis.value, None if ground.sensitive is None else ground.sensitive.value)


def _kept(processing: Processing, configuration: Configuration) -> tuple[int | None, str | None, str]:
    if processing is Processing.ACCOMPANIMENT:
        return legal_constants.RETENTION_MONTHS, "months", "last_contact"
    if processing is Processing.TRAIL:
        return configuration.trail_days, "days", "access"
    return None, None, "structure"


def _items(catalogue: Catalogue | None) -> list[ItemLine]:
    found = [] if catalogue is None else [item for item in catalogue.items.values() if item.is_on and item.description is not None]
    return [
        ItemLine(item.label, item.description.purpose, tuple(item.description.readers), item.description.retention_months)
        for item in found
        if item.description is not None
    ]
