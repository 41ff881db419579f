import json
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import resolve_topic

from domain.access.teams import Teams
from domain.event_catalogue import STREAMS, as_markdown, events_of
from domain.replay import project
from domain.stream import Stream
from domain.transcodings import transcoder

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "events"
EVENTS = [event for stream in STREAMS for event in events_of(stream)]
OLDER = sorted(path.stem for path in (GOLDEN / "older").glob("*.json"))
"""A topic and the version of its event, one for each form that is written no more."""
OPENING = {
    "yr": "yr.opened",
    "ac": "ac.outing_recorded",
    "ca": "ca.begun",
    "er": "er.closed",
    "ag": "ag.begun",
    "ho": "ho.placed",
    "pr": "pr.written",
    "rs": "rs.begun",
    "tm": "tm.begun",
    "rp": "rp.begun",
    "gr": "gr.begun",
    "gt": "gt.begun",
    "in": "in.opened",
    "br": "br.opened",
    "rq": "rq.received",
}


def golden(name: str) -> tuple[StoredEvent, dict[str, Any]]:
    kept = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    state = json.dumps(kept["state"], ensure_ascii=False, separators=(",", ":")).encode()
    return StoredEvent(UUID(kept["originator_id"]), kept["originator_version"], kept["topic"], state), kept


def read(name: str) -> Any:
    return Mapper[UUID](transcoder()).to_domain_event(golden(name)[0])


def test_the_page_of_events_is_the_code() -> None:
    page = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    assert page == as_markdown(), "write it anew: python -m domain.event_catalogue > docs/reference/events.md"


def test_every_event_has_one_golden_stored_event_and_no_golden_is_left_over() -> None:
    assert {event.TOPIC for event in EVENTS} == {path.stem for path in GOLDEN.glob("*.json")}


def test_every_form_that_an_event_ever_had_is_kept() -> None:
    before = {f"{event.TOPIC}.v{version}" for event in EVENTS for version in range(1, getattr(event, "class_version", 1))}
    assert before == set(OLDER)


def test_topics_are_unique_short_and_say_their_stream() -> None:
    topics = [event.TOPIC for event in EVENTS] + [stream.TOPIC for stream in STREAMS]
    assert len(topics) == len(set(topics))
    assert all(len(topic.encode()) <= 40 for topic in topics)
    assert all(event.TOPIC.startswith(f"{stream.TOPIC}.") for stream in STREAMS for event in events_of(stream))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_a_golden_stored_event_is_still_read_whole_by_the_class_of_its_topic(event: type[Any]) -> None:
    found = read(event.TOPIC)
    assert type(found) is event is resolve_topic(event.TOPIC)
    assert vars(found).keys() == {field.name for field in fields(event)}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_a_golden_stored_event_would_be_stored_again_byte_for_byte(event: type[Any]) -> None:
    stored, _ = golden(event.TOPIC)
    assert Mapper[UUID](transcoder()).to_stored_event(read(event.TOPIC)) == stored


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_a_golden_stored_event_still_replays(event: type[Any]) -> None:
    found = read(event.TOPIC)
    before = [] if found.originator_version == 1 else [read(OPENING[event.TOPIC.split(".")[0]])]
    if event.TOPIC.startswith("ca.item_") and event.TOPIC != "ca.item_proposed":
        before.append(read("ca.item_proposed"))
        vars(found)["originator_version"] = 3
    if event is Teams.MembersNamed:
        before.append(read("tm.team_named"))
        vars(found)["originator_version"] = 3
    assert isinstance(project(None, [*before, found]), Stream)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_an_event_shows_nothing_of_its_content(event: type[Any]) -> None:
    found = read(event.TOPIC)
    assert repr(found) == str(found) == f"<{event.__qualname__}>"


@pytest.mark.parametrize("older", OLDER)
def test_an_older_form_is_still_read_whole_and_brought_up_to_date(older: str) -> None:
    found, stored = read(f"older/{older}"), golden(f"older/{older}")[0]
    event = resolve_topic(older.rpartition(".v")[0])
    assert type(found) is event
    assert vars(found).keys() == {field.name for field in fields(event)}
    written = transcoder().decode(stored.state)
    assert {name: value for name, value in vars(found).items() if name in written} == written


WHAT_VERSION_1_MEANT = {
    "er.closed.v1": {"ground": "demand", "erased_category": None, "cooling_off_until": None},
    "er.made_effective.v1": {"epoch": 1, "previews": 0, "is_apart": False},
    "yr.agreement_withdrawn.v1": {"erasure": None},
}


@pytest.mark.parametrize("older", OLDER)
def test_an_older_form_still_means_what_it_meant(older: str) -> None:
    found = vars(read(f"older/{older}"))
    assert {name: found[name] for name in WHAT_VERSION_1_MEANT[older]} == WHAT_VERSION_1_MEANT[older]


@pytest.mark.parametrize("older", OLDER)
def test_an_older_form_still_replays(older: str) -> None:
    found = read(f"older/{older}")
    before = [] if found.originator_version == 1 else [read(OPENING[older.partition(".")[0]])]
    assert isinstance(project(None, [*before, found]), Stream)
