from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from domain.categories import Category
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, NoteDraft, OpeningDraft, SourceDraft, StepDraft
from domain.identifiers import AccountId, ErasureId, YouthId
from domain.record.youth_record import YouthRecord
from domain.refusals import (
    AgreementMissing,
    AgreementTakenBack,
    CategoryOff,
    ChoiceUnknown,
    DateInFuture,
    DateRefused,
    DateTooOld,
    ErasureOutOfOrder,
    ErasureTooLate,
    ErasureUnderWay,
    NationalNumberRefused,
    NotInformed,
    NumberRefused,
    RecordClosed,
    ReferentsRefused,
    StepCompletedAlready,
    StepUnknown,
    TextMissing,
    TextTooLong,
)
from tests.unit.domain.scenes import (
    A_DAY,
    ANNE,
    BRUNO,
    CARLA,
    NOW,
    TOLD,
    a_named_record,
    a_record,
    an_informed_record,
    events_of,
    refused,
    replayed,
    state_of,
)

AN_ERASURE = ErasureId(UUID("eeeeeeee-0000-4000-8000-000000000001"))


def test_a_pseudonym_alone_opens_a_record() -> None:
    record = a_record("Kiki")

    (opened,) = events_of(record)
    assert (opened.pseudonym, opened.birth_year, opened.gender, opened.territory) == ("Kiki", None, None, None)
    assert opened.category is Category.CORE
    assert opened.timestamp == NOW


@pytest.mark.parametrize("blank", ["", "   ", "\t"])
def test_a_record_is_not_opened_without_a_pseudonym(blank: str) -> None:
    assert refused(TextMissing, lambda: a_record(blank)).field == "pseudonym"


def test_a_pseudonym_has_at_most_eighty_characters() -> None:
    assert a_record("é" * 80).pseudonym == "é" * 80
    assert refused(TextTooLong, lambda: a_record("é" * 81)).field == "pseudonym"


@pytest.mark.parametrize("pseudonym", ["Zoé 🛹", "سامي", "שרה", "Nguyễn", "O'Neil-Łukasz", "👩‍👧"])
def test_every_script_and_emoji_makes_a_pseudonym(pseudonym: str) -> None:
    assert replayed(a_record(pseudonym)).pseudonym == pseudonym


@pytest.mark.parametrize(("year", "accepted"), [(1926, False), (1927, True), (2010, True), (2026, True), (2027, False)])
def test_a_birth_year_is_that_of_somebody_alive(year: int, *, accepted: bool) -> None:
    if accepted:
        assert a_record(birth_year=year).birth_year == year
    else:
        assert refused(NumberRefused, lambda: a_record(birth_year=year)).field == "birth_year"


def test_a_boolean_is_no_birth_year() -> None:
    refused(NumberRefused, lambda: a_record(birth_year=True))


def test_an_unknown_gender_is_refused_by_the_name_of_its_field() -> None:
    assert refused(ChoiceUnknown, lambda: a_record(gender="garcon")).field == "gender"


@pytest.mark.parametrize("referents", [[], [ANNE, ANNE], [ANNE, BRUNO, CARLA]])
def test_a_record_has_one_or_two_different_referents(referents: list[AccountId]) -> None:
    record = a_record()
    refused(ReferentsRefused, lambda: record.name_referents(referents, by=ANNE, at=NOW))
    refused(ReferentsRefused, lambda: YouthRecord.open(YouthId(uuid4()), OpeningDraft("Kiki"), referents=referents, by=ANNE, at=NOW))


def test_two_referents_replace_one() -> None:
    record = a_record()
    record.name_referents([BRUNO, CARLA], by=ANNE, at=NOW)
    assert record.referents == [BRUNO, CARLA]


