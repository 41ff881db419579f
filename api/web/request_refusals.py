"""Why the web itself refuses a request, before any rule of the domain is asked. `api/web/errors.py` answers with the class's own status.

Each class's docstring is its sentence, for the person who can act.
"""

from collections.abc import Mapping
from typing import ClassVar


class RequestRefused(Exception):
    """The web itself refuses a request before any rule of the domain is asked. Its class says status, code and sentence."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "unreadable"
    headers: ClassVar[Mapping[str, str]] = {}

    @property
    def detail(self) -> str:
        """Return the sentence for the person: the class's docstring."""
        return type(self).__doc__ or "Demande refusée."


class NotSignedIn(RequestRefused):
    """Connectez-vous pour continuer. Si vous l’étiez, votre session est terminée."""

    status = 401
    code = "not_signed_in"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class StepUpNeeded(RequestRefused):
    """Confirmez que c’est bien vous : cette action demande votre clé d’accès, ou votre mot de passe et un code, montrés à l’instant."""

    status = 401
    code = "step_up"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class StructureLocked(RequestRefused):
    """Le service est verrouillé : il revient d’une sauvegarde, et ce qui avait été effacé l’est d’abord à nouveau. Rien n’est perdu."""

    status = 503
    code = "locked"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}


class ForeignOrigin(RequestRefused):
    """Cette demande ne vient pas d’une page de Sillage : rien n’a été fait. Ouvrez la page dans Sillage, puis recommencez."""

    status = 403
    code = "foreign_origin"


class UnknownHost(RequestRefused):
    """Ce service ne répond pas à ce nom d’hôte. Utilisez l’adresse qui vous a été donnée."""

    status = 400
    code = "unknown_host"


class KeyOfIdempotencyMissing(RequestRefused):
    """Ajoutez un en-tête Idempotency-Key (1 à 200 caractères visibles) : il évite que la même action soit enregistrée deux fois."""

    status = 428
    code = "idempotency_key_missing"


class VersionMissing(RequestRefused):
    """Ajoutez un en-tête If-Match avec la version lue (l’ETag du dossier) : il évite d’écraser ce que quelqu’un vient d’écrire."""

    status = 428
    code = "version_missing"


class TooManyRequests(RequestRefused):
    """Beaucoup de demandes en peu de temps depuis ce compte. Attendez dix secondes, puis recommencez : rien n’est perdu."""

    status = 429
    code = "too_many_requests"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "10"}


class BodyTooLarge(RequestRefused):
    """Ce qui a été envoyé est trop volumineux. Raccourcissez le texte ou divisez le fichier."""

    status = 413
    code = "too_large"
