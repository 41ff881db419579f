"""After a restore: closes once more what the ledger knows to be erased, and has the receipts say so.

A backup may know an erasure not at all, as closed, or know another closing of the same record, which was cancelled afterwards. Whatever it
knows, one erasure is named that carries the destruction to its end (`reopening.py` does that).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from crypto_shredding.erasure.erasure_saga import SYSTEM_ACCOUNT, ErasureSaga
from crypto_shredding.erasure.ledger import LedgerEntry
from crypto_shredding.keys.key_ring import KeyRing, KeyUnknown
from crypto_shredding.postgresql.queries import queries
from domain.categories import Category
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Erasure, Ground, Stage
from domain.record.youth_record import YouthRecord
from domain.trail import Fence, Operation, Role

_ENDED: Final = (Stage.PURGED, Stage.IRREVERSIBLE)


@dataclass(frozen=True)
class ClosingAgain:
    """What closes again in one structure. `purge_views` removes a youth's rows from the views, whatever the runner has passed."""

    saga: ErasureSaga
    purge_views: Callable[[YouthId], None]

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self.saga.database.statement(text) for name, text in queries("reopening").items()}

    def close(self, entry: LedgerEntry) -> Iterator[ErasureId]:
        """Fence what the main database no longer knows to be closed; name the erasure that is to be carried to its end, if there is one."""
        erasure, youth, whole = ErasureId(entry.erasure), YouthId(entry.subject), entry.key_id is None
        fences = self._rows("fences", {"erasure": erasure, "subject": youth, "whole": whole})
        ring = self._ring(youth)
        if fences:
            ((fenced, is_effective), *_) = fences
            if whole and (ring is None or ring.erased) and not is_effective:
                self.purge_views(youth)  # No key can write the event that the views would let go at.
            if fenced != erasure:
                self._begin_story(entry, self._referents(ErasureId(fenced)), Ground.DEMAND)
            yield ErasureId(fenced)
            return
        record = self.saga.application.find_kind(YouthRecord, youth)
        ((version,),) = self._rows("last_version", (youth,))
        if version is None:
            return
        if record is None:
            yield from self._close_without_key(entry, version)
        elif whole:
            record.close(erasure, at=self.saga.clock())
            self._put(record, self._closing(entry, record.referents, Ground.DEMAND), whole=True)
            yield erasure
        else:
            yield from self._close_category(entry, record, None if ring is None else _category_of(ring, entry.key_id))

    def tell(self, entry: LedgerEntry, carried: Sequence[ErasureId]) -> None:
        """Have the erasure that the ledger names tell what the one in its place has come to: that has the record's one living fence."""
        told = self.saga.application.find_kind(Erasure, entry.erasure)
        if entry.key_id is not None or told is None or told.stage is not Stage.CLOSED:
            return
        for erasure in carried:
            other = self.saga.application.find_kind(Erasure, erasure)
            if other is None or other.subject != entry.subject or other.stage not in _ENDED or other.begun is None or other.effect is None:
                continue
            at, begun = self.saga.clock(), other.begun
            ((version,),) = self._rows("last_version", (entry.subject,))
            told.begin(view_rows=begun.view_rows, shown=begun.shown, exported=begun.exported, at=at)
            told.make_effective(
                fingerprint=entry.fingerprint.hex(),
                epoch=entry.epoch,
                previews=other.effect.previews,
                is_apart=other.effect.is_apart,
                at=at,
            )
            told.purge(purged_events=other.purged_events or 0, last_version=version or 0, at=at)
            self._save(told)
            return

    def conclude(self, entries: Sequence[LedgerEntry]) -> None:
        """Write that they are irreversible of the erasures that have no fence of their own, once the epoch is destroyed."""
        for entry in entries:
            erasure = ErasureId(entry.erasure)
            told = self.saga.application.find_kind(Erasure, erasure)
            if told is None or told.stage is not Stage.PURGED:
                continue
            for epoch, provider, destroyed_at in self.saga.epochs.irreversible([erasure]).values():
                told.make_irreversible(epoch=epoch, provider=provider, destroyed_at=destroyed_at, at=self.saga.clock())
                self._save(told)

    def is_behind_another(self, erasure: ErasureId) -> bool:
        """Tell whether this erasure of a category waits for one of the whole record, which may have days to go."""
        return bool(self._rows("behind_another", (erasure,))[0][0])

    def _ring(self, youth: YouthId) -> KeyRing | None:
        try:
            return self.saga.destruction.key_store.ring(youth)
        except KeyUnknown:
            return None  # These keys are older than the record, which was given up.

    def _close_category(self, entry: LedgerEntry, record: YouthRecord, category: Category | None) -> Iterator[ErasureId]:
        erasure = ErasureId(entry.erasure)
        if category is None:
            return
        if category in record.agreements and not record.is_closed:
            record.withdraw_agreement(category, erasure, by=SYSTEM_ACCOUNT, at=self.saga.clock())
            self._put(record, self._closing(entry, record.referents, Ground.WITHDRAWAL, category), whole=False)
        else:
            # These events are from before the agreement, or nobody may write to the record: the key is gone, and what it sealed goes.
            self._begin_story(entry, record.referents, Ground.WITHDRAWAL, category)
            self._rows("fence", (entry.subject, erasure, record.version, False))
        yield erasure

    def _close_without_key(self, entry: LedgerEntry, version: int) -> Iterator[ErasureId]:
        """Fence a stream that no key can write to any more: the keys database is newer than the main one."""
        if entry.key_id is not None:
            return
        self._begin_story(entry, [], Ground.DEMAND)
        self._rows("fence", (entry.subject, entry.erasure, version, True))
        self.purge_views(YouthId(entry.subject))
        yield ErasureId(entry.erasure)

    def _begin_story(self, entry: LedgerEntry, referents: Sequence[UUID], ground: Ground, category: Category | None = None) -> None:
        """Write the closing of an erasure that the backup does not know, when its fence comes apart from it."""
        if self.saga.application.find_kind(Erasure, entry.erasure) is None:
            self._save(self._closing(entry, referents, ground, category))

    def _referents(self, erasure: ErasureId) -> Sequence[UUID]:
        found = self.saga.application.find_kind(Erasure, erasure)
        return [] if found is None else found.referents

    def _closing(self, entry: LedgerEntry, referents: Sequence[UUID], ground: Ground, category: Category | None = None) -> Erasure:
        return Erasure.close(
            ErasureId(entry.erasure),
            YouthId(entry.subject),
            asked_by=Role.SYSTEM,
            asked_in_person=True,
            referents=list(referents),
            at=self.saga.clock(),
            ground=ground,
            category=category,
        )

    def _put(self, record: YouthRecord, closing: Erasure, *, whole: bool) -> None:
        fence = Fence(record.youth, ErasureId(closing.id), whole=whole)
        line = self.saga.line(Operation.ERASE_RECORD, record.youth)
        self.saga.application.store.put([*record.collect_events(), *closing.collect_events()], trail=line, fence=fence)

    def _save(self, erasure: Erasure) -> None:
        self.saga.application.store.put(erasure.collect_events(), trail=self.saga.line(Operation.ERASE_RECORD))

    def _rows(self, name: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        with self.saga.database.connection() as connection:
            cursor = connection.execute(self._sql[name], parameters)
            return cursor.fetchall() if cursor.description else []


def _category_of(ring: KeyRing, key_id: bytes | None) -> Category | None:
    living = {key.key_id: key.category for key in ring.keys}
    return living.get(key_id or b"") or next((key.category for key in ring.destroyed if key.key_id == key_id), None)
