"""The composition root: settings in, a frozen service out. Tests call the same function with settings of their own.

Three logins, each with its own pools: the application's, the runner's, the saga's. What one may do, the other may not (design §5).
"""

import itertools
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from api.accounts.accounts import Accounts
from api.accounts.directory import Directory, StructureEntry
from api.accounts.factors import Factors
from api.accounts.password_hashing import PASSWORDS, Hashing
from api.background import Background
from api.chores import Chores
from api.databases import Databases, find_databases
from api.desk.ending_access import UnusedAccounts
from api.desk.journal import expiry_of, notary_of
from api.erasures.erasing import ledger_of, number_from, purge_views, rotation_of, saga_of
from api.key_providers import providers_of
from api.locking import REPLACED_WHILE_RUNNING, opened
from api.logs import report
from api.settings import Settings
from api.web.request_refusals import StructureLocked
from crypto_shredding.erasure.erasure_saga import ErasureSaga
from crypto_shredding.erasure.reopening import Reopening
from crypto_shredding.event_store import SealedEventStore
from crypto_shredding.journal.notary import Notary
from crypto_shredding.journal.trail_expiry import TrailExpiry
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.keys.passphrase import Costs
from crypto_shredding.keys.provider import Providers
from crypto_shredding.keys.rotation import KeyRotation
from crypto_shredding.mapper import SealedMapper
from crypto_shredding.postgresql.database import (
    APPLICATION,
    RUNNER,
    SAGA,
    Login,
    RoleConnection,
    StructureDatabase,
    notary_role_of,
    open_pool,
    role_of,
    schema_of,
)
from crypto_shredding.postgresql.migrating import DIRECTORY_SCHEMA
from crypto_shredding.recorder import SealedRecorder
from crypto_shredding.sealing import Sealer
from domain.identifiers import StructureId
from domain.record_keeping import RecordKeeping
from domain.transcodings import transcoder
from projections.access_trail import AccessTrail
from projections.activities import Activities
from projections.anomalies import Anomalies
from projections.caseload import Caseload
from projections.figures import Figures
from projections.runner import Runner
from projections.temporary_accesses import TemporaryAccesses

_TURN_SECONDS: Final = 0.000_5
"""How long one thread may keep the others waiting: a page goes before what is done in the background, ten times sooner than by default."""
_BACKGROUND_POOL: Final = 4

Pools = dict[Login, tuple[ConnectionPool[RoleConnection], ConnectionPool[RoleConnection]]]


@dataclass(frozen=True)
class Store:
    """One structure's event store as one login sees it."""

    database: StructureDatabase
    key_store: KeyStore
    mapper: SealedMapper
    recorder: SealedRecorder
    events: SealedEventStore
    sealer: Sealer


@dataclass(frozen=True)
class Structure:
    """Everything of one structure: its use cases, its views, its background work."""

    id: StructureId
    code: str
    name: str
    records: RecordKeeping
    accounts: Accounts
    factors: Factors
    caseload: Caseload
    figures: Figures
    activities: Activities
    temporary: TemporaryAccesses
    trail: AccessTrail
    anomalies: Anomalies
    runner: Runner
    erasures: ErasureSaga
    rotation: KeyRotation
    reopening: Reopening
    notary: Notary
    expiry: TrailExpiry
    store: Store
    runner_store: Store
    key_stores: tuple[KeyStore, ...]
    """One a login: each keeps the living epochs' KEKs for itself, and lets go of them when an epoch ends."""


