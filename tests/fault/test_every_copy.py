"""Erased means erased, to the last copy: all is kept that can be, youths are erased, the epoch is rotated, and whoever holds every copy and
every secret that still exists attacks (invariant 5; issue 3; event_store_facts §4.3).

Between the erasure and the rotation the same attack reads every erased youth again: deleting a wrapped key destroys nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from crypto_shredding.envelope import read_header
from domain.categories import Category
from domain.identifiers import YouthId
from tests.fault.attack import Spoils, attack
from tests.fault.copied_house import CANARY, MEETING_PLACE, House, fill
from tests.fault.every_copy import laid_ground
from tests.fault.loot import Loot, held
from tests.given import educator

OF_THEIR_FOLLOW_UP = 2
"""How many of a youth's own words stand in their follow-up: one in the contact, one in the note."""
SAMPLE = 2
"""How many of the erased youths' rings and ciphertexts are looked for in the raw bytes of each copy."""


@dataclass(frozen=True)
class Scale:
    """How many youths, how many of them erased, and what is copied at each of the three moments."""

    youths: int
    erased: int
    before: tuple[str, ...]
    between: tuple[str, ...]
    after: tuple[str, ...]


EVERY_KIND = ("base_backup", "hot_copy", "cold_copy", "replica_copy")
FEW = Scale(60, 12, before=("replica_copy",), between=("hot_copy",), after=())
ALL = Scale(1000, 200, before=EVERY_KIND, between=EVERY_KIND, after=EVERY_KIND)


@dataclass(frozen=True)
class Found:
    """What one copy held of those who are erased: in its rows, and in its raw bytes of a sample of them (`None` for a backup file)."""

    name: str
    server: str
    as_of: str
    rows: int
    raw: int | None


@dataclass
class Story:
    """What became of everybody, and what two attacks found: one between the erasure and the rotation, one at the end."""

    house: House
    scale: Scale
    words: dict[YouthId, set[bytes]]
    loot: Loot
    known: Loot
    """What stood in the living databases at the beginning."""
    found: list[Found] = field(default_factory=list)
    read: list[dict[YouthId, Any]] = field(default_factory=list)
    attacks: list[Spoils] = field(default_factory=list)
    doomed: bytes = b""
    """The id of the key that is destroyed alone: what somebody took back their agreement to was sealed with it."""

    @property
    def erased(self) -> list[YouthId]:
        return list(self.words)[: self.scale.erased]

    @property
    def withdrawn(self) -> YouthId:
        return list(self.words)[self.scale.erased]

    @property
    def kept(self) -> list[YouthId]:
        return list(self.words)[self.scale.erased + 1 :]

    def words_of(self, youths: Collection[YouthId]) -> set[bytes]:
        return set().union(*(self.words[youth] for youth in youths))

    def tell(self) -> None:
        """Live it from the beginning to the end."""
        house, ground = self.house, self.house.ground
        ground.take_bases()
        before = ground.positions()
        self._copy("before", self.scale.before)
        self._read()
        self._erase()
        ground.take_archives("between", "before", before)
        self._copy("between", self.scale.between)
        self._attack()
        house.rotate()
        self._read()
        ground.take_archives("after", "after")
        self._copy("after", self.scale.after)
        self._attack()

    def _copy(self, moment: str, kinds: Collection[str]) -> None:
        """Take the copies of a moment, and look into them."""
        house, erased = self.house, set(self.erased)
        house.take(moment, kinds)
        for copy in house.ground.looked_into():
            raw = held(copy.bytes_in, self._sample(copy.server))
            loot = house.new_loot()
            with copy.brought_up() as server:
                loot.read_server(server.address("postgres", "postgres"))
            self.found.append(Found(copy.name, copy.server, copy.as_of, loot.count_of(erased), raw))
            self.loot.add(loot)
        for server_name, loot in house.new_backups():
            self.found.append(Found(f"backup of {server_name}, {moment}", server_name, moment, loot.count_of(erased), None))
            self.loot.add(loot)

    def _sample(self, server: str) -> set[bytes]:
        """Choose what the raw bytes of a server's copies are searched for."""
        chosen = set(self.erased[:SAMPLE])
        if server == "keys":
            return {slot for subject, slot in self.known.slots if subject in chosen}
        return {sealed.content for sealed in self.known.sealed if sealed.subject in chosen}

    def _read(self) -> None:
        events = self.house.structure.store.events
        self.read.append({youth: [(type(event), dict(vars(event))) for event in events.get(youth)] for youth in self.kept})

    def _erase(self) -> None:
        structure = self.house.structure
        self.doomed = structure.store.key_store.ring(self.withdrawn).of_category(Category.FOLLOW_UP).key_id
        for youth in self.erased:
            structure.records.close_record(educator(), youth, asked_in_person=True)
        structure.records.withdraw_agreement(educator(), self.withdrawn, Category.FOLLOW_UP)
        self.house.settle()

    def _attack(self) -> None:
        """Try every secret of this moment on all that there ever was."""
        self.loot.add(self.known)
        self.loot.add(self.house.living())
        self.attacks.append(attack(self.loot, self.house.secrets()))


