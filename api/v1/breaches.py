"""The register of breaches, for the DPO: its clock, its decisions, the records touched (RGPD art. 33 and 34; R005, R006)."""

import re
from datetime import date, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.desk.breach_desk import look_at_touched, name_perimeter
from api.v1.answers import READING, WRITING
from api.v1.incidents import FileNumber, NumberShown
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import Command, SignedIn
from api.web.schemas import Body, Day, Identifier, Line, Prose, Sentence
from domain.desk.breach import Breach, KeysCompromised, NotToldBecause
from domain.identifiers import AccountId
from domain.trail import Operation
from projections.access_trail import TouchedRecord

router = APIRouter(prefix="/breaches", tags=["protection des données"])

_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})")


def _moment(value: object) -> datetime:
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("datetime_expected", "a moment as 2026-11-22T14:30:00Z, its zone said")


Moment = Annotated[datetime, BeforeValidator(_moment), Field(examples=["2026-11-22T14:30:00Z"])]


class BreachFound(Body):
    """Ce qui s’est passé, et quand on l’a su : l’horloge de 72 heures part de là."""

    aware_at: Moment
    what: Prose


class StageKnown(Body):
    """Ce que l’on sait depuis (art. 33(4))."""

    text: Prose


class PerimeterNamed(Body):
    """Un compte, et l’intervalle où ses accès ont pu être ceux de quelqu’un d’autre."""

    account: Identifier
    since: Moment
    until: Moment


class KeysAnswer(Body):
    """Si les clés sont touchées ; ne pas savoir compte comme oui (R006)."""

    compromised: Annotated[KeysCompromised, BeforeValidator(lambda value: _member(KeysCompromised, value))]


class AuthorityTold(Body):
    """La CNIL est prévenue. Après 72 heures, `late_because` est obligatoire."""

    notified_at: Moment
    reference: Line | None = None
    late_because: Sentence | None = None


class AuthorityNotTold(Body):
    """Pourquoi un risque est improbable (art. 33(1))."""

    unlikely_because: Sentence


class PeopleTold(Body):
    """Les personnes sont prévenues."""

    occurred_on: Day
    how: Sentence


class PeopleNotTold(Body):
    """Pourquoi elles ne le sont pas (art. 34). `encrypted` demande que les clés soient sûres."""

    because: Annotated[NotToldBecause, BeforeValidator(lambda value: _member(NotToldBecause, value))]
    words: Sentence


def _member(choices: type[KeysCompromised | NotToldBecause], value: object) -> object:
    return choices(value) if isinstance(value, str) and value in set(choices) else value


class PerimeterShown(Shown):
    """An account and an interval."""

    account: UUID
    since: datetime
    until: datetime