@dataclass(frozen=True)
class Service:
    """The service. It serves any number of structures, each reached by its identifier."""

    settings: Settings
    databases: Databases
    providers: Providers
    pools: Pools
    directory_pool: ConnectionPool[RoleConnection]
    """Who is signed in is asked at each request, as the bare login: on connections of its own, so that none changes its role each time."""
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    hashing: Hashing
    directory: Directory = field(init=False)
    background: Background = field(default_factory=Background)
    locked: dict[StructureId, str] = field(default_factory=dict)
    """The structures that nobody may open yet, each with the sentence that says why and what to do."""
    _structures: dict[StructureId, Structure] = field(default_factory=dict)
    _composing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        database = StructureDatabase(self.directory_pool, DIRECTORY_SCHEMA, None)
        directory = Directory(database, lambda structure: self.structure(structure).accounts)
        object.__setattr__(self, "directory", directory)

    def structure(self, structure: StructureId) -> Structure:
        """Give a structure. Raises `LookupError` when the directory has none of that identifier, `StructureLocked` while it is locked."""
        if structure in self.locked:
            raise StructureLocked
        return self._composed(structure)

    def _composed(self, structure: StructureId) -> Structure:
        with self._composing:
            found = self._structures.get(structure)
            if found is None:
                entry = next((entry for entry in self.directory.structures() if entry.structure_id == structure), None)
                if entry is None:
                    raise LookupError(structure)
                found = self._structures[structure] = self._compose(entry)
            return found

    def structures(self) -> list[Structure]:
        """Give every structure of the directory, those that are locked too."""
        return [self._composed(entry.structure_id) for entry in self.directory.structures()]

    def open_structures(self) -> list[Structure]:
        """Give the structures that may be opened, mending first those that came back from a backup; `locked` says of the others why."""
        opened_ones = []
        for structure in self.structures():
            done, sentence = opened(structure.reopening)
            if done is not None:
                report("structure.reopened", structure=structure.code, count=done.erased_again, epoch=done.epoch)
            if sentence is None:
                self.locked.pop(structure.id, None)
                opened_ones.append(structure)
            else:
                self.locked[structure.id] = sentence
                report("structure.locked", structure=structure.code)
        return opened_ones

    def start_runners(self) -> None:
        """Begin the background work of the structures that may be opened: a runner and an erasure worker each."""
        for structure in self.open_structures():
            chores = Chores(
                structure.erasures,
                structure.rotation,
                structure.key_stores,
                self.clock,
                rotates_at_once=self.settings.demonstration,
                expire_trail=structure.expiry.expire_due,
                close_unused_accounts=self._closing_of(structure),
                is_behind=structure.reopening.is_behind,
                lock=partial(self._lock, structure),
            )
            self.background.start(structure.runner, chores, structure.notary)

    def _closing_of(self, structure: Structure) -> Callable[[], object]:
        """Close unused accounts, but for the demonstration's: its people come when a visitor does."""
        unused = UnusedAccounts(structure.records, structure.accounts, self.directory, self.new_id)
        return (lambda: 0) if self.settings.demonstration else unused.close

    def _lock(self, structure: Structure) -> None:
        """Let nobody into a structure whose databases were replaced by an older copy; the next start finds it locked, and mends it."""
        self.locked[structure.id] = REPLACED_WHILE_RUNNING
        report("structure.locked", structure=structure.code)
        structure.reopening.lock()

    def stop_runners(self) -> None:
        """End the background work and wait for it."""
        self.background.stop()

    def close(self) -> None:
        """End everything but the database server."""
        self.stop_runners()
        for pool in (self.directory_pool, *itertools.chain.from_iterable(self.pools.values())):
            pool.close()

    def _compose(self, entry: StructureEntry) -> Structure:
        store, runner_store, saga_store = (self._store(entry, login) for login in (APPLICATION, RUNNER, SAGA))
        rotation = rotation_of(self.settings, self.databases, saga_store.key_store, entry.code, entry.name)
        application = self._application(entry, saga_store)
        saga = saga_of(self.settings, application, saga_store.database, rotation, clock=self.clock, new_id=self.new_id)
        erasures = replace(saga, delayed=lambda failure: report("erasure.delayed", reason=type(failure).__name__))
        runner = Runner(
            entry.structure_id,
            runner_store.database,
            follower=runner_store.recorder.follower,
            reader=runner_store.mapper,
            sealer=runner_store.sealer,
            report=report,
        )
        sealed = StructureDatabase(self.pools[SAGA][0], schema_of(entry.code), notary_role_of(entry.code))
        notary = notary_of(self.settings, entry.code, sealed, saga_store.key_store, report)
        return Structure(
            id=entry.structure_id,
            code=entry.code,
            name=entry.name,
            records=self._application(entry, store),
            accounts=Accounts(store.database),
            factors=Factors(store.database, store.sealer),
            caseload=Caseload(store.database, store.sealer),
            figures=Figures(store.database, store.sealer),
            activities=Activities(store.database, store.sealer),
            temporary=TemporaryAccesses(store.database, store.sealer),
            trail=AccessTrail(store.database),
            anomalies=Anomalies(store.database),
            runner=runner,
            erasures=erasures,
            rotation=rotation,
            reopening=Reopening(
                erasures,
                rotation,
                ledger_of(self.settings, entry.structure_id),
                runner.run_once,
                lambda youth: purge_views(self.databases, entry.code, youth),
                lambda position: number_from(self.databases, entry.code, position),
            ),
            notary=notary,
            expiry=expiry_of(self.settings, notary),
            key_stores=(store.key_store, runner_store.key_store, saga_store.key_store),
            store=store,
            runner_store=runner_store,
        )

    def _store(self, entry: StructureEntry, login: Login) -> Store:
        main, keys = (StructureDatabase(pool, schema_of(entry.code), role_of(entry.code, login)) for pool in self.pools[login])
        key_store = KeyStore(entry.structure_id, keys, self.providers)
        mapper = SealedMapper(transcoder(), key_store)
        recorder = SealedRecorder(entry.structure_id, main)
        return Store(main, key_store, mapper, recorder, SealedEventStore(mapper, recorder), Sealer(key_store))

    def _application(self, entry: StructureEntry, store: Store) -> RecordKeeping:
        return RecordKeeping(
            entry.structure_id,
            store.mapper,
            store.recorder,
            store.key_store.mint,
            store.key_store.mint_report,
            self.clock,
            self.new_id,
            event_store=store.events,
        )


def build(
    settings: Settings,
    databases: Databases | None = None,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    new_id: Callable[[], UUID] = uuid4,
    password_costs: Costs = PASSWORDS,
) -> Service:
    """Compose the service. The databases are migrated already (`api.databases.migrate`). Call it after a fork, never before."""
    sys.setswitchinterval(_TURN_SECONDS)
    databases = databases or find_databases(settings)
    sizes = {APPLICATION: settings.pool_size, RUNNER: _BACKGROUND_POOL, SAGA: _BACKGROUND_POOL}
    pools = {
        login: (open_pool(databases.main, login, size=size), open_pool(databases.keys, login, size=size)) for login, size in sizes.items()
    }
    directory_pool = open_pool(databases.main, APPLICATION, size=settings.pool_size)
    return Service(settings, databases, providers_of(settings), pools, directory_pool, clock, new_id, Hashing(password_costs))
