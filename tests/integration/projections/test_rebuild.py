"""Views are thrown away and rebuilt to the same content (invariant 9, R186), erased youths' figures included (R104)."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.postgresql.migrating import migrate_structure
from domain.drafts import AgreementDraft, ChantierDraft, OutingDraft, PresenceDraft, ShareDraft
from domain.identifiers import ErasureId, YouthId
from domain.refusals import DomainError, ErasureTooLate
from projections.position import Position
from projections.rebuild import rebuild
from projections.registry import thrown_away
from projections.runner import BATCH, State
from tests.given import OF_THE_GATE, begun
from tests.integration.projections.scenes import A_DAY, TODAY, Desk, contents
from tests.integration.projections.test_runner import runner_of, running, within


def rebuilt(structure: Structure, batch_size: int = BATCH) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    rebuild(
        structure.runner_store.database,
        runner_of(structure, batch_size=batch_size),
        lambda reached, target: told.append((reached, target)),
    )
    return told


def shared(desk: Desk, youth: YouthId, *, with_whom: Desk) -> None:
    draft = ShareDraft((), "chercher un stage", TODAY, account=with_whom.account(), told="oui")
    desk.structure.records.share_record(desk.actor, youth, draft)


class History:
    """A service at work: each step takes a number between 0 and 99 that says which youth, which day, which referent."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.desks = [Desk(structure) for _ in range(3)]
        self.youths: list[tuple[Desk, YouthId]] = []
        self.closed: list[tuple[Desk, YouthId, ErasureId]] = []

    def open(self, number: int) -> None:
        desk = self.desks[number % 3]
        first_contact = A_DAY - timedelta(days=number) if number % 2 else None
        youth = desk.open(
            f"n{number}",
            birth_year=None if number % 5 == 0 else 2000 + number % 15,
            gender=("girl", "boy", None)[number % 3],
            territory=(None, "La Rose", "Port-Neuf")[number % 3],
            first_contact_on=first_contact,
        )
        self.youths.append((desk, youth))

    def meet(self, number: int) -> None:
        self._with(number, lambda desk, youth: desk.meet(youth, A_DAY - timedelta(days=number), territory=(None, "La Rose")[number % 2]))

    def step(self, number: int) -> None:
        self._with(number, lambda desk, youth: desk.step(youth, A_DAY + timedelta(days=number)))

    def complete(self, number: int) -> None:
        def complete(desk: Desk, youth: YouthId) -> None:
            record = self.structure.records.read_record(desk.actor, youth)
            for step in [step for step in record.steps if step not in record.completed][:1]:
                self.structure.records.complete_step(desk.actor, youth, step, None)

        self._with(number, complete)

    def hand_over(self, number: int) -> None:
        def hand_over(desk: Desk, youth: YouthId) -> None:
            successor = self.desks[number // 3 % 3]
            self.structure.records.name_referents(desk.actor, youth, [successor.account()])
            self.youths[self.youths.index((desk, youth))] = (successor, youth)

        self._with(number, hand_over)

    def share(self, number: int) -> None:
        self._with(number, lambda desk, youth: shared(desk, youth, with_whom=self.desks[number // 3 % 3]))

    def end_share(self, number: int) -> None:
        def end(desk: Desk, youth: YouthId) -> None:
            living = list(self.structure.records.find(youth).living_accesses(self.structure.records.clock()))
            for access in living[:1]:
                self.structure.records.end_share(desk.actor, youth, access)

        self._with(number, end)

    def agree(self, number: int) -> None:
        draft = AgreementDraft("follow_up", "tout", A_DAY)
        self._with(number, lambda desk, youth: self.structure.records.agree(desk.actor, youth, draft))

    def take_back(self, number: int) -> None:
        self.agree(number)
        self._with(number, lambda desk, youth: self.structure.records.withdraw_agreement(desk.actor, youth, "follow_up"))

    def close(self, number: int) -> None:
        if self.youths:
            desk, youth = self.youths.pop(number % len(self.youths))
            self.closed.append((desk, youth, desk.close(youth)))

    def cancel(self, number: int) -> None:
        """Open again what is closed, unless it has begun to be erased."""
        if self.closed:
            closed = desk, youth, erasure = self.closed[number % len(self.closed)]
            try:
                self.structure.records.cancel_erasure(desk.actor, erasure, asked_in_person=True)
            except ErasureTooLate:
                return
            self.closed.remove(closed)
            self.youths.append((desk, youth))

    def erase(self, number: int) -> None:
        """Let what may begin begin; now and then take it to its end."""
        self.structure.erasures.advance_all()
        if number % 2:
            self.run(number)
            self.structure.erasures.advance_all()

    def go_out(self, number: int) -> None:
        draft = OutingDraft(A_DAY - timedelta(days=number), minutes=number, territory="La Rose", counts={"boy:11-15": number})
        self.structure.records.record_outing(self.desks[0].actor, draft)

    def work_together(self, number: int) -> None:
        day = A_DAY - timedelta(days=number)
        self.structure.records.record_chantier(self.desks[0].actor, ChantierDraft("Peinture", day, youths=number))
        self.structure.records.count_presence(self.desks[1].actor, PresenceDraft(day, 1 + number, educators=("NB",)))

    def run(self, number: int) -> None:
        runner_of(self.structure, batch_size=1 + number).run_once()

    def rebuild(self, number: int) -> None:
        rebuilt(self.structure, 1 + number)

    def _with(self, number: int, act: Callable[[Desk, YouthId], None]) -> None:
        if self.youths:
            try:
                act(*self.youths[number % len(self.youths)])
            except DomainError:
                return  # A rule said no, as it would to anybody: the history goes on without this step.


STEPS = (
    *("open", "open", "meet", "meet", "meet", "step", "complete", "hand_over", "agree", "take_back", "close", "cancel", "erase", "erase"),
    *("share", "share", "end_share", "go_out", "work_together", "run", "rebuild"),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99)), min_size=10, max_size=60))
def test_views_rebuilt_after_any_history_equal_the_live_ones(structure: Structure, steps: list[tuple[str, int]]) -> None:
    history = History(structure)
    for name, number in [("open", 1), ("meet", 1), *steps]:
        getattr(history, name)(number)
    structure.runner.run_once()
    live, closed = contents(structure), {youth for _, youth, _ in history.closed}

    rebuilt(structure, 1 + len(steps))

    assert contents(structure) == live
    assert not {row.youth for desk in history.desks for row in structure.caseload.of(desk.account())} & closed
    while not structure.erasures.advance_all():
        structure.runner.run_once()
    ended = contents(structure)
    rebuilt(structure, 1 + len(steps))
    assert contents(structure) == ended
    assert not {row[0] for row in (*ended["caseload"], *ended["contributions"])} & closed


def test_a_rebuild_keeps_what_the_erased_contributed(structure: Structure) -> None:
    desk = Desk(structure)
    for _ in range(11):
        desk.meet(desk.open())
    structure.runner.run_once()
    before = structure.figures.of_months(date(2026, 3, 1), date(2026, 3, 1))
    for row in structure.caseload.of(desk.account())[:4]:
        begun(structure, desk.close(row.youth))
    assert structure.erasures.advance_all()

    rebuilt(structure)

    assert structure.figures.of_months(date(2026, 3, 1), date(2026, 3, 1)) == before
    assert before is not None
    assert before[0].youths[0].people == 11


def test_a_record_closed_while_the_views_are_being_rebuilt_counts_once(structure: Structure) -> None:
    desk = Desk(structure)
    youth = desk.open()
    desk.meet(youth)
    structure.runner.run_once()
    erasure = desk.close(youth)

    rebuilt(structure)
    closed = contents(structure)
    structure.erasures.advance(erasure)
    rebuilt(structure)
    rebuilt(structure)

    held, of_her = contents(structure), [[["Les Oliviers", "girl", "16-17", 1]]]
    assert ([state for _, state in closed["figures"]], closed["erased_figures"]) == (of_her, [])
    assert (held["figures"], [state for _, state in held["erased_figures"]]) == ([], of_her)


def test_a_rebuild_that_began_before_a_ring_was_destroyed_still_ends_right(structure: Structure) -> None:
    """The saga saw its beginning passed; the views begin again; the ring goes. What was folded must not be counted among the living."""
    desk = Desk(structure)
    youth = desk.open()
    desk.meet(youth)
    erasure = desk.close(youth)
    begun(structure, erasure)
    live = contents(structure)
    cut: list[int] = []

    def destroy_the_ring_half_way(reached: int, _target: int) -> None:
        if reached == OF_THE_GATE + 2:
            structure.erasures.destruction.destroy_ring(youth, erasure)
            cut.append(reached)

    rebuild(structure.runner_store.database, runner_of(structure, batch_size=1), destroy_the_ring_half_way)

    assert cut
    assert contents(structure) == live


def test_progress_goes_from_nothing_to_the_end(structure: Structure) -> None:
    desk = Desk(structure)
    for _ in range(3):
        desk.open()

    told = rebuilt(structure, batch_size=2)

    assert told[0] == (0, OF_THE_GATE + 6)
    assert told[-1] == (OF_THE_GATE + 6, OF_THE_GATE + 6)
    assert told == sorted(told)


def test_an_empty_structure_is_rebuilt_to_nothing(structure: Structure) -> None:
    assert rebuilt(structure) == [(0, OF_THE_GATE), (OF_THE_GATE, OF_THE_GATE)]
    assert not any(contents(structure).values())


def test_the_runner_that_leads_does_the_rebuild(structure: Structure) -> None:
    desk, runner = Desk(structure), runner_of(structure)
    for _ in range(5):
        desk.open()
    with running(runner):
        assert within(10, lambda: runner.state is State.FOLLOWING and Position(structure.store.database).current() == OF_THE_GATE + 10)
        live = contents(structure)
        told = rebuilt(structure)
        assert told[-1] == (OF_THE_GATE + 10, OF_THE_GATE + 10)
        desk.open("afterwards")
        assert Position(structure.store.database).catch_up(5)

    assert len(live["caseload"]) == 5
    assert len(contents(structure)["caseload"]) == 6


def test_figures_that_are_half_rebuilt_are_not_shown(structure: Structure) -> None:
    desk = Desk(structure)
    for _ in range(12):
        desk.meet(desk.open())
    structure.runner.run_once()
    shown: list[object] = []

    def look(reached: int, target: int) -> None:
        if reached < target:
            shown.append(structure.figures.of_months(date(2026, 3, 1), date(2026, 3, 1)))

    rebuild(structure.runner_store.database, runner_of(structure, batch_size=7), look)

    assert shown
    assert set(shown) == {None}
    assert structure.figures.of_months(date(2026, 3, 1), date(2026, 3, 1)) is not None


def test_two_rebuilds_at_once_end_with_the_same_views(structure: Structure) -> None:
    desk = Desk(structure)
    for _ in range(6):
        desk.meet(desk.open())
    structure.runner.run_once()
    live = contents(structure)

    threads = [threading.Thread(target=rebuilt, args=(structure, 3)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert contents(structure) == live


@pytest.mark.parametrize("table", thrown_away())
def test_a_lost_view_comes_back(structure: Structure, table: str) -> None:
    desk = Desk(structure)
    youth = desk.open()
    desk.meet(youth)
    shared(desk, youth, with_whom=Desk(structure))
    structure.records.record_outing(desk.actor, OutingDraft(A_DAY, minutes=5))
    structure.runner.run_once()
    live = contents(structure)
    database = structure.runner_store.database
    with database.connection() as connection:
        connection.execute(database.statement(f"DELETE FROM {{{table}}}"))
    assert contents(structure) != live

    rebuilt(structure)

    assert contents(structure) == live


def test_views_of_before_the_contributions_went_by_category_are_rebuilt_to_the_same_content(
    structure: Structure, databases: Databases
) -> None:
    desk = Desk(structure)
    desk.meet(desk.open(first_contact_on=A_DAY - timedelta(days=60)))
    gone, taken_back = desk.open(), desk.open()
    for youth in (gone, taken_back):
        desk.meet(youth)
    structure.records.agree(desk.actor, taken_back, AgreementDraft("follow_up", "tout", A_DAY))
    structure.records.withdraw_agreement(desk.actor, taken_back, "follow_up")
    begun(structure, desk.close(gone))
    live = contents(structure)
    with psycopg.connect(databases.main) as connection:
        connection.execute("ALTER TABLE s_alpha.figure_contributions DROP COLUMN follow_up")
        connection.execute("DELETE FROM s_alpha.schema_migrations WHERE name = '0007_contributions_by_category.sql'")

    migrate_structure(databases.main, "alpha", kind="main")
    shown = structure.figures.of_months(date(2026, 3, 1), date(2026, 3, 1))
    structure.runner.run_once()

    assert shown is None
    assert len(live["folded"]) == 2
    assert contents(structure) == live
