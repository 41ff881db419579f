"""A caseload with what is shared and what somebody stands in for: it shows no more than the record itself would, and no later (R152)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from api.desk.trail_interval import first_moment
from crypto_shredding.envelope import Tampered
from domain.access.relations import Relation
from domain.categories import Category
from domain.drafts import HandingOverDraft, ShareDraft
from domain.identifiers import TeamId, YouthId
from domain.trail import Purpose, Role
from projections.caseload import CaseloadRow, Reach
from tests.given import begun
from tests.integration.projections.scenes import A_DAY, TODAY, Desk, somebody

SOON = TODAY + timedelta(days=3)
ADMINISTRATOR = somebody(Role.ADMINISTRATOR, Purpose.RUN_SERVICE)


@pytest.fixture
def mine(structure: Structure) -> Desk:
    return Desk(structure)


@pytest.fixture
def other(structure: Structure) -> Desk:
    return Desk(structure)


@pytest.fixture
def youth(mine: Desk) -> YouthId:
    youth = mine.open("Éloïse", territory="Port-Neuf")
    mine.meet(youth)
    return youth


def share(desk: Desk, youth: YouthId, account: UUID | None, *categories: str, team: UUID | None = None) -> UUID:
    draft = ShareDraft(categories, "chercher un stage à deux", SOON, account=account, team=team, told="dit de vive voix")
    desk.structure.records.share_record(desk.actor, youth, draft)
    found: dict[UUID, object] = desk.structure.records.find(youth).accesses
    return list(found)[-1]


def team_of(member: Desk) -> TeamId:
    team = TeamId(uuid4())
    member.structure.records.name_team(ADMINISTRATOR, "Nord", team)
    member.structure.records.name_members(ADMINISTRATOR, team, (member.account(),))
    return team


def rows_of(desk: Desk, days: int = 0, at: datetime | None = None) -> tuple[CaseloadRow, ...]:
    """What the view has for somebody, as if it were so many days later, or that very moment."""
    records = desk.structure.records
    at, circle = at or records.clock() + timedelta(days=days), records.circle()
    reach = Reach(at, circle.replaced_by(desk.account(), at), circle.teams_of(desk.account()))
    return desk.structure.caseload.of(desk.account(), reach=reach)


def test_a_share_is_a_row_with_the_fields_of_its_categories_until_its_last_day(mine: Desk, other: Desk, youth: YouthId) -> None:
    share(mine, youth, other.account())
    mine.structure.runner.run_once()

    (row,) = rows_of(other)
    assert (row.youth, row.pseudonym, row.relation, row.until) == (youth, "Éloïse", Relation.NAMED_SHARE, SOON)
    assert (row.last_contact, row.contacts, row.categories) == (None, 0, frozenset({Category.CORE}))
    share(mine, youth, other.account(), Category.FOLLOW_UP)
    mine.structure.runner.run_once()
    (row,) = rows_of(other)
    assert (row.last_contact, row.contacts) == (A_DAY, 1)
    assert (len(rows_of(other, days=3)), rows_of(other, days=4)) == (1, ())


def test_a_share_is_no_row_any_more_at_the_midnight_of_the_people_who_said_its_last_day(mine: Desk, other: Desk, youth: YouthId) -> None:
    share(mine, youth, other.account())
    mine.structure.runner.run_once()
    midnight = first_moment(SOON + timedelta(days=1)).astimezone(UTC)

    assert len(rows_of(other, at=midnight - timedelta(seconds=1))) == 1
    assert rows_of(other, at=midnight) == ()


def test_a_share_that_replaces_another_is_the_only_row_and_ended_leaves_none(mine: Desk, other: Desk, youth: YouthId) -> None:
    share(mine, youth, other.account(), Category.FOLLOW_UP)
    anew = share(mine, youth, other.account())
    mine.structure.runner.run_once()
    (row,) = rows_of(other)
    mine.structure.records.end_share(mine.actor, youth, anew)
    mine.structure.runner.run_once()

    assert (row.categories, rows_of(other)) == (frozenset({Category.CORE}), ())


def test_a_share_that_is_ended_leaves_no_row(mine: Desk, other: Desk, youth: YouthId, databases: Databases) -> None:
    access = share(mine, youth, other.account())
    mine.structure.runner.run_once()
    mine.structure.records.end_share(mine.actor, youth, access)
    mine.structure.runner.run_once()

    assert rows_of(other) == ()
    with psycopg.connect(databases.main) as connection:
        assert connection.execute("SELECT count(*) FROM s_alpha.caseload_shares").fetchone() == (0,)


def test_a_team_s_share_is_a_row_of_its_members_of_the_moment(mine: Desk, other: Desk, youth: YouthId) -> None:
    team = team_of(other)
    share(mine, youth, None, team=team)
    mine.structure.runner.run_once()
    assert [row.youth for row in rows_of(other)] == [youth]

    mine.structure.records.name_members(ADMINISTRATOR, team, ())

    assert rows_of(other) == ()


def test_a_replacement_sees_the_rows_of_whom_they_stand_in_for_and_none_the_day_after(mine: Desk, other: Desk, youth: YouthId) -> None:
    own = other.open("Zoé")
    mine.structure.records.name_replacement(mine.actor, replacing=other.account(), until=SOON)
    mine.structure.runner.run_once()

    assert {(row.youth, row.relation) for row in rows_of(other)} == {(youth, Relation.REPLACEMENT), (own, Relation.REFERENT)}
    assert [row.youth for row in rows_of(other, days=4)] == [own]
    assert [row.youth for row in rows_of(mine)] == [youth]


def test_a_youth_is_one_row_by_the_widest_relation(mine: Desk, other: Desk, youth: YouthId) -> None:
    share(mine, youth, other.account())
    share(mine, youth, None, Category.FOLLOW_UP, team=team_of(other))
    mine.structure.runner.run_once()
    (shared,) = rows_of(other)
    mine.structure.records.name_referents(mine.actor, youth, [mine.account(), other.account()])
    mine.structure.runner.run_once()

    (own,) = rows_of(other)
    assert (shared.relation, shared.contacts, own.relation, own.until) == (Relation.NAMED_SHARE, 1, Relation.REFERENT, None)


def test_a_row_that_the_view_is_late_with_is_marked_in_its_snapshot_and_a_share_always_is(mine: Desk, other: Desk, youth: YouthId) -> None:
    access = share(mine, youth, other.account())
    mine.structure.runner.run_once()
    assert [row.is_late for row in (*rows_of(mine), *rows_of(other))] == [False, True]

    mine.structure.records.end_share(mine.actor, youth, access)

    assert [row.is_late for row in (*rows_of(mine), *rows_of(other))] == [True, True]
    assert mine.structure.records.grant_to_read(other.actor, youth) is None
    mine.structure.records.hand_over(mine.actor, youth, HandingOverDraft(other.account(), told="oui"))
    assert mine.structure.records.grant_to_read(mine.actor, youth) is None
    mine.structure.runner.run_once()
    assert ([row.youth for row in rows_of(other)], rows_of(mine)) == ([youth], ())


def test_what_is_shared_goes_when_the_youth_is_erased(mine: Desk, other: Desk, youth: YouthId) -> None:
    share(mine, youth, other.account())
    mine.structure.runner.run_once()
    erasure = mine.close(youth)
    assert rows_of(other) == ()
    begun(mine.structure, erasure)

    with mine.structure.runner_store.database.connection() as connection:
        left = connection.execute(mine.structure.runner_store.database.statement("SELECT count(*) FROM {caseload_shares}")).fetchone()
    assert left == (0,)


def test_another_share_s_ciphertext_opens_in_no_other_row(mine: Desk, other: Desk, youth: YouthId, databases: Databases) -> None:
    first, second = share(mine, youth, other.account()), share(mine, youth, Desk(mine.structure).account(), Category.FOLLOW_UP)
    mine.structure.runner.run_once()
    with psycopg.connect(databases.main) as connection:
        connection.execute(
            "UPDATE s_alpha.caseload_shares AS one SET core = other.core FROM s_alpha.caseload_shares AS other"
            " WHERE other.access_id = %s AND one.access_id = %s",
            (second, first),
        )

    with pytest.raises(Tampered):
        rows_of(other)


def test_an_emergency_looks_through_every_record_for_the_whole_nickname(mine: Desk, other: Desk, youth: YouthId) -> None:
    mine.structure.runner.run_once()

    assert mine.structure.caseload.named("  eloise ") == (youth,)
    assert mine.structure.caseload.named("Éloï") == ()
    twin = other.open("ELOISE")
    mine.structure.runner.run_once()
    assert set(mine.structure.caseload.named("Éloïse")) == {youth, twin}
