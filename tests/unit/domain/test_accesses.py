"""Shares, replacements, handover: what each opens, to whom, until when, and nothing else (N8, N10, N11)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.access.relations import Relation
from domain.categories import Category
from domain.drafts import HandingOverDraft, NoteDraft, OpeningDraft, ShareDraft
from domain.identifiers import ReplacementId, TeamId, YouthId
from domain.keeping import Accepted
from domain.refusals import (
    AccessUnknown,
    CategoryOff,
    ChoiceUnknown,
    CommandKeyReused,
    DateRefused,
    DomainError,
    NotAllowed,
    RecordClosed,
    ReferentAlready,
    ReplacementUnknown,
    TeamUnknown,
    TextMissing,
    YouthToldMissing,
)
from domain.trail import CommandKey, Operation, Outcome, Purpose, Role
from tests.unit.domain.anne_s_record import ADMINISTRATOR, COLLEAGUE, DPO, ME, SOON, THIRD, a_record, read, reference_of, sees_nothing
from tests.unit.domain.in_memory import World, a_key
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, CARLA, NOW, TOLD, actor, refused


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def youth(world: World) -> YouthId:
    return a_record(world)


def share(world: World, youth: YouthId, *categories: str, **fields: Any) -> UUID:
    draft = {"purpose": "chercher un stage à deux", "until": SOON, "account": BRUNO, "told": "dit de vive voix"} | fields
    world.records.share_record(ME, youth, ShareDraft(categories, **draft))
    record = world.records.find(youth)
    return list(record.accesses)[-1]


def a_team(world: World, *members: UUID) -> TeamId:
    team = TeamId(uuid4())
    world.records.name_team(ADMINISTRATOR, f"Équipe {team}", team)
    world.records.name_members(ADMINISTRATOR, team, members)
    return team


def test_a_share_opens_the_categories_that_it_names_and_the_line_names_them(world: World, youth: YouthId) -> None:
    share(world, youth, Category.FOLLOW_UP)
    shown = read(world, COLLEAGUE, youth)
    assert (shown.pseudonym, len(shown.contacts), shown.identity) == ("Kiki", 1, None)
    assert world.last_line.categories == (Category.CORE, Category.FOLLOW_UP)
    assert shown.version == world.records.find(youth).version


def test_a_share_of_the_core_alone_says_who_the_youth_is_and_nothing_of_what_was_written(world: World, youth: YouthId) -> None:
    share(world, youth)
    shown = read(world, COLLEAGUE, youth)
    assert (shown.pseudonym, shown.contacts, shown.notes, shown.identity) == ("Kiki", [], [], None)
    assert world.last_line.categories == (Category.CORE,)


def test_what_is_shown_of_a_share_does_not_say_who_else_reads(world: World, youth: YouthId) -> None:
    share(world, youth, Category.FOLLOW_UP)
    share(world, youth, Category.IDENTITY, account=CARLA, purpose="autre affaire")
    assert not read(world, COLLEAGUE, youth).accesses
    assert len(read(world, ME, youth).accesses) == 2


def test_a_share_ends_after_its_last_day_without_anything_having_to_run(world: World, youth: YouthId) -> None:
    share(world, youth, Category.FOLLOW_UP)
    world.now = NOW + timedelta(days=7)
    assert read(world, COLLEAGUE, youth).contacts
    world.now = NOW + timedelta(days=8)
    sees_nothing(world, COLLEAGUE, youth)


def test_a_share_that_is_ended_is_over_at_the_next_look(world: World, youth: YouthId) -> None:
    access = share(world, youth, Category.FOLLOW_UP)
    world.records.end_share(ME, youth, access)
    sees_nothing(world, COLLEAGUE, youth)
    refused(AccessUnknown, lambda: world.records.end_share(ME, youth, access))
    refused(AccessUnknown, lambda: world.records.end_share(ME, youth, uuid4()))


def test_sharing_anew_with_the_same_person_or_team_replaces_what_lasts_and_nothing_else(world: World, youth: YouthId) -> None:
    nord, sud = a_team(world, CARLA), a_team(world)
    holders: list[dict[str, Any]] = [{}, {"account": CARLA}, {"account": None, "team": nord}, {"account": None, "team": sud}]
    _bruno, carla, _nord, other_team = [share(world, youth, Category.FOLLOW_UP, **holder) for holder in holders]
    rights = world.records.name_rights_referent(DPO, reference_of(world, youth), BRUNO, "demande 3", SOON)

    anew = [share(world, youth, **holders[0]), share(world, youth, **holders[2])]

    assert list(world.records.find(youth).living_accesses(NOW)) == [carla, other_team, rights, *anew]
    world.records.end_rights_referent(DPO, reference_of(world, youth), rights)
    assert not read(world, COLLEAGUE, youth).contacts
    world.records.end_share(ME, youth, anew[0])
    sees_nothing(world, COLLEAGUE, youth)


def test_a_share_that_is_refused_leaves_the_one_that_lasts(world: World, youth: YouthId) -> None:
    access = share(world, youth, Category.FOLLOW_UP)
    refused(YouthToldMissing, lambda: share(world, youth, told=None))
    assert list(world.records.find(youth).living_accesses(NOW)) == [access]


def test_a_share_that_is_over_is_not_ended_by_the_next_one(world: World, youth: YouthId) -> None:
    share(world, youth)
    world.now = NOW + timedelta(days=8)
    share(world, youth, until=SOON + timedelta(days=8))
    assert not world.records.find(youth).ended_accesses


def test_a_share_that_replaces_another_is_answered_alike_when_it_is_sent_twice(world: World, youth: YouthId) -> None:
    keys = [CommandKey(ANNE, a_key()) for _ in range(3)]
    drafts = [ShareDraft((Category.FOLLOW_UP,), f"raison {number}", SOON, account=BRUNO, told="oui") for number in range(3)]

    def send() -> list[Accepted]:
        return [world.records.share_record(ME, youth, draft, command=key) for draft, key in zip(drafts, keys, strict=True)]

    before, first = world.records.find(youth).version, send()
    again = send()

    assert [one.version - before for one in first] == [1, 3, 5]
    assert [(one.version, one.replayed) for one in again] == [(one.version, True) for one in first]
    assert [granted.purpose for granted in world.records.find(youth).living_accesses(NOW).values()] == ["raison 2"]
    refused(CommandKeyReused, lambda: world.records.share_record(ME, youth, drafts[0], command=keys[2]))


def test_a_share_opens_nothing_to_anybody_but_who_it_names(world: World, youth: YouthId) -> None:
    share(world, youth, Category.FOLLOW_UP)
    sees_nothing(world, THIRD, youth)
    for role in set(Role) - {Role.EDUCATOR}:
        sees_nothing(world, actor(BRUNO, role), youth)


def test_a_share_with_a_team_follows_its_members_of_the_moment(world: World, youth: YouthId) -> None:
    team = a_team(world, BRUNO)
    share(world, youth, Category.FOLLOW_UP, account=None, team=team)
    assert read(world, COLLEAGUE, youth).contacts
    sees_nothing(world, THIRD, youth)
    world.records.name_members(ADMINISTRATOR, team, (CARLA,))
    sees_nothing(world, COLLEAGUE, youth)
    assert read(world, THIRD, youth).contacts
    world.records.end_team(ADMINISTRATOR, team)
    sees_nothing(world, THIRD, youth)


def test_a_replacement_reads_and_writes_under_their_own_name_until_its_last_day(world: World, youth: YouthId) -> None:
    world.records.name_replacement(ME, replacing=BRUNO, until=SOON)
    assert read(world, COLLEAGUE, youth).identity is not None
    world.records.add_note(COLLEAGUE, youth, NoteDraft("vu au local", A_DAY))
    assert read(world, ME, youth).notes[0].by == BRUNO
    world.now = NOW + timedelta(days=8)
    sees_nothing(world, COLLEAGUE, youth)
    refused(NotAllowed, lambda: world.records.add_note(COLLEAGUE, youth, NoteDraft("encore", A_DAY)))


def test_a_replacement_is_ended_at_once_by_whoever_is_in_it_or_by_the_administrator_and_by_nobody_else(
    world: World, youth: YouthId
) -> None:
    for ender in (ME, COLLEAGUE, ADMINISTRATOR):
        world.records.name_replacement(ME, replacing=BRUNO, until=SOON)
        [named] = world.records.list_replacements(ADMINISTRATOR)
        refused(ReplacementUnknown, lambda one=named: world.records.end_replacement(THIRD, ReplacementId(one.replacement)))
        world.records.end_replacement(ender, ReplacementId(named.replacement))
        sees_nothing(world, COLLEAGUE, youth)
        assert not world.records.list_replacements(ADMINISTRATOR)


def test_a_replacement_does_not_pass_on(world: World, youth: YouthId) -> None:
    world.records.name_replacement(ME, replacing=BRUNO, until=SOON)
    world.records.name_replacement(COLLEAGUE, replacing=CARLA, until=SOON)
    sees_nothing(world, THIRD, youth)


def test_an_educator_names_who_replaces_them_and_nobody_else_s_replacement(world: World, youth: YouthId) -> None:
    world.records.name_replacement(THIRD, replacing=BRUNO, until=SOON, replaced=ANNE)
    sees_nothing(world, COLLEAGUE, youth)
    world.records.name_replacement(ADMINISTRATOR, replacing=BRUNO, until=SOON, replaced=ANNE)
    assert read(world, COLLEAGUE, youth).pseudonym == "Kiki"
    assert [named.replaced for named in world.records.list_replacements(THIRD)] == [CARLA]


def test_a_handover_gives_the_thread_to_the_successor_and_takes_it_from_the_former_at_once(world: World, youth: YouthId) -> None:
    world.records.hand_over(ME, youth, HandingOverDraft(BRUNO, told="présentés l'un à l'autre"))
    assert len(read(world, COLLEAGUE, youth).contacts) == 1
    assert read(world, COLLEAGUE, youth).referents == [BRUNO]
    sees_nothing(world, ME, youth)


def a_handover(world: World, youth: YouthId) -> Callable[[], Any]:
    """Give the one demand that a second click sends again."""
    key, draft, version = CommandKey(ANNE, a_key()), HandingOverDraft(BRUNO, told="oui"), world.records.find(youth).version
    return lambda: world.records.hand_over(ME, youth, draft, command=key, expected_version=version)


def test_a_handover_that_is_sent_twice_is_answered_alike_and_gives_nothing_back(world: World, youth: YouthId) -> None:
    hand_over = a_handover(world, youth)
    first, again = hand_over(), hand_over()

    assert (again.stream, again.version, again.replayed) == (first.stream, first.version, True)
    assert (world.last_line.operation, world.last_line.outcome) == (Operation.NAME_REFERENTS, Outcome.GRANTED)
    assert read(world, COLLEAGUE, youth).referents == [BRUNO]
    sees_nothing(world, ME, youth)


def test_of_two_handovers_at_once_both_are_answered_alike(world: World, youth: YouthId, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_over, rival = a_handover(world, youth), []

    def not_yet(_command: CommandKey) -> None:
        monkeypatch.undo()
        rival.append(hand_over())

    monkeypatch.setattr(world.recorder, "accepted", not_yet)
    slower = hand_over()

    assert [(slower.stream, slower.version)] == [(faster.stream, faster.version) for faster in rival]
    assert slower.replayed


def test_who_names_another_referent_in_their_place_may_send_it_twice(world: World, youth: YouthId) -> None:
    key = CommandKey(ANNE, a_key())
    first, again = (world.records.name_referents(ME, youth, [BRUNO], command=key) for _ in range(2))

    assert (again.stream, again.version, again.replayed) == (first.stream, first.version, True)


def test_a_handover_of_another_record_or_to_somebody_else_under_the_same_key_is_refused_after_a_line(world: World, youth: YouthId) -> None:
    key = CommandKey(ANNE, a_key())
    world.records.hand_over(ME, youth, HandingOverDraft(BRUNO, told="oui"), command=key)
    other = YouthId(world.records.open_record(ME, OpeningDraft("Lila"), informed=TOLD).stream)

    before = len(world.recorder.trail)
    refused(NotAllowed, lambda: world.records.hand_over(ME, youth, HandingOverDraft(CARLA, told="oui"), command=key))
    assert [line.outcome for line in world.recorder.trail[before:]] == [Outcome.REFUSED]
    refused(CommandKeyReused, lambda: world.records.hand_over(ME, other, HandingOverDraft(BRUNO, told="oui"), command=key))


def test_a_handover_that_is_sent_again_after_the_erasure_is_refused_as_to_anybody(world: World, youth: YouthId) -> None:
    hand_over = a_handover(world, youth)
    hand_over()
    world.shred(youth)

    refused(NotAllowed, hand_over)


def test_whoever_is_no_educator_any_more_is_refused_what_they_had_handed_over(world: World, youth: YouthId) -> None:
    key, draft = CommandKey(ANNE, a_key()), HandingOverDraft(BRUNO, told="oui")
    world.records.hand_over(ME, youth, draft, command=key)

    refused(NotAllowed, lambda: world.records.hand_over(actor(ANNE, Role.FUNDER), youth, draft, command=key))

    assert world.last_line.outcome is Outcome.REFUSED


def test_of_two_referents_who_hands_over_leaves_and_the_other_stays(world: World, youth: YouthId) -> None:
    world.records.name_referents(ME, youth, [ANNE, BRUNO])
    world.records.hand_over(ME, youth, HandingOverDraft(CARLA, told="oui"))
    assert read(world, COLLEAGUE, youth).referents == [CARLA, BRUNO]
    refused(ReferentAlready, lambda: world.records.hand_over(COLLEAGUE, youth, HandingOverDraft(CARLA, told="oui")))


TEMPORARY_ACCESSES: dict[str, Callable[[World, YouthId], object]] = {
    "share": lambda world, youth: share(world, youth, Category.FOLLOW_UP, Category.IDENTITY),
    "team": lambda world, youth: share(world, youth, Category.FOLLOW_UP, account=None, team=a_team(world, BRUNO)),
    "replacement": lambda world, _youth: world.records.name_replacement(ME, replacing=BRUNO, until=SOON),
    "rights": lambda world, youth: world.records.name_rights_referent(DPO, reference_of(world, youth), BRUNO, "demande 3", SOON),
}


@pytest.mark.parametrize("kind", TEMPORARY_ACCESSES)
def test_a_temporary_access_neither_erases_nor_shares_nor_names_nor_takes_back_nor_reads_the_trail(
    world: World, youth: YouthId, kind: str
) -> None:
    TEMPORARY_ACCESSES[kind](world, youth)
    read(world, COLLEAGUE, youth)
    records, before = world.records, world.records.find(youth).version
    forbidden: list[Callable[[], object]] = [
        lambda: records.close_record(COLLEAGUE, youth, asked_in_person=True),
        lambda: records.share_record(COLLEAGUE, youth, ShareDraft((), "pour voir", SOON, account=CARLA, told="oui")),
        lambda: records.hand_over(COLLEAGUE, youth, HandingOverDraft(CARLA, told="oui")),
        lambda: records.name_referents(COLLEAGUE, youth, [BRUNO]),
        lambda: records.withdraw_agreement(COLLEAGUE, youth, Category.IDENTITY),
        lambda: records.teams_to_share_with(COLLEAGUE, youth),
        lambda: records.disclose_about(COLLEAGUE, Operation.READ_OWN_TRAIL, youth),
    ]
    for act in forbidden:
        refused(NotAllowed, act)
    assert records.find(youth).version == before


@pytest.mark.parametrize("kind", TEMPORARY_ACCESSES)
def test_a_last_day_is_over_at_the_midnight_of_the_people_and_not_of_greenwich(world: World, youth: YouthId, kind: str) -> None:
    TEMPORARY_ACCESSES[kind](world, youth)
    midnight = datetime(SOON.year, SOON.month, SOON.day, 23, tzinfo=UTC)
    world.now = midnight - timedelta(seconds=1)
    assert read(world, COLLEAGUE, youth).contacts
    world.now = midnight
    sees_nothing(world, COLLEAGUE, youth)


def test_in_the_first_hour_of_a_day_it_is_no_last_day_that_it_was_yesterday(world: World, youth: YouthId) -> None:
    world.now = datetime(NOW.year, NOW.month, NOW.day, 23, 30, tzinfo=UTC)
    refused(DateRefused, lambda: share(world, youth, until=NOW.date()))
    refused(DateRefused, lambda: world.records.name_replacement(ME, replacing=BRUNO, until=NOW.date()))
    share(world, youth, until=NOW.date() + timedelta(days=1))


def test_what_two_accesses_open_is_read_for_the_purpose_and_to_the_end_of_the_wider_one(world: World, youth: YouthId) -> None:
    share(world, youth, account=CARLA)
    world.records.name_rights_referent(DPO, reference_of(world, youth), CARLA, "demande 3", SOON - timedelta(days=1))
    look = world.records.look_at_record(THIRD, youth)
    assert (look.grant.relation, look.grant.until) == (Relation.RIGHTS_REFERENT, SOON - timedelta(days=1))
    assert (world.last_line.actor.purpose, world.last_line.categories) == (Purpose.HONOUR_RIGHTS, look.record.filled_categories)


@pytest.mark.parametrize("kind", TEMPORARY_ACCESSES)
def test_a_temporary_access_does_not_learn_that_a_record_was_closed(world: World, youth: YouthId, kind: str) -> None:
    TEMPORARY_ACCESSES[kind](world, youth)
    world.records.close_record(ME, youth, asked_in_person=True)
    sees_nothing(world, COLLEAGUE, youth)
    refused(RecordClosed, lambda: read(world, ME, youth))


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"account": None}, ChoiceUnknown, "with"),
        ({"team": uuid4()}, TeamUnknown, "with"),
        ({"account": ANNE}, ReferentAlready, "with"),
        ({"account": None, "team": uuid4()}, TeamUnknown, "with"),
        ({"purpose": " "}, TextMissing, "purpose"),
        ({"until": NOW.date() - timedelta(days=1)}, DateRefused, "until"),
        ({"until": NOW.date() + timedelta(days=185)}, DateRefused, "until"),
        ({"told": " "}, YouthToldMissing, "told"),
    ],
)
def test_a_share_names_one_person_or_team_a_purpose_a_last_day_and_what_the_youth_knows(
    world: World, youth: YouthId, fields: dict[str, Any], refusal: type[DomainError], field: str
) -> None:
    assert refused(refusal, lambda: share(world, youth, Category.FOLLOW_UP, **fields)).field == field


def test_a_share_with_a_person_and_a_team_at_once_is_two_shares(world: World, youth: YouthId) -> None:
    team = a_team(world, BRUNO)
    assert refused(ChoiceUnknown, lambda: share(world, youth, team=team)).field == "with"


@pytest.mark.parametrize("category", [Category.HEALTH, Category.JUSTICE, Category.PROTECTION, Category.STRUCTURE, "amis"])
def test_a_category_that_is_off_is_not_shared(world: World, youth: YouthId, category: str) -> None:
    refused(CategoryOff, lambda: share(world, youth, category))


def test_the_last_day_is_the_longest_of_two_and_counts_to_its_end(world: World, youth: YouthId) -> None:
    world.records.name_referents(ME, youth, [ANNE, CARLA])
    world.records.name_replacement(ME, replacing=BRUNO, until=NOW.date())
    world.records.name_replacement(THIRD, replacing=BRUNO, until=SOON)
    assert world.records.look_at_record(COLLEAGUE, youth).grant.until == SOON
    for until in (SOON + timedelta(days=1), NOW.date()):
        world.records.name_replacement(THIRD, replacing=BRUNO, until=until)
    assert world.records.look_at_record(COLLEAGUE, youth).grant.until == SOON + timedelta(days=1)


def test_all_that_may_be_shared_may_be_shared_at_once(world: World, youth: YouthId) -> None:
    share(world, youth, Category.IDENTITY, Category.FOLLOW_UP, Category.VITAL)
    assert read(world, COLLEAGUE, youth).identity is not None


def test_whoever_is_no_educator_stands_in_no_temporary_relation_whatever_was_shared(world: World, youth: YouthId) -> None:
    share(world, youth)
    record = world.records.find(youth)
    assert {world.records.standings(actor(BRUNO, role), record) for role in set(Role) - {Role.EDUCATOR}} == {()}
    assert (world.records.circle().teams_of(BRUNO), world.records.circle().replaced_by(BRUNO, NOW)) == (frozenset(), {})
