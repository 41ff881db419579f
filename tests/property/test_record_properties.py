"""Whatever is asked of a record, in whatever order: it stays lawful, replays to itself, and refuses in its own words."""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import texts
from domain.age_bands import AgeBand, age_band
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, NoteDraft, OpeningDraft, SourceDraft, StepDraft
from domain.identifiers import ErasureId, YouthId
from domain.record.youth_record import YouthRecord
from domain.refusals import CharacterRefused, DomainError, FieldRefused, NationalNumberRefused
from domain.vocabulary import Channel, Initiative
from tests.unit.domain.scenes import ANNE, BRUNO, NOW, TOLD, a_record, events_of, replayed, state_of

STEPS = [UUID(int=number) for number in range(1, 4)]
ERASURES = st.sampled_from([ErasureId(UUID(int=8)), ErasureId(UUID(int=9))])
TEXTS = st.text(max_size=90) | st.none()
DAYS = st.dates(date(1960, 1, 1), date(2030, 1, 1))
CATEGORIES = st.sampled_from(["identity", "follow_up", "vital", "health", "core", ""])

Act = Callable[[YouthRecord], None]

CONTACTS = st.builds(
    ContactDraft,
    occurred_on=DAYS,
    channel=st.sampled_from([*Channel, "teleport"]),
    initiated_by=st.sampled_from([*Initiative]),
    present=st.lists(st.just(ANNE) | st.text(max_size=4), max_size=3).map(tuple),
    minutes=st.none() | st.integers(-5, 2_000),
    themes=st.lists(st.text(max_size=20), max_size=4).map(tuple),
    comment=TEXTS,
)
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.just(lambda record: record.inform(TOLD, by=ANNE, at=NOW)),
    CATEGORIES.map(lambda category: lambda record: record.agree(AgreementDraft(category, "dit", NOW.date()), by=ANNE, at=NOW)),
    st.tuples(CATEGORIES, ERASURES).map(lambda what: lambda record: record.withdraw_agreement(*what, by=ANNE, at=NOW)),
    st.tuples(CATEGORIES, ERASURES).map(lambda what: lambda record: record.end_category(*what, at=NOW)),
    st.tuples(TEXTS, TEXTS).map(lambda names: lambda record: record.give_identity(IdentityDraft(*names), by=ANNE, at=NOW)),
    CONTACTS.map(lambda draft: lambda record: record.make_contact(uuid4(), draft, by=ANNE, at=NOW)),
    CONTACTS.map(lambda draft: lambda record: record.make_contact(uuid4(), draft, by=ANNE, at=NOW, source=SourceDraft("Feuille:1", "ab"))),
    st.text(max_size=60).map(lambda text: lambda record: record.add_note(NoteDraft(text, NOW.date()), by=ANNE, at=NOW)),
    st.tuples(st.sampled_from(STEPS), DAYS | st.none()).map(
        lambda step: lambda record: record.take_step(step[0], StepDraft("CAF", NOW.date(), due_on=step[1]), by=ANNE, at=NOW),
    ),
    st.sampled_from(STEPS).map(lambda step: lambda record: record.complete_step(step, None, by=ANNE, at=NOW)),
    st.lists(st.sampled_from([ANNE, BRUNO]), max_size=3).map(lambda who: lambda record: record.name_referents(who, by=ANNE, at=NOW)),
    ERASURES.map(lambda erasure: lambda record: record.close(erasure, at=NOW)),
    ERASURES.map(lambda erasure: lambda record: record.reopen(erasure, at=NOW)),
    ERASURES.map(lambda erasure: lambda record: record.begin_erasure(erasure, at=NOW)),
)


def lived(acts: list[Act]) -> YouthRecord:
    record = a_record()
    for act in acts:
        with suppress(DomainError):
            act(record)
    return record


@given(st.lists(ACTS, max_size=25))
def test_a_record_stored_and_read_back_is_the_living_record(acts: list[Act]) -> None:
    record = lived(acts)
    assert state_of(replayed(record)) == state_of(record)


