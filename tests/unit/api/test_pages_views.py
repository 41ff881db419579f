"""What the pages make of a record, of figures and of a role, without a browser."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.pages.charts import Bar, bar_chart
from api.pages.frame import DONE
from api.pages.labels import KINDS, name_of
from api.pages.navigation import doors_of, home_of
from api.pages.record_view import RecordView, due_state, view_of
from api.pages.sentences import sentences_in
from api.pages.trail_view import days_of
from domain.categories import Category
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, InformationDraft, NoteDraft, OpeningDraft, StepDraft
from domain.identifiers import AccountId, ErasureId, YouthId
from domain.record.youth_record import YouthRecord
from domain.trail import Operation, Outcome, Purpose, Role
from domain.vocabulary import Channel, Initiative, OutingKind
from projections.access_trail import Line

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
TODAY = date(2026, 11, 22)
ME = AccountId(UUID(int=1))
NAMES = {ME: "Jeanne"}


@pytest.fixture
def record() -> YouthRecord:
    opened = YouthRecord.open(YouthId(uuid4()), OpeningDraft("B-7", 2010), referents=[ME], by=ME, at=NOW)
    opened.inform(InformationDraft("de vive voix", TODAY), by=ME, at=NOW)
    return opened


def seen(record: YouthRecord) -> RecordView:
    return view_of(record, NAMES, sentences_in(), TODAY)


def test_the_thread_goes_by_the_day_that_was_declared_and_ends_with_the_opening(record: YouthRecord) -> None:
    record.add_note(NoteDraft("Hier.", TODAY - timedelta(days=1)), by=ME, at=NOW)
    record.make_contact(uuid4(), ContactDraft(TODAY - timedelta(days=9)), by=ME, at=NOW)

    assert [entry.kind for entry in seen(record).thread] == ["informed", "note", "contact", "opened"]


def test_a_contact_says_who_was_there_and_who_typed(record: YouthRecord) -> None:
    record.make_contact(uuid4(), ContactDraft(TODAY, Channel.STREET, Initiative.YOUTH, (ME, "XY"), minutes=15), by=ME, at=NOW)

    entry = seen(record).thread[0]

    assert entry.title == "Contact\u00a0: dans la rue"
    assert entry.meta == "elle ou il est venu·e · avec Jeanne, XY · 15 min · noté par Jeanne"


def test_a_step_is_open_until_its_result_is_written(record: YouthRecord) -> None:
    step = uuid4()
    record.take_step(step, StepDraft("logement", TODAY, due_on=TODAY + timedelta(days=3)), by=ME, at=NOW)
    before = seen(record)
    record.complete_step(step, "Fait.", by=ME, at=NOW)

    assert [(one.id, one.due) for one in before.deadlines] == [(step, "soon")]
    assert seen(record).deadlines == ()
    assert seen(record).thread[0].words == "Fait."


def test_a_youth_is_spoken_to_and_reads_the_deadline_of_a_step(record: YouthRecord) -> None:
    record.take_step(uuid4(), StepDraft("logement", TODAY, due_on=date(2026, 12, 1)), by=ME, at=NOW)
    record.make_contact(uuid4(), ContactDraft(TODAY, Channel.STREET, Initiative.WORKER), by=ME, at=NOW)

    own = view_of(record, NAMES, sentences_in(), TODAY, own=True).thread

    assert own[0].meta == "nous sommes allés vers toi"
    assert own[1].meta == "en cours · pour le 1er décembre 2026"


def test_a_youth_reads_who_wrote_by_the_dpo_s_decision_alone(record: YouthRecord) -> None:
    record.add_note(NoteDraft("Hier.", TODAY), by=ME, at=NOW)

    def written() -> list[str]:
        return [entry.meta for entry in view_of(record, NAMES, sentences_in(), TODAY, own=True).thread if entry.kind in {"note", "opened"}]

    before = written()
    record.disclose_names("un soupçon précis", by=ME, at=NOW)
    assert (before, written()) == (["", ""], ["noté par Jeanne"] * 2)


def test_an_identity_is_shown_until_its_agreement_is_taken_back(record: YouthRecord) -> None:
    record.agree(AgreementDraft(Category.IDENTITY, "D'accord.", TODAY), by=ME, at=NOW)
    record.give_identity(IdentityDraft("Inès", "B."), by=ME, at=NOW)
    before = seen(record)
    record.withdraw_agreement(Category.IDENTITY, ErasureId(uuid4()), by=ME, at=NOW)
    after = seen(record)

    assert (before.identity, before.identity_erased) == ("Inès B.", False)
    assert (after.identity, after.identity_erased, after.may_give_identity) == ("", True, False)


def test_a_record_shows_in_no_representation(record: YouthRecord) -> None:
    record.add_note(NoteDraft("SECRET", TODAY), by=ME, at=NOW)

    assert "SECRET" not in repr(seen(record)) + repr(seen(record).thread[0])


@pytest.mark.parametrize(("days", "state"), [(-1, "late"), (0, "soon"), (14, "soon"), (15, "")])
def test_a_deadline_is_late_soon_or_far(days: int, state: str) -> None:
    assert due_state(TODAY + timedelta(days=days), TODAY) == state


def test_a_name_in_a_chart_is_escaped() -> None:
    drawn = bar_chart([Bar("<script>alert(1)</script>", 3)])

    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_the_longest_bar_fills_the_room_and_the_others_keep_their_ratio() -> None:
    drawn = bar_chart([Bar("a", 40), Bar("b", 10)])

    assert 'width="316.0"' in drawn
    assert 'width="79.0"' in drawn


def test_an_entry_of_the_trail_says_every_category_that_its_lines_do() -> None:
    account, request = uuid4(), uuid4()
    shown = [("identity", "core"), ("follow_up", "core"), ()]
    lines = [
        Line(n, NOW, account, "Zoé M.", "educator", "accompany", "caseload.list", "granted", uuid4(), categories, 1, request)
        for n, categories in enumerate(shown)
    ]

    [day] = days_of(lines)

    assert [entry.categories for entry in day.entries] == [[Category.CORE, Category.IDENTITY, Category.FOLLOW_UP]]


def test_the_head_of_service_finds_figures_and_nothing_else() -> None:
    assert [door.href for door in doors_of(Role.HEAD_OF_SERVICE, "/")] == ["/chiffres"]


def test_the_door_where_one_is_is_marked_once() -> None:
    assert [door.href for door in doors_of(Role.YOUTH, "/mon-dossier/acces") if door.current] == ["/mon-dossier/acces"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_each_role_has_a_first_page(role: Role) -> None:
    assert home_of(role).startswith("/")


@pytest.mark.parametrize(
    ("kind", "values"),
    [("operation", Operation), ("outcome", Outcome), ("purpose", Purpose), ("role", Role), ("channel", Channel), ("outing", OutingKind)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_stored_value_has_a_name_on_screen(kind: str, values: type) -> None:
    assert [value for value in values if name_of(value, kind) == value] == []  # type: ignore[attr-defined]


def test_what_was_done_names_no_one() -> None:
    assert all("%" not in sentence for sentence in DONE.values())


def test_each_kind_of_label_is_known_to_the_templates() -> None:
    assert {"channel", "role", "purpose", "operation", "outcome", "category", "theme"} <= KINDS.keys()
