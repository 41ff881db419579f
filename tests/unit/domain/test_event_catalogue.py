import json
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import resolve_topic

from domain.event_catalogue import STREAMS, as_markdown, events_of
from domain.replay import project
from domain.stream import Stream
from domain.transcodings import transcoder

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "events"
EVENTS = [event for stream in STREAMS for event in events_of(stream)]
OPENING = {"yr": "yr.opened", "ac": "ac.outing_recorded", "ca": "ca.begun", "er": "er.closed"}


def golden(topic: str) -> tuple[StoredEvent, dict[str, Any]]:
    kept = json.loads((GOLDEN / f"{topic}.json").read_text(encoding="utf-8"))
    state = json.dumps(kept["state"], ensure_ascii=False, separators=(",", ":")).encode()
    return StoredEvent(UUID(kept["originator_id"]), kept["originator_version"], kept["topic"], state), kept


def read(topic: str) -> Any:
    return Mapper[UUID](transcoder()).to_domain_event(golden(topic)[0])


def test_the_page_of_events_is_the_code() -> None:
    page = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    assert page == as_markdown(), "write it anew: python -m domain.event_catalogue > docs/reference/events.md"


def test_every_event_has_one_golden_stored_event_and_no_golden_is_left_over() -> None:
    assert {event.TOPIC for event in EVENTS} == {path.stem for path in GOLDEN.glob("*.json")}


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
    assert isinstance(project(None, [*before, found]), Stream)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_an_event_shows_nothing_of_its_content(event: type[Any]) -> None:
    found = read(event.TOPIC)
    assert repr(found) == str(found) == f"<{event.__qualname__}>"