@pytest.mark.parametrize(
    "act",
    [
        lambda record: record.make_contact(uuid4(), ContactDraft(A_DAY), by=ANNE, at=NOW),
        lambda record: record.add_note(NoteDraft("vu", A_DAY), by=ANNE, at=NOW),
        lambda record: record.take_step(uuid4(), StepDraft("logement", A_DAY), by=ANNE, at=NOW),
        lambda record: record.agree(AgreementDraft("identity", "le nom", A_DAY), by=ANNE, at=NOW),
        lambda record: record.give_identity(IdentityDraft("Inès"), by=ANNE, at=NOW),
    ],
)
def test_nothing_is_written_about_a_youth_who_was_not_told(act: Callable[[YouthRecord], None]) -> None:
    record = a_record()
    refused(NotInformed, lambda: act(record))
    assert len(events_of(record)) == 1


def test_an_imported_contact_may_come_before_the_youth_was_told() -> None:
    record = a_record()
    record.make_contact(uuid4(), ContactDraft(A_DAY), by=ANNE, at=NOW, source=SourceDraft("Contacts:12", "ab"))
    assert events_of(record)[-1].source_line == "Contacts:12"


def test_no_name_is_written_without_the_agreement_to_it() -> None:
    record = an_informed_record()
    refused(AgreementMissing, lambda: record.give_identity(IdentityDraft("Inès"), by=ANNE, at=NOW))
    record.agree(AgreementDraft("follow_up", "les notes", A_DAY), by=ANNE, at=NOW)
    refused(AgreementMissing, lambda: record.give_identity(IdentityDraft("Inès"), by=ANNE, at=NOW))


def test_a_name_is_written_under_the_key_of_identity() -> None:
    record = a_named_record()
    assert events_of(record)[-1].category is Category.IDENTITY
    assert record.identity is not None
    assert (record.identity.first_name, record.identity.last_name) == ("Inès", "Durand")


def test_an_identity_needs_one_name() -> None:
    record = an_informed_record()
    record.agree(AgreementDraft("identity", "le nom", A_DAY), by=ANNE, at=NOW)
    refused(TextMissing, lambda: record.give_identity(IdentityDraft(" ", None), by=ANNE, at=NOW))


@pytest.mark.parametrize("category", ["health", "justice", "core", "structure", "humour"])
def test_a_category_that_is_off_cannot_be_agreed_to(category: str) -> None:
    record = an_informed_record()
    refused(CategoryOff, lambda: record.agree(AgreementDraft(category, "tout", A_DAY), by=ANNE, at=NOW))


def test_an_agreement_taken_back_hides_the_name_at_once() -> None:
    record = a_named_record()
    record.withdraw_agreement("identity", AN_ERASURE, by=ANNE, at=NOW)
    assert record.identity is None
    assert record.pseudonym == "Kiki"
    refused(AgreementMissing, lambda: record.give_identity(IdentityDraft("Inès"), by=ANNE, at=NOW))


def test_a_name_taken_back_stays_hidden_when_the_agreement_is_given_again() -> None:
    record = a_named_record()
    record.withdraw_agreement("identity", AN_ERASURE, by=ANNE, at=NOW)
    record.end_category("identity", AN_ERASURE, at=NOW)
    record.agree(AgreementDraft("identity", "le nom", A_DAY), by=ANNE, at=NOW)
    assert record.identity is None


def test_an_agreement_to_follow_up_taken_back_stops_and_hides_the_notes() -> None:
    record = an_informed_record()
    record.agree(AgreementDraft("follow_up", "les notes", A_DAY), by=ANNE, at=NOW)
    record.add_note(NoteDraft("vu", A_DAY), by=ANNE, at=NOW)
    record.withdraw_agreement("follow_up", AN_ERASURE, by=ANNE, at=NOW)
    assert record.notes == []
    refused(AgreementTakenBack, lambda: record.add_note(NoteDraft("vu", A_DAY), by=ANNE, at=NOW))
    record.end_category("follow_up", AN_ERASURE, at=NOW)
    record.agree(AgreementDraft("follow_up", "les notes", A_DAY), by=ANNE, at=NOW)
    record.add_note(NoteDraft("revu", A_DAY), by=ANNE, at=NOW)
    assert [note.text for note in record.notes] == ["revu"]


def test_an_agreement_never_given_cannot_be_taken_back() -> None:
    refused(AgreementMissing, lambda: an_informed_record().withdraw_agreement("identity", AN_ERASURE, by=ANNE, at=NOW))


