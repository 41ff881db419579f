"""What the stored values of the DPO's desk are called on screen: its files, its register, what there is to do."""

from collections.abc import Mapping
from typing import Final

from api.pages.sentences import N_
from domain.access.relations import Relation
from domain.desk.breach import KeysCompromised, Missing, NotToldBecause
from domain.desk.incident import Conclusion
from domain.desk.processing import Processing
from domain.desk.requisition import RefusalGround
from projections.anomalies import Rule

TASKS: Final[Mapping[str, str]] = {
    "breach_clock": N_("Violation : prévenir la CNIL, ou dire pourquoi non"),
    "emergency": N_("Un accès d'urgence est à revoir"),
    "anomaly": N_("Des alertes sont à traiter"),
    "incident": N_("Incident : dire ce qu'il en est"),
    "breach_open": N_("Violation : terminer la fiche"),
    "late_erasure": N_("Un effacement dépasse 30 jours"),
    "approval": N_("Un effacement attend votre accord"),
    "requisition": N_("Réquisition : noter la réponse"),
    "archives_closed": N_("Aucun accord d'archives n'est en cours"),
    "archives_ending": N_("L'accord d'archives va finir"),
    "hold_ending": N_("Une suspension va finir"),
    "share_ending": N_("Des partages arrivent à leur terme"),
    "replacement_ending": N_("Un remplacement va finir"),
    "accounts": N_("Des comptes sont à revoir"),
    "administrator_unused": N_("Le seul compte d'administration ne sert plus depuis 60 jours"),
    "backup": N_("Il n'y a pas de sauvegarde récente"),
    "trail_not_sealed": N_("Le journal n'a pas été scellé depuis une heure"),
    "not_sealed": N_("Le service ne démarre pas scellé"),
}
TASK_MEANINGS: Final[Mapping[str, str]] = {
    "breach_clock": N_("L'horloge de 72 heures tourne."),
    "emergency": N_("Quelqu'un a ouvert un dossier qui n'est pas le sien. Était-ce justifié ?"),
    "anomaly": N_("Une phrase suffit souvent."),
    "incident": N_("La raison est notée ; il manque la conclusion."),
    "breach_open": N_("La CNIL est réglée ; il reste les clés ou les personnes."),
    "late_erasure": N_("Répondez à la personne, et levez ce qui manque."),
    "approval": N_("Il faut deux personnes : la vôtre manque."),
    "requisition": N_("Ce qui a été remis, ou pourquoi rien ne l'a été."),
    "archives_closed": N_("Rien ne peut être détruit : les effacements demandés attendent."),
    "archives_ending": N_("En demander un autre prend des semaines."),
    "hold_ending": N_("Après ce jour, ce qui était suspendu peut être détruit."),
    "share_ending": N_("Ils s'arrêtent seuls. La ou le référent·e les refait s'il le faut."),
    "replacement_ending": N_("Il s'arrête seul. L'administration le prolonge s'il le faut."),
    "accounts": N_("Tous les 90 jours, l'administration confirme qui a encore besoin d'entrer."),
    "administrator_unused": N_("Il reste ouvert : fermé, plus personne n'inviterait. La direction dit qui administre."),
    "backup": N_("La personne qui tient la machine lance « ./run sillage backup », chaque nuit."),
    "trail_not_sealed": N_("La personne qui tient la machine lance « ./run sillage doctor »."),
    "not_sealed": N_("Une machine volée s'ouvrirait. « ./run sillage keys protect » y met fin."),
}
TASK_BUTTONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("breach_clock", "breach_open", "incident"), N_("Décider")),
    "emergency": N_("Revoir"),
    **dict.fromkeys(("anomaly", "requisition"), N_("Traiter")),
    **dict.fromkeys(("late_erasure", "trail_not_sealed", "share_ending", "replacement_ending"), N_("Regarder")),
    "approval": N_("Donner son accord"),
    **dict.fromkeys(("archives_closed", "archives_ending"), N_("Noter un accord")),
    "hold_ending": N_("Prolonger ou lever"),
    "accounts": N_("Revoir les comptes"),
}
RELATIONS: Final[Mapping[str, str]] = {
    Relation.REFERENT: N_("référent·e"),
    Relation.SELF: N_("la ou le jeune"),
    Relation.REPLACEMENT: N_("remplacement"),
    Relation.NAMED_SHARE: N_("partage avec une personne"),
    Relation.TEAM_SHARE: N_("partage avec une équipe"),
    Relation.RIGHTS_REFERENT: N_("référent·e des droits"),
    Relation.BROKEN_GLASS: N_("accès d'urgence"),
    Relation.AUTHOR: N_("auteur ou autrice"),
    Relation.COUNTERSIGNER: N_("contresigne"),
    Relation.ADDRESSEE: N_("destinataire"),
    Relation.NONE: N_("sans lien avec un dossier"),
}
PROCESSINGS: Final[Mapping[str, str]] = {
    Processing.ACCOMPANIMENT: N_("Accompagner les jeunes"),
    Processing.PROTECTION: N_("Informations préoccupantes"),
    Processing.ACTIVITY: N_("Activité et chiffres, sans personne nommée"),
    Processing.TRAIL: N_("Journal des accès"),
    Processing.ACCOUNTS: N_("Comptes de l'équipe"),
    Processing.REGISTERS: N_("Registres et droits"),
}
KEPT_SINCE: Final[Mapping[str, str]] = {
    "last_contact": N_("après le dernier contact venu de la ou du jeune"),
    "access": N_("après l'accès, mois par mois"),
    "structure": N_("aussi longtemps que la structure garde son histoire : rien ne s'efface seul"),
}
MEASURES: Final[Mapping[str, str]] = {
    "key_per_youth": N_("Chaque dossier est chiffré avec ses propres clés"),
    "keys_apart": N_("Les clés vivent sur une autre machine que les données"),
    "sealed_start": N_("Le service démarre scellé : une machine volée ne donne rien"),
    "key_replicas": N_("Les clés ont des copies"),
    "second_factor": N_("Deux facteurs pour entrer"),
    "trail_sealed": N_("Le journal des accès est scellé"),
    "checkpoints_off_server": N_("Les sceaux du journal sortent du serveur"),
    "ledger_off_server": N_("Le registre des effacements sort du serveur"),
    "backups": N_("Des sauvegardes sont faites"),
    "encrypted_database_link": N_("Le chemin vers la base est chiffré"),
    "limits": N_("Le nombre de demandes par minute est limité"),
}
KEYS_COMPROMISED: Final[Mapping[str, str]] = {
    KeysCompromised.NO: N_("Non : les clés sont restées à l'abri"),
    KeysCompromised.YES: N_("Oui"),
    KeysCompromised.UNKNOWN: N_("On ne sait pas (compte comme oui)"),
}
NOT_TOLD_BECAUSE: Final[Mapping[str, str]] = {
    NotToldBecause.ENCRYPTED: N_("Tout est chiffré et les clés sont sûres : illisible (34(3)(a))"),
    NotToldBecause.MEASURES: N_("Ce qui a été fait depuis écarte un risque élevé (34(3)(b))"),
    NotToldBecause.PUBLIC_NOTICE: N_("Prévenir chacun serait démesuré : un avis public est fait (34(3)(c))"),
    NotToldBecause.NO_HIGH_RISK: N_("Le risque n'est pas élevé (34(1))"),
}
MISSING: Final[Mapping[str, str]] = {
    Missing.AUTHORITY: N_("prévenir la CNIL, ou dire pourquoi non"),
    Missing.KEYS: N_("dire si les clés sont touchées"),
    Missing.PEOPLE: N_("prévenir les personnes, ou dire pourquoi non"),
}
REFUSAL_GROUNDS: Final[Mapping[str, str]] = {
    RefusalGround.IN_BULK: N_("Elle demande une liste, ou plusieurs dossiers à la fois"),
    RefusalGround.NO_GROUND: N_("Il manque le texte, le numéro d'affaire ou la signature"),
    RefusalGround.SECRECY: N_("Le secret professionnel est opposé"),
    RefusalGround.NOTHING_KNOWN: N_("Ni confirmé, ni infirmé : rien n'y répond"),
}
CONCLUSIONS: Final[Mapping[str, str]] = {
    Conclusion.EXPLAINED: N_("Expliqué : rien à reprocher"),
    Conclusion.MISUSE: N_("Regardé sans raison, et rien n'est sorti du service"),
    Conclusion.BREACH: N_("Violation de données : ouvrir sa fiche au registre"),
}
RULES: Final[Mapping[str, str]] = {
    Rule.BULK_READS: N_("a ouvert plus de 30 dossiers différents en une heure."),
    Rule.OUTSIDE_CASELOAD: N_("a essayé d'ouvrir plusieurs dossiers qui ne sont pas dans son suivi."),
    Rule.REPEATED_REFUSALS: N_("a demandé beaucoup de pages qui ne sont pas ouvertes à son rôle."),
    Rule.PROBING: N_("a demandé, l'un après l'autre, beaucoup de dossiers qui n'existent pas."),
    Rule.FAILED_SIGN_INS: N_("Beaucoup de connexions ont échoué dans la même heure."),
}
RULE_ADVICE: Final[Mapping[str, str]] = {
    Rule.BULK_READS: N_("Souvent une relecture, un bilan, une passation : demandez-le, simplement."),
    Rule.OUTSIDE_CASELOAD: N_("Souvent d'anciens liens, après un changement de référent·e : demandez-le, simplement."),
    Rule.REPEATED_REFUSALS: N_("Souvent une adresse gardée d'un autre poste. Sinon, quelqu'un cherche ce qu'il peut ouvrir."),
    Rule.PROBING: N_("Personne ne tape cela par erreur : regardez."),
    Rule.FAILED_SIGN_INS: N_(
        "Souvent un mot de passe oublié. Sinon, quelqu'un essaie : demandez à l'équipe, la page de chacun le lui dit aussi."
    ),
}
DESK_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "task": TASKS,
    "task_what": TASK_MEANINGS,
    "task_button": TASK_BUTTONS,
    "relation": RELATIONS,
    "processing": PROCESSINGS,
    "measure": MEASURES,
    "keys": KEYS_COMPROMISED,
    "not_told": NOT_TOLD_BECAUSE,
    "missing": MISSING,
    "refusal_ground": REFUSAL_GROUNDS,
    "conclusion": CONCLUSIONS,
    "rule": RULES,
    "rule_advice": RULE_ADVICE,
}
