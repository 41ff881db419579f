"""What each role finds in the menu, and the page where it begins. Nobody is shown a door that would not open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from api.pages.sentences import N_
from domain.trail import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One door of the menu. `current` when it is where one is."""

    href: str
    icon: str
    label: str
    current: bool = False


_DOORS: Final[Mapping[Role, tuple[Entry, ...]]] = {
    Role.EDUCATOR: (
        Entry("/dossiers", "people", N_("Mes jeunes")),
        Entry("/sorties", "street", N_("Sorties")),
        Entry("/imports", "table", N_("Reprise de fichiers")),
    ),
    Role.HEAD_OF_SERVICE: (Entry("/chiffres", "bars", N_("Chiffres")),),
    Role.DPO: (
        Entry("/acces", "eye", N_("Accès")),
        Entry("/effacements", "erase", N_("Effacements")),
        Entry("/archives", "lock", N_("Archives")),
        Entry("/catalogue", "catalogue", N_("Catalogue")),
    ),
    Role.ADMINISTRATOR: (
        Entry("/imports", "table", N_("Reprise de fichiers")),
        Entry("/effacements", "erase", N_("Effacements")),
        Entry("/catalogue", "catalogue", N_("Catalogue")),
    ),
    Role.YOUTH: (
        Entry("/mon-dossier", "person", N_("Mon dossier")),
        Entry("/mon-dossier/acces", "eye", N_("Qui l'a lu")),
        Entry("/mon-dossier/effacement", "erase", N_("Effacer")),
    ),
}


def doors_of(role: Role, path: str) -> tuple[Entry, ...]:
    """Return the menu of `role`, the door nearest to `path` marked."""
    doors = _DOORS.get(role, ())
    within = [door for door in doors if path == door.href or path.startswith(f"{door.href}/")]
    nearest = max(within, key=lambda door: len(door.href), default=None)
    return tuple(replace(door, current=door is nearest) for door in doors)


def home_of(role: Role) -> str:
    """Return where `role` begins."""
    doors = _DOORS.get(role)
    return doors[0].href if doors else "/a-propos"
