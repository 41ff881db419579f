"""What each role finds in the menu, and the page where it begins. Nobody is shown a door that would not open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from api.pages.sentences import N_
from domain.trail import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One door of the menu. `current` when it is where one is. `leads_to` are the addresses behind it that do not begin with its own."""

    href: str
    icon: str
    label: str
    current: bool = False
    leads_to: tuple[str, ...] = ()


_DOORS: Final[Mapping[Role, tuple[Entry, ...]]] = {
    Role.EDUCATOR: (
        Entry("/dossiers", "people", N_("Mes jeunes"), leads_to=("/remplacements", "/urgence")),
        Entry("/sorties", "street", N_("Sorties")),
        Entry("/imports", "table", N_("Reprise")),
    ),
    Role.HEAD_OF_SERVICE: (Entry("/chiffres", "bars", N_("Chiffres")),),
    Role.DPO: (
        Entry("/semaine", "check", N_("À faire")),
        Entry("/acces", "eye", N_("Accès"), leads_to=("/incidents", "/alertes")),
        Entry("/effacements", "erase", N_("Effacements")),
        Entry("/registres", "catalogue", N_("Registres"), leads_to=("/violations", "/requisitions", "/archives", "/catalogue")),
    ),
    Role.ADMINISTRATOR: (
        Entry("/semaine", "check", N_("À faire")),
        Entry("/imports", "table", N_("Reprise")),
        Entry("/equipes", "people", N_("Équipes"), leads_to=("/remplacements",)),
        Entry("/effacements", "erase", N_("Effacements")),
        Entry("/catalogue", "catalogue", N_("Catalogue")),
        Entry("/comptes", "people", N_("Comptes")),
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
    behind = [
        (len(place), door) for door in doors for place in (door.href, *door.leads_to) if path == place or path.startswith(f"{place}/")
    ]
    nearest = max(behind, key=lambda found: found[0], default=(0, None))[1]
    return tuple(replace(door, current=door is nearest) for door in doors)


def home_of(role: Role) -> str:
    """Return where `role` begins."""
    doors = _DOORS.get(role)
    return doors[0].href if doors else "/a-propos"
