"""What the stored values are called on screen. A value that has no name here is shown as it stands (a theme that a structure made up)."""

from collections.abc import Iterable, Mapping
from typing import Final

from api.pages.desk_labels import DESK_KINDS
from api.pages.sentences import N_, sentences_in
from domain.age_bands import AgeBand, WideBand
from domain.categories import Category
from domain.oblivion.archive_gate import ArchiveGround
from domain.oblivion.erasure import Ground, Obstacle, Stage
from domain.oblivion.hold import HoldReason
from domain.reports.protection_report import HandoverChannel
from domain.trail import Operation, Outcome, Purpose, Role
from domain.vocabulary import Channel, Gender, Initiative, OutingKind
from projections.activity_fold import CHANTIER, PRESENCE

CHANNELS: Final[Mapping[str, str]] = {
    Channel.STREET: N_("Dans la rue"),
    Channel.PREMISES: N_("Au local"),
    Channel.PHONE: N_("Au téléphone"),
    Channel.TEXT_MESSAGE: N_("Par message"),
    Channel.NETWORK: N_("Réseau social"),
    Channel.SCHOOL: N_("Collège, lycée"),
    Channel.PARTNER: N_("Chez un partenaire"),
    Channel.ACTIVITY: N_("Pendant une activité"),
    Channel.HOME_VISIT: N_("À domicile"),
    Channel.OTHER: N_("Autrement"),
}
INITIATIVES: Final[Mapping[str, str]] = {
    Initiative.YOUTH: N_("Elle ou lui"),
    Initiative.WORKER: N_("Nous"),
    Initiative.OTHER: N_("Un tiers"),
}
GENDERS: Final[Mapping[str, str]] = {
    Gender.GIRL: N_("Fille"),
    Gender.BOY: N_("Garçon"),
    Gender.UNKNOWN: N_("Non noté"),
}
SEXES: Final[Mapping[str, str]] = {
    Gender.GIRL: N_("Filles"),
    Gender.BOY: N_("Garçons"),
    Gender.UNKNOWN: N_("Non noté"),
}
AGES: Final[Mapping[str, str]] = {
    AgeBand.UNDER_11: N_("Moins de 11 ans"),
    AgeBand.FROM_11_TO_15: N_("11 à 15 ans"),
    AgeBand.FROM_16_TO_17: N_("16 et 17 ans"),
    AgeBand.FROM_18_TO_20: N_("18 à 20 ans"),
    AgeBand.FROM_21_TO_25: N_("21 à 25 ans"),
    AgeBand.OVER_25: N_("Plus de 25 ans"),
    AgeBand.UNKNOWN: N_("Âge non noté"),
    WideBand.UNDER_16: N_("Moins de 16 ans"),
    WideBand.FROM_16_TO_25: N_("16 à 25 ans"),
}
OUTINGS: Final[Mapping[str, str]] = {
    OutingKind.STREET_WORK: N_("Travail de rue"),
    OutingKind.SOCIAL_PRESENCE: N_("Présence sociale"),
    OutingKind.OPEN_DOOR: N_("Permanence"),
    OutingKind.GROUP_ACTION: N_("Action collective"),
}
ACTS: Final[Mapping[str, str]] = {
    **OUTINGS,
    CHANTIER: N_("Chantier éducatif"),
    PRESENCE: N_("Présence comptée"),
}
CATEGORIES: Final[Mapping[str, str]] = {
    Category.CORE: N_("L'essentiel"),
    Category.IDENTITY: N_("Identité"),
    Category.FOLLOW_UP: N_("Suivi"),
    Category.VITAL: N_("Consigne vitale"),
    Category.HEALTH: N_("Santé"),
    Category.JUSTICE: N_("Justice"),
    Category.PROTECTION: N_("Protection"),
    Category.STRUCTURE: N_("Structure"),
}
CATEGORY_MEANINGS: Final[Mapping[str, str]] = {
    Category.IDENTITY: N_("Écrire son vrai prénom ou son nom, pour une démarche qui le demande."),
    Category.FOLLOW_UP: N_("Garder le fil : contacts, notes, démarches. Repris, tout ce fil est effacé."),
    Category.VITAL: N_("Un fait qui peut sauver la vie cette nuit, 30 jours au plus."),
}
ROLES: Final[Mapping[str, str]] = {
    Role.EDUCATOR: N_("éducatrice ou éducateur"),
    Role.HEAD_OF_SERVICE: N_("chef·fe de service"),
    Role.DPO: N_("protection des données"),
    Role.ADMINISTRATOR: N_("administration"),
    Role.FUNDER: N_("financeur"),
    Role.YOUTH: N_("la ou le jeune"),
    Role.SYSTEM: N_("le service lui-même"),
}
PURPOSES: Final[Mapping[str, str]] = {
    Purpose.ACCOMPANY: N_("accompagner"),
    Purpose.OWN_RECORD: N_("son propre dossier"),
    Purpose.REVIEW_ACCESS: N_("vérifier les accès"),
    Purpose.STEER: N_("piloter avec des chiffres"),
    Purpose.TAKE_OVER_FILES: N_("reprendre d'anciens fichiers"),
    Purpose.HONOUR_RIGHTS: N_("répondre à un droit"),
    Purpose.RUN_SERVICE: N_("faire marcher le service"),
    Purpose.EMERGENCY: N_("une urgence"),
    Purpose.PROTECT: N_("protéger un enfant"),
}
HANDOVERS: Final[Mapping[str, str]] = {
    HandoverChannel.IN_PERSON: N_("en main propre"),
    HandoverChannel.POST: N_("par courrier"),
    HandoverChannel.PHONE: N_("au téléphone"),
    HandoverChannel.SECURE_MESSAGE: N_("par messagerie sécurisée"),
    HandoverChannel.PORTAL: N_("sur le site du service"),
    HandoverChannel.OTHER: N_("autrement"),
}
OPERATIONS: Final[Mapping[str, str]] = {
    Operation.LIST_CASELOAD: N_("vu dans une liste"),
    Operation.READ_RECORD: N_("dossier lu"),
    Operation.OPEN_RECORD: N_("dossier créé"),
    Operation.CHANGE_RECORD: N_("dossier complété"),
    Operation.WITHDRAW_AGREEMENT: N_("accord repris"),
    Operation.NAME_REFERENTS: N_("référent·es changé·es"),
    Operation.SHARE_RECORD: N_("partages lus ou changés"),
    Operation.ERASE_RECORD: N_("effacement demandé"),
    Operation.ASK_ERASURE: N_("effacement demandé par référence"),
    Operation.APPROVE_ERASURE: N_("accord pour un effacement"),
    Operation.CANCEL_ERASURE: N_("effacement annulé"),
    Operation.LIST_ERASURES: N_("liste des effacements"),
    Operation.READ_ERASURE: N_("suivi d'un effacement"),
    Operation.READ_CERTIFICATE: N_("attestation d'effacement"),
    Operation.MANAGE_HOLDS: N_("suspension d'un effacement : regardée ou changée"),
    Operation.MANAGE_ARCHIVE_GATE: N_("accord d'archives"),
    Operation.LIST_REPORTS: N_("liste d'informations préoccupantes"),
    Operation.WRITE_REPORT: N_("information préoccupante écrite"),
    Operation.READ_REPORT: N_("information préoccupante lue"),
    Operation.COUNTERSIGN_REPORT: N_("information préoccupante contresignée"),
    Operation.SEND_REPORT: N_("information préoccupante remise"),
    Operation.RELEASE_REPORT: N_("information préoccupante donnée en main propre"),
    Operation.LIST_ACTIVITIES: N_("liste des sorties"),
    Operation.RECORD_ACTIVITY: N_("sortie notée"),
    Operation.READ_FIGURES: N_("chiffres lus"),
    Operation.READ_CATALOGUE: N_("catalogue lu"),
    Operation.LOAD_CATALOGUE: N_("catalogue chargé"),
    Operation.READ_TRAIL: N_("journal des accès lu"),
    Operation.EXPORT_TRAIL: N_("journal des accès exporté"),
    Operation.INVESTIGATE: N_("accès d'une personne lus, pour un incident"),
    Operation.MANAGE_INCIDENTS: N_("incidents et alertes"),
    Operation.MANAGE_BREACHES: N_("registre des violations"),
    Operation.MANAGE_REQUISITIONS: N_("registre des réquisitions"),
    Operation.READ_REGISTER: N_("registre des traitements"),
    Operation.TAKE_CONTROL_FILE: N_("dossier de contrôle pris"),
    Operation.READ_WEEK: N_("choses à faire lues"),
    Operation.READ_SEAL: N_("sceau du journal pris"),
    Operation.EXPORT_JOURNAL: N_("journal entier exporté"),
    Operation.READ_OWN_TRAIL: N_("liste des accès au dossier lue"),
    Operation.DECIDE_NAMES: N_("noms à donner ou non : choix regardé ou changé"),
    Operation.NAME_RIGHTS_REFERENT: N_("référent·e des droits : choix regardé ou changé"),
    Operation.BREAK_GLASS: N_("accès d'urgence"),
    Operation.LIST_GLASS: N_("accès d'urgence relus"),
    Operation.REVIEW_GLASS: N_("accès d'urgence jugé"),
    Operation.ACKNOWLEDGE_GLASS: N_("accès d'urgence vu"),
    Operation.LIST_TEMPORARY: N_("partages qui se terminent"),
    Operation.MANAGE_TEAMS: N_("équipes"),
    Operation.MANAGE_REPLACEMENTS: N_("remplacements"),
    Operation.PREVIEW_IMPORT: N_("aperçu d'une reprise"),
    Operation.RUN_IMPORT: N_("reprise de fichier"),
    Operation.REBUILD_VIEWS: N_("vues reconstruites"),
    Operation.SIGN_IN: N_("entrée"),
    Operation.SIGN_OUT: N_("sortie du service"),
    Operation.STEP_UP: N_("identité confirmée"),
    Operation.CHANGE_PURPOSE: N_("finalité changée"),
    Operation.MANAGE_SESSIONS: N_("ses connexions"),
    Operation.ACCEPT_INVITATION: N_("invitation acceptée"),
    Operation.LIST_ACCOUNTS: N_("liste des comptes"),
    Operation.MANAGE_ACCOUNTS: N_("compte créé ou changé"),
    Operation.REVIEW_ACCOUNTS: N_("droits revus"),
    Operation.CLOSE_UNUSED_ACCOUNTS: N_("compte inutilisé fermé"),
    Operation.CHANGE_FACTORS: N_("moyen de connexion changé"),
    Operation.MANAGE_TOKENS: N_("jeton créé ou retiré"),
    Operation.REVOKE_TOKEN: N_("jeton retiré"),
    Operation.USE_TOKEN: N_("par un programme, avec un jeton"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.GRANTED: N_("accordé"),
    Outcome.REFUSED: N_("refusé"),
    Outcome.NOT_FOUND: N_("introuvable"),
}
STAGES: Final[Mapping[str, str]] = {
    Stage.CLOSED: N_("fermé"),
    Stage.CANCELLED: N_("annulé"),
    Stage.EFFECTIVE: N_("effacé"),
    Stage.PURGED: N_("purgé"),
    Stage.IRREVERSIBLE: N_("irréversible"),
}
GROUNDS: Final[Mapping[str, str]] = {
    Ground.DEMAND: N_("demande de la ou du jeune"),
    Ground.WITHDRAWAL: N_("accord repris"),
    Ground.OFFICE: N_("demande reçue"),
    Ground.RETENTION: N_("durée dépassée"),
}
OFFICE_GROUNDS: Final[Mapping[str, str]] = {
    Ground.OFFICE: N_("La personne l'a demandé, par lettre ou de vive voix"),
    Ground.RETENTION: N_("La durée de conservation est dépassée"),
}
OBSTACLES: Final[Mapping[str, str]] = {
    Obstacle.COOLING_OFF: N_("délai de réflexion"),
    Obstacle.APPROVALS: N_("deuxième accord"),
    Obstacle.ARCHIVE_GATE: N_("accord d'archives"),
    Obstacle.HOLD: N_("suspension"),
}
ARCHIVE_GROUNDS: Final[Mapping[str, str]] = {
    ArchiveGround.STANDING_AGREEMENT: N_("Un accord par catégorie de documents"),
    ArchiveGround.VISA: N_("Un visa sur une liste de documents"),
    ArchiveGround.PRIVATE_ARCHIVES: N_("Une décision écrite : ce sont des archives privées"),
}
HOLD_REASONS: Final[Mapping[str, str]] = {
    HoldReason.LITIGATION: N_("Un litige est en cours"),
    HoldReason.REQUISITION: N_("Une réquisition judiciaire est en cours"),
    HoldReason.CHILD_PROTECTION: N_("Une information préoccupante est en cours"),
}
INFORMED_WAYS: Final = (
    N_("de vive voix"),
    N_("de vive voix, feuille remise"),
    N_("par message"),
)
"""Stored as they stand, since a structure words its own."""

THEMES: Final = (
    N_("être écouté·e"),
    N_("scolarité"),
    N_("emploi, formation"),
    N_("logement"),
    N_("papiers, droits"),
    N_("argent"),
    N_("loisirs, culture"),
    N_("mobilité"),
    N_("numérique"),
    N_("autre"),
)
"""Facts and demands, stored as they stand. Health, justice and judgements on a person are not among them (N6)."""

DURATIONS: Final[Mapping[str, str]] = {
    "5": N_("5 min"),
    "15": N_("15 min"),
    "30": N_("30 min"),
    "60": N_("1 h"),
    "120": N_("2 h"),
    "180": N_("3 h"),
    "240": N_("4 h"),
}

WAYS: Final[Mapping[str, str]] = {
    "passkey": N_("clé d'accès"),
    "password": N_("mot de passe et code"),
}
NOTICES: Final[Mapping[str, str]] = {
    "failed": N_("quelqu'un a essayé d'entrer sous votre identifiant, sans y arriver"),
    "passkey_refused": N_("quelqu'un a présenté plusieurs fois une clé d'accès qui n'ouvre pas votre compte"),
    "step_up_failed": N_("quelqu'un a essayé plusieurs fois de confirmer un acte grave sur votre session, sans y arriver"),
    "password_set": N_("un mot de passe et des codes ont été choisis"),
    "passkey_added": N_("une clé d'accès a été ajoutée"),
    "passkey_removed": N_("une clé d'accès a été retirée"),
    "recovery_used": N_("un code de secours a servi"),
    "invited_again": N_("vous avez été invité·e à nouveau : vos anciens moyens d'entrer ne valent plus"),
    "role_changed": N_("votre rôle a été changé"),
    "sessions_ended": N_("vos connexions ont été terminées par l'administration"),
    "token_made": N_("un jeton pour un programme a été créé"),
}

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "channel": CHANNELS,
    "initiative": INITIATIVES,
    "gender": GENDERS,
    "sex": SEXES,
    "age": AGES,
    "outing": OUTINGS,
    "act": ACTS,
    "category": CATEGORIES,
    "category_what": CATEGORY_MEANINGS,
    "role": ROLES,
    "purpose": PURPOSES,
    "operation": OPERATIONS,
    "outcome": OUTCOMES,
    "handover": HANDOVERS,
    "stage": STAGES,
    "ground": GROUNDS,
    "obstacle": OBSTACLES,
    "archive_ground": ARCHIVE_GROUNDS,
    "hold_reason": HOLD_REASONS,
    **DESK_KINDS,
    "way": WAYS,
    "notice": NOTICES,
    "informed": {},
    "theme": {},
}


def name_of(value: object, kind: str) -> str:
    """Return the sentence, in the source language, that names `value` on screen."""
    return KINDS[kind].get(str(value), str(value))


def options(values: Mapping[str, str] | Iterable[str]) -> list[tuple[str, str]]:
    """Return (value, name on screen) for the choices of a form."""
    say = sentences_in().say
    pairs = values.items() if isinstance(values, Mapping) else ((value, value) for value in values)
    return [(value, say(name)) for value, name in pairs]
