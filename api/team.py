"""The colleagues whom an educator names: as referents, or as those who were there."""

from collections.abc import Collection
from uuid import UUID

from api.requests import Caller
from domain.refusals import ChoiceUnknown
from domain.trail import Role


def are_colleagues(caller: Caller, named: Collection[UUID]) -> bool:
    """Tell whether each of `named` is an account of an educator of the caller's structure.

    A record whose referent is nobody could never be read nor erased again, and another youth's account has no place in it.
    Whoever is no educator is told nothing: the use case refuses them, and the trail says so.
    """
    others = set(named) - {caller.actor.account}
    if not others or caller.actor.role is not Role.EDUCATOR:
        return True
    return others <= {one.account_id for one in caller.structure.accounts.all() if one.role is Role.EDUCATOR}


def must_be_colleagues(caller: Caller, named: Collection[UUID], field: str) -> None:
    """Refuse accounts that are not colleagues'. Raises `ChoiceUnknown` about `field`."""
    if not are_colleagues(caller, named):
        raise ChoiceUnknown(field)
