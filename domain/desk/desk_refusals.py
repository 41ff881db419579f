"""Why a rule of the DPO's files said no: incidents, breaches, requisitions."""

from domain.refusals import DomainError, FieldRefused


class FileClosedAlready(DomainError):
    """C'est déjà terminé : rien ne peut plus y être décidé."""

    code = "file_closed_already"


class BreachNotReady(DomainError):
    """Il manque encore une décision : la CNIL, les clés, les personnes concernées."""

    code = "breach_not_ready"


class KeysNotSafe(FieldRefused):
    """Ce motif demande que les clés soient sûres. Dites d'abord qu'elles n'ont pas été touchées ; ne pas savoir compte comme oui."""

    code = "keys_not_safe"

    def __init__(self) -> None:
        """Say it at the ground that was chosen."""
        super().__init__("because")


class BeyondRequisition(FieldRefused):
    """Ce domaine n'était pas demandé : ne remettez que ce que la réquisition demande."""

    code = "beyond_requisition"


class NoRecordNamed(FieldRefused):
    """Cette réquisition ne nomme aucun dossier : rien ne peut être remis. Refusez-la, ou notez-en une par dossier."""

    code = "no_record_named"
