"""The replicas of the folder of keys: which are reached, and whether they are those that we know.

A volume that is not mounted leaves its empty mount point: « nothing there » must not be taken for « nothing left ». So each replica bears a
random name of its own, and the main folder remembers it. One that is remembered and no longer named in the settings may hold keys still:
nothing is made or destroyed without it until it is forgotten deliberately.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto_shredding.keys.key_files import read_if_there, replace, write_new
from crypto_shredding.keys.provider import ProviderUnavailable

_NAME: Final = "replica"
_KNOWN: Final = "replicas.json"


@dataclass(frozen=True)
class Replicas:
    """The roots of the replicas of `folder`."""

    folder: Path
    roots: tuple[Path, ...]

    def reached(self) -> tuple[Path, ...]:
        """Give those that answer at this moment."""
        known = self._known()
        return tuple(root for root in self.roots if root.is_dir() and known.get(_address(root), _name(root)) == _name(root))

    def all_reached(self) -> tuple[Path, ...]:
        """Give all of them, and remember the new ones; called under the lock of the main folder. Raises `ProviderUnavailable`."""
        known = self._known()
        for address in sorted(known.keys() - {_address(root) for root in self.roots}):
            raise ProviderUnavailable(
                f"La copie « {address} » du dossier des clés n'est plus dans les réglages, et garde des clés : remettez-la dans "
                f"SILLAGE_KEYS_REPLICAS et montez-la ; ou détruisez son support, puis lancez "
                f"« ./run sillage keys forget-replica {address} »."
            )
        for root in self.roots:
            if not root.is_dir():
                raise ProviderUnavailable(f"La copie du dossier des clés n'est pas là : branchez ou montez « {root} », puis recommencez.")
            if _address(root) in known and _name(root) != known[_address(root)]:
                raise ProviderUnavailable(
                    f"« {root} » n'est pas la copie du dossier des clés que nous connaissons : son volume n'est sans doute pas monté. "
                    f"Si vous l'avez remplacé, détruisez l'ancien support, puis retirez sa ligne de {_KNOWN} dans le dossier des clés."
                )
        present = known | {_address(root): _name(root) or _named(root) for root in self.roots}
        if present != known:
            replace(self.folder / _KNOWN, json.dumps(present, indent=1).encode(), overwriting=False)
        return self.roots

    def forget(self, root: Path) -> bool:
        """Remember a replica no more; called under the lock of the main folder. False when none is remembered there."""
        known = self._known()
        if known.pop(_address(root), None) is None:
            return False
        replace(self.folder / _KNOWN, json.dumps(known, indent=1).encode(), overwriting=False)
        return True

    def _known(self) -> dict[str, str]:
        content = read_if_there(self.folder / _KNOWN)
        if content is None:
            return {}
        try:
            known = json.loads(content)
        except ValueError:
            known = None
        if not isinstance(known, dict):
            raise ProviderUnavailable(f"Le fichier {_KNOWN} du dossier des clés est abîmé : remettez-le depuis une copie, ou retirez-le.")
        return known


def _address(root: Path) -> str:
    return str(root.absolute())


def _name(root: Path) -> str:
    return (read_if_there(root / _NAME) or b"").decode()


def _named(root: Path) -> str:
    write_new(root / _NAME, os.urandom(16).hex().encode())
    return _name(root)
