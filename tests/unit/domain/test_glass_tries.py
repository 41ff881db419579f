"""What opens the glass and what does not: all alike to whoever tries, three times a day (N9, N12, R089)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.access.glass_tries import GlassTries, tries_of
from domain.drafts import EmergencyDraft, HandingOverDraft, OpeningDraft, ShareDraft
from domain.identifiers import YouthId
from domain.record.record_access_events import CLOCKS_DIFFER
from domain.refusals import (
    DetailMissing,
    DomainError,
    NotAllowed,
    NothingOpened,
    ReasonTooShort,
    TextMissing,
    TriesSpent,
)
from domain.trail import Actor, CommandKey, Operation, Outcome, Purpose, Role
from tests.unit.domain.emergency_scene import COLLEAGUE, DPO, ME, RIGHT, broken, everybody, opened
from tests.unit.domain.in_memory import World, a_key
from tests.unit.domain.scenes import ANNE, BRUNO, CARLA, NOW, TOLD, actor, refused


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def youth(world: World) -> YouthId:
    return opened(world)


MISSES = {
    "another nickname": replace(RIGHT, pseudonym="Kikou"),
    "a part of the nickname": replace(RIGHT, pseudonym="Ki"),
    "another year": replace(RIGHT, birth_year=2010),
    "another place": replace(RIGHT, birth_year=None, territory="Quai Sud"),
    "another referent": replace(RIGHT, birth_year=None, referent=CARLA),
    "one right detail and one wrong": replace(RIGHT, territory="Quai Sud"),
}


@pytest.mark.parametrize("miss", MISSES)
def test_what_does_not_fit_exactly_opens_nothing(world: World, youth: YouthId, miss: str) -> None:
    refused(NothingOpened, lambda: broken(world, draft=MISSES[miss]))
    assert (world.last_line.operation, world.last_line.outcome, world.last_line.subjects) == (Operation.BREAK_GLASS, Outcome.NOT_FOUND, ())
    assert not world.records.find(youth).accesses


@pytest.mark.parametrize(
    "draft",
    [
        replace(RIGHT, pseudonym="  kiki "),
        replace(RIGHT, birth_year=None, territory="quai nord"),
        replace(RIGHT, birth_year=None, referent=ANNE),
        replace(RIGHT, territory="Quai Nord", referent=ANNE),
    ],
)
def test_accents_case_and_any_one_right_detail_do(world: World, youth: YouthId, draft: EmergencyDraft) -> None:
    assert broken(world, draft=draft) == youth


def test_two_that_fit_open_neither_and_the_line_of_the_miss_names_both(world: World, youth: YouthId) -> None:
    other = opened(world)
    refused(NothingOpened, lambda: broken(world))
    assert not world.records.find(youth).accesses
    assert (world.last_line.outcome, set(world.last_line.subjects)) == (Outcome.NOT_FOUND, {youth, other})


def test_of_two_of_one_nickname_the_detail_tells_which_is_meant(world: World, youth: YouthId) -> None:
    opened(world, birth_year=2004)
    assert broken(world) == youth


def test_a_closed_record_of_the_same_nickname_and_year_keeps_nobody_from_the_open_one(world: World, youth: YouthId) -> None:
    world.records.close_record(ME, opened(world), asked_in_person=True)
    assert broken(world) == youth


@pytest.mark.parametrize("handed_over", [False, True])
def test_a_record_made_up_under_a_nickname_tells_of_no_other_one_unless_it_opens_and_is_told_of(
    world: World, youth: YouthId, *, handed_over: bool
) -> None:
    bait = YouthId(world.records.open_record(COLLEAGUE, OpeningDraft("Kiki", birth_year=2009), informed=TOLD).stream)
    if handed_over:
        world.records.hand_over(COLLEAGUE, bait, HandingOverDraft(CARLA, told="oui"))

    assert broken(world) == youth
    assert world.records.emergencies_to_tell(ME)


def test_tries_that_a_wrong_clock_wrote_ahead_do_not_forbid_every_emergency_until_then(world: World, youth: YouthId) -> None:
    world.now = NOW + timedelta(days=365)
    for _ in range(3):
        refused(NothingOpened, lambda: broken(world, draft=replace(RIGHT, pseudonym="Lili")))
    world.now = NOW

    assert broken(world) == youth


def test_an_emergency_under_a_clock_that_is_set_right_afterwards_does_not_last_until_then(world: World, youth: YouthId) -> None:
    world.now = NOW + CLOCKS_DIFFER
    broken(world)
    world.now = NOW
    assert world.records.read_record(COLLEAGUE, youth).notes
    world.now = NOW - timedelta(seconds=1)

    refused(NotAllowed, lambda: world.records.read_record(COLLEAGUE, youth))


def test_whoever_handed_it_over_may_need_it_tonight_as_anybody(world: World, youth: YouthId) -> None:
    world.records.hand_over(ME, youth, HandingOverDraft(CARLA, told="oui"))
    assert broken(world, ME) == youth


def _closed(world: World, youth: YouthId) -> Actor:
    world.records.close_record(ME, youth, asked_in_person=True)
    return COLLEAGUE


def _erased(world: World, youth: YouthId) -> Actor:
    world.shred(youth)
    return COLLEAGUE


def _shared(world: World, youth: YouthId) -> Actor:
    world.records.share_record(ME, youth, ShareDraft((), "à deux", NOW.date(), account=BRUNO, told="oui"))
    return COLLEAGUE


def _unknown(world: World, youth: YouthId) -> Actor:
    world.rings.pop(youth)
    return COLLEAGUE


INDISTINCT = {"own": lambda _world, _youth: ME, "closed": _closed, "erased": _erased, "shared already": _shared, "unknown": _unknown}


@pytest.mark.parametrize("case", INDISTINCT)
def test_own_closed_erased_shared_and_unknown_are_answered_alike(world: World, youth: YouthId, case: str) -> None:
    who, lines = INDISTINCT[case](world, youth), len(world.recorder.trail)
    refusal = refused(NothingOpened, lambda: broken(world, who))
    assert (str(refusal), vars(refusal)) == (NothingOpened.__doc__, {})
    [line] = world.recorder.trail[lines:]
    assert (line.operation, line.outcome, line.subjects) == (Operation.BREAK_GLASS, Outcome.NOT_FOUND, ())


def test_a_thousand_guesses_are_three_tries_a_day_and_confirm_nobody(world: World, youth: YouthId) -> None:
    answers: list[type[DomainError]] = []
    for number in range(1000):
        draft = replace(RIGHT, pseudonym=f"Kiki{number}" if number % 2 else "Kiki", birth_year=1990 + number % 18)
        try:
            broken(world, draft=draft)
        except DomainError as refusal:
            answers.append(type(refusal))
    assert answers == [NothingOpened] * 3 + [TriesSpent] * 997
    assert not world.records.find(youth).accesses
    outcomes = [line.outcome for line in world.recorder.trail if line.operation is Operation.BREAK_GLASS]
    assert outcomes == [Outcome.NOT_FOUND] * 3 + [Outcome.REFUSED] * 997


def test_the_fourth_try_is_refused_before_anything_is_looked_for(world: World, youth: YouthId) -> None:
    for _ in range(3):
        refused(NothingOpened, lambda: broken(world, draft=replace(RIGHT, pseudonym="Lili")))
    refused(TriesSpent, lambda: world.records.break_glass(COLLEAGUE, RIGHT, _never))
    world.now = NOW + timedelta(hours=23, minutes=59)
    refused(TriesSpent, lambda: broken(world))
    world.now = NOW + timedelta(hours=24)
    assert broken(world) == youth


def test_hits_count_as_tries_too_and_each_account_has_its_own(world: World, youth: YouthId) -> None:
    opened(world, "Lili")
    opened(world, "Momo")
    for name in ("Kiki", "Lili", "Momo"):
        found = [one for one in everybody(world) if world.records.find(one).pseudonym == name]
        broken(world, draft=replace(RIGHT, pseudonym=name), found=found)
    refused(TriesSpent, lambda: broken(world, draft=replace(RIGHT, pseudonym="Zaza")))
    assert broken(world, actor(CARLA), found=[youth]) == youth


def test_a_rival_try_of_the_same_account_at_the_same_moment_is_counted_before_anything_is_told(world: World, youth: YouthId) -> None:
    def rival() -> None:
        tries = world.records.find_kind(GlassTries, tries_of(BRUNO)) or GlassTries.begin(tries_of(BRUNO), at=NOW)
        for _ in range(3):
            tries.try_once(NOW)
        world.records.append(tries, actor=COLLEAGUE, operation=Operation.BREAK_GLASS)

    world.recorder.before_insert = [rival]
    refused(TriesSpent, lambda: broken(world))
    assert not world.records.find(youth).accesses


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (replace(RIGHT, birth_year=None), DetailMissing),
        (replace(RIGHT, birth_year=None, territory="  "), DetailMissing),
        (replace(RIGHT, reason="urgence"), ReasonTooShort),
        (replace(RIGHT, reason=" "), TextMissing),
        (replace(RIGHT, pseudonym=" "), TextMissing),
    ],
)
def test_what_is_badly_typed_costs_no_try(world: World, youth: YouthId, draft: EmergencyDraft, refusal: type[DomainError]) -> None:
    for _ in range(4):
        refused(refusal, lambda: broken(world, draft=draft))
    assert broken(world) == youth


@pytest.mark.usefixtures("youth")
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.EDUCATOR}))
def test_educators_alone_break_the_glass(world: World, role: Role) -> None:
    refused(NotAllowed, lambda: world.records.break_glass(actor(BRUNO, role), RIGHT, _never))
    assert world.last_line.outcome is Outcome.REFUSED


def test_a_reason_is_fifteen_characters_at_least(world: World, youth: YouthId) -> None:
    refused(ReasonTooShort, lambda: broken(world, draft=replace(RIGHT, reason="x" * 14)))
    assert broken(world, draft=replace(RIGHT, reason="x" * 15)) == youth


def test_an_emergency_that_is_sent_twice_is_one_try_and_one_access(world: World, youth: YouthId) -> None:
    key = CommandKey(BRUNO, a_key())
    first, again = (world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [youth], command=key) for _ in range(2))
    assert (again.stream, again.version, again.replayed) == (first.stream, first.version, True)
    assert len(world.records.find(youth).accesses) == 1
    assert len(world.records.find(tries_of(BRUNO)).last) == 1


def test_an_emergency_that_is_sent_again_names_its_record_in_the_trail(world: World, youth: YouthId) -> None:
    key = CommandKey(BRUNO, a_key())
    for _ in range(2):
        world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [youth], command=key)

    assert (world.last_line.subjects, world.last_line.records) == ((youth,), 1)


def test_an_emergency_that_is_sent_again_after_the_closing_opens_nothing(world: World, youth: YouthId) -> None:
    key = CommandKey(BRUNO, a_key())
    world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [youth], command=key)
    world.records.close_record(ME, youth, asked_in_person=True)

    refused(NothingOpened, lambda: world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [youth], command=key))

    assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.NOT_FOUND, ())


def test_an_emergency_that_is_sent_again_after_the_erasure_opens_nothing(world: World, youth: YouthId) -> None:
    key = CommandKey(BRUNO, a_key())
    world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [youth], command=key)
    world.shred(youth)

    refused(NothingOpened, lambda: world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [], command=key))

    assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.NOT_FOUND, ())


def test_a_record_that_an_emergency_has_open_is_answered_as_opened_without_a_try_or_another_access(world: World, youth: YouthId) -> None:
    first = world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [youth], command=CommandKey(BRUNO, a_key()))
    world.now = NOW + timedelta(minutes=30)

    for _ in range(4):
        again = world.records.break_glass(COLLEAGUE, RIGHT, _never, command=CommandKey(BRUNO, a_key()))
        assert again.stream == first.stream
        line = world.last_line
        assert (line.operation, line.outcome, line.subjects) == (Operation.BREAK_GLASS, Outcome.GRANTED, (youth,))
        assert line.actor.purpose is Purpose.EMERGENCY

    assert len(world.records.find(youth).accesses) == 1
    assert len(world.records.find(tries_of(BRUNO)).last) == 1
    world.now = NOW + timedelta(minutes=60)
    refused(NotAllowed, lambda: world.records.read_record(COLLEAGUE, youth))


def test_details_that_do_not_fit_what_an_emergency_has_open_are_a_try(world: World, youth: YouthId) -> None:
    broken(world)

    refused(NothingOpened, lambda: broken(world, draft=replace(RIGHT, birth_year=2010)))

    assert len(world.records.find(tries_of(BRUNO)).last) == 2
    assert len(world.records.find(youth).accesses) == 1


def test_what_somebody_else_s_emergency_has_open_is_a_try_and_an_access_of_one_s_own(world: World, youth: YouthId) -> None:
    broken(world)
    assert broken(world, actor(CARLA)) == youth

    assert len(world.records.find(youth).accesses) == 2
    assert len(world.records.find(tries_of(CARLA)).last) == 1


def test_an_emergency_is_found_again_though_the_record_is_shared_with_the_same_person_since(world: World, youth: YouthId) -> None:
    broken(world)
    world.records.share_record(ME, youth, ShareDraft((), "à deux", NOW.date(), account=BRUNO, told="oui"))

    assert [entry.subject for entry in world.records.emergencies_open_to(COLLEAGUE)] == [youth]


@pytest.mark.parametrize("over", ["the hour", "the judgement", "the closing", "the erasure"])
def test_an_emergency_that_is_over_is_answered_as_opened_no_more(world: World, youth: YouthId, over: str) -> None:
    broken(world)
    _end_of_emergency(world, youth, over)

    if over in {"the hour", "the judgement"}:
        broken(world)
        assert len(world.records.find(youth).accesses) == 2
    else:
        refused(NothingOpened, lambda: broken(world))
    assert len(world.records.find(tries_of(BRUNO)).last) == 2


def test_whoever_opened_a_record_is_told_until_when_while_it_lasts_and_nobody_else_is(world: World, youth: YouthId) -> None:
    broken(world)

    [entry] = world.records.emergencies_open_to(COLLEAGUE)

    assert (entry.subject, entry.ends_at) == (youth, NOW + timedelta(minutes=60))
    for other in (ME, actor(CARLA), DPO, actor(BRUNO, Role.HEAD_OF_SERVICE)):
        assert not world.records.emergencies_open_to(other)


@pytest.mark.parametrize("over", ["the hour", "the judgement", "the closing", "the erasure"])
def test_of_an_emergency_that_is_over_nobody_is_told_that_it_is_open(world: World, youth: YouthId, over: str) -> None:
    broken(world)
    _end_of_emergency(world, youth, over)

    assert not world.records.emergencies_open_to(COLLEAGUE)


@pytest.mark.usefixtures("youth")
def test_a_miss_that_is_sent_twice_is_one_try_and_the_same_answer(world: World) -> None:
    key, wrong = CommandKey(BRUNO, a_key()), replace(RIGHT, pseudonym="Lili")
    for _ in range(3):
        refused(NothingOpened, lambda: world.records.break_glass(COLLEAGUE, wrong, lambda _sought: everybody(world), command=key))
        assert (world.last_line.operation, world.last_line.outcome) == (Operation.BREAK_GLASS, Outcome.NOT_FOUND)

    assert len(world.records.find(tries_of(BRUNO)).last) == 1
    assert broken(world)


@pytest.mark.usefixtures("youth")
def test_a_miss_that_is_sent_twice_at_once_is_one_try(world: World) -> None:
    key, wrong = CommandKey(BRUNO, a_key()), replace(RIGHT, pseudonym="Lili")

    def miss() -> None:
        refused(NothingOpened, lambda: world.records.break_glass(COLLEAGUE, wrong, lambda _sought: everybody(world), command=key))

    world.recorder.before_insert.append(miss)
    miss()

    assert len(world.records.find(tries_of(BRUNO)).last) == 1


def _end_of_emergency(world: World, youth: YouthId, over: str) -> None:
    [entry] = world.records.emergencies_to_tell(DPO)
    if over == "the hour":
        world.now = NOW + timedelta(minutes=60)
    elif over == "the judgement":
        world.records.review_emergency(DPO, entry.access, "appel vérifié", justified=True)
    elif over == "the closing":
        world.records.close_record(ME, youth, asked_in_person=True)
    else:
        world.shred(youth)


def _never(_sought: Any) -> Sequence[YouthId]:
    raise AssertionError("nothing may be looked for")
