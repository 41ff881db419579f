from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.categories import Category
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, ItemDraft, NoteDraft, OpeningDraft, OutingDraft, StepDraft
from domain.identifiers import ActivityId, ErasureId, YouthId
from domain.keeping import Accepted
from domain.oblivion.erasure import Stage
from domain.refusals import (
    CommandKeyReused,
    ConcurrentChange,
    NotAllowed,
    NotInformed,
    PresenceRequired,
    RecordClosed,
    RecordErased,
    StepCompletedAlready,
    TrailUnavailable,
)
from domain.trail import Actor, CommandKey, Operation, Outcome, Purpose, Role
from tests.unit.domain.in_memory import World, a_key
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, TOLD, actor, refused


@pytest.fixture
def world() -> World:
    return World()


def opened(world: World, **fields: Any) -> YouthId:
    return YouthId(world.records.open_record(actor(), OpeningDraft("Kiki", **fields), informed=TOLD).stream)


def test_opening_a_record_mints_its_keys_and_makes_its_author_the_referent(world: World) -> None:
    accepted = world.records.open_record(actor(), OpeningDraft("Kiki"))
    assert accepted == Accepted(accepted.stream, 1)
    assert world.rings == {accepted.stream: True}
    assert world.records.read_record(actor(), YouthId(accepted.stream)).referents == [ANNE]


def test_a_look_leaves_its_line_with_the_categories_shown(world: World) -> None:
    youth = opened(world)
    world.records.make_contact(actor(), youth, ContactDraft(A_DAY))
    me = actor()
    world.records.read_record(me, youth)
    line = world.last_line
    assert (line.actor, line.operation, line.outcome, line.subjects, line.records) == (
        me,
        Operation.READ_RECORD,
        Outcome.GRANTED,
        (youth,),
        1,
    )
    assert line.categories == (Category.CORE, Category.FOLLOW_UP)


def test_without_its_line_nothing_is_disclosed_and_nothing_is_written(world: World) -> None:
    youth = opened(world)
    world.recorder.trail_is_writable = False
    refused(TrailUnavailable, lambda: world.records.read_record(actor(), youth))
    refused(TrailUnavailable, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    refused(TrailUnavailable, lambda: world.records.disclose(actor(), Operation.LIST_CASELOAD))
    refused(TrailUnavailable, lambda: world.records.read_record(actor(BRUNO), youth))
    refused(TrailUnavailable, lambda: world.records.close_record(actor(), youth, asked_in_person=True))
    world.recorder.trail_is_writable = True
    assert world.records.read_record(actor(), youth).version == 2


@pytest.mark.parametrize(
    "stranger",
    [
        actor(BRUNO),
        actor(ANNE, Role.HEAD_OF_SERVICE),
        actor(ANNE, Role.DPO),
        actor(ANNE, Role.ADMINISTRATOR),
        actor(ANNE, Role.FUNDER),
        actor(ANNE, Role.SYSTEM),
        actor(ANNE, Role.YOUTH, YouthId(uuid4())),
        actor(ANNE, purpose=Purpose.STEER),
    ],
    ids=lambda stranger: f"{stranger.role}-{stranger.purpose}",
)
def test_a_stranger_meets_the_same_answer_as_for_a_record_that_does_not_exist(world: World, stranger: Actor) -> None:
    youth = opened(world)
    theirs = refused(NotAllowed, lambda: world.records.read_record(stranger, youth))
    assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.REFUSED, (youth,))
    nobodys = refused(NotAllowed, lambda: world.records.read_record(stranger, YouthId(uuid4())))
    assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.NOT_FOUND, ())
    assert (str(theirs), theirs.code) == (str(nobodys), nobodys.code)
    refused(NotAllowed, lambda: world.records.add_note(stranger, youth, NoteDraft("vu", A_DAY)))
    refused(NotAllowed, lambda: world.records.close_record(stranger, youth, asked_in_person=True))


