"""Why a rule said no. Each refusal has a stable code; its docstring is its sentence, in plain French, for the person who can act.

No refusal carries a youth's content. The domain knows no HTTP status: `api/web/errors.py` maps codes to statuses.
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

    def __init__(self, expected_version: int | None = None, current_version: int | None = None) -> None:
        """Say which version was read and which one stands now, when both are known."""
        super().__init__()
        self.expected_version = expected_version
        self.current_version = current_version


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


class FieldRefused(DomainError):
    """Cette valeur n'est pas acceptée. Corrigez-la."""

    code = "field_refused"

    def __init__(self, field: str, message: str | None = None) -> None:
        """Name the `field` at fault (its identifier in the form), never what was typed in it."""
        super().__init__(message)
        self.field = field


class TextMissing(FieldRefused):
    """Ce champ est vide. Remplissez-le."""

    code = "text_missing"


class TextTooLong(FieldRefused):
    """Ce texte est trop long. Raccourcissez-le."""

    code = "text_too_long"

    def __init__(self, field: str, limit: int, length: int) -> None:
        """Say how long the text of `field` may be and is, in characters."""
        super().__init__(field, f"Ce texte est trop long : {limit} caractères au plus, il y en a {length}. Raccourcissez-le.")


class CharacterRefused(FieldRefused):
    """Ce texte contient un caractère invisible ou illisible. Retapez-le au lieu de le coller."""

    code = "character_refused"


class NationalNumberRefused(FieldRefused):
    """Ce texte contient un numéro de sécurité sociale. Il ne doit être écrit nulle part : retirez-le."""

    code = "national_number_refused"


class DateRefused(FieldRefused):
    """Cette date n'est pas possible. Corrigez-la."""

    code = "date_refused"


class DateInFuture(DateRefused):
    """Cette date est dans le futur. Indiquez le jour où cela a eu lieu."""

    code = "date_in_future"


class DateTooOld(DateRefused):
    """Cette date est trop ancienne pour être juste. Vérifiez l'année."""

    code = "date_too_old"


class NumberRefused(FieldRefused):
    """Ce nombre n'est pas possible. Corrigez-le."""

    code = "number_refused"

    def __init__(self, field: str, lowest: int, highest: int) -> None:
        """Say between what bounds the whole number of `field` must be."""
        super().__init__(field, f"Indiquez un nombre entier entre {lowest} et {highest}.")


class ChoiceUnknown(FieldRefused):
    """Ce choix n'existe pas. Choisissez dans la liste."""

    code = "choice_unknown"


class TooMany(FieldRefused):
    """Il y en a trop. Gardez l'essentiel."""

    code = "too_many"


class ReferentsRefused(FieldRefused):
    """Un dossier a un ou deux référents, différents l'un de l'autre."""

    code = "referents_refused"


class NotInformed(DomainError):
    """Rien ne s'écrit avant que le jeune ait été informé. Notez d'abord quand et comment vous le lui avez dit."""

    code = "not_informed"


class AgreementMissing(DomainError):
    """Le jeune n'a pas donné son accord pour cela. Notez d'abord son accord, ou continuez sans."""

    code = "agreement_missing"


class AgreementTakenBack(DomainError):
    """Le jeune a repris son accord pour cela : rien de plus ne s'y écrit, sauf s'il le redonne."""

    code = "agreement_taken_back"


class CategoryOff(DomainError):
    """Cette catégorie n'est pas ouverte dans votre structure."""

    code = "category_off"


class StepUnknown(DomainError):
    """Cette démarche n'existe pas dans ce dossier. Relisez-le."""

    code = "step_unknown"


class StepCompletedAlready(DomainError):
    """Cette démarche est déjà terminée."""

    code = "step_completed_already"


class PresenceRequired(DomainError):
    """Un éducateur ne demande l'effacement que pour un jeune présent à ses côtés. Confirmez sa présence."""

    code = "presence_required"


class ErasureTooLate(DomainError):
    """Il est trop tard pour annuler : l'effacement a commencé."""

    code = "erasure_too_late"


class ErasureUnderWay(DomainError):
    """Ce qui était écrit dans ce domaine est en train d'être effacé. Un nouvel accord pourra être noté dès que ce sera fini."""

    code = "erasure_under_way"


class SecondApprover(DomainError):
    """Il faut l'accord de deux personnes différentes. Le vôtre est déjà noté : c'est à l'autre de donner le sien."""

    code = "second_approver"


class GateClosedAlready(DomainError):
    """Aucun accord d'archives n'est en cours : il n'y a rien à terminer."""

    code = "gate_closed_already"


class HoldLiftedAlready(DomainError):
    """Aucune suspension n'est en cours sur ce dossier."""

    code = "hold_lifted_already"


class ErasureOutOfOrder(DomainError):
    """Cet effacement n'en est pas à cette étape."""

    code = "erasure_out_of_order"


