from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from domain.activity import Activity
from domain.categories import Category
from domain.drafts import ChantierDraft, OutingDraft, PresenceDraft
from domain.identifiers import ActivityId
from domain.refusals import ChoiceUnknown, DateRefused, NationalNumberRefused, NumberRefused
from tests.unit.domain.scenes import A_DAY, ANNE, NOW, events_of, refused, replayed, state_of


def outing(**fields: Any) -> Activity:
    return Activity.record_outing(ActivityId(uuid4()), OutingDraft(A_DAY, **fields), by=ANNE, at=NOW)


def test_an_outing_counts_people_by_sex_and_age_and_names_nobody() -> None:
    (recorded,) = events_of(outing(counts={"girl:11-15": 3, "unknown:unknown": 2, "boy:16-17": 0}, minutes=120, territory="Empalot"))
    assert recorded.counts == {"girl:11-15": 3, "unknown:unknown": 2}
    assert recorded.category is Category.STRUCTURE


def test_the_wide_bands_of_older_files_are_kept_as_they_are() -> None:
    (recorded,) = events_of(outing(counts={"boy:under-16": 4, "girl:16-25": 1}))
    assert recorded.counts == {"boy:under-16": 4, "girl:16-25": 1}


@pytest.mark.parametrize("cell", ["girl:12", "Inès:11-15", "girl", "", "girl:11-15:x"])
def test_a_cell_that_does_not_exist_is_refused(cell: str) -> None:
    assert refused(ChoiceUnknown, lambda: outing(counts={cell: 1})).field == "counts"


@pytest.mark.parametrize("count", [-1, 2001, True, None, 1.5])
def test_a_head_count_is_a_whole_number_of_people(count: Any) -> None:
    assert refused(NumberRefused, lambda: outing(counts={"girl:11-15": count})).field == "counts"


def test_a_national_number_is_refused_in_a_place() -> None:
    refused(NationalNumberRefused, lambda: outing(place="1 85 05 78 006 084 91"))


def test_a_chantier_does_not_end_before_it_starts() -> None:
    draft = ChantierDraft("Peinture du local", A_DAY, ends_on=date(2026, 11, 19), youths=6)
    assert refused(DateRefused, lambda: Activity.record_chantier(ActivityId(uuid4()), draft, by=ANNE, at=NOW)).field == "ends_on"


def test_a_count_of_nobody_is_no_presence() -> None:
    refused(NumberRefused, lambda: Activity.count_presence(ActivityId(uuid4()), PresenceDraft(A_DAY, 0), by=ANNE, at=NOW))


@pytest.mark.parametrize(
    "activity",
    [
        outing(counts={"girl:11-15": 3}, educators=(ANNE, "KB")),
        Activity.record_chantier(ActivityId(uuid4()), ChantierDraft("Peinture", A_DAY, youths=6, paid_cents=60_000), by=ANNE, at=NOW),
        Activity.count_presence(ActivityId(uuid4()), PresenceDraft(A_DAY, 4, themes=("emploi",)), by=ANNE, at=NOW),
    ],
    ids=["outing", "chantier", "presence"],
)
def test_replaying_the_stored_event_gives_the_activity(activity: Activity) -> None:
    assert state_of(replayed(activity)) == state_of(activity)
