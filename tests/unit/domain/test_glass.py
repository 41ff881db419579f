"""Breaking the glass: it opens one record for sixty minutes, tells at once, and is no way to ask who is followed (N9, N12, R089)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.access.glass_register import next_working_day, register_of
from domain.access.glass_tries import GlassTries, tries_of
from domain.categories import Category
from domain.drafts import EmergencyDraft, HandingOverDraft, NoteDraft, OpeningDraft, ShareDraft
from domain.identifiers import AccountId, YouthId
from domain.record.youth_record import YouthRecord
from domain.refusals import (
    AccessUnknown,
    DetailMissing,
    DomainError,
    GlassReviewedAlready,
    NotAllowed,
    NothingOpened,
    ReasonTooShort,
    TextMissing,
    TriesSpent,
)
from domain.trail import Actor, CommandKey, Operation, Outcome, Purpose, Role
from tests.unit.domain.in_memory import World, a_key
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, CARLA, NOW, TOLD, actor, refused

REASON = "appel du foyer cette nuit, le jeune n'est pas rentré"
ME, COLLEAGUE = actor(ANNE), actor(BRUNO)
DPO = actor(AccountId(uuid4()), Role.DPO)
RIGHT = EmergencyDraft("Kiki", REASON, birth_year=2009)


@pytest.fixture
def world() -> World:
    return World()


def opened(world: World, pseudonym: str = "Kiki", birth_year: int = 2009) -> YouthId:
    draft = OpeningDraft(pseudonym, birth_year=birth_year, territory="Quai Nord")
    youth = YouthId(world.records.open_record(ME, draft, informed=TOLD).stream)
    world.records.add_note(ME, youth, NoteDraft("vu au local", A_DAY))
    return youth


@pytest.fixture
def youth(world: World) -> YouthId:
    return opened(world)


def everybody(world: World) -> list[YouthId]:
    return [YouthId(one) for one in world.rings]


def broken(world: World, who: Actor = COLLEAGUE, draft: EmergencyDraft = RIGHT, found: Sequence[YouthId] | None = None) -> UUID:
    candidates = everybody(world) if found is None else found
    return world.records.break_glass(who, draft, lambda _sought: candidates).stream


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


def test_an_emergency_whose_record_is_closed_or_erased_is_still_reviewed_and_tells_nothing_of_it(world: World, youth: YouthId) -> None:
    broken(world)
    world.records.close_record(ME, youth, asked_in_person=True)
    [closed] = world.records.list_emergencies(DPO)
    assert (closed.granted, world.last_line.subjects) == (None, ())
    world.shred(youth)
    world.records.review_emergency(DPO, closed.entry.access, "appel vérifié", justified=False)
    [erased] = world.records.list_emergencies(DPO)
    assert (erased.granted, erased.review, erased.justified) == (None, None, False)


def test_the_youth_reads_who_broke_the_glass_and_why(world: World, youth: YouthId) -> None:
    broken(world)
    own = world.records.read_record(actor(CARLA, Role.YOUTH, youth), youth)
    [granted] = own.accesses.values()
    assert isinstance(granted, YouthRecord.GlassBroken)
    assert (granted.account, granted.reason) == (BRUNO, REASON)


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


def test_two_that_fit_open_neither(world: World, youth: YouthId) -> None:
    opened(world)
    refused(NothingOpened, lambda: broken(world))
    assert not world.records.find(youth).accesses


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
    refused(TriesSpent, lambda: broken(world))
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


def test_an_emergency_that_is_sent_again_after_the_erasure_opens_nothing(world: World, youth: YouthId) -> None:
    key = CommandKey(BRUNO, a_key())
    world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [youth], command=key)
    world.shred(youth)

    refused(NothingOpened, lambda: world.records.break_glass(COLLEAGUE, RIGHT, lambda _sought: [], command=key))

    assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.NOT_FOUND, ())


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


@pytest.mark.usefixtures("youth")
def test_having_seen_it_is_written_once(world: World) -> None:
    broken(world)
    [entry] = world.records.emergencies_to_tell(ME)
    world.records.acknowledge_emergency(ME, entry.access)
    before = world.records.find(register_of(world.structure)).version
    world.records.acknowledge_emergency(ME, entry.access)
    assert world.records.find(register_of(world.structure)).version == before


def test_a_reason_is_fifteen_characters_at_least(world: World, youth: YouthId) -> None:
    refused(ReasonTooShort, lambda: broken(world, draft=replace(RIGHT, reason="x" * 14)))
    assert broken(world, draft=replace(RIGHT, reason="x" * 15)) == youth


def _never(_sought: Any) -> Sequence[YouthId]:
    raise AssertionError("nothing may be looked for")
