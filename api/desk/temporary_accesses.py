"""What opens a record for a time and is about to end, or just has: for the DPO, by trail references and people of the staff (N10, N11).

No key of a youth is needed, and nothing here says who they are. Replacements stand beside it: they open whole lists, and name no record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.web.requests import Caller
from domain.access.access_policy import opens
from domain.access.relations import Relation, Standing
from domain.categories import Category
from domain.local_time import day_of
from domain.trail import Operation
from projections.position import Position
from projections.temporary_accesses import A_MONTH, TemporaryAccess


@dataclass(frozen=True, slots=True)
class TemporaryLook:
    """One access. `who` is an account's name or a team's, `None` of a team that is no more; `reference` and categories are a record's.

    `replaced` is whom a replacement stands in for. `until` is the last day as it was granted; `is_early` when somebody ended it before.
    """

    relation: Relation
    who: str | None
    last_day: date
    until: date
    is_over: bool
    is_early: bool = False
    reference: UUID | None = None
    categories: tuple[Category, ...] = ()
    replaced: str | None = None


def look_at_temporary_accesses(caller: Caller) -> list[TemporaryLook] | None:
    """Give what ends within thirty days and what ended within thirty, the first end first; `None` while the views are being rebuilt.

    Each record is named in the trail first. Raises `NotAllowed`, `TrailUnavailable`.
    """
    structure, position = caller.structure, Position(caller.structure.store.database)
    structure.records.must_allow(caller.actor, Operation.LIST_TEMPORARY)
    position.catch_up()
    today, is_whole = day_of(structure.records.clock()), position.is_whole()
    found = structure.temporary.around(today) if is_whole else ()
    structure.records.disclose(caller.actor, Operation.LIST_TEMPORARY, subjects=tuple(dict.fromkeys(one.youth for one in found)))
    if not is_whole:
        return None
    # Read again, now that the line is committed: what was closed in between is not shown (invariant 4), nor what the line does not name.
    named = {one.access for one in found}
    still = [one for one in structure.temporary.around(today) if one.access in named]
    return sorted((*_accesses(caller, today, still), *_replacements(caller, today)), key=lambda look: (look.is_over, look.last_day))


def _accesses(caller: Caller, today: date, found: list[TemporaryAccess]) -> Iterator[TemporaryLook]:
    teams = caller.structure.records.circle().teams
    names = _names(caller) | ({} if teams is None else {key: team.name for key, team in teams.teams.items()})
    for one in found:
        yield TemporaryLook(
            one.relation,
            names.get(one.holder),
            one.last_day,
            one.until,
            is_over=not one.lasts(today),
            is_early=one.ended_on is not None,
            reference=one.reference,
            categories=one.categories or tuple(sorted(opens(Standing(one.relation)))),
        )


def _replacements(caller: Caller, today: date) -> Iterator[TemporaryLook]:
    records, names = caller.structure.records, _names(caller)
    replacements = records.circle().replacements
    for one in [] if replacements is None else replacements.living(records.clock()):
        if one.until <= today + A_MONTH:
            who, replaced = names.get(one.replacing), names.get(one.replaced)
            yield TemporaryLook(Relation.REPLACEMENT, who, one.until, one.until, is_over=False, replaced=replaced)


def _names(caller: Caller) -> dict[UUID, str]:
    return {account.account_id: account.display_name for account in caller.structure.accounts.all()}