def test_a_youth_reads_their_own_record_and_changes_nothing(world: World) -> None:
    youth = opened(world)
    me = actor(BRUNO, Role.YOUTH, youth)
    assert world.records.read_record(me, youth).pseudonym == "Kiki"
    refused(NotAllowed, lambda: world.records.add_note(me, youth, NoteDraft("vu", A_DAY)))


def test_the_identifier_of_another_stream_is_an_unknown_record(world: World) -> None:
    outing = world.records.record_outing(actor(), OutingDraft(A_DAY)).stream
    refused(NotAllowed, lambda: world.records.read_record(actor(), YouthId(outing)))
    assert world.last_line.outcome is Outcome.NOT_FOUND
    refused(NotAllowed, lambda: world.records.read_activity(actor(), ActivityId(opened(world))))


def test_a_change_leaves_its_line_in_the_same_append(world: World) -> None:
    youth = opened(world)
    lines = len(world.recorder.trail)
    accepted = world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY))
    assert (accepted.version, accepted.replayed) == (3, False)
    assert len(world.recorder.trail) == lines + 1
    assert (world.last_line.operation, world.last_line.categories) == (Operation.CHANGE_RECORD, (Category.FOLLOW_UP,))


def test_a_refused_rule_writes_nothing(world: World) -> None:
    youth = YouthId(world.records.open_record(actor(), OpeningDraft("Kiki")).stream)
    lines = len(world.recorder.trail)
    refused(NotInformed, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    assert len(world.recorder.trail) == lines
    assert world.records.find(youth).version == 1


def test_a_stale_version_is_refused_with_both_versions(world: World) -> None:
    youth = opened(world)
    world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY), expected_version=2)
    refusal = refused(ConcurrentChange, lambda: world.records.add_note(actor(), youth, NoteDraft("revu", A_DAY), expected_version=2))
    assert (refusal.expected_version, refusal.current_version) == (2, 3)


def test_a_rival_between_reading_and_writing_is_a_concurrent_change(world: World) -> None:
    youth = opened(world)
    world.recorder.before_insert.append(lambda: world.records.add_note(actor(), youth, NoteDraft("d'abord", A_DAY)))
    refused(ConcurrentChange, lambda: world.records.add_note(actor(), youth, NoteDraft("ensuite", A_DAY)))
    assert [note.text for note in world.records.find(youth).notes] == ["d'abord"]


def everything_a_referent_writes(step: UUID) -> list[Callable[..., Accepted]]:
    return [
        lambda records, youth, **how: records.inform(actor(), youth, TOLD, **how),
        lambda records, youth, **how: records.agree(actor(), youth, AgreementDraft("vital", "une consigne", A_DAY), **how),
        lambda records, youth, **how: records.withdraw_agreement(actor(), youth, "follow_up", **how),
        lambda records, youth, **how: records.give_identity(actor(), youth, IdentityDraft("Inès"), **how),
        lambda records, youth, **how: records.make_contact(actor(), youth, ContactDraft(A_DAY, present=(ANNE,)), **how),
        lambda records, youth, **how: records.add_note(actor(), youth, NoteDraft("vu", A_DAY), **how),
        lambda records, youth, **how: records.take_step(actor(), youth, StepDraft("CAF", A_DAY), **how),
        lambda records, youth, **how: records.complete_step(actor(), youth, step, "fait", **how),
        lambda records, youth, **how: records.name_referents(actor(), youth, [ANNE, BRUNO], **how),
    ]


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("versioned", [True, False])
def test_a_repeated_command_is_written_once_and_answers_the_same(world: World, number: int, *, versioned: bool) -> None:
    youth = opened(world)
    records = world.records
    records.agree(actor(), youth, AgreementDraft("identity", "le nom", A_DAY))
    records.agree(actor(), youth, AgreementDraft("follow_up", "les notes", A_DAY))
    records.take_step(actor(), youth, StepDraft("logement", A_DAY))
    (step,) = records.find(youth).steps
    act = everything_a_referent_writes(step)[number]
    how = {"command": CommandKey(ANNE, a_key()), "expected_version": 5 if versioned else None}
    first = act(records, youth, **how)
    lines = len(world.recorder.trail)
    again = act(records, youth, **how)
    assert (first.version, first.replayed) == (6, False)
    assert again == Accepted(youth, 6, replayed=True)
    assert records.find(youth).version == 6
    assert len(world.recorder.trail) == lines + 1


