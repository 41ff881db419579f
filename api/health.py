"""What `sillage doctor` checks of a structure: each check is a fact that should hold, told without naming anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from psycopg import sql

from api.bootstrap import Service, Structure
from api.desk.journal_health import journal_checks
from api.locking import WHAT_MAY_STAY_LOCKED, sentence_of
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.erasure.ledger_file import LedgerMissing, LedgerTampered, LedgerUnavailable
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import ProviderError
from crypto_shredding.postgresql.database import schema_of, statement
from crypto_shredding.postgresql.migrating import DIRECTORY_SCHEMA, migrations
from crypto_shredding.signing import SigningKeyMissing, public_key_of
from domain.identifiers import ErasureId
from domain.legal_constants import IRREVERSIBLE_WITHIN, PURGE_WITHIN
from domain.oblivion.erasure import Erasure, Stage
from projections.position import Position

VIEWS_SECONDS: Final = 1.0
_SAFE_LOG_SETTINGS: Final = {
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
"""PostgreSQL must not write what people type into its own log (design §12)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One fact: whether it holds, and in a few words what was found."""

    structure: str
    name: str
    ok: bool
    detail: str


def checks_of(service: Service, structure: Structure) -> Iterator[Check]:
    """Check one structure. Raises psycopg's errors when a database does not answer."""
    yield _migrations(service, structure)
    yield _postgresql_log(service, structure)
    yield _lock(structure)
    yield _keys(structure)
    yield from _epochs(structure)
    yield _ledger(structure)
    yield _damaged_rings(structure)
    yield from _rings_and_streams(service, structure)
    yield _views(structure)
    yield from _erasures(service, structure)
    yield _destroyed_rings(service, structure)
    yield from (Check(structure.code, check.name, check.ok, check.detail) for check in journal_checks(structure))


def _migrations(service: Service, structure: Structure) -> Check:
    schema = schema_of(structure.code)
    places = (
        (service.databases.main, DIRECTORY_SCHEMA, "directory"),
        (service.databases.main, schema, "main"),
        (service.databases.keys, schema, "keys"),
    )
    missing = [name for address, where, kind in places for name in _missing(address, where, kind)]
    return Check(structure.code, "migrations", not missing, ", ".join(missing) or "à jour")


def _missing(address: str, schema: str, kind: str) -> list[str]:
    query = sql.SQL("SELECT name FROM {}").format(sql.Identifier(schema, "schema_migrations"))
    with psycopg.connect(address) as connection:
        applied = {row[0] for row in connection.execute(query).fetchall()}
    return [name for name, _ in migrations(kind) if name not in applied]


def _postgresql_log(service: Service, structure: Structure) -> Check:
    loud = []
    for address in (service.databases.main, service.databases.keys):
        with psycopg.connect(address) as connection:
            rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (list(_SAFE_LOG_SETTINGS),)).fetchall()
        loud += [name for name, setting in rows if setting != _SAFE_LOG_SETTINGS[name]]
    return Check(structure.code, "postgresql_log", not loud, ", ".join(sorted(set(loud))) or "sans contenu")


def _keys(structure: Structure) -> Check:
    try:
        structure.store.key_store.structure_ring()
    except (KeyUnknown, ProviderError, EnvelopeError) as failure:
        return Check(structure.code, "structure_key", ok=False, detail=type(failure).__name__)
    return Check(structure.code, "structure_key", ok=True, detail="s’ouvre")


def _lock(structure: Structure) -> Check:
    if not structure.reopening.is_locked():
        return Check(structure.code, "lock", ok=True, detail="ouverte")
    try:
        structure.reopening.look()
    except WHAT_MAY_STAY_LOCKED as failure:
        return Check(structure.code, "lock", ok=False, detail=sentence_of(failure))
    return Check(structure.code, "lock", ok=False, detail="revient d’une sauvegarde : le prochain démarrage l’ouvrira")


def _epochs(structure: Structure) -> Iterator[Check]:
    """One epoch lives, or two for a moment; what the providers still hold of ended ones waits to be destroyed."""
    try:
        living = structure.store.key_store.epochs()
        held = {epoch for provider in structure.store.key_store.providers.all for epoch in provider.epochs(structure.id)}
    except (KeyUnknown, ProviderError) as failure:
        yield Check(structure.code, "epochs", ok=False, detail=type(failure).__name__)
        return
    yield Check(structure.code, "epochs", len(living) == 1, "époque " + ", ".join(map(str, living)))
    ended = sorted(epoch for epoch in held if epoch < living[0])
    yield Check(structure.code, "ended_epochs", not ended, f"restent à détruire : {ended}" if ended else "détruites")


def _ledger(structure: Structure) -> Check:
    """Check that the ledger says the same in both databases and in each of its files."""
    try:
        older, entries = structure.reopening.is_older(), structure.erasures.destruction.entries()
        files = structure.reopening.files.entries(public_key_of(structure.store.key_store)) if entries else []
    except (LedgerMissing, LedgerTampered, LedgerUnavailable, SigningKeyMissing, KeyUnknown, ProviderError) as failure:
        return Check(structure.code, "ledger", ok=False, detail=type(failure).__name__)
    return Check(structure.code, "ledger", not older and list(entries) == files, f"{len(entries)} effacements, {len(files)} au registre")