class StoreUnavailable(DomainError):
    """Le service ne peut pas enregistrer ni lire pour l'instant. Rien n'est perdu : gardez cette page et réessayez dans un instant."""

    code = "store_unavailable"


class CommandKeyReused(DomainError):
    """Cette clé d'action a déjà servi à une autre action. Rechargez la page, puis recommencez."""

    code = "command_key_reused"


class NothingToWrite(DomainError):
    """Il n'y a rien à enregistrer."""

    code = "nothing_to_write"


class AlreadyImported(DomainError):
    """Ce fichier a déjà été repris : rien n'a changé."""

    code = "already_imported"


class CatalogueUnreadable(DomainError):
    """Ce fichier n'est pas un catalogue : il faut les colonnes « section », « item » et « source », séparées par des points-virgules."""

    code = "catalogue_unreadable"


class ItemUnknown(DomainError):
    """Cet item n'existe pas dans le catalogue."""

    code = "item_unknown"


class ItemNotDescribed(DomainError):
    """Cet item n'a pas encore de but, de nécessité, de lecteurs, de durée et de définition : il ne peut pas être ouvert. Complétez-les."""

    code = "item_not_described"


class ApprovalMissing(DomainError):
    """Cet item est sensible : il faut l'accord d'un représentant des éducateurs et celui du DPO, deux personnes différentes."""

    code = "approval_missing"


class ImportRefused(DomainError):
    """Ce fichier ne peut pas être importé : rien n'a été écrit."""

    code = "import_refused"

    def __init__(self, sheet: str, row: int, refusal: DomainError | None = None) -> None:
        """Name the `sheet` and `row` whose content a rule refuses, and repeat the rule's own sentence."""
        said = refusal or "cette ligne parle d'une personne dont la ligne n'est pas reprise."
        super().__init__(f"Rien n'a été écrit. Feuille « {sheet} », ligne {row} : {said}")
        self.sheet = sheet
        self.row = row


class PriorInformationMissing(FieldRefused):
    """Dites comment l'enfant et ses parents ont été informés avant, ou en quoi les informer serait contraire à l'intérêt de l'enfant."""

    code = "prior_information_missing"


class SamePersonTwice(FieldRefused):
    """L'auteur, la personne qui contresigne et le destinataire sont des personnes différentes. Choisissez quelqu'un d'autre."""

    code = "same_person_twice"


class SubjectNotYours(FieldRefused):
    """Ce dossier n'est pas parmi les vôtres, ou il est fermé. Choisissez-en un autre, ou aucun : le texte s'écrit aussi sans dossier."""

    code = "subject_not_yours"


class CountersignedAlready(DomainError):
    """Cette information préoccupante est déjà contresignée."""

    code = "countersigned_already"


class YouthToldMissing(FieldRefused):
    """Dites comment la ou le jeune l'a su, ou pourquoi on ne le lui a pas dit."""

    code = "youth_told_missing"


class ReferentAlready(FieldRefused):
    """Cette personne accompagne déjà ce jeune. Choisissez quelqu'un d'autre."""

    code = "referent_already"


class NotAReader(FieldRefused):
    """Cette personne accompagne ce jeune ou a écrit dans son dossier : elle ne peut pas en juger. Choisissez quelqu'un d'autre."""

    code = "not_a_reader"


class AccessUnknown(DomainError):
    """Cet accès n'existe pas, ou il est déjà terminé."""

    code = "access_unknown"


class ReasonTooShort(FieldRefused):
    """Dites en une phrase ce qui se passe, en quinze caractères au moins et sans nommer personne."""

    code = "reason_too_short"


class DetailMissing(FieldRefused):
    """Donnez, avec le surnom, un détail au moins : l'année de naissance, le quartier ou qui l'accompagne."""

    code = "detail_missing"


class NothingOpened(DomainError):
    """Rien ne s'est ouvert. Il faut le surnom exact, un détail juste, et que ce dossier ne vous soit pas déjà ouvert par ailleurs."""

    code = "nothing_opened"


class TriesSpent(DomainError):
    """Vous avez essayé trois fois en vingt-quatre heures : c'est le maximum. Appelez vos collègues, ou les secours : 15, 17, 18, 112."""

    code = "tries_spent"


class GlassReviewedAlready(DomainError):
    """Cet accès d'urgence est déjà revu."""

    code = "glass_reviewed_already"


class ReviewMustWait(DomainError):
    """L'effacement de ce dossier est demandé : jugez cet accès quand il sera effacé, ou rouvert. Il reste à revoir."""

    code = "review_must_wait"


class TeamUnknown(FieldRefused):
    """Cette équipe n'existe pas, ou n'existe plus. Choisissez dans la liste."""

    code = "team_unknown"


class TeamNamedAlready(FieldRefused):
    """Une équipe porte déjà ce nom. Choisissez-en un autre."""

    code = "team_named_already"


class ReplacementUnknown(DomainError):
    """Ce remplacement n'existe pas, ou il est déjà terminé."""

    code = "replacement_unknown"