def test_one_key_for_two_different_changes_is_refused(world: World) -> None:
    youth, key = opened(world), CommandKey(ANNE, a_key())
    world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY), command=key)
    refused(CommandKeyReused, lambda: world.records.add_note(actor(), youth, NoteDraft("autre", A_DAY), command=key))
    refused(CommandKeyReused, lambda: world.records.add_note(actor(), opened(world), NoteDraft("vu", A_DAY), command=key))
    assert world.records.find(youth).version == 3


def test_without_a_key_a_second_try_is_a_second_try(world: World) -> None:
    youth = opened(world)
    step = world.records.take_step(actor(), youth, StepDraft("CAF", A_DAY)) and next(iter(world.records.find(youth).steps))
    world.records.complete_step(actor(), youth, step, None)
    refused(StepCompletedAlready, lambda: world.records.complete_step(actor(), youth, step, None))


def test_a_repeated_opening_opens_one_record_and_mints_one_ring(world: World) -> None:
    key = CommandKey(ANNE, a_key())
    first = world.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD, command=key)
    again = world.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD, command=key)
    assert again == Accepted(first.stream, 2, replayed=True)
    assert len(world.rings) == 1
    refused(CommandKeyReused, lambda: world.records.open_record(actor(), OpeningDraft("Zaza"), informed=TOLD, command=key))


def test_two_openings_at_the_same_instant_with_one_key_open_one_record(world: World) -> None:
    key = CommandKey(ANNE, a_key())
    rival = []
    world.recorder.before_insert.append(lambda: rival.append(world.records.open_record(actor(), OpeningDraft("Kiki"), command=key)))
    second = world.records.open_record(actor(), OpeningDraft("Kiki"), command=key)
    assert second == Accepted(rival[0].stream, 1, replayed=True)


def test_a_repeated_change_passes_the_policy_again(world: World) -> None:
    youth, key = opened(world), CommandKey(ANNE, a_key())
    world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY), command=key)
    world.records.name_referents(actor(), youth, [BRUNO])
    refused(NotAllowed, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY), command=key))


def test_a_naming_repeated_by_whoever_gave_their_access_away_is_refused_once_the_record_is_closed(world: World) -> None:
    youth, key = opened(world), CommandKey(ANNE, a_key())
    world.records.name_referents(actor(), youth, [BRUNO], command=key)
    assert world.records.name_referents(actor(), youth, [BRUNO], command=key).replayed
    world.records.close_record(actor(BRUNO), youth, asked_in_person=True)
    refused(NotAllowed, lambda: world.records.name_referents(actor(), youth, [BRUNO], command=key))


def test_a_repeated_opening_passes_the_policy_again(world: World) -> None:
    key = CommandKey(ANNE, a_key())
    youth = YouthId(world.records.open_record(actor(), OpeningDraft("Kiki"), command=key).stream)
    world.records.name_referents(actor(), youth, [BRUNO])
    refused(NotAllowed, lambda: world.records.open_record(actor(), OpeningDraft("Kiki"), command=key))


def test_closing_fences_the_record_and_starts_its_erasure(world: World) -> None:
    youth = opened(world)
    erasure = world.records.close_record(actor(BRUNO, Role.YOUTH, youth), youth)
    assert [(fence.subject, fence.erasure, fence.whole) for fence in world.recorder.fences] == [(youth, erasure, True)]
    found = world.records.find(erasure)
    assert (found.subject, found.stage, found.asked_by_role, found.asked_in_person, found.referents) == (
        youth,
        Stage.CLOSED,
        "youth",
        False,
        [ANNE],
    )
    assert world.records.find(youth).closed_by == erasure


