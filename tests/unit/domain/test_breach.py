"""The clock of a breach and its decisions (RGPD art. 33 and 34; R005, R006)."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from domain.desk.breach import Breach, KeysCompromised, Missing, NotToldBecause
from domain.desk.desk_refusals import BreachNotReady, FileClosedAlready, KeysNotSafe
from domain.identifiers import FileId
from domain.refusals import ChoiceUnknown, DateInFuture, DateRefused, TextMissing
from tests.unit.domain.scenes import ANNE, BRUNO, NOW, refused, replayed, state_of

HOUR = timedelta(hours=1)


def a_breach(aware_at: datetime = NOW) -> Breach:
    return Breach.open(FileId(uuid4()), aware_at, "Un téléphone perdu, session ouverte.", by=ANNE, at=max(NOW, aware_at))


def decided(keys: str = "no") -> Breach:
    breach = a_breach()
    breach.notify(NOW + HOUR, "CNIL-1", None, by=ANNE, at=NOW + HOUR)
    breach.assess_keys(keys, by=ANNE, at=NOW)
    return breach


@pytest.mark.parametrize(
    ("hours", "alert"), [(23.9, None), (24, 24), (47.9, 24), (48, 48), (65.9, 48), (66, 66), (71.9, 66), (72, 72), (500, 72)]
)
def test_the_clock_is_recalled_at_24_48_66_and_72_hours(hours: float, alert: int | None) -> None:
    found = a_breach().alert(NOW + timedelta(hours=hours))

    assert found == (None if alert is None else timedelta(hours=alert))


def test_the_clock_stops_when_the_authority_is_told_or_need_not_be() -> None:
    told, not_told = a_breach(), a_breach()
    told.notify(NOW + HOUR, None, None, by=ANNE, at=NOW + HOUR)
    not_told.decide_not_to_notify("Rien n'a été ouvert.", by=ANNE, at=NOW)

    assert [breach.alert(NOW + 70 * HOUR) for breach in (told, not_told)] == [None, None]


@pytest.mark.parametrize(("after", "needs_a_reason"), [(timedelta(hours=72), False), (timedelta(hours=72, seconds=1), True)])
def test_beyond_72_hours_the_reason_of_the_delay_is_mandatory(after: timedelta, needs_a_reason: bool) -> None:  # noqa: FBT001
    late = a_breach()
    at = NOW + after

    if needs_a_reason:
        assert refused(TextMissing, lambda: late.notify(at, None, " ", by=ANNE, at=at)).field == "late_because"
    late.notify(at, None, "L'ampleur n'était pas connue." if needs_a_reason else None, by=ANNE, at=at)

    assert late.notified is not None
    assert (late.notified.late_because is None) is not needs_a_reason


def test_a_breach_is_not_closed_before_each_decision_is_made() -> None:
    breach = a_breach()
    assert breach.missing() == (Missing.AUTHORITY, Missing.KEYS, Missing.PEOPLE)
    steps = [
        lambda: breach.decide_not_to_notify("Rien n'a été ouvert.", by=ANNE, at=NOW),
        lambda: breach.assess_keys("unknown", by=ANNE, at=NOW),
        lambda: breach.tell_people(date(2026, 11, 22), "de vive voix", by=ANNE, at=NOW),
    ]
    for step in steps:
        refused(BreachNotReady, lambda: breach.close(by=ANNE, at=NOW))
        step()

    breach.close(by=BRUNO, at=NOW)

    assert breach.closed_at == NOW
    refused(FileClosedAlready, lambda: breach.assess_keys("no", by=ANNE, at=NOW))
    breach.add_stage("Retrouvé.", by=ANNE, at=NOW)
    assert state_of(replayed(breach)) == state_of(breach)


@pytest.mark.parametrize("keys", [None, KeysCompromised.YES, KeysCompromised.UNKNOWN])
def test_encrypted_spares_nobody_a_notice_unless_the_keys_are_known_to_be_safe(keys: KeysCompromised | None) -> None:
    breach = a_breach()
    if keys is not None:
        breach.assess_keys(keys, by=ANNE, at=NOW)

    refused(KeysNotSafe, lambda: breach.decide_not_to_tell(NotToldBecause.ENCRYPTED, "Tout est chiffré.", by=ANNE, at=NOW))
    breach.decide_not_to_tell(NotToldBecause.NO_HIGH_RISK, "Un code, sans nom.", by=ANNE, at=NOW)

    assert Missing.PEOPLE not in breach.missing()


def test_a_decision_that_rested_on_safe_keys_falls_with_them() -> None:
    breach = decided("no")
    breach.decide_not_to_tell(NotToldBecause.ENCRYPTED, "Aucune clé sur l'appareil.", by=ANNE, at=NOW)
    breach.assess_keys("unknown", by=ANNE, at=NOW)

    assert breach.missing() == (Missing.PEOPLE,)
    assert state_of(replayed(breach)) == state_of(breach)


def test_what_makes_no_sense_is_refused() -> None:
    breach = decided()

    refused(BreachNotReady, lambda: breach.decide_not_to_notify("Rien.", by=ANNE, at=NOW))
    refused(ChoiceUnknown, lambda: breach.assess_keys("maybe", by=ANNE, at=NOW))
    refused(DateRefused, lambda: breach.name_perimeter(ANNE, (NOW, NOW), by=ANNE, at=NOW))
    refused(DateRefused, lambda: breach.notify(NOW - HOUR, None, None, by=ANNE, at=NOW))
    refused(DateInFuture, lambda: breach.notify(NOW + HOUR, None, None, by=ANNE, at=NOW))
    refused(DateInFuture, lambda: Breach.open(FileId(uuid4()), NOW + HOUR, "x", by=ANNE, at=NOW))
    for absurd in ("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"):
        refused(DateRefused, lambda moment=absurd: Breach.open(FileId(uuid4()), datetime.fromisoformat(moment), "x", by=ANNE, at=NOW))
    refused(TextMissing, lambda: Breach.open(FileId(uuid4()), NOW, " ", by=ANNE, at=NOW))