class BreachShown(Shown):
    """One breach. `alert_hours` is the last alert that its clock has passed (24, 48, 66, 72); `missing` is what is still to be decided."""

    number: int
    aware_at: datetime
    due_at: datetime
    what: str
    stages: list[str]
    perimeters: list[PerimeterShown]
    keys_compromised: str | None
    notified_at: datetime | None
    late_because: str | None
    not_notified_because: str | None
    people_told_on: date | None
    people_not_told_because: str | None
    missing: list[str]
    alert_hours: int | None
    opened_by: UUID
    closed_at: datetime | None

    @classmethod
    def of(cls, number: int, breach: Breach, at: datetime) -> Self:
        """Show one."""
        alert = breach.alert(at)
        return cls(
            number=number,
            aware_at=breach.aware_at,
            due_at=breach.due_at,
            what=breach.what,
            stages=[stage.text for stage in breach.stages],
            perimeters=[PerimeterShown(account=one.account, since=one.since, until=one.until) for one in breach.perimeters],
            keys_compromised=breach.keys,
            notified_at=None if breach.notified is None else breach.notified.notified_at,
            late_because=None if breach.notified is None else breach.notified.late_because,
            not_notified_because=None if breach.not_notified is None else breach.not_notified.because,
            people_told_on=None if breach.told is None else breach.told.occurred_on,
            people_not_told_because=None if breach.not_told is None else breach.not_told.because,
            missing=list(breach.missing()),
            alert_hours=None if alert is None else int(alert.total_seconds() // 3600),
            opened_by=breach.by,
            closed_at=breach.closed_at,
        )


class TouchedShown(Shown):
    """A record that the accounts of a breach touched, by its reference in the trail."""

    reference: UUID
    first: datetime
    last: datetime
    operations: list[str]

    @classmethod
    def of(cls, record: TouchedRecord) -> Self:
        """Show one."""
        return cls(reference=record.reference, first=record.first, last=record.last, operations=list(record.operations))


@router.get("", operation_id="listBreaches", responses=READING)
@leaves(Operation.MANAGE_BREACHES)
def list_breaches(caller: SignedIn) -> list[BreachShown]:
    """Lire le registre des violations, de la plus récente à la plus ancienne."""
    at = caller.structure.records.clock()
    return [BreachShown.of(number, breach, at) for number, breach in caller.structure.records.read_files(caller.actor, Breach)]


@router.post("", status_code=201, operation_id="openBreach", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def open_breach(body: BreachFound, caller: SignedIn, command: Command) -> NumberShown:
    """Inscrire une violation."""
    return NumberShown(number=caller.structure.records.open_breach(caller.actor, body.aware_at, body.what, command=command))


@router.get("/{number}", operation_id="readBreach", responses=READING)
@leaves(Operation.MANAGE_BREACHES)
def read_breach(number: FileNumber, caller: SignedIn) -> BreachShown:
    """Lire une violation."""
    records = caller.structure.records
    return BreachShown.of(number, records.read_file(caller.actor, Breach, number), records.clock())


@router.get("/{number}/records", operation_id="listTouchedRecords", responses=READING)
@leaves(Operation.INVESTIGATE)
def list_touched(number: FileNumber, caller: SignedIn) -> list[TouchedShown]:
    """Lister les dossiers touchés, tirés du journal : les comptes et les intervalles de la violation."""
    return [TouchedShown.of(record) for record in look_at_touched(caller, number)[1]]


@router.post("/{number}/stages", operation_id="addBreachStage", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def add_stage(number: FileNumber, body: StageKnown, caller: SignedIn, command: Command) -> NumberShown:
    """Ajouter ce que l’on sait depuis."""
    caller.structure.records.add_stage(caller.actor, number, body.text, command=command)
    return NumberShown(number=number)


@router.post("/{number}/perimeters", operation_id="nameBreachPerimeter", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def add_perimeter(number: FileNumber, body: PerimeterNamed, caller: SignedIn, command: Command) -> NumberShown:
    """Nommer un compte et un intervalle."""
    name_perimeter(caller, number, AccountId(body.account), (body.since, body.until), command=command)
    return NumberShown(number=number)


@router.put("/{number}/keys", operation_id="assessBreachKeys", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def assess_keys(number: FileNumber, body: KeysAnswer, caller: SignedIn, command: Command) -> NumberShown:
    """Dire si les clés sont touchées."""
    caller.structure.records.assess_keys(caller.actor, number, body.compromised, command=command)
    return NumberShown(number=number)


@router.post("/{number}/notification", operation_id="notifyAuthority", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def notify(number: FileNumber, body: AuthorityTold, caller: SignedIn, command: Command) -> NumberShown:
    """Noter que la CNIL est prévenue. Le service n’envoie rien lui-même."""
    records = caller.structure.records
    records.notify_authority(caller.actor, number, body.notified_at, body.reference, body.late_because, command=command)
    return NumberShown(number=number)


@router.post("/{number}/no-notification", operation_id="decideNotToNotify", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def decide_not_to_notify(number: FileNumber, body: AuthorityNotTold, caller: SignedIn, command: Command) -> NumberShown:
    """Décider de ne pas prévenir la CNIL, et dire pourquoi."""
    caller.structure.records.decide_not_to_notify(caller.actor, number, body.unlikely_because, command=command)
    return NumberShown(number=number)


@router.post("/{number}/people-told", operation_id="tellPeople", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def tell_people(number: FileNumber, body: PeopleTold, caller: SignedIn, command: Command) -> NumberShown:
    """Noter que les personnes sont prévenues."""
    caller.structure.records.tell_people(caller.actor, number, body.occurred_on, body.how, command=command)
    return NumberShown(number=number)


@router.post("/{number}/people-not-told", operation_id="decideNotToTell", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def decide_not_to_tell(number: FileNumber, body: PeopleNotTold, caller: SignedIn, command: Command) -> NumberShown:
    """Décider de ne pas prévenir les personnes, et sur quel motif."""
    caller.structure.records.decide_not_to_tell(caller.actor, number, body.because, body.words, command=command)
    return NumberShown(number=number)


@router.post("/{number}/closure", operation_id="closeBreach", responses=WRITING)
@leaves(Operation.MANAGE_BREACHES)
def close_breach(number: FileNumber, caller: SignedIn, command: Command) -> NumberShown:
    """Terminer une violation, une fois tout décidé."""
    caller.structure.records.close_breach(caller.actor, number, command=command)
    return NumberShown(number=number)