def test_a_closed_record_says_so_to_its_people_and_nothing_to_others(world: World) -> None:
    youth = opened(world)
    world.records.close_record(actor(), youth, asked_in_person=True)
    refused(RecordClosed, lambda: world.records.read_record(actor(), youth))
    assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.REFUSED, (youth,))
    refused(RecordClosed, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    refused(RecordClosed, lambda: world.records.read_record(actor(BRUNO, Role.YOUTH, youth), youth))
    refused(NotAllowed, lambda: world.records.read_record(actor(BRUNO), youth))


def test_an_educator_closes_only_for_a_youth_who_is_there(world: World) -> None:
    youth = opened(world)
    refused(PresenceRequired, lambda: world.records.close_record(actor(), youth))
    assert world.recorder.fences == []


def test_asking_again_for_an_erasure_gives_the_same_one(world: World) -> None:
    youth, key = opened(world), CommandKey(ANNE, a_key())
    erasure = world.records.close_record(actor(), youth, asked_in_person=True, command=key)
    assert world.records.close_record(actor(), youth, asked_in_person=True, command=key) == erasure
    world.shred(youth)
    assert world.records.close_record(actor(), youth, asked_in_person=True, command=key) == erasure
    refused(RecordErased, lambda: world.records.close_record(actor(), youth, asked_in_person=True, command=CommandKey(ANNE, a_key())))


def test_two_askings_at_the_same_instant_with_one_key_are_one_erasure(world: World) -> None:
    youth, key = opened(world), CommandKey(ANNE, a_key())
    rival = []
    world.recorder.before_insert.append(
        lambda: rival.append(world.records.close_record(actor(), youth, asked_in_person=True, command=key)),
    )
    assert [world.records.close_record(actor(), youth, asked_in_person=True, command=key)] == rival


def test_the_key_of_one_erasure_says_nothing_of_another(world: World) -> None:
    youth, other, key = opened(world), opened(world), CommandKey(ANNE, a_key())
    world.records.close_record(actor(), youth, asked_in_person=True, command=key)
    world.records.close_record(actor(), other, asked_in_person=True)
    refused(CommandKeyReused, lambda: world.records.close_record(actor(), other, asked_in_person=True, command=key))


def test_a_key_used_for_a_note_does_not_close_a_record(world: World) -> None:
    youth, key = opened(world), CommandKey(ANNE, a_key())
    world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY), command=key)
    refused(CommandKeyReused, lambda: world.records.close_record(actor(), youth, asked_in_person=True, command=key))
    assert world.recorder.fences == []


def test_an_erasure_gets_through_a_crowd_of_writers(world: World) -> None:
    youth = opened(world)

    def rival(left: int) -> Callable[[], object]:
        def write() -> None:
            world.records.add_note(actor(), youth, NoteDraft("vite", A_DAY))
            if left:
                world.recorder.before_insert.append(rival(left - 1))

        return write

    world.recorder.before_insert.append(rival(3))
    erasure = world.records.close_record(actor(), youth, asked_in_person=True)
    assert world.records.find(youth).closed_by == erasure
    assert world.records.find(youth).version == 7


def test_an_erasure_of_what_somebody_had_not_read_is_refused_with_a_version(world: World) -> None:
    youth = opened(world)
    refused(ConcurrentChange, lambda: world.records.close_record(actor(), youth, asked_in_person=True, expected_version=1))


