"""What somebody did, as a sentence: in the past when it was granted, in the infinitive when it was refused or found nothing."""

from collections.abc import Mapping
from typing import Final

from api.pages.sentences import N_, sentences_in
from domain.trail import Operation

DEEDS: Final[Mapping[str, tuple[str, str]]] = {
    Operation.LIST_CASELOAD: (N_("a vu dans sa liste"), N_("voir dans une liste")),
    Operation.READ_RECORD: (N_("a lu un dossier"), N_("lire un dossier")),
    Operation.OPEN_RECORD: (N_("a créé un dossier"), N_("créer un dossier")),
    Operation.CHANGE_RECORD: (N_("a complété un dossier"), N_("compléter un dossier")),
    Operation.ERASE_RECORD: (N_("a demandé l'effacement d'un dossier"), N_("demander l'effacement d'un dossier")),
    Operation.ASK_ERASURE: (N_("a demandé un effacement par référence"), N_("demander un effacement par référence")),
    Operation.APPROVE_ERASURE: (N_("a donné son accord à un effacement"), N_("donner son accord à un effacement")),
    Operation.CANCEL_ERASURE: (N_("a annulé un effacement"), N_("annuler un effacement")),
    Operation.LIST_ERASURES: (N_("a regardé les effacements"), N_("regarder les effacements")),
    Operation.READ_ERASURE: (N_("a suivi un effacement"), N_("suivre un effacement")),
    Operation.READ_CERTIFICATE: (N_("a pris une attestation d'effacement"), N_("prendre une attestation d'effacement")),
    Operation.MANAGE_HOLDS: (N_("a regardé ou changé une suspension"), N_("regarder ou changer une suspension")),
    Operation.MANAGE_ARCHIVE_GATE: (N_("a regardé ou changé l'accord d'archives"), N_("regarder ou changer l'accord d'archives")),
    Operation.LIST_REPORTS: (N_("a regardé ses informations préoccupantes"), N_("regarder des informations préoccupantes")),
    Operation.WRITE_REPORT: (N_("a écrit une information préoccupante"), N_("écrire une information préoccupante")),
    Operation.READ_REPORT: (N_("a lu une information préoccupante"), N_("lire une information préoccupante")),
    Operation.COUNTERSIGN_REPORT: (N_("a contresigné une information préoccupante"), N_("contresigner une information préoccupante")),
    Operation.SEND_REPORT: (N_("a noté la remise d'une information préoccupante"), N_("noter la remise d'une information préoccupante")),
    Operation.RELEASE_REPORT: (N_("a noté une information préoccupante donnée en main propre"), N_("donner une information préoccupante")),
    Operation.LIST_ACTIVITIES: (N_("a regardé les sorties"), N_("regarder les sorties")),
    Operation.RECORD_ACTIVITY: (N_("a noté une sortie"), N_("noter une sortie")),
    Operation.READ_FIGURES: (N_("a lu les chiffres"), N_("lire les chiffres")),
    Operation.READ_CATALOGUE: (N_("a lu le catalogue"), N_("lire le catalogue")),
    Operation.LOAD_CATALOGUE: (N_("a chargé le catalogue"), N_("charger le catalogue")),
    Operation.READ_TRAIL: (N_("a lu le journal des accès"), N_("lire le journal des accès")),
    Operation.EXPORT_TRAIL: (N_("a exporté le journal des accès"), N_("exporter le journal des accès")),
    Operation.INVESTIGATE: (N_("a regardé les accès d'une personne, pour un incident"), N_("regarder les accès d'une personne")),
    Operation.MANAGE_INCIDENTS: (N_("a regardé ou traité les incidents"), N_("regarder ou traiter les incidents")),
    Operation.MANAGE_BREACHES: (N_("a regardé ou tenu le registre des violations"), N_("regarder le registre des violations")),
    Operation.MANAGE_REQUISITIONS: (N_("a regardé ou tenu le registre des réquisitions"), N_("regarder le registre des réquisitions")),
    Operation.READ_REGISTER: (N_("a lu le registre des traitements"), N_("lire le registre des traitements")),
    Operation.TAKE_CONTROL_FILE: (N_("a pris le dossier de contrôle"), N_("prendre le dossier de contrôle")),
    Operation.READ_WEEK: (N_("a regardé ce qu'il y a à faire"), N_("regarder ce qu'il y a à faire")),
    Operation.READ_SEAL: (N_("a pris le sceau du journal"), N_("prendre le sceau du journal")),
    Operation.EXPORT_JOURNAL: (N_("a exporté le journal entier"), N_("exporter le journal entier")),
    Operation.READ_OWN_TRAIL: (N_("a regardé qui a lu un dossier"), N_("regarder qui a lu un dossier")),
    Operation.PREVIEW_IMPORT: (N_("a préparé une reprise de fichier"), N_("préparer une reprise de fichier")),
    Operation.RUN_IMPORT: (N_("a repris un fichier"), N_("reprendre un fichier")),
    Operation.REBUILD_VIEWS: (N_("a fait reconstruire les vues"), N_("faire reconstruire les vues")),
    Operation.SIGN_IN: (N_("est entré·e"), N_("entrer")),
    Operation.WITHDRAW_AGREEMENT: (N_("a noté un accord repris"), N_("noter un accord repris")),
    Operation.NAME_REFERENTS: (N_("a nommé des référent·es"), N_("nommer des référent·es")),
    Operation.SHARE_RECORD: (N_("a regardé ou changé un partage"), N_("regarder ou changer un partage")),
    Operation.DECIDE_NAMES: (N_("a regardé ou décidé si les noms sont dits"), N_("décider si les noms sont dits")),
    Operation.NAME_RIGHTS_REFERENT: (
        N_("a regardé ou changé les référent·es des droits"),
        N_("regarder ou changer les référent·es des droits"),
    ),
    Operation.BREAK_GLASS: (N_("a ouvert un dossier en urgence"), N_("ouvrir un dossier en urgence")),
    Operation.LIST_GLASS: (N_("a regardé les accès d'urgence"), N_("regarder les accès d'urgence")),
    Operation.REVIEW_GLASS: (N_("a revu un accès d'urgence"), N_("revoir un accès d'urgence")),
    Operation.ACKNOWLEDGE_GLASS: (N_("a pris connaissance d'un accès d'urgence"), N_("prendre connaissance d'un accès d'urgence")),
    Operation.LIST_TEMPORARY: (N_("a regardé les partages qui se terminent"), N_("regarder les partages qui se terminent")),
    Operation.MANAGE_TEAMS: (N_("a regardé ou changé les équipes"), N_("regarder ou changer les équipes")),
    Operation.MANAGE_REPLACEMENTS: (N_("a regardé ou changé les remplacements"), N_("regarder ou changer les remplacements")),
    Operation.STEP_UP: (N_("a prouvé à nouveau qui elle ou il est"), N_("prouver à nouveau qui elle ou il est")),
    Operation.CHANGE_PURPOSE: (N_("a changé de raison de travailler"), N_("changer de raison de travailler")),
    Operation.MANAGE_SESSIONS: (N_("a regardé ou fermé ses connexions"), N_("regarder ou fermer ses connexions")),
    Operation.ACCEPT_INVITATION: (N_("a accepté une invitation"), N_("accepter une invitation")),
    Operation.LIST_ACCOUNTS: (N_("a regardé les comptes"), N_("regarder les comptes")),
    Operation.MANAGE_ACCOUNTS: (N_("a changé un compte"), N_("changer un compte")),
    Operation.REVIEW_ACCOUNTS: (N_("a revu des comptes"), N_("revoir des comptes")),
    Operation.CLOSE_UNUSED_ACCOUNTS: (N_("a fermé des comptes inutilisés"), N_("fermer des comptes inutilisés")),
    Operation.CHANGE_FACTORS: (N_("a changé ses moyens de connexion"), N_("changer ses moyens de connexion")),
    Operation.MANAGE_TOKENS: (N_("a regardé ou changé ses jetons"), N_("regarder ou changer ses jetons")),
    Operation.USE_TOKEN: (N_("est passé·e par un jeton"), N_("passer par un jeton")),
    Operation.SIGN_OUT: (N_("a quitté"), N_("quitter")),
}
"""An operation that is not here yet is told by its name in the list of labels."""


def deed(operation: str, *, granted: bool) -> str | None:
    """Return what was done, or what somebody wanted to do; `None` for an operation that has no sentence yet."""
    pair = DEEDS.get(operation)
    return None if pair is None else sentences_in().say(pair[0] if granted else pair[1])
