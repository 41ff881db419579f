"""Breaking the glass: it opens one record for sixty minutes, tells at once, and is reviewed (N9, N12, R089)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from domain.access.glass_register import next_working_day, register_of
from domain.categories import Category
from domain.drafts import HandingOverDraft, NoteDraft, ShareDraft
from domain.identifiers import YouthId
from domain.record.youth_record import YouthRecord
from domain.refusals import (
    AccessUnknown,
    GlassReviewedAlready,
    NotAllowed,
    ReviewMustWait,
    TextMissing,
)
from domain.trail import Operation, Outcome, Purpose, Role
from tests.unit.domain.emergency_scene import COLLEAGUE, DPO, ME, REASON, RIGHT, broken, opened
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import A_DAY, BRUNO, CARLA, NOW, actor, refused


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def youth(world: World) -> YouthId:
    return opened(world)


def test_a_hit_opens_the_record_to_read_for_sixty_minutes_and_not_one_more(world: World, youth: YouthId) -> None:
    assert broken(world) == youth
    assert world.records.read_record(COLLEAGUE, youth).notes
    world.now = NOW + timedelta(minutes=59, seconds=59)
    assert world.records.read_record(COLLEAGUE, youth).notes
    world.now = NOW + timedelta(minutes=60)
    refused(NotAllowed, lambda: world.records.read_record(COLLEAGUE, youth))


def test_behind_the_glass_nothing_can_be_written_shared_or_erased(world: World, youth: YouthId) -> None:
    broken(world)
    records = world.records
    for act in (
        lambda: records.add_note(COLLEAGUE, youth, NoteDraft("je note", A_DAY)),
        lambda: records.share_record(COLLEAGUE, youth, ShareDraft((), "voir", A_DAY, account=CARLA, told="oui")),
        lambda: records.close_record(COLLEAGUE, youth, asked_in_person=True),
        lambda: records.name_referents(COLLEAGUE, youth, [BRUNO]),
    ):
        refused(NotAllowed, act)


def test_the_lines_of_an_emergency_say_that_it_was_one(world: World, youth: YouthId) -> None:
    broken(world)
    line = world.last_line
    assert (line.operation, line.outcome, line.subjects, line.actor.purpose) == (
        Operation.BREAK_GLASS,
        Outcome.GRANTED,
        (youth,),
        Purpose.EMERGENCY,
    )
    world.records.read_record(COLLEAGUE, youth)
    assert (world.last_line.operation, world.last_line.actor.purpose) == (Operation.READ_RECORD, Purpose.EMERGENCY)
    assert Category.FOLLOW_UP in world.last_line.categories


def test_the_dpo_and_the_referents_are_told_at_once_and_nobody_else_is(world: World, youth: YouthId) -> None:
    broken(world)
    for told in (DPO, ME):
        [entry] = world.records.emergencies_to_tell(told)
        assert (entry.subject, entry.account) == (youth, BRUNO)
    for other in (COLLEAGUE, actor(CARLA), actor(CARLA, Role.HEAD_OF_SERVICE), actor(CARLA, Role.ADMINISTRATOR)):
        assert not world.records.emergencies_to_tell(other)


def test_of_a_record_that_is_closed_or_no_more_theirs_a_referent_is_told_nothing(world: World, youth: YouthId) -> None:
    broken(world)
    world.records.hand_over(ME, youth, HandingOverDraft(CARLA, told="de vive voix"))
    assert not world.records.emergencies_to_tell(ME)

    other = opened(world, "Lulu")
    broken(world, draft=replace(RIGHT, pseudonym="Lulu"), found=[other])
    assert [entry.subject for entry in world.records.emergencies_to_tell(ME)] == [other]
    world.records.close_record(ME, other, asked_in_person=True)
    assert not world.records.emergencies_to_tell(ME)
    assert len(world.records.emergencies_to_tell(DPO)) == 2


@pytest.mark.usefixtures("youth")
def test_a_referent_says_that_they_have_seen_it_and_is_told_no_more(world: World) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(ME)
    refused(NotAllowed, lambda: world.records.acknowledge_emergency(actor(CARLA), entry.access))
    refused(NotAllowed, lambda: world.records.acknowledge_emergency(ME, uuid4()))
    for _ in range(2):
        world.records.acknowledge_emergency(ME, entry.access)
    assert not world.records.emergencies_to_tell(ME)
    assert world.records.emergencies_to_tell(DPO)


def test_the_dpo_reviews_it_once_in_a_sentence_and_what_was_open_is_over(world: World, youth: YouthId) -> None:
    broken(world)
    [emergency] = world.records.list_emergencies(DPO)
    assert emergency.granted is not None
    assert (emergency.granted.reason, emergency.entry.review_by, emergency.is_reviewed) == (REASON, date(2026, 11, 23), False)
    refused(TextMissing, lambda: world.records.review_emergency(DPO, emergency.entry.access, " ", justified=True))
    world.records.review_emergency(DPO, emergency.entry.access, "appel vérifié", justified=True)
    refused(NotAllowed, lambda: world.records.read_record(COLLEAGUE, youth))
    refused(GlassReviewedAlready, lambda: world.records.review_emergency(DPO, emergency.entry.access, "encore", justified=False))
    after = world.records.read_emergency(DPO, emergency.entry.access)
    assert after.review is not None
    assert (after.review.sentence, after.justified, world.records.emergencies_to_tell(DPO)) == ("appel vérifié", True, [])


def test_the_list_of_the_dpo_names_the_records_in_the_trail_and_none_of_their_categories(world: World, youth: YouthId) -> None:
    broken(world)
    world.records.list_emergencies(DPO)
    assert (world.last_line.operation, world.last_line.subjects, world.last_line.categories) == (Operation.LIST_GLASS, (youth,), ())
    for other in (ME, COLLEAGUE, actor(CARLA, Role.ADMINISTRATOR)):
        refused(NotAllowed, lambda who=other: world.records.list_emergencies(who))
        refused(NotAllowed, lambda who=other: world.records.review_emergency(who, uuid4(), "oui", justified=True))


def test_a_record_closed_while_the_dpo_looks_at_its_emergency_gives_no_reason(world: World, youth: YouthId) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(DPO)
    for look in (lambda: world.records.list_emergencies(DPO)[0], lambda: world.records.read_emergency(DPO, entry.access)):
        world.recorder.before_line.append(lambda: world.records.close_record(ME, youth, asked_in_person=True))
        assert look().granted is None
        erasure = world.records.erasure_of(youth)
        assert erasure is not None
        world.records.cancel_erasure(ME, erasure, asked_in_person=True)


def test_a_record_that_comes_back_while_the_dpo_looks_gives_no_reason_that_its_line_does_not_name(world: World, youth: YouthId) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(DPO)
    for look in (lambda: world.records.list_emergencies(DPO)[0], lambda: world.records.read_emergency(DPO, entry.access)):
        erasure = world.records.close_record(ME, youth, asked_in_person=True)
        world.recorder.before_line.append(lambda erasure=erasure: world.records.cancel_erasure(ME, erasure, asked_in_person=True))
        assert look().granted is None


def test_an_emergency_whose_record_was_closed_and_is_erased_is_still_reviewed_and_tells_nothing_of_it(world: World, youth: YouthId) -> None:
    broken(world)
    world.records.close_record(ME, youth, asked_in_person=True)
    [closed] = world.records.list_emergencies(DPO)
    assert (closed.granted, world.last_line.subjects) == (None, ())
    world.shred(youth)
    world.records.review_emergency(DPO, closed.entry.access, "appel vérifié", justified=False)
    assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.GRANTED, ())
    [erased] = world.records.list_emergencies(DPO)
    assert (erased.granted, erased.review, erased.justified) == (None, None, False)


def test_an_emergency_is_not_judged_while_its_record_is_closed_and_is_once_it_is_open_again(world: World, youth: YouthId) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(DPO)
    erasure = world.records.close_record(ME, youth, asked_in_person=True)

    refused(ReviewMustWait, lambda: world.records.review_emergency(DPO, entry.access, "appel vérifié", justified=False))

    assert (world.last_line.operation, world.last_line.outcome) == (Operation.REVIEW_GLASS, Outcome.REFUSED)
    assert world.last_line.subjects == (youth,)
    assert world.records.emergencies_to_tell(DPO) == [entry]
    world.records.cancel_erasure(ME, erasure, asked_in_person=True)
    assert world.records.read_record(COLLEAGUE, youth).notes
    world.records.review_emergency(DPO, entry.access, "appel vérifié", justified=False)
    refused(NotAllowed, lambda: world.records.read_record(COLLEAGUE, youth))


def test_a_record_closed_at_the_moment_of_the_judgement_has_its_emergency_left_to_judge(world: World, youth: YouthId) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(DPO)
    world.recorder.before_insert.append(lambda: world.records.close_record(ME, youth, asked_in_person=True))

    refused(ReviewMustWait, lambda: world.records.review_emergency(DPO, entry.access, "appel vérifié", justified=False))

    assert world.records.emergencies_to_tell(DPO) == [entry]


def test_the_youth_reads_who_broke_the_glass_and_why(world: World, youth: YouthId) -> None:
    broken(world)
    own = world.records.read_record(actor(CARLA, Role.YOUTH, youth), youth)
    [granted] = own.accesses.values()
    assert isinstance(granted, YouthRecord.GlassBroken)
    assert (granted.account, granted.reason) == (BRUNO, REASON)


def test_it_is_reviewed_on_the_next_working_day() -> None:
    friday, saturday = datetime(2026, 11, 27, 22, tzinfo=UTC), datetime(2026, 11, 28, 3, tzinfo=UTC)
    assert {next_working_day(friday), next_working_day(saturday)} == {date(2026, 11, 30)}
    assert next_working_day(datetime(2026, 11, 30, 9, tzinfo=UTC)) == date(2026, 12, 1)
    after_midnight_in_paris = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert next_working_day(after_midnight_in_paris) == date(2026, 12, 2)


def test_a_record_judges_its_own_emergencies_once(world: World, youth: YouthId) -> None:
    broken(world)
    record = world.records.find(youth)
    [access] = record.accesses
    refused(AccessUnknown, lambda: record.review_glass(uuid4(), "vu", justified=True, by=DPO.account, at=NOW))
    record.review_glass(access, "vu", justified=True, by=DPO.account, at=NOW)
    refused(GlassReviewedAlready, lambda: record.review_glass(access, "vu", justified=True, by=DPO.account, at=NOW))


def test_an_erased_record_s_emergency_is_judged_once_too(world: World, youth: YouthId) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(DPO)
    world.shred(youth)
    world.records.review_emergency(DPO, entry.access, "vu", justified=True)
    refused(GlassReviewedAlready, lambda: world.records.review_emergency(DPO, entry.access, "vu", justified=True))


def test_an_emergency_that_never_was_is_unknown_to_the_dpo(world: World) -> None:
    refused(NotAllowed, lambda: world.records.read_emergency(DPO, uuid4()))
    refused(NotAllowed, lambda: world.records.review_emergency(DPO, uuid4(), "vu", justified=True))


def test_reading_and_judging_an_emergency_name_the_record_in_the_trail(world: World, youth: YouthId) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(DPO)
    world.records.read_emergency(DPO, entry.access)
    assert (world.last_line.operation, world.last_line.subjects) == (Operation.LIST_GLASS, (youth,))
    world.records.review_emergency(DPO, entry.access, "vu", justified=True)
    assert (world.last_line.operation, world.last_line.subjects) == (Operation.REVIEW_GLASS, (youth,))
    world.shred(youth)
    world.records.read_emergency(DPO, entry.access)
    assert world.last_line.subjects == ()


@pytest.mark.usefixtures("youth")
def test_having_seen_it_is_written_once(world: World) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(ME)
    world.records.acknowledge_emergency(ME, entry.access)
    before = world.records.find(register_of(world.structure)).version
    world.records.acknowledge_emergency(ME, entry.access)
    assert world.records.find(register_of(world.structure)).version == before
