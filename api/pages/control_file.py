"""The dossier de contrôle: everything that an authority asks for, in one file. No content, and no name of a youth.

Built in memory: nothing of it is written to a disk (invariant 6).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.desk.csv_file import as_csv
from api.desk.processing_register import configuration_of, register_of
from api.desk.seals import verifier_source
from api.erasures.erasure_progress import irreversible_at
from api.looks import trail_for_control
from api.pages import labels
from api.pages.forms import Form
from api.pages.frame import PageCaller, show, today_of
from api.pages.registers import kept_in_words, register_as_csv
from api.pages.sentences import N_, sentences_in
from api.pages.trail import trail_as_csv
from api.settings import Settings
from api.web.operations import leaves
from api.web.requests import Caller, service_of
from crypto_shredding.keys.provider import Providers
from domain import legal_constants
from domain.access.access_policy import allows
from domain.access.relations import Relation
from domain.desk.breach import Breach
from domain.desk.requisition import Requisition
from domain.local_time import local
from domain.oblivion.erasure import Erasure
from domain.refusals import DateRefused
from domain.trail import Operation, Role

router = APIRouter(prefix="/registres/dossier-de-controle")

SAMPLE: Final = timedelta(days=6)
"""The trail of a week, unless another interval is asked for."""
NAME: Final = "dossier-de-controle.zip"
_CERTIFICATES_AT_MOST: Final = 10_000
_README: Final = (
    (None, N_("Dossier de contrôle. Aucun contenu de dossier, aucun nom de jeune : un dossier n'est ici qu'une référence.")),
    ("registre-des-traitements.csv", N_("le registre de l'article 30, tiré des réglages et des droits du service ce jour.")),
    ("registre-des-traitements.json", N_("le même, pour un programme, avec les mesures de sécurité en place.")),
    ("droits.csv", N_("qui peut faire quoi, selon son rôle et son lien avec le dossier : la table même que le service applique.")),
    ("durees.csv", N_("combien de temps chaque chose est gardée.")),
    ("violations.csv", N_("le registre des violations de données (article 33(5)).")),
    ("requisitions.csv", N_("ce que la justice a demandé, ce qui a été remis ou refusé.")),
    ("attestations.csv", N_("les effacements et leurs dates. L'attestation signée de chacun se prend à sa page.")),
    ("journal.csv", N_("le journal des accès de l'intervalle choisi.")),
    ("sceaux.txt", N_("les derniers sceaux signés du journal : comparez-les à ceux que vous aviez gardés.")),
    (
        "sillage_verify.py",
        N_(
            "le vérificateur, en un fichier, qui se lit. Il contrôle le journal entier, qui se prend à la page « Sceau » (pas journal.csv) "
            ": python3 sillage_verify.py NOM-DU-FICHIER.journal --checkpoint sceaux.txt"
        ),
    ),
)
"""Each file and what it is."""


@router.get("")
@leaves(Operation.READ_REGISTER)
def offer_control_file(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer the file, with the interval of the trail to put in it."""
    caller.structure.records.disclose(caller.actor, Operation.READ_REGISTER)
    today = today_of(request)
    return _offer(request, Form.filled(first=(today - SAMPLE).isoformat(), last=today.isoformat()))


@router.get(".zip")
@leaves(Operation.TAKE_CONTROL_FILE)
def take_control_file(request: Request, caller: PageCaller) -> Response:
    """Give the file."""
    form, service = Form({name: [value] for name, value in request.query_params.items() if name in {"first", "last"}}), service_of(request)
    today = today_of(request)
    first, last = form.day("first") or today - SAMPLE, form.day("last") or today
    try:
        if not form.errors:
            return zip_answer(control_file(caller, service.settings, service.providers, first, last))
    except DateRefused as refusal:
        form.refuse(refusal.field, str(refusal))
    return _offer(request, form, 422)


