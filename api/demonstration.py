"""The demonstration: an invented association, written through the use cases like any other, so that what it shows is what the service does.

The story is in `demonstration_data/story.json`; its days are counted back from the day on which it is told. Telling it again adds nothing,
and a telling that was cut short is taken up where it stopped.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from api.accounts.accounts import Account
from api.accounts.sign_in import USUAL_PURPOSE
from api.bootstrap import Structure
from domain.catalogue_file import read_catalogue_file
from domain.desk.breach import Breach, KeysCompromised, NotToldBecause
from domain.desk.requisition import RefusalGround, Requisition
from domain.drafts import (
    AgreementDraft,
    ContactDraft,
    IdentityDraft,
    InformationDraft,
    NoteDraft,
    OpeningDraft,
    OutingDraft,
    RequisitionDraft,
    ShareDraft,
    StepDraft,
)
from domain.identifiers import AccountId, RequestId, StructureId, TeamId, YouthId
from domain.keeping import Accepted
from domain.trail import Actor, CommandKey, Role

DEMONSTRATION_STRUCTURE: Final = StructureId(UUID("4f0c1a52-6b1d-4f5e-9a3b-0d5c8a7e1000"))
CODE: Final = "le_fil"
NAME: Final = "Association Le Fil (démonstration)"

_DATA: Final = Path(__file__).parent / "demonstration_data"

Progress = Callable[[int, int], None]
Part = Mapping[str, Any]


def read_story() -> Part:
    """Read the story from the package."""
    story: Part = json.loads((_DATA / "story.json").read_text(encoding="utf-8"))
    return story


def is_told(structure: Structure) -> bool:
    """Tell whether the story is there in full: the youths' accounts come last; the archive agreement came later to the story."""
    if structure.records.gate() is None:
        return False
    present = {str(account.account_id) for account in structure.accounts.all()}
    story = read_story()
    youths = [record["youth_account"] for record in story["records"] if "youth_account" in record]
    return all(account["account_id"] in present for account in [*story["accounts"], *youths])


def tell(structure: Structure, today: date, progress: Progress = lambda _done, _all: None) -> None:
    """Write the story into `structure`, days counted back from `today`. Adds nothing that is there already."""
    story = read_story()
    for account in story["accounts"]:
        structure.accounts.add(_account(account))
    staff = {account["initials"]: _actor(account) for account in story["accounts"] if "initials" in account}
    teller = _Teller(structure, today, staff)
    by_role = {account["role"]: _actor(account) for account in story["accounts"]}
    teller.load_catalogue(by_role[Role.ADMINISTRATOR])
    teller.enter_agreement(by_role[Role.DPO], story["archive_agreement"])
    teller.keep_registers(by_role[Role.DPO])
    parts = [*story["outings"], *story["records"]]
    for number, part in enumerate(parts):
        if "pseudonym" in part:
            teller.tell_record(part)
        else:
            teller.tell_outing(part, number)
        progress(number + 1, len(parts))
    teller.name_team(by_role[Role.ADMINISTRATOR], story["team"])
    for record in story["records"]:
        teller.share(record)
        teller.give_door(record)


