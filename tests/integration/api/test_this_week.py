"""What there is to do: one line a thing with its day, nothing by night but emergencies, and nothing that counts work (N39, N46)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.bootstrap import Structure
from api.desk.this_week import EMERGENCIES, is_working_time
from domain.trail import Role
from tests.given import today
from tests.integration.api.people import Person
from tests.integration.api.test_breaches import ago, asked
from tests.integration.api.test_incidents import demand, reference_of


def kinds(person: Person) -> set[str]:
    answer = person.get("/this-week")
    assert answer.status_code == 200, answer.text
    return {one["kind"] for one in answer.json()}


def test_each_thing_that_waits_is_a_line_and_goes_when_it_is_done(dpo: Person, educator: Person, record: str, structure: Structure) -> None:
    quiet = {"backup", "not_sealed", "trail_not_sealed"}
    assert kinds(dpo) == quiet
    reference = reference_of(structure, record)
    dpo.send("PUT", f"/holds/{reference}", {"reason": "litigation", "until": (today() + timedelta(days=10)).isoformat()})
    dpo.send("POST", "/breaches", {"aware_at": ago(30), "what": "Un sac volé."})
    dpo.send("POST", "/incidents", demand(educator))
    dpo.send("POST", "/requisitions", asked(None))
    dpo.send("DELETE", "/archive-gate")

    found = {one["kind"]: one for one in dpo.get("/this-week").json()}

    assert found.keys() == quiet | {"hold_ending", "breach_clock", "incident", "requisition", "archives_closed"}
    assert found["breach_clock"]["due"] is not None
    assert found["hold_ending"]["due"] == (today() + timedelta(days=10)).isoformat()
    dpo.send("POST", "/breaches/1/no-notification", {"unlikely_because": "Rien n'a été ouvert."})
    dpo.send("POST", "/incidents/1/conclusion", {"conclusion": "explained", "words": "Prévu."})
    dpo.send("POST", "/requisitions/1/refusal", {"because": "in_bulk"})
    dpo.send("DELETE", f"/holds/{reference}")
    assert kinds(dpo) == quiet | {"breach_open", "archives_closed"}


def test_a_record_whose_hold_ends_soon_is_named_in_the_line_of_whoever_is_shown_its_reference(
    dpo: Person, administrator: Person, educator: Person, record: str, structure: Structure
) -> None:
    reference = reference_of(structure, record)
    later = educator.send("POST", "/records", {"pseudonym": "Lulu"}).json()["id"]
    for one, days in ((reference, 10), (reference_of(structure, later), 90)):
        dpo.send("PUT", f"/holds/{one}", {"reason": "litigation", "until": (today() + timedelta(days=days)).isoformat()})

    pages = [who.client.get("/semaine").text for who in (dpo, administrator)]

    assert [f"/acces/dossiers/{reference}/suspension" in page for page in pages] == [True, False]
    query = structure.store.database.statement("SELECT account, reference, records FROM {access_trail} WHERE operation = 'week.read'")
    with structure.store.database.connection() as connection:
        lines = connection.execute(query).fetchall()
    assert set(lines) == {(dpo.account, UUID(reference), 1), (administrator.account, None, 0)}


def test_an_approval_waits_for_whoever_has_not_given_it(
    dpo: Person, administrator: Person, person: Callable[..., Person], record: str, structure: Structure
) -> None:
    dpo.send("POST", "/erasures", {"reference": reference_of(structure, record), "ground": "office"})

    assert "approval" in kinds(administrator)
    assert "approval" not in kinds(dpo)
    assert "approval" not in kinds(person(Role.DPO))


def test_the_administrator_sees_what_is_theirs_and_nobody_else_anything(
    dpo: Person, administrator: Person, educator: Person, person: Callable[..., Person]
) -> None:
    dpo.send("POST", "/breaches", {"aware_at": ago(30), "what": "Un sac volé."})

    assert kinds(administrator) == {"backup", "not_sealed", "trail_not_sealed"}
    assert {who.get("/this-week").status_code for who in (educator, person(Role.HEAD_OF_SERVICE))} == {404}
    assert administrator.lines() == [("week.read", "granted")]


def test_a_sealed_journal_and_a_fresh_backup_leave_the_list(dpo: Person, structure: Structure, service: object) -> None:
    structure.notary.catch_up()
    structure.notary.seal()
    folder = service.settings.backups  # type: ignore[attr-defined]
    folder.mkdir(parents=True)
    (folder / "alpha-2026.sillage").write_bytes(b"")

    assert kinds(dpo) == {"not_sealed"}


@pytest.mark.parametrize(
    ("moment", "working"),
    [
        ("2026-11-27T07:30", True),
        ("2026-11-27T06:30", False),
        ("2026-11-27T19:00", False),
        ("2026-11-28T10:00", False),
        ("2026-07-03T06:30", True),
    ],
)
def test_working_hours_are_those_of_an_office_here(moment: str, *, working: bool) -> None:
    assert is_working_time(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is working


def test_by_night_the_page_shows_emergencies_and_folds_the_rest(dpo: Person, structure: Structure, monkeypatch: pytest.MonkeyPatch) -> None:
    dpo.send("POST", "/breaches", {"aware_at": ago(30), "what": "Un sac volé."})
    clock = structure.records.clock
    for night in (True, False):
        hour = 3 if night else 10
        there = (clock() + timedelta(days=7 - clock().weekday())).replace(hour=hour)
        monkeypatch.setattr(structure.records, "clock", lambda at=there: at)

        found = dpo.get("/this-week").json()
        page = dpo.client.get("/semaine").text

        now = {one["kind"] for one in found if one["now"]}
        assert (now <= {str(kind) for kind in EMERGENCIES}) is night
        assert "breach_clock" in now
        assert ("Le reste peut attendre" in page) is night


def test_the_dpo_and_their_deputy_begin_there_and_see_the_same(dpo: Person, person: Callable[..., Person]) -> None:
    dpo.send("POST", "/breaches", {"aware_at": ago(80), "what": "Un sac volé."})
    deputy = person(Role.DPO)

    pages = [who.client.get("/") for who in (dpo, deputy)]

    assert [page.url.path for page in pages] == ["/semaine"] * 2
    assert all("72 h dépassées" in page.text for page in pages)
    assert kinds(dpo) == kinds(deputy)