def test_an_erased_record_says_so_to_its_people_and_nothing_to_others(world: World) -> None:
    youth = opened(world)
    erasure = world.records.close_record(actor(), youth, asked_in_person=True)
    world.shred(youth)
    refused(RecordErased, lambda: world.records.read_record(actor(), youth))
    refused(RecordErased, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    refused(RecordErased, lambda: world.records.read_record(actor(BRUNO, Role.YOUTH, youth), youth))
    assert refused(NotAllowed, lambda: world.records.read_record(actor(BRUNO), youth)).code == "not_found"
    assert world.last_line.subjects == ()
    unlinked = Actor(BRUNO, Role.YOUTH, Purpose.OWN_RECORD, actor().request, None, erasure)
    refused(RecordErased, lambda: world.records.read_record(unlinked, youth))


def test_an_erasure_is_shown_to_the_dpo_the_youth_and_the_former_referents_only(world: World) -> None:
    youth = opened(world)
    erasure = world.records.close_record(actor(), youth, asked_in_person=True)
    for who in (actor(), actor(BRUNO, Role.DPO), actor(BRUNO, Role.YOUTH, youth)):
        assert world.records.read_erasure(who, erasure).subject == youth
    for stranger in (actor(BRUNO), actor(ANNE, Role.HEAD_OF_SERVICE), actor(BRUNO, Role.YOUTH, YouthId(uuid4()))):
        refused(NotAllowed, lambda stranger=stranger: world.records.read_erasure(stranger, erasure))
    refused(NotAllowed, lambda: world.records.read_erasure(actor(BRUNO, Role.DPO), ErasureId(uuid4())))


def test_a_list_names_each_record_that_it_shows(world: World) -> None:
    first, second = opened(world), opened(world)
    world.records.disclose(actor(), Operation.LIST_CASELOAD, subjects=[first, second], categories=[Category.CORE])
    assert (world.last_line.subjects, world.last_line.records) == ((first, second), 2)
    refused(NotAllowed, lambda: world.records.disclose(actor(role=Role.HEAD_OF_SERVICE), Operation.LIST_CASELOAD))
    assert world.last_line.outcome is Outcome.REFUSED


def test_who_looked_at_a_record_is_shown_to_its_people_only(world: World) -> None:
    youth = opened(world)
    for who in (actor(), actor(BRUNO, Role.YOUTH, youth)):
        world.records.disclose_about(who, Operation.READ_OWN_TRAIL, youth)
        assert (world.last_line.operation, world.last_line.subjects) == (Operation.READ_OWN_TRAIL, (youth,))
    refused(NotAllowed, lambda: world.records.disclose_about(actor(BRUNO), Operation.READ_OWN_TRAIL, youth))


def test_an_outing_is_written_once_for_one_key(world: World) -> None:
    key = CommandKey(ANNE, a_key())
    draft = OutingDraft(A_DAY, counts={"girl:11-15": 2})
    first = world.records.record_outing(actor(), draft, command=key)
    assert world.records.record_outing(actor(), draft, command=key) == Accepted(first.stream, 1, replayed=True)
    refused(CommandKeyReused, lambda: world.records.record_outing(actor(), OutingDraft(A_DAY), command=key))
    refused(NotAllowed, lambda: world.records.record_outing(actor(role=Role.DPO), draft))
    assert world.records.read_activity(actor(), ActivityId(first.stream)).occurred_on == A_DAY


def test_loading_the_catalogue_twice_changes_nothing(world: World) -> None:
    boss = actor(role=Role.ADMINISTRATOR)
    items = [ItemDraft("Accès aux droits", "Logement", "S0"), ItemDraft("Santé / bien-être", "Santé mentale", "S0")]
    refused(NotAllowed, lambda: world.records.read_catalogue(boss))
    first = world.records.load_catalogue(boss, items)
    assert world.records.load_catalogue(boss, items) == Accepted(first.stream, first.version, replayed=True)
    assert world.records.load_catalogue(boss, [*items, ItemDraft("Divers", "Loisirs", "S0")]).version == first.version + 1
    assert [item.sensitive for item in world.records.read_catalogue(actor()).items.values()] == [False, True, False]
    refused(NotAllowed, lambda: world.records.load_catalogue(actor(), items))