@pytest.mark.parametrize("category", ["identity", "follow_up"])
def test_nobody_agrees_anew_to_a_category_before_its_key_is_gone(category: str) -> None:
    record = an_informed_record()
    again = AgreementDraft(category, "finalement oui", A_DAY)
    record.agree(again, by=ANNE, at=NOW)
    record.withdraw_agreement(category, AN_ERASURE, by=ANNE, at=NOW)
    refused(ErasureUnderWay, lambda: record.agree(again, by=ANNE, at=NOW))
    record.agree(AgreementDraft("vital", "une consigne", A_DAY), by=ANNE, at=NOW)
    record.end_category(category, AN_ERASURE, at=NOW)
    record.agree(again, by=ANNE, at=NOW)
    assert set(record.agreements) == {category, "vital"}


def test_the_end_of_a_category_is_written_once() -> None:
    record = a_named_record()
    record.end_category("identity", AN_ERASURE, at=NOW)
    assert record.identity is not None
    record.withdraw_agreement("identity", AN_ERASURE, by=ANNE, at=NOW)
    length = len(events_of(record))
    record.end_category("identity", AN_ERASURE, at=NOW)
    record.end_category("identity", AN_ERASURE, at=NOW)
    assert [(event.erased_category, event.erasure) for event in events_of(record)[length:]] == [("identity", AN_ERASURE)]


def test_a_contact_says_who_was_there_who_typed_by_what_channel_and_who_came() -> None:
    record = an_informed_record()
    draft = ContactDraft(A_DAY, "street", "youth", (ANNE, "KB"), "Les Izards", "le hall", 20, ("emploi", "emploi", " "), "à l'aise")
    record.make_contact(uuid4(), draft, by=ANNE, at=NOW)
    (contact,) = record.contacts
    assert (contact.present, contact.typed_by, contact.channel, contact.initiated_by) == ([ANNE, "KB"], ANNE, "street", "youth")
    assert contact.themes == ["emploi"]
    assert contact.category is Category.FOLLOW_UP


@pytest.mark.parametrize("minutes", [-1, 1441, True])
def test_a_contact_lasts_at_most_a_day(minutes: int) -> None:
    record = an_informed_record()
    act = lambda: record.make_contact(uuid4(), ContactDraft(A_DAY, minutes=minutes), by=ANNE, at=NOW)  # noqa: E731 -- named for the reader.
    assert refused(NumberRefused, act).field == "minutes"


def test_a_contact_is_not_in_the_future() -> None:
    record = an_informed_record()
    tomorrow_everywhere = NOW.date() + timedelta(days=2)
    act = lambda: record.make_contact(uuid4(), ContactDraft(tomorrow_everywhere), by=ANNE, at=NOW)  # noqa: E731 -- named for the reader.
    assert refused(DateInFuture, act).field == "occurred_on"


def test_the_day_of_an_overseas_structure_is_accepted_when_it_has_begun_there() -> None:
    record = an_informed_record()
    record.make_contact(uuid4(), ContactDraft(date(2026, 11, 23)), by=ANNE, at=NOW)
    assert record.last_contact_on == date(2026, 11, 23)


def test_a_contact_is_no_older_than_the_profession() -> None:
    record = an_informed_record()
    refused(DateTooOld, lambda: record.make_contact(uuid4(), ContactDraft(date(1972, 7, 3)), by=ANNE, at=NOW))


def test_the_last_contact_is_the_latest_day_not_the_latest_typed() -> None:
    record = an_informed_record()
    for day in (A_DAY, A_DAY - timedelta(days=9)):
        record.make_contact(uuid4(), ContactDraft(day), by=ANNE, at=NOW)
    assert record.last_contact_on == A_DAY


def test_the_first_meeting_stands_for_the_last_contact_until_there_is_one() -> None:
    assert a_record(first_contact_on=A_DAY).last_contact_on == A_DAY


