"""Why a rule said no. Each refusal has a stable code; its docstring is its sentence, in plain French, for the person who can act.

No refusal carries a youth's content. The domain knows no HTTP status: `api/errors.py` maps codes to statuses.
"""

from typing import ClassVar


class DomainError(Exception):
    """Cette action n'est pas possible."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str | None = None) -> None:
        """Say `message`, or else the class's own sentence."""
        super().__init__(message or type(self).__doc__)


class NotAllowed(DomainError):
    """Cette page n'existe pas, ou elle ne vous est pas ouverte."""

    code = "not_found"  # "Not yours" and "does not exist" look the same (N9, invariant 12).


class RecordClosed(DomainError):
    """Ce dossier est fermé : un effacement a été demandé. Plus personne ne peut l'ouvrir ni y écrire."""

    code = "record_closed"


class RecordErased(DomainError):
    """Donnée effacée : la clé de ce dossier a été détruite, plus personne ne peut le lire."""

    code = "record_erased"


class ConcurrentChange(DomainError):
    """Quelqu'un d'autre a modifié ce dossier pendant que vous écriviez. Relisez-le, puis enregistrez à nouveau : votre texte est gardé."""

    code = "concurrent_change"


class Replayed(DomainError):
    """Cette action a déjà été enregistrée."""

    code = "replayed"

    def __init__(self, stream: object, version: int) -> None:
        """Say where the first try landed: `stream` (a UUID) at `version`."""
        super().__init__()
        self.stream = stream
        self.version = version


class TrailUnavailable(DomainError):
    """Le journal des accès ne peut pas être écrit : rien n'est montré ni modifié. Réessayez dans un instant."""

    code = "trail_unavailable"
