"""Every use case that shows or changes something, on the scene of `tests/fault/use_case_scene.py`, and what is none.

Each is possible on the scene as it is laid, and all of them one after the other in this order.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from domain.categories import Category
from domain.desk.breach import Breach, KeysCompromised, NotToldBecause
from domain.desk.incident import Conclusion
from domain.desk.requisition import RefusalGround, Requisition
from domain.drafts import (
    AgreementDraft,
    ChantierDraft,
    DeliveryDraft,
    HandingOverDraft,
    HandoverDraft,
    IdentityDraft,
    InformationDraft,
    ItemDraft,
    OpeningDraft,
    OutingDraft,
    PresenceDraft,
    ReleaseDraft,
    StepDraft,
)
from domain.intake.cells import SourceLine
from domain.intake.mapping import WorkbookMapping
from domain.intake.plan import Agreement, ImportPlan, PlannedYouth
from domain.oblivion.erasure import Ground
from domain.trail import Operation, Role
from tests.fault.use_case_scene import (
    ADMINISTRATOR,
    DPO,
    NADIA,
    Scene,
    asked_for,
    emergency,
    last_hour,
    report_draft,
    share_with,
    soon,
)
from tests.given import LEILA, MARC, command, contact, educator, information, note, somebody, today


def _plan() -> ImportPlan:
    youth = PlannedYouth(SourceLine("Jeunes", 2), b"d" * 32, Agreement.UNKNOWN, "A-17")
    return ImportPlan(WorkbookMapping(()), youths=(youth,))


ACTS: dict[str, Callable[[Scene], Any]] = {
    "read_record": lambda s: s.records.read_record(educator(), s.youth),
    "look_at_record": lambda s: s.records.look_at_record(educator(), s.youth),
    "read_activity": lambda s: s.records.read_activity(educator(), s.activity),
    "read_catalogue": lambda s: s.records.read_catalogue(educator()),
    "read_erasure": lambda s: s.records.read_erasure(educator(), s.erasure),
    "disclose": lambda s: s.records.disclose(educator(), Operation.LIST_CASELOAD, subjects=[s.youth, s.leaving]),
    "disclose_about": lambda s: s.records.disclose_about(educator(), Operation.READ_OWN_TRAIL, s.youth),
    "preview_import": lambda s: s.records.preview_import(educator()),
    "show_known_records": lambda s: s.records.show_known_records(educator(), [s.youth]),
    "open_record": lambda s: s.records.open_record(educator(), OpeningDraft("Neuf"), informed=information(), command=command(educator())),
    "inform": lambda s: s.records.inform(educator(), s.unwritten, InformationDraft("de vive voix", today()), command=command(educator())),
    "agree": lambda s: s.records.agree(educator(), s.youth, AgreementDraft(Category.FOLLOW_UP, "lu ensemble", today())),
    "give_identity": lambda s: s.records.give_identity(educator(), s.youth, IdentityDraft("Autre", "Nom")),
    "withdraw_agreement": lambda s: s.records.withdraw_agreement(educator(), s.youth, Category.IDENTITY),
    "make_contact": lambda s: s.records.make_contact(educator(), s.youth, contact(), command=command(educator())),
    "add_note": lambda s: s.records.add_note(educator(), s.youth, note(), command=command(educator())),
    "take_step": lambda s: s.records.take_step(educator(), s.youth, StepDraft("logement", today())),
    "complete_step": lambda s: s.records.complete_step(educator(), s.youth, s.step, "obtenu"),
    "name_referents": lambda s: s.records.name_referents(educator(), s.youth, [LEILA]),
    "teams_to_share_with": lambda s: s.records.teams_to_share_with(educator(), s.youth),
    "share_record": lambda s: s.records.share_record(educator(), s.youth, share_with(MARC), command=command(educator())),
    "end_share": lambda s: s.records.end_share(educator(), s.youth, s.accesses.share),
    "hand_over": lambda s: s.records.hand_over(educator(), s.unwritten, HandingOverDraft(MARC, told="dit de vive voix")),
    "name_rights_referent": lambda s: s.records.name_rights_referent(DPO, s.reference, NADIA, "demande 4", soon()),
    "rights_referents_of": lambda s: s.records.rights_referents_of(DPO, s.reference),
    "end_rights_referent": lambda s: s.records.end_rights_referent(DPO, s.reference, s.accesses.rights),
    "disclose_names": lambda s: s.records.disclose_names(DPO, s.reference, "un soupçon précis à lever"),
    "names_decision": lambda s: s.records.names_decision(DPO, s.reference),
    "mask_names": lambda s: s.records.mask_names(DPO, s.reference),
    "break_glass": lambda s: s.records.break_glass(somebody(Role.EDUCATOR), emergency(), lambda _sought: [s.youth]),
    "list_emergencies": lambda s: s.records.list_emergencies(DPO),
    "read_emergency": lambda s: s.records.read_emergency(DPO, s.accesses.emergency),
    "acknowledge_emergency": lambda s: s.records.acknowledge_emergency(educator(), s.accesses.emergency),
    "review_emergency": lambda s: s.records.review_emergency(DPO, s.accesses.emergency, "appel vérifié", justified=True),
    "list_teams": lambda s: s.records.list_teams(ADMINISTRATOR),
    "name_team": lambda s: s.records.name_team(ADMINISTRATOR, "Sud", command=command(ADMINISTRATOR)),
    "rename_team": lambda s: s.records.rename_team(ADMINISTRATOR, s.accesses.team, "Est", command=command(ADMINISTRATOR)),
    "name_members": lambda s: s.records.name_members(ADMINISTRATOR, s.accesses.team, (MARC,)),
    "end_team": lambda s: s.records.end_team(ADMINISTRATOR, s.accesses.team),
    "list_replacements": lambda s: s.records.list_replacements(educator()),
    "name_replacement": lambda s: s.records.name_replacement(educator(), replacing=NADIA, until=soon()),
    "end_replacement": lambda s: s.records.end_replacement(educator(), s.accesses.replacement),
    "read_files": lambda s: s.records.read_files(DPO, Breach),
    "read_file": lambda s: s.records.read_file(DPO, Requisition, s.files.requisition),
    "open_incident": lambda s: s.records.open_incident(DPO, LEILA, last_hour(), "un doute", command=command(DPO)),
    "conclude_incident": lambda s: s.records.conclude_incident(DPO, s.files.incident, Conclusion.EXPLAINED, "un remplacement"),
    "open_breach": lambda s: s.records.open_breach(DPO, last_hour()[0], "un courrier égaré", command=command(DPO)),
    "add_stage": lambda s: s.records.add_stage(DPO, s.files.breach, "le téléphone est rendu"),
    "name_perimeter": lambda s: s.records.name_perimeter(DPO, s.files.breach, LEILA, last_hour()),
    "assess_keys": lambda s: s.records.assess_keys(DPO, s.files.breach, KeysCompromised.UNKNOWN),
    "decide_not_to_notify": lambda s: s.records.decide_not_to_notify(DPO, s.files.breach, "resté verrouillé"),
    "notify_authority": lambda s: s.records.notify_authority(DPO, s.files.breach, datetime.now(UTC), "dépôt 12", None),
    "decide_not_to_tell": lambda s: s.records.decide_not_to_tell(DPO, s.files.breach, NotToldBecause.MEASURES, "accès coupé"),
    "tell_people": lambda s: s.records.tell_people(DPO, s.files.breach, today(), "dit de vive voix"),
    "close_breach": lambda s: s.records.close_breach(DPO, s.files.decided),
    "receive_requisition": lambda s: s.records.receive_requisition(DPO, asked_for(s.reference), command=command(DPO)),
    "deliver_requisition": lambda s: s.records.deliver_requisition(
        DPO, s.files.requisition, DeliveryDraft(today(), "un officier", LEILA, ("core",), 2)
    ),
    "refuse_requisition": lambda s: s.records.refuse_requisition(DPO, s.files.bulk, RefusalGround.IN_BULK, None),
    "record_outing": lambda s: s.records.record_outing(educator(), OutingDraft(today(), counts={"boy:11-15": 1})),
    "record_chantier": lambda s: s.records.record_chantier(educator(), ChantierDraft("Peinture", today())),
    "count_presence": lambda s: s.records.count_presence(educator(), PresenceDraft(today(), 3)),
    "load_catalogue": lambda s: s.records.load_catalogue(ADMINISTRATOR, [ItemDraft("Suivi", "Santé", "feuille 2021")]),
    "run_import": lambda s: s.records.run_import(educator(), _plan(), file_digest=b"f" * 32, accounts={}),
    "write_report": lambda s: s.records.write_report(educator(), report_draft(), command=command(educator())),
    "list_reports": lambda s: s.records.list_reports(educator()),
    "read_report": lambda s: s.records.read_report(educator(), s.report),
    "countersign_report": lambda s: s.records.countersign_report(educator(MARC), s.report),
    "send_report": lambda s: s.records.send_report(educator(), s.report, HandoverDraft(today(), "post")),
    "release_report": lambda s: s.records.release_report(educator(), s.report, ReleaseDraft(today(), "sa mère", "la mère", "demandé")),
    "list_erasures": lambda s: s.records.list_erasures(DPO),
    "approve_erasure": lambda s: s.records.approve_erasure(ADMINISTRATOR, s.by_letter),
    "cancel_erasure": lambda s: s.records.cancel_erasure(educator(), s.to_cancel, asked_in_person=True),
    "shut_gate": lambda s: s.records.shut_gate(DPO),
    "open_gate": lambda s: s.records.open_gate(DPO, "visa", "AD-31", None),
    "place_hold": lambda s: s.records.place_hold(DPO, s.reference, "litigation", today()),
    "read_hold": lambda s: s.records.read_hold(DPO, s.reference),
    "lift_hold": lambda s: s.records.lift_hold(DPO, s.reference),
    "close_record": lambda s: s.records.close_record(educator(), s.leaving, asked_in_person=True, command=command(educator())),
    "close_by_reference": lambda s: s.records.close_by_reference(DPO, s.reference, Ground.RETENTION),
}
"""Each public use case, in an order in which all of them can succeed afterwards."""

DISCLOSE_NOTHING = {
    # What the use cases are made of.
    *("accepted", "append", "append_new", "change", "circle", "find", "find_access", "find_erasure", "find_kind", "find_record"),
    *("ledger", "must_allow", "must_repeat", "referred", "refused", "repeated", "standings", "store", "within"),
    # What only finds, counts or compares.
    *("catalogue_id", "erasure_of", "gate", "grant_to_read", "known_records", "left_to_import", "names_are_disclosed", "obstacles_of"),
    *("records_of_others",),
    # What a page shows beside something else, once it has left the line of that: the DPO's files, the emergencies that wait for somebody
    # or that somebody has open.
    *("emergencies_to_tell", "emergencies_open_to", "files", "has_file"),
}
"""What leaves no line by itself: whoever shows what it found passes one of the above."""