@dataclass(frozen=True)
class _Teller:
    structure: Structure
    today: date
    staff: Mapping[str, Actor]

    def load_catalogue(self, administrator: Actor) -> None:
        items = read_catalogue_file((_DATA / "catalogue_items_2021.csv").read_text(encoding="utf-8"))
        self.structure.records.load_catalogue(administrator, items)

    def enter_agreement(self, dpo: Actor, part: Part) -> None:
        """Open the archive gate, once: whoever shuts it finds it shut at the next start."""
        if self.structure.records.gate() is None:
            self.structure.records.open_gate(dpo, part["ground"], part["reference"], None)

    def name_team(self, administrator: Actor, part: Part) -> None:
        """Name the team, with everybody of the staff who has initials in it."""
        team, records = TeamId(UUID(part["id"])), self.structure.records
        members = tuple(self.staff[initials].account for initials in part["members"])
        self._once(administrator, "team", lambda actor, *, command: records.name_team(actor, part["name"], team, command=command))
        self._once(administrator, "members", lambda actor, *, command: records.name_members(actor, team, members, command=command))

    def share(self, part: Part) -> None:
        """Share a record with one colleague, where the story says so."""
        said = part.get("shared")
        if said is None:
            return
        actor, youth = self._open(part)
        draft = ShareDraft(
            categories=tuple(said["categories"]),
            purpose=said["purpose"],
            until=self._ago(-said["until_in_days"]),
            account=self.staff[said["with"]].account,
            told=said["told"],
        )
        self._once(actor, f"record {part['pseudonym']} share", self.structure.records.share_record, youth, draft)

    def keep_registers(self, dpo: Actor) -> None:
        """Enter a breach that is over and a requisition that was refused, once: what the registers look like with something in them."""
        records = self.structure.records
        if next(records.files(Requisition), None) is None:
            asked = RequisitionDraft(self._ago(12), "Commissariat, brigade locale", "Courrier sans numéro d'affaire", ("core", "identity"))
            number = records.receive_requisition(dpo, asked)
            records.refuse_requisition(dpo, number, RefusalGround.IN_BULK, "La liste des jeunes d'un quartier était demandée.")
        if next(records.files(Breach), None) is None:
            known = records.clock() - timedelta(days=40)
            number = records.open_breach(dpo, known, "Un téléphone de service oublié chez un partenaire, rendu le soir même, verrouillé.")
            records.assess_keys(dpo, number, KeysCompromised.NO)
            records.decide_not_to_notify(dpo, number, "Resté verrouillé : aucune entrée dans le service ce jour-là.")
            records.decide_not_to_tell(dpo, number, NotToldBecause.NO_HIGH_RISK, "Personne n'a rien pu lire.")
            records.close_breach(dpo, number)

    def tell_outing(self, part: Part, number: int) -> None:
        educators = [self.staff[initials] for initials in part["educators"]]
        draft = OutingDraft(
            occurred_on=self._day(part),
            kind=part["kind"],
            minutes=part["minutes"],
            territory=part["territory"],
            educators=tuple(actor.account for actor in educators),
            counts=part["counts"],
        )
        self._once(educators[0], f"outing {number}", self.structure.records.record_outing, draft)

    def tell_record(self, part: Part) -> None:
        records = self.structure.records
        actor, youth = self._open(part)
        write = f"record {part['pseudonym']}"
        told: list[tuple[str, Callable[..., Accepted], tuple[object, ...]]] = [
            *((f"agreement {n}", records.agree, (self._agreement(said),)) for n, said in enumerate(part.get("agreements", ()))),
            *(("identity", records.give_identity, (IdentityDraft(**part["identity"]),)) for _ in [0] if "identity" in part),
            *((f"contact {n}", records.make_contact, (self._contact(made),)) for n, made in enumerate(part["contacts"])),
            *((f"note {n}", records.add_note, (NoteDraft(note["text"], self._day(note)),)) for n, note in enumerate(part.get("notes", ()))),
            *((f"step {n}", records.take_step, (self._step(step),)) for n, step in enumerate(part.get("steps", ()))),
        ]
        for name, use_case, content in told:
            self._once(actor, f"{write} {name}", use_case, youth, *content)
        self._complete_steps(part, actor, youth, write)

    def give_door(self, part: Part) -> None:
        """Give the youth an account of their own, once everything else of their record is there."""
        door = part.get("youth_account")
        if door is None:
            return
        _, youth = self._open(part)
        for initials in part["referents"]:
            self.structure.records.read_record(self.staff[initials], youth)
        self.structure.accounts.add(Account(AccountId(UUID(door["account_id"])), Role.YOUTH, door["display_name"], None, youth))

    def _open(self, part: Part) -> tuple[Actor, YouthId]:
        referents = [self.staff[initials] for initials in part["referents"]]
        opening = OpeningDraft(
            pseudonym=part["pseudonym"],
            birth_year=self.today.year - part["age"],
            gender=part["gender"],
            territory=part["territory"],
            met_through=part["met_through"],
            first_contact_on=self._ago(part["first_contact_days_ago"]),
        )
        informed = InformationDraft(part["informed"]["how"], self._day(part["informed"]))
        accounts = [actor.account for actor in referents]
        command = _command(referents[0], f"record {part['pseudonym']}")
        earlier = self.structure.records.ledger.accepted(command)
        if earlier is not None:
            return referents[0], YouthId(earlier[0])
        opened = self.structure.records.open_record(referents[0], opening, informed=informed, referents=accounts, command=command)
        return referents[0], YouthId(opened.stream)

    def _complete_steps(self, part: Part, actor: Actor, youth: YouthId, write: str) -> None:
        results = {step["theme"]: step["completed"] for step in part.get("steps", ()) if "completed" in step}
        if not results:
            return
        record = self.structure.records.read_record(actor, youth)
        for step in record.steps.values():
            if step.theme in results:
                use_case = self.structure.records.complete_step
                self._once(actor, f"{write} completed {step.theme}", use_case, youth, step.step_id, results[step.theme])

    def _once(self, actor: Actor, name: str, use_case: Callable[..., Accepted], *content: object) -> None:
        command = _command(actor, name)
        if self.structure.records.ledger.accepted(command) is None:
            use_case(actor, *content, command=command)

    def _agreement(self, part: Part) -> AgreementDraft:
        return AgreementDraft(part["category"], part["what_was_said"], self._day(part))

    def _contact(self, part: Part) -> ContactDraft:
        return ContactDraft(
            occurred_on=self._day(part),
            channel=part["channel"],
            initiated_by=part["initiated_by"],
            present=tuple(self.staff[initials].account for initials in part["present"]),
            place=part.get("place"),
            minutes=part.get("minutes"),
            themes=tuple(part.get("themes", ())),
            comment=part.get("comment"),
        )

    def _step(self, part: Part) -> StepDraft:
        due_on = self._ago(-part["due_in_days"]) if "due_in_days" in part else None
        return StepDraft(part["theme"], self._day(part), part.get("partner"), part.get("result"), due_on)

    def _day(self, part: Part) -> date:
        return self._ago(part["days_ago"])

    def _ago(self, days: int) -> date:
        return self.today - timedelta(days=days)


def _account(part: Part) -> Account:
    return Account(AccountId(UUID(part["account_id"])), Role(part["role"]), part["display_name"], part.get("initials"))


def _actor(part: Part) -> Actor:
    role = Role(part["role"])
    return Actor(AccountId(UUID(part["account_id"])), role, USUAL_PURPOSE[role], RequestId(uuid4()))


def _command(actor: Actor, name: str) -> CommandKey:
    return CommandKey(actor.account, hashlib.sha256(f"demonstration\0{name}".encode()).digest())