def test_the_next_deadline_is_that_of_the_nearest_step_still_open() -> None:
    record = an_informed_record()
    near, far = uuid4(), uuid4()
    record.take_step(near, StepDraft("CAF", A_DAY, due_on=date(2026, 12, 1)), by=ANNE, at=NOW)
    record.take_step(far, StepDraft("logement", A_DAY, due_on=date(2027, 2, 1)), by=ANNE, at=NOW)
    assert record.next_deadline == date(2026, 12, 1)
    record.complete_step(near, "dossier déposé", by=ANNE, at=NOW)
    assert record.next_deadline == date(2027, 2, 1)


def test_a_deadline_does_not_come_before_its_step() -> None:
    record = an_informed_record()
    draft = StepDraft("CAF", A_DAY, due_on=A_DAY - timedelta(days=1))
    assert refused(DateRefused, lambda: record.take_step(uuid4(), draft, by=ANNE, at=NOW)).field == "due_on"


def test_a_step_is_completed_once_and_only_if_it_exists() -> None:
    record = an_informed_record()
    step = uuid4()
    refused(StepUnknown, lambda: record.complete_step(step, None, by=ANNE, at=NOW))
    record.take_step(step, StepDraft("CAF", A_DAY), by=ANNE, at=NOW)
    record.complete_step(step, None, by=ANNE, at=NOW)
    refused(StepCompletedAlready, lambda: record.complete_step(step, None, by=ANNE, at=NOW))


@pytest.mark.parametrize(
    "act",
    [
        lambda record: record.inform(TOLD, by=ANNE, at=NOW),
        lambda record: record.agree(AgreementDraft("follow_up", "les notes", A_DAY), by=ANNE, at=NOW),
        lambda record: record.withdraw_agreement("identity", AN_ERASURE, by=ANNE, at=NOW),
        lambda record: record.give_identity(IdentityDraft("Inès"), by=ANNE, at=NOW),
        lambda record: record.make_contact(uuid4(), ContactDraft(A_DAY), by=ANNE, at=NOW),
        lambda record: record.make_contact(uuid4(), ContactDraft(A_DAY), by=ANNE, at=NOW, source=SourceDraft("Contacts:1", "ab")),
        lambda record: record.add_note(NoteDraft("vu", A_DAY), by=ANNE, at=NOW),
        lambda record: record.take_step(uuid4(), StepDraft("CAF", A_DAY), by=ANNE, at=NOW),
        lambda record: record.name_referents([BRUNO], by=ANNE, at=NOW),
        lambda record: record.end_category("vital", AN_ERASURE, at=NOW),
        lambda record: record.close(ErasureId(uuid4()), at=NOW),
    ],
)
def test_nothing_follows_the_closing_of_a_record(act: Callable[[YouthRecord], None]) -> None:
    record = a_named_record()
    record.agree(AgreementDraft("vital", "une consigne", A_DAY), by=ANNE, at=NOW)
    record.withdraw_agreement("vital", AN_ERASURE, by=ANNE, at=NOW)
    record.close(ErasureId(uuid4()), at=NOW)
    length = len(events_of(record))
    refused(RecordClosed, lambda: act(record))
    assert len(events_of(record)) == length


def test_a_record_reopened_in_time_is_whole_and_goes_on() -> None:
    record = a_named_record()
    before = state_of(replayed(record))
    record.close(AN_ERASURE, at=NOW)
    assert record.is_closed
    record.reopen(AN_ERASURE, at=NOW)
    assert {name for name, value in state_of(record).items() if value != before[name]} == {"_version"}
    record.add_note(NoteDraft("revu", A_DAY), by=ANNE, at=NOW)
    assert (record.identity is not None, len(record.notes)) == (True, 1)


def test_only_the_erasure_that_closed_a_record_reopens_it_or_begins() -> None:
    record, another = a_named_record(), ErasureId(uuid4())
    refused(ErasureOutOfOrder, lambda: record.begin_erasure(AN_ERASURE, at=NOW))
    record.close(AN_ERASURE, at=NOW)
    refused(ErasureOutOfOrder, lambda: record.reopen(another, at=NOW))
    refused(ErasureOutOfOrder, lambda: record.begin_erasure(another, at=NOW))
    record.reopen(AN_ERASURE, at=NOW)
    refused(ErasureOutOfOrder, lambda: record.begin_erasure(AN_ERASURE, at=NOW))
    record.close(another, at=NOW)
    refused(ErasureOutOfOrder, lambda: record.reopen(AN_ERASURE, at=NOW))
    assert record.closed_by == another


