"""The colleagues whom an educator names: as referents, or as those who were there."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from api.web.requests import Caller
from domain.refusals import ChoiceUnknown
from domain.trail import Role

COUNTERSIGNERS: Final = frozenset({Role.EDUCATOR, Role.HEAD_OF_SERVICE})
"""Who may be named to countersign a child-protection report: the one row about one youth that a head of service meets (invariant 11)."""


def are_colleagues(
    caller: Caller, named: Collection[UUID], roles: frozenset[Role] = frozenset({Role.EDUCATOR}), *, closed_too: bool = False
) -> bool:
    """Tell whether each of `named` is an account of an educator, or of one of `roles`, of the caller's structure.

    A record whose referent is nobody could never be read nor erased again, and another youth's account has no place in it; nor can
    somebody whose account is closed accompany or read. With `closed_too` they can have been there.
    Whoever is no educator is told nothing: the use case refuses them, and the trail says so.
    """
    others = set(named) - {caller.actor.account}
    if not others or caller.actor.role is not Role.EDUCATOR:
        return True
    known = caller.structure.accounts.all()
    return others <= {one.account_id for one in known if one.role in roles and (closed_too or one.is_active)}


def must_be_colleagues(caller: Caller, named: Collection[UUID], field: str, *, closed_too: bool = False) -> None:
    """Refuse accounts that are not colleagues'. Raises `ChoiceUnknown` about `field`."""
    if not are_colleagues(caller, named, closed_too=closed_too):
        raise ChoiceUnknown(field)


def must_be_countersigner(caller: Caller, named: UUID | None, field: str) -> None:
    """Refuse an account that nobody may name to countersign. Raises `ChoiceUnknown` about `field`."""
    if named is not None and not are_colleagues(caller, [named], COUNTERSIGNERS):
        raise ChoiceUnknown(field)


def must_be_educators(caller: Caller, named: Collection[UUID], field: str, *, closed_too: bool = False) -> None:
    """Refuse accounts that are no educator's of this structure, whoever asks. Raises `ChoiceUnknown` about `field`."""
    known = caller.structure.accounts.all()
    if not set(named) <= {one.account_id for one in known if one.role is Role.EDUCATOR and (closed_too or one.is_active)}:
        raise ChoiceUnknown(field)
