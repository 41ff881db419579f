"""Whether a structure may be opened after a restore, and if not, what the person who runs the service can do about it (R073)."""

from typing import Final

import psycopg

from crypto_shredding.backups.backup_file import BackupUnusable
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.erasure.ledger_file import LedgerBehind, LedgerTampered, LedgerUnavailable
from crypto_shredding.erasure.reopening import LedgerIncomplete, LedgersDiffer, Reopened, Reopening
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import ProviderError, ProviderKeyMissing
from crypto_shredding.keys.rotation import AnotherRotates
from domain.refusals import DomainError
from projections.runner import AnotherRunnerLeads, Stopped

WHAT_MAY_STAY_LOCKED: Final = (
    *(LedgerIncomplete, LedgersDiffer, LedgerTampered, LedgerUnavailable, LedgerBehind),
    *(ProviderError, KeyUnknown, EnvelopeError, BackupUnusable),
    *(AnotherRotates, AnotherRunnerLeads, Stopped, DomainError, psycopg.Error, OSError),
)

REPLACED_WHILE_RUNNING: Final = (
    "Une copie plus ancienne a pris la place d’une des bases pendant que le service tournait. Rien n’est plus montré ni écrit. Redémarrez :"
    " ce qui a été effacé depuis cette copie sera effacé de nouveau, puis la structure s’ouvrira."
)


def opened(reopening: Reopening) -> tuple[Reopened | None, str | None]:
    """Open a structure, mending it first when it is locked; give what that took, and the sentence that says why it stays locked."""
    try:
        return reopening.reopen(), None
    except WHAT_MAY_STAY_LOCKED as failure:
        return None, sentence_of(failure)


def sentence_of(failure: Exception) -> str:
    """Say in French what keeps a structure locked, and what to do."""
    match failure:
        case LedgerIncomplete():
            sentence = (
                f"Le fournisseur de clés connaît {failure.known} effacements, et les registres à portée n’en ont que {failure.found} :"
                " ouvrir ferait revenir des personnes effacées. Montez le dossier où le registre est aussi écrit"
                " (SILLAGE_LEDGER_FOLDERS), ou restaurez une sauvegarde plus récente, puis redémarrez."
            )
        case LedgersDiffer(in_main_alone=True):
            sentence = (
                f"La base des événements est seule à connaître l’effacement n° {failure.number} : cela ne suffit pas pour détruire."
                " Remettez le fichier du registre (SILLAGE_LEDGER_FOLDERS), qui est signé, ou une sauvegarde plus récente des clés,"
                " puis redémarrez. S’il n’a jamais existé, quelqu’un l’a écrit dans la base : cherchez qui."
            )
        case LedgersDiffer():
            sentence = (
                f"Deux copies du registre des effacements se contredisent (n° {failure.number}) : l’une a été modifiée. Comparez-les,"
                " écartez celle qui est fausse, puis redémarrez."
            )
        case LedgerTampered():
            sentence = (
                f"Le registre {failure.path.name} a été modifié (ligne {failure.line}). Remettez-en une copie saine, ou retirez-le"
                " si une autre copie est à portée, puis redémarrez."
            )
        case LedgerUnavailable():
            sentence = f"Le registre des effacements ne répond pas ({failure.path}). Montez son dossier, puis redémarrez."
        case ProviderKeyMissing():
            sentence = (
                "Ces clés datent d’avant la dernière rotation : leur époque est détruite et plus rien ne les ouvre. Restaurez la"
                " sauvegarde des clés faite à cette rotation, ou une plus récente."
            )
        case KeyUnknown():
            sentence = "Des dossiers n’ont pas leur clé. Restaurez une sauvegarde des clés plus récente que celle des événements."
        case OSError():
            sentence = (
                f"Un dossier n’a pas pu être écrit ({failure.strerror}) : la rotation y sauvegarde les clés (SILLAGE_BACKUP_FOLDER)."
                " Rien n’est perdu : faites de la place, ou montez ce dossier, puis redémarrez."
            )
        case _:
            sentence = f"L’ouverture n’a pas abouti ({type(failure).__name__}). Rien n’est perdu : lancez « ./run sillage doctor »."
    return sentence