@given(st.lists(ACTS, max_size=25))
def test_every_name_written_stands_between_an_agreement_and_its_withdrawal(acts: list[Act]) -> None:
    agreed: set[str] = set()
    told = False
    for event in events_of(lived(acts)):
        match event:
            case YouthRecord.Informed():
                told = True
            case YouthRecord.Agreed():
                assert told
                agreed.add(event.granted_category)
            case YouthRecord.AgreementWithdrawn():
                agreed.remove(event.withdrawn_category)
            case YouthRecord.IdentityGiven():
                assert "identity" in agreed
            case YouthRecord.ContactMade() if event.source_line is None:
                assert told
            case YouthRecord.NoteAdded() | YouthRecord.StepTaken():
                assert told


@given(st.lists(ACTS, max_size=25))
def test_what_a_record_shows_was_agreed_to_and_never_taken_back(acts: list[Act]) -> None:
    record = lived(acts)
    assert record.identity is None or "identity" in record.agreements
    if "follow_up" in record.taken_back:
        assert [*record.contacts, *record.notes, *record.steps, *record.completed] == []


@given(st.lists(ACTS, max_size=25))
def test_whatever_follows_a_closing_undoes_it_or_ends_the_stream(acts: list[Act]) -> None:
    events = events_of(lived(acts))
    for event, following in pairwise(events):
        if isinstance(event, YouthRecord.Closed):
            assert isinstance(following, YouthRecord.Reopened | YouthRecord.ErasureBegun)
            assert following.erasure == event.erasure
        assert not isinstance(event, YouthRecord.ErasureBegun)
    assert all(isinstance(before, YouthRecord.Closed) for before, event in pairwise(events) if isinstance(event, YouthRecord.Reopened))


@given(st.lists(ACTS, max_size=25))
def test_between_an_agreement_taken_back_and_a_new_one_its_key_has_gone(acts: list[Act]) -> None:
    going: set[str] = set()
    for event in events_of(lived(acts)):
        match event:
            case YouthRecord.AgreementWithdrawn():
                going.add(event.withdrawn_category)
            case YouthRecord.CategoryErased():
                going.remove(event.erased_category)
            case YouthRecord.Agreed():
                assert event.granted_category not in going


@given(st.lists(ACTS, max_size=25))
def test_a_record_always_has_one_or_two_referents(acts: list[Act]) -> None:
    record = lived(acts)
    assert 1 <= len(set(record.referents)) == len(record.referents) <= 2


@given(st.lists(ACTS, max_size=25))
def test_a_refused_act_leaves_the_record_as_it_was(acts: list[Act]) -> None:
    record = a_record()
    for act in acts:
        before = (record.version, state_of(replayed(record)))
        try:
            act(record)
        except DomainError:
            assert (record.version, state_of(record)) == before


@given(st.text(), st.sampled_from([texts.line, texts.prose]))
def test_what_is_cleaned_once_is_clean_and_bounded(value: str, clean: Callable[[str, str], str | None]) -> None:
    cleaned = None
    with suppress(FieldRefused):
        cleaned = clean(value, "text")
    if cleaned is not None:
        assert clean(cleaned, "text") == cleaned
        assert 0 < len(cleaned) <= texts.NOTE
        assert cleaned == cleaned.strip() == unicodedata.normalize("NFC", cleaned)
        assert cleaned.encode().decode() == cleaned


@given(st.text(max_size=30), st.sampled_from(["pseudonym", "territory", "met_through"]))
def test_no_refusal_repeats_what_was_typed(secret: str, field: str) -> None:
    fields: dict[str, Any] = {"pseudonym": "Kiki"} | {field: f"{secret}\x00b" * 9}
    with pytest.raises(FieldRefused) as caught:
        YouthRecord.open(YouthId(uuid4()), OpeningDraft(**fields), referents=[ANNE], by=ANNE, at=NOW)
    assert caught.value.field == field
    assert re.sub(r"[0-9]+", "9", str(caught.value)) in {
        CharacterRefused.__doc__,
        NationalNumberRefused.__doc__,
        "Ce texte est trop long : 9 caractères au plus, il y en a 9. Raccourcissez-le.",
    }


@given(st.integers(0, 90), st.integers(1, 400))
def test_bands_follow_age_without_gap_and_a_birthday_never_goes_back(age: int, days: int) -> None:
    order = [band for band in AgeBand if band is not AgeBand.UNKNOWN]
    on = date(2026, 6, 15)
    now, later = age_band(on.year - age, on), age_band(on.year - age, on + timedelta(days=days))
    assert 0 <= order.index(later) - order.index(now) <= 1
