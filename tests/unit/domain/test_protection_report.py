"""The child-protection report, without a database: its conditions, who reads it, what becomes of it (N38, R015, R016)."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from domain.categories import Category
from domain.drafts import HandoverDraft, OpeningDraft, ReleaseDraft, ReportDraft
from domain.identifiers import AccountId, ReportId, YouthId
from domain.keeping import Accepted
from domain.refusals import (
    ChoiceUnknown,
    CommandKeyReused,
    CountersignedAlready,
    DateInFuture,
    NationalNumberRefused,
    NotAllowed,
    PriorInformationMissing,
    SamePersonTwice,
    SubjectNotYours,
    TextMissing,
    TrailUnavailable,
)
from domain.reports.protection_report import HandoverChannel, ProtectionReport
from domain.trail import Actor, CommandKey, Operation, Outcome, Purpose, Role
from tests.unit.domain.in_memory import World, a_key
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, CARLA, NOW, TOLD, actor, events_of, refused, replayed, state_of

DRAFT = ReportDraft(
    facts="Le 18 novembre, il est arrivé avec un bleu au bras. Il a dit que son oncle l'avait frappé.",
    addressee="CRIP du département",
    decision="Transmettre ce jour.",
    reasons="Un enfant de 13 ans dit être frappé chez lui.",
    informed="Je le lui ai dit avant, au local.",
)
HANDED_OVER = HandoverDraft(A_DAY, HandoverChannel.POST)
RELEASED = ReleaseDraft(A_DAY, "Mme D.", "la mère", "Demande écrite, relue avec la cheffe de service.")
HEAD = AccountId(uuid4())


@pytest.fixture
def world() -> World:
    return World()


def a_report(**fields: Any) -> ProtectionReport:
    return ProtectionReport.write(ReportId(uuid4()), replace(DRAFT, **fields), by=ANNE, at=NOW)


def written(world: World, author: Actor | None = None, **fields: Any) -> ReportId:
    return ReportId(world.records.write_report(author or actor(), replace(DRAFT, **fields)).stream)


def opened(world: World) -> YouthId:
    return YouthId(world.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD).stream)


def lines(world: World) -> list[tuple[Operation, Outcome]]:
    return [(line.operation, line.outcome) for line in world.recorder.trail]


@pytest.mark.parametrize("field", ["facts", "addressee", "decision", "reasons"])
def test_a_report_is_refused_without_any_of_its_conditions(field: str) -> None:
    assert refused(TextMissing, lambda: a_report(**{field: "  "})).field == field


def test_child_and_parents_were_told_before_or_the_reason_why_not_is_given() -> None:
    assert refused(PriorInformationMissing, lambda: a_report(informed=" ")).field == "informed"
    untold = a_report(informed=None, not_informed_because="Son oncle l'apprendrait.")
    assert (untold.informed, untold.not_informed_because) == (None, "Son oncle l'apprendrait.")
    assert a_report(not_informed_because="Pas le père : il est en cause.").informed


def test_no_national_number_is_written_in_a_report() -> None:
    refused(NationalNumberRefused, lambda: a_report(facts="Son numéro : 2 55 08 14 168 025 38"))


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({"countersigner": ANNE}, "countersigner"),
        ({"addressee_account": ANNE}, "addressee_account"),
        ({"countersigner": BRUNO, "addressee_account": BRUNO}, "addressee_account"),
    ],
)
def test_author_countersigner_and_addressee_are_different_people(named: dict[str, AccountId], field: str) -> None:
    assert refused(SamePersonTwice, lambda: a_report(**named)).field == field


def test_a_report_is_countersigned_once_and_handed_over_and_released_as_often_as_it_was() -> None:
    report = a_report(countersigner=BRUNO)
    report.send(HandoverDraft(A_DAY, "phone"), by=ANNE, at=NOW)
    report.countersign(by=BRUNO, at=NOW)
    refused(CountersignedAlready, lambda: report.countersign(by=BRUNO, at=NOW))
    report.send(HANDED_OVER, by=ANNE, at=NOW)
    report.release(RELEASED, by=ANNE, at=NOW)
    assert [handover.channel for handover in report.handovers] == ["phone", "post"]
    assert (report.countersigned.by, report.releases[0].released_to) == (BRUNO, "Mme D.")  # type: ignore[union-attr]
    assert state_of(replayed(report)) == state_of(report)


def test_a_handover_and_a_release_say_when_how_to_whom_and_why() -> None:
    report = a_report()
    refused(ChoiceUnknown, lambda: report.send(HandoverDraft(A_DAY, "pigeon"), by=ANNE, at=NOW))
    refused(DateInFuture, lambda: report.send(HandoverDraft(A_DAY.replace(year=2027), "post"), by=ANNE, at=NOW))
    for field in ("released_to", "capacity", "reasons"):
        blank = replace(RELEASED, **{field: ""})
        assert refused(TextMissing, lambda blank=blank: report.release(blank, by=ANNE, at=NOW)).field == field
    assert len(events_of(report)) == 1


def test_every_event_of_a_report_is_under_its_own_key_and_no_reader_of_it_learns_its_subject() -> None:
    report = a_report(countersigner=BRUNO, subject=(youth := YouthId(uuid4())))
    report.countersign(by=BRUNO, at=NOW)
    report.send(HANDED_OVER, by=ANNE, at=NOW)
    report.release(RELEASED, by=ANNE, at=NOW)
    assert {event.category for event in events_of(report)} == {Category.PROTECTION}
    assert events_of(report)[0].subject == youth
    assert youth not in [value for name, value in vars(report).items() if name != "_pending_events"]


def test_author_countersigner_and_addressee_read_it_and_nobody_else(world: World) -> None:
    report = written(world, countersigner=BRUNO, addressee_account=CARLA)
    for reader in (ANNE, BRUNO, CARLA):
        assert world.records.read_report(actor(reader), report).facts == DRAFT.facts
    others = [actor(AccountId(uuid4()), role) for role in Role]
    assert {str(refused(NotAllowed, lambda one=one: world.records.read_report(one, report))) for one in others} == {
        str(refused(NotAllowed, lambda: world.records.read_report(actor(), ReportId(uuid4()))))
    }


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.EDUCATOR, Role.HEAD_OF_SERVICE}])
def test_no_other_role_reads_lists_or_writes_one_even_when_it_is_named(world: World, role: Role) -> None:
    report, named = written(world, countersigner=CARLA), actor(CARLA, role)
    for act in (
        lambda: world.records.read_report(named, report),
        lambda: world.records.list_reports(named),
        lambda: world.records.write_report(named, DRAFT),
        lambda: world.records.countersign_report(named, report),
    ):
        refused(NotAllowed, act)


def test_a_head_of_service_reads_and_signs_the_one_report_that_they_were_named_for_and_nothing_else(world: World) -> None:
    named, other = written(world, countersigner=HEAD), written(world)
    addressed, head = written(world, addressee_account=HEAD), actor(HEAD, Role.HEAD_OF_SERVICE)
    world.records.countersign_report(head, named)
    assert [report.id for report in world.records.list_reports(head).reports] == [named]
    for act in (
        lambda: world.records.read_report(head, other),
        lambda: world.records.read_report(head, addressed),
        lambda: world.records.write_report(head, DRAFT),
        lambda: world.records.send_report(head, named, HANDED_OVER),
        lambda: world.records.release_report(head, named, RELEASED),
    ):
        refused(NotAllowed, act)


def test_the_author_alone_hands_over_and_releases_and_the_countersigner_alone_signs(world: World) -> None:
    report = written(world, countersigner=BRUNO, addressee_account=CARLA)
    for stranger in (BRUNO, CARLA):
        refused(NotAllowed, lambda who=stranger: world.records.send_report(actor(who), report, HANDED_OVER))
        refused(NotAllowed, lambda who=stranger: world.records.release_report(actor(who), report, RELEASED))
    for stranger in (ANNE, CARLA):
        refused(NotAllowed, lambda who=stranger: world.records.countersign_report(actor(who), report))
    assert world.records.send_report(actor(), report, HANDED_OVER) == Accepted(report, 2)
    assert world.records.release_report(actor(), report, RELEASED) == Accepted(report, 3)
    assert world.records.countersign_report(actor(BRUNO), report) == Accepted(report, 4)


def test_each_reader_lists_their_own_the_latest_first_a_page_at_a_time(world: World) -> None:
    first, second, third = (written(world, countersigner=BRUNO if number == 1 else None) for number in range(3))
    assert [report.id for report in world.records.list_reports(actor()).reports] == [third, second, first]
    assert [report.id for report in world.records.list_reports(actor(BRUNO)).reports] == [second]
    assert [report.id for report in world.records.list_reports(actor(), limit=1).reports] == [third]
    assert [report.id for report in world.records.list_reports(actor(), after=third, limit=1).reports] == [second]
    assert world.records.list_reports(actor(CARLA)).reports == []


def test_a_report_is_about_a_record_in_the_author_s_care_or_about_none(world: World) -> None:
    youth = opened(world)
    written(world, subject=youth)
    strangers = [(actor(BRUNO), youth), (actor(), YouthId(uuid4()))]
    world.records.close_record(actor(), youth, asked_in_person=True)
    said = {str(refused(SubjectNotYours, lambda one=one: written(world, one[0], subject=one[1]))) for one in [*strangers, (actor(), youth)]}
    assert len(said) == 1
    assert written(world)


def test_no_line_of_a_report_names_a_record_and_each_says_what_it_is_for(world: World) -> None:
    youth = opened(world)
    before = len(world.recorder.trail)
    report = written(world, subject=youth, countersigner=HEAD)
    world.records.read_report(actor(HEAD, Role.HEAD_OF_SERVICE), report)
    world.records.countersign_report(actor(HEAD, Role.HEAD_OF_SERVICE), report)
    world.records.send_report(actor(), report, HANDED_OVER)
    world.records.release_report(actor(), report, RELEASED)
    world.records.list_reports(actor())
    refused(SubjectNotYours, lambda: written(world, actor(BRUNO), subject=youth))
    refused(NotAllowed, lambda: world.records.read_report(actor(BRUNO), report))
    left = world.recorder.trail[before:]
    acts = [line.operation.value.removeprefix("report.") for line in left]
    assert acts == ["write", "read", "countersign", "send", "release", "list", "write", "read"]
    assert {(line.subjects, line.records) for line in left} == {((), 0)}
    assert {(line.actor.purpose, line.categories) for line in left[:6]} == {(Purpose.PROTECT, (Category.PROTECTION,))}


def test_without_a_line_nothing_is_shown(world: World) -> None:
    report = written(world)
    world.recorder.trail_is_writable = False
    for act in (lambda: world.records.read_report(actor(), report), lambda: world.records.list_reports(actor())):
        refused(TrailUnavailable, act)


def test_what_is_sent_again_is_written_once_and_another_body_under_the_same_key_is_refused(world: World) -> None:
    keys = [CommandKey(ANNE, a_key()) for _ in range(3)]
    tries = [world.records.write_report(actor(), replace(DRAFT, countersigner=BRUNO), command=keys[0]) for _ in range(2)]
    report = ReportId(tries[0].stream)
    assert tries == [Accepted(report, 1), Accepted(report, 1, replayed=True)]
    sent = [world.records.send_report(actor(), report, HANDED_OVER, command=keys[1]) for _ in range(2)]
    assert sent == [Accepted(report, 2), Accepted(report, 2, replayed=True)]
    signed = [world.records.countersign_report(actor(BRUNO), report, command=CommandKey(BRUNO, keys[2].digest)) for _ in range(2)]
    assert signed == [Accepted(report, 3), Accepted(report, 3, replayed=True)]
    refused(CommandKeyReused, lambda: world.records.write_report(actor(), DRAFT, command=keys[0]))
    refused(CommandKeyReused, lambda: world.records.send_report(actor(), report, HandoverDraft(A_DAY, "phone"), command=keys[1]))
    assert len(world.records.list_reports(actor()).reports) == 1


def test_a_report_written_again_is_given_back_even_when_its_record_was_closed_meanwhile(world: World) -> None:
    youth, key = opened(world), CommandKey(ANNE, a_key())
    first = world.records.write_report(actor(), replace(DRAFT, subject=youth), command=key)
    world.records.close_record(actor(), youth, asked_in_person=True)
    assert world.records.write_report(actor(), replace(DRAFT, subject=youth), command=key) == Accepted(first.stream, 1, replayed=True)


def test_two_reports_for_one_reader_at_the_same_moment_are_both_on_the_shelf(world: World) -> None:
    world.recorder.before_insert.append(lambda: written(world, actor(CARLA), countersigner=BRUNO))
    written(world, countersigner=BRUNO)
    assert len(world.records.list_reports(actor(BRUNO)).reports) == 2


def test_a_report_says_nothing_of_itself() -> None:
    report = a_report()
    shown = [repr(report), *map(repr, events_of(report)), repr(DRAFT), repr(HANDED_OVER), repr(RELEASED)]
    assert all("CRIP" not in text and "oncle" not in text and "Mme" not in text for text in shown)


def test_the_identifier_of_a_record_or_of_a_shelf_is_no_report(world: World) -> None:
    youth = opened(world)
    refused(NotAllowed, lambda: world.records.read_report(actor(), ReportId(youth)))
    assert world.last_line.outcome is Outcome.NOT_FOUND
    assert lines(world)[-1] == (Operation.READ_REPORT, Outcome.NOT_FOUND)
