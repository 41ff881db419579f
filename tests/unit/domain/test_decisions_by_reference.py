"""What the DPO decides about a record by its reference: rights referents, names shown to the youth (N13; design §8)."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.drafts import NoteDraft
from domain.identifiers import YouthId
from domain.refusals import AccessUnknown, NotAllowed, NotAReader, RecordClosed, RecordErased, TextMissing, TrailUnavailable
from domain.trail import Operation, Outcome, Purpose
from tests.unit.domain.anne_s_record import COLLEAGUE, DPO, ME, SOON, THIRD, a_record, read, reference_of, sees_nothing
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, CARLA, NOW, refused


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def youth(world: World) -> YouthId:
    return a_record(world)


def test_a_rights_referent_reads_for_the_demand_and_wrote_nothing_in_the_record(world: World, youth: YouthId) -> None:
    reference = reference_of(world, youth)
    for author in (ANNE, BRUNO):
        if author == BRUNO:
            world.records.name_replacement(ME, replacing=BRUNO, until=NOW.date())
            world.records.add_note(COLLEAGUE, youth, NoteDraft("vu", A_DAY))
        refused(NotAReader, lambda who=author: world.records.name_rights_referent(DPO, reference, who, "demande 3", SOON))
    access = world.records.name_rights_referent(DPO, reference, CARLA, "demande 3", SOON)
    assert read(world, THIRD, youth).contacts
    assert world.last_line.actor.purpose is Purpose.HONOUR_RIGHTS
    assert [named.account for named in world.records.rights_referents_of(DPO, reference)] == [CARLA]
    world.records.end_rights_referent(DPO, reference, access)
    sees_nothing(world, THIRD, youth)
    refused(AccessUnknown, lambda: world.records.end_rights_referent(DPO, reference, access))


def test_a_rights_referent_who_is_named_twice_by_two_clicks_has_one_access_which_ends(world: World, youth: YouthId) -> None:
    reference = reference_of(world, youth)
    first, again = (world.records.name_rights_referent(DPO, reference, CARLA, "demande 3", SOON) for _ in range(2))
    assert (again, len(world.records.rights_referents_of(DPO, reference))) == (first, 1)
    world.records.end_rights_referent(DPO, reference, first)
    sees_nothing(world, THIRD, youth)
    assert world.records.name_rights_referent(DPO, reference, CARLA, "demande 3", SOON) != first


def test_the_dpo_decides_by_reference_and_reads_nothing_of_the_record(world: World, youth: YouthId) -> None:
    reference = reference_of(world, youth)
    world.records.name_rights_referent(DPO, reference, CARLA, "demande 3", SOON)
    assert world.last_line.operation is Operation.NAME_RIGHTS_REFERENT
    sees_nothing(world, DPO, youth)
    for act in (
        lambda: world.records.name_rights_referent(DPO, uuid4(), CARLA, "demande 3", SOON),
        lambda: world.records.names_decision(ME, reference),
    ):
        refused(NotAllowed, act)


def test_names_are_shown_to_the_youth_by_the_dpo_s_reasoned_decision_alone(world: World, youth: YouthId) -> None:
    reference = reference_of(world, youth)
    assert not world.records.names_are_disclosed(youth)
    refused(TextMissing, lambda: world.records.disclose_names(DPO, reference, "  "))
    world.records.disclose_names(DPO, reference, "un soupçon précis à lever")
    decision = world.records.names_decision(DPO, reference)
    assert decision is not None
    assert (decision.reason, world.records.names_are_disclosed(youth)) == ("un soupçon précis à lever", True)
    for _ in range(2):
        world.records.mask_names(DPO, reference)
    assert not world.records.names_are_disclosed(youth)


def test_a_rights_referent_reads_to_the_end_of_the_last_day(world: World, youth: YouthId) -> None:
    world.records.name_rights_referent(DPO, reference_of(world, youth), CARLA, "demande 3", SOON)
    world.now = NOW + timedelta(days=7)
    assert read(world, THIRD, youth).contacts
    world.now = NOW + timedelta(days=8)
    sees_nothing(world, THIRD, youth)


def test_masking_what_is_masked_writes_nothing(world: World, youth: YouthId) -> None:
    before = world.records.find(youth).version
    world.records.mask_names(DPO, reference_of(world, youth))
    assert world.records.find(youth).version == before


def _by_reference(world: World, youth: YouthId) -> list[Callable[[], object]]:
    records, reference = world.records, reference_of(world, youth)
    return [
        lambda: records.names_decision(DPO, reference),
        lambda: records.rights_referents_of(DPO, reference),
        lambda: records.disclose_names(DPO, reference, "un soupçon précis à lever"),
        lambda: records.mask_names(DPO, reference),
        lambda: records.name_rights_referent(DPO, reference, CARLA, "demande 3", SOON),
        lambda: records.end_rights_referent(DPO, reference, uuid4()),
    ]


def test_that_a_record_is_closed_or_erased_is_told_to_the_dpo_after_its_line(world: World, youth: YouthId) -> None:
    acts = _by_reference(world, youth)
    world.records.close_record(ME, youth, asked_in_person=True)
    for refusal, subjects, end in ((RecordClosed, (youth,), lambda: None), (RecordErased, (), lambda: world.shred(youth))):
        end()
        for act in acts:
            before = len(world.recorder.trail)
            refused(refusal, act)
            [line] = world.recorder.trail[before:]
            assert (line.outcome, line.subjects, line.actor) == (Outcome.REFUSED, subjects, DPO)
            world.recorder.trail_is_writable = False
            refused(TrailUnavailable, act)
            world.recorder.trail_is_writable = True


def test_a_record_closed_while_the_dpo_looks_at_what_was_decided_about_it_shows_nothing(world: World, youth: YouthId) -> None:
    look = _by_reference(world, youth)[0]
    world.records.disclose_names(DPO, reference_of(world, youth), "un soupçon précis à lever")
    world.recorder.before_line.append(lambda: world.records.close_record(ME, youth, asked_in_person=True))
    refused(RecordClosed, look)
