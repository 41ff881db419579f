"""What there is for every use case to be tried on: records, an outing, erasures, accesses, an emergency, the DPO's files."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import psycopg

from api.databases import Databases
from domain.desk.breach import KeysCompromised, NotToldBecause
from domain.drafts import EmergencyDraft, ItemDraft, OutingDraft, ReportDraft, RequisitionDraft, ShareDraft
from domain.identifiers import AccountId, ActivityId, ErasureId, ReplacementId, ReportId, TeamId, YouthId
from domain.oblivion.erasure import Ground
from domain.record_keeping import RecordKeeping
from domain.trail import Role
from tests.given import LEILA, MARC, closed, educator, filled, opened, somebody, today

DPO, ADMINISTRATOR = somebody(Role.DPO), somebody(Role.ADMINISTRATOR)
NADIA: Final = AccountId(uuid4())
"""An educator who follows none of these youths and has written about none of them."""


@dataclass(frozen=True)
class Accesses:
    """Who may read the record of `Scene.youth` besides its referent, and the structure around it."""

    share: UUID
    rights: UUID
    emergency: UUID
    team: TeamId
    replacement: ReplacementId


@dataclass(frozen=True)
class Files:
    """The numbers of the DPO's files."""

    incident: int
    breach: int
    decided: int
    """A breach of which nothing is left but to close it."""
    requisition: int
    bulk: int
    """A requisition about no record that is named."""


@dataclass(frozen=True)
class Scene:
    """What there was before the trail became unwritable."""

    records: RecordKeeping
    youth: YouthId
    unwritten: YouthId
    leaving: YouthId
    step: UUID
    activity: ActivityId
    erasure: ErasureId
    reference: UUID
    """What the trail calls the record of `youth`."""
    by_letter: ErasureId
    """An erasure that waits for a second person."""
    to_cancel: ErasureId
    report: ReportId
    accesses: Accesses
    files: Files


def laid(records: RecordKeeping, databases: Databases) -> Scene:
    """Lay the scene."""
    actor = educator()
    youth, leaving, asked = filled(records, actor), filled(records, actor), filled(records, actor)
    unwritten, gone = opened(records, actor, informed=False), opened(records, actor)
    outing = records.record_outing(actor, OutingDraft(today(), counts={"girl:11-15": 2}))
    records.load_catalogue(ADMINISTRATOR, [ItemDraft("Suivi", "Scolarité", "feuille 2021")])
    step = next(iter(records.read_record(actor, youth).steps))
    reference, of_asked = _reference(databases, youth), _reference(databases, asked)
    by_letter = records.close_by_reference(DPO, of_asked, Ground.OFFICE)
    report = ReportId(records.write_report(actor, report_draft()).stream)
    activity, erasure = ActivityId(outing.stream), closed(records, gone)
    to_cancel = closed(records, filled(records, actor))
    accesses, files = _accesses(records, youth, reference), _files(records, reference)
    return Scene(records, youth, unwritten, leaving, step, activity, erasure, reference, by_letter, to_cancel, report, accesses, files)


def report_draft() -> ReportDraft:
    return ReportDraft("des faits", "la CRIP", "je transmets", "vu deux fois", informed="dit de vive voix", countersigner=MARC)


def share_with(account: AccountId) -> ShareDraft:
    return ShareDraft(("follow_up",), "à deux", soon(), account=account, told="dit de vive voix")


def emergency() -> EmergencyDraft:
    """The nickname that `filled` gives, and whose youth it is."""
    return EmergencyDraft("Zébulon", "appel du foyer cette nuit, pas rentré", referent=LEILA)


def asked_for(reference: UUID | None) -> RequisitionDraft:
    return RequisitionDraft(today(), "le parquet", "article 77-1", ("core", "follow_up"), reference=reference)


def soon() -> date:
    """A last day that has not come."""
    return today() + timedelta(days=7)


def last_hour() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(hours=1), now


def _reference(databases: Databases, youth: YouthId) -> UUID:
    with psycopg.connect(databases.main) as owner:
        row = owner.execute("SELECT reference FROM s_alpha.subject_references WHERE subject_id = %s", (youth,)).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _accesses(records: RecordKeeping, youth: YouthId, reference: UUID) -> Accesses:
    records.share_record(educator(), youth, share_with(AccountId(uuid4())))
    [share] = records.read_record(educator(), youth).accesses
    rights = records.name_rights_referent(DPO, reference, AccountId(uuid4()), "demande 3", soon())
    records.break_glass(educator(MARC), emergency(), lambda _sought: [youth])
    [told] = records.emergencies_to_tell(DPO)
    team = TeamId(uuid4())
    records.name_team(ADMINISTRATOR, "Nord", team)
    records.name_replacement(educator(), replacing=AccountId(uuid4()), until=soon())
    [named] = records.list_replacements(educator())
    return Accesses(share, rights, told.access, team, ReplacementId(named.replacement))


def _files(records: RecordKeeping, reference: UUID) -> Files:
    incident = records.open_incident(DPO, MARC, last_hour(), "une consultation sans lien")
    breach, decided = (records.open_breach(DPO, last_hour()[0], "un téléphone oublié") for _ in range(2))
    records.assess_keys(DPO, decided, KeysCompromised.NO)
    records.decide_not_to_notify(DPO, decided, "resté verrouillé")
    records.decide_not_to_tell(DPO, decided, NotToldBecause.NO_HIGH_RISK, "personne n'a rien lu")
    requisition, bulk = (records.receive_requisition(DPO, asked_for(named)) for named in (reference, None))
    return Files(incident, breach, decided, requisition, bulk)