@pytest.fixture(scope="module", params=[pytest.param(FEW, id="few"), pytest.param(ALL, id="all", marks=pytest.mark.long)])
def story(request: pytest.FixtureRequest) -> Story:
    scale: Scale = request.param
    with laid_ground("main", "keys") as ground:
        house = House(ground)
        try:
            words = fill(house.structure, scale.youths)
            told = Story(house, scale, words, house.new_loot(), house.living())
            told.tell()
        finally:
            house.service.close()
    return told


def _words_in(spoils: Spoils) -> set[bytes]:
    return set(CANARY.findall(spoils.text()))


def test_without_the_rotation_the_copies_give_every_erased_youth_back(story: Story) -> None:
    between, _ = story.attacks
    assert between.bytes_of(story.erased) > 0
    assert story.words_of(story.erased) <= _words_in(between)
    assert not between.dark


def test_after_it_every_copy_and_every_secret_together_give_nothing_of_them(story: Story) -> None:
    _, after = story.attacks
    assert after.bytes_of(story.erased) == 0
    assert not story.words_of(story.erased) & _words_in(after)
    assert all(after.dark[youth] for youth in story.erased)


def test_everybody_else_is_read_in_full_by_the_service_and_by_whoever_holds_their_living_keys(story: Story) -> None:
    before, after = story.read
    assert after == before
    assert story.words_of(story.kept) <= _words_in(story.attacks[-1])
    assert not sum(story.attacks[-1].dark[youth] for youth in story.kept)


def test_each_copy_of_before_held_all_of_the_erased_and_each_later_one_nothing(story: Story) -> None:
    whole = {"main": len({one for one in story.known.sealed if one.subject in story.erased}), "keys": 6 * len(story.erased)}
    assert {found.name: found.rows for found in story.found} == {
        found.name: whole[found.server] if found.as_of == "before" else 0 for found in story.found
    }


def test_what_was_deleted_still_lies_in_the_bytes_of_later_copies(story: Story) -> None:
    assert all(found.raw for found in story.found if found.raw is not None and (found.as_of == "before" or "archive" in found.name))
    assert {found.server for found in story.found if found.raw and found.as_of == "between"} == {"main", "keys"}


def test_an_agreement_that_was_taken_back_takes_its_category_along_and_nothing_else(story: Story) -> None:
    between, after = story.attacks
    theirs = {sealed for sealed in story.loot.sealed if sealed.subject == story.withdrawn}
    doomed = {sealed for sealed in theirs if read_header(sealed.content).key_id == story.doomed}
    assert doomed
    assert doomed <= between.opened
    assert not doomed & after.opened
    assert theirs - doomed <= after.opened


def test_no_key_of_theirs_that_lives_tells_where_they_were_met(story: Story) -> None:
    between, after = (b"".join(spoils.plaintexts[story.withdrawn]) for spoils in story.attacks)
    place, words = MEETING_PLACE.encode(), story.words[story.withdrawn]
    assert place in between
    assert place not in after
    assert words <= set(CANARY.findall(between))
    assert len(words & set(CANARY.findall(after))) == len(words) - OF_THEIR_FOLLOW_UP