def zip_answer(content: bytes) -> Response:
    """Return the file to be kept."""
    return Response(content, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{NAME}"'})


def control_file(caller: Caller, settings: Settings, providers: Providers, first: date, last: date) -> bytes:
    """Build the file, after its line. Its trail is whole: beyond 31 days or 20 000 lines there is none.

    Raises `NotAllowed`, `TrailUnavailable`, `DateRefused`.
    """
    lines = trail_for_control(caller, first, last)
    register = register_of(configuration_of(caller, settings, providers))
    parts = {
        "registre-des-traitements.csv": register_as_csv(register),
        "registre-des-traitements.json": json.dumps(asdict(register), ensure_ascii=False, indent=1),
        "droits.csv": _table((N_("Rôle"), N_("Opération"), N_("Lien avec le dossier")), _rights()),
        "durees.csv": _table(
            (N_("Quoi"), N_("Durée")),
            [*((_name(line.name, "processing"), kept_in_words(line)) for line in register.processings), *_durations()],
        ),
        "violations.csv": _breaches(caller),
        "requisitions.csv": _requisitions(caller),
        "attestations.csv": _certificates(caller),
        "journal.csv": trail_as_csv(lines),
        "sceaux.txt": "\n".join(caller.structure.notary.latest_notes()),
        "sillage_verify.py": verifier_source().decode(),
    }
    return _zipped({"LISEZ-MOI.txt": _readme(caller, first, last), **parts})


def _zipped(parts: dict[str, str]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text.encode())
    return content.getvalue()


def _readme(caller: Caller, first: date, last: date) -> str:
    say, now = sentences_in().say, local(caller.structure.records.clock())
    head = f"{caller.structure.name}, {now:%d/%m/%Y %H:%M}. {say(N_('Journal'))} : {first:%d/%m/%Y} – {last:%d/%m/%Y}.\r\n\r\n"
    return head + "".join(f"{say(what)}\r\n\r\n" if name is None else f"- {name} : {say(what)}\r\n" for name, what in _README)


def _rights() -> Iterator[tuple[str, str, str]]:
    for role in Role:
        for operation in Operation:
            for relation in Relation:
                if allows(role, operation, relation):
                    yield _name(role, "role"), _name(operation, "operation"), _name(relation, "relation")


def _durations() -> list[tuple[str, str]]:
    say = sentences_in().say
    return [
        (say(N_("Délai de réflexion avant un effacement demandé à distance")), _long(legal_constants.COOLING_OFF)),
        (say(N_("Restes illisibles enlevés, après un effacement")), _long(legal_constants.PURGE_WITHIN)),
        (say(N_("Effacement irréversible, au plus tard")), _long(legal_constants.IRREVERSIBLE_WITHIN)),
        (say(N_("Sauvegardes des données")), _long(legal_constants.EVENT_BACKUPS_KEPT)),
        (say(N_("Sauvegardes des clés")), _long(legal_constants.KEY_BACKUPS_KEPT)),
        (say(N_("Notification d'une violation à la CNIL")), _long(legal_constants.BREACH_CLOCK)),
    ]


def _breaches(caller: Caller) -> str:
    columns = (
        *(N_("Numéro"), N_("Découverte"), N_("Faits"), N_("CNIL prévenue"), N_("Raison du retard"), N_("CNIL non prévenue car")),
        *(N_("Clés touchées"), N_("Personnes prévenues"), N_("Personnes non prévenues car"), N_("Terminée")),
    )
    rows = [
        (
            number,
            _at(one.aware_at),
            " / ".join([one.what, *(stage.text for stage in one.stages)]),
            _at(one.notified.notified_at if one.notified else None),
            one.notified.late_because if one.notified else None,
            one.not_notified.because if one.not_notified else None,
            _name(one.keys, "keys") if one.keys else None,
            f"{one.told.occurred_on:%d/%m/%Y}" if one.told else None,
            f"{_name(one.not_told.because, 'not_told')} : {one.not_told.words}" if one.not_told else None,
            _at(one.closed_at),
        )
        for number, one in caller.structure.records.files(Breach)
    ]
    return _table(columns, rows)


def _requisitions(caller: Caller) -> str:
    columns = (
        *(N_("Numéro"), N_("Reçue le"), N_("Qui demande"), N_("Fondement"), N_("Référence"), N_("Domaines demandés")),
        *(N_("Remis le"), N_("Domaines remis"), N_("Pages"), N_("Refus")),
    )
    rows = [
        (
            number,
            f"{one.received_on:%d/%m/%Y}",
            one.asked_by,
            one.ground,
            one.reference,
            ", ".join(_name(category, "category") for category in one.scope),
            f"{one.handed.occurred_on:%d/%m/%Y}" if one.handed else None,
            ", ".join(_name(category, "category") for category in one.handed.categories) if one.handed else None,
            one.handed.pages if one.handed else None,
            _name(one.refused.because, "refusal_ground") if one.refused else None,
        )
        for number, one in caller.structure.records.files(Requisition)
    ]
    return _table(columns, rows)


def _certificates(caller: Caller) -> str:
    records = caller.structure.records
    columns = (N_("Référence de l'effacement"), N_("Motif"), N_("Fermé"), N_("Effacé"), N_("Irréversible"))
    erasures = records.ledger.erasures(before=None, limit=_CERTIFICATES_AT_MOST)
    found = [one for erasure in erasures if (one := records.find_kind(Erasure, erasure)) is not None]
    return _table(columns, [_certificate(one) for one in found if one.effective_at is not None])


def _certificate(erasure: Erasure) -> tuple[object, ...]:
    return (erasure.id, _name(erasure.ground, "ground"), _at(erasure.created_on), _at(erasure.effective_at), _at(irreversible_at(erasure)))


def _table(columns: Sequence[str], rows: Iterator[tuple[object, ...]] | Sequence[tuple[object, ...]]) -> str:
    say = sentences_in().say
    return as_csv([say(column) for column in columns], rows)


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else f"{local(moment):%d/%m/%Y %H:%M}"


def _long(period: timedelta) -> str:
    say, hours = sentences_in().say, int(period.total_seconds() // 3600)
    if period <= legal_constants.COOLING_OFF:
        return say(N_("%(number)d heures")) % {"number": hours}
    return say(N_("%(number)d jours")) % {"number": period.days}


def _name(value: object, kind: str) -> str:
    return sentences_in().say(labels.name_of(value, kind))


def _offer(request: Request, form: Form, status: int = 200) -> HTMLResponse:
    return show(request, "control_file.html", status, form=form, files=[(name, what) for name, what in _README if name])