def test_once_its_erasure_has_begun_a_record_is_never_opened_again() -> None:
    record = a_named_record()
    record.close(AN_ERASURE, at=NOW)
    record.begin_erasure(AN_ERASURE, at=NOW)
    length = len(events_of(record))
    record.begin_erasure(AN_ERASURE, at=NOW)
    refused(ErasureTooLate, lambda: record.reopen(AN_ERASURE, at=NOW))
    refused(RecordClosed, lambda: record.add_note(NoteDraft("vu", A_DAY), by=ANNE, at=NOW))
    assert len(events_of(record)) == length
    assert (record.is_closed, record.is_going) == (True, True)


@pytest.mark.parametrize("number", ["1 85 05 78 006 084 91", "185057800608491", "2 99 03 2A 123 456", "nir:1.85.05.78.006.084.91 !"])
def test_a_national_number_is_refused_in_every_field(number: str) -> None:
    record = a_named_record()
    acts = {
        "text": lambda: record.add_note(NoteDraft(f"ligne\n{number}", A_DAY), by=ANNE, at=NOW),
        "comment": lambda: record.make_contact(uuid4(), ContactDraft(A_DAY, comment=number), by=ANNE, at=NOW),
        "place": lambda: record.make_contact(uuid4(), ContactDraft(A_DAY, place=number), by=ANNE, at=NOW),
        "themes": lambda: record.make_contact(uuid4(), ContactDraft(A_DAY, themes=(number,)), by=ANNE, at=NOW),
        "present": lambda: record.make_contact(uuid4(), ContactDraft(A_DAY, present=(number,)), by=ANNE, at=NOW),
        "theme": lambda: record.take_step(uuid4(), StepDraft(number, A_DAY), by=ANNE, at=NOW),
        "last_name": lambda: record.give_identity(IdentityDraft("Inès", number), by=ANNE, at=NOW),
        "pseudonym": lambda: a_record(number),
    }
    for field, act in acts.items():
        refusal = refused(NationalNumberRefused, act)
        assert refusal.field == field
        assert number not in str(refusal)


def test_a_phone_number_passes() -> None:
    record = an_informed_record()
    record.add_note(NoteDraft("joignable au 06 12 34 56 78", A_DAY), by=ANNE, at=NOW)
    assert len(record.notes) == 1


def test_replaying_the_stored_events_gives_the_living_record() -> None:
    record = a_named_record()
    step = uuid4()
    record.make_contact(uuid4(), ContactDraft(A_DAY, present=(ANNE, "KB"), themes=("emploi",)), by=ANNE, at=NOW)
    record.take_step(step, StepDraft("CAF", A_DAY, due_on=A_DAY), by=ANNE, at=NOW)
    record.complete_step(step, "fait", by=ANNE, at=NOW)
    record.name_referents([ANNE, BRUNO], by=ANNE, at=NOW)
    record.agree(AgreementDraft("vital", "une consigne", A_DAY), by=ANNE, at=NOW)
    for category in ("vital", "identity"):
        record.withdraw_agreement(category, AN_ERASURE, by=ANNE, at=NOW)
    record.end_category("vital", AN_ERASURE, at=NOW)
    for end in (record.reopen, record.begin_erasure):
        record.close(AN_ERASURE, at=NOW)
        end(AN_ERASURE, at=NOW)
    assert state_of(replayed(record)) == state_of(record)


def test_neither_record_nor_event_nor_draft_shows_its_content() -> None:
    record = a_named_record()
    shown = [repr(record), str(record), *(f"{event!r} {event}" for event in events_of(record)), repr(IdentityDraft("Inès"))]
    assert not any(word in text for text in shown for word in ("Kiki", "Inès", "Durand", "vive voix"))