def _damaged_rings(structure: Structure) -> Check:
    """Open every living ring. A rotation stops at one that is damaged: its last whole copies open for as long as the epoch lives."""
    store = structure.store.key_store
    query = store.database.statement("SELECT subject_id, epoch, slots, fingerprint FROM {key_rings} WHERE state = 'active'")
    with store.database.connection() as connection:
        rows = connection.execute(query).fetchall()
    damaged = 0
    try:
        for subject, epoch, slots, fingerprint in rows:
            try:
                damaged += store.open(subject, epoch, slots).fingerprint() != bytes(fingerprint)
            except (KeyUnknown, EnvelopeError):
                damaged += 1
    except ProviderError as failure:
        return Check(structure.code, "damaged_rings", ok=False, detail=type(failure).__name__)
    if damaged == 0:
        return Check(structure.code, "damaged_rings", ok=True, detail=f"{len(rows)} s’ouvrent")
    what_to_do = "aucune rotation ne se fait : restaurez une sauvegarde des clés de la même époque, d’avant le dommage"
    return Check(structure.code, "damaged_rings", ok=False, detail=f"{damaged} ; {what_to_do}")


def _rings_and_streams(service: Service, structure: Structure) -> Iterator[Check]:
    """Compare streams and rings: a stream without a ring is a loss, a ring without a stream is an opening that was cut short."""
    streams = _ids(service.databases.main, structure, "events", "originator_id")
    activities_and_erasures = streams - (rings := _ids(service.databases.keys, structure, "key_rings", "subject_id"))
    unreadable = [stream for stream in activities_and_erasures if not _opens(structure, stream)]
    yield Check(structure.code, "streams_without_key", not unreadable, str(len(unreadable)))
    unused = len(rings - streams - {structure.id})
    yield Check(structure.code, "rings_without_stream", ok=True, detail=f"{unused} (sans conséquence)")


def _ids(address: str, structure: Structure, table: str, column: str) -> set[UUID]:
    query = sql.SQL("SELECT DISTINCT {} FROM {}").format(sql.Identifier(column), sql.Identifier(schema_of(structure.code), table))
    with psycopg.connect(address) as connection:
        return {row[0] for row in connection.execute(query).fetchall()}


def _opens(structure: Structure, stream: UUID) -> bool:
    """Tell whether a stream without a ring of its own opens with the structure's: an activity, an erasure, the catalogue."""
    try:
        return next(iter(structure.store.events.get(stream, lte=1)), None) is not None
    except (KeyUnknown, EnvelopeError, ProviderError):
        return False


def _views(structure: Structure) -> Check:
    position = Position(structure.store.database)
    current = position.catch_up(VIEWS_SECONDS)
    return Check(structure.code, "views", current, f"{position.current()} / {position.newest()}")


def _erasures(service: Service, structure: Structure) -> Iterator[Check]:
    """Find no fault in what waits lawfully; what has begun ends within a day, and is dead in every copy within a month (R067, R068)."""
    late = (
        "SELECT count(*) FILTER (WHERE purged_at IS NULL), count(*) FILTER (WHERE purged_at IS NULL AND begun_at < now() - %(purge)s),"
        " count(*) FILTER (WHERE effective_at < now() - %(dead)s AND irreversible_at IS NULL)"
        " FROM {erasure_fences} WHERE cancelled_at IS NULL"
    )
    periods = {"purge": PURGE_WITHIN, "dead": IRREVERSIBLE_WITHIN}
    with psycopg.connect(service.databases.main) as connection:
        waiting, begun, alive = connection.execute(statement(late, schema_of(structure.code)), periods).fetchone() or (0, 0, 0)
    # What went under a lost key is never known to be irreversible, and another check says so.
    alive = max(0, alive - structure.rotation.erased_in_lost_epochs())
    detail = f"{waiting} en attente ou en cours, {begun + alive} en retard"
    yield Check(structure.code, "erasures", not begun and not alive, detail)
    forged = sum(not _agrees(structure, erasure) for erasure in structure.erasures.unfinished())
    yield Check(structure.code, "fences", not forged, f"{forged} sans effacement qui dise la même chose")


def _agrees(structure: Structure, erasure: ErasureId) -> bool:
    """Tell whether what is fenced is what somebody had asked for: a row written by hand has no such history."""
    found = structure.erasures.application.find_kind(Erasure, erasure)
    return found is not None and found.stage is not Stage.CANCELLED


def _destroyed_rings(service: Service, structure: Structure) -> Check:
    """Compare erased rings with the ledger, both ways: one put back by hand, or marked erased by hand, shows."""
    query = (
        "SELECT count(*) FROM (SELECT subject_id FROM {key_rings} WHERE state = 'erased') AS ring"
        " FULL JOIN (SELECT l.subject_id FROM {erasure_ledger} AS l JOIN {key_rings} USING (subject_id) WHERE l.key_id IS NULL) AS entry"
        " USING (subject_id) WHERE ring.subject_id IS NULL OR entry.subject_id IS NULL"
    )
    with psycopg.connect(service.databases.keys) as connection:
        (differing,) = connection.execute(statement(query, schema_of(structure.code))).fetchone() or (0,)
    return Check(
        structure.code, "destroyed_rings", not differing, f"{differing} contredisent le registre" if differing else "comme au registre"
    )
