"""The escrow, 2 of 3: which shares open it, what it keeps and what it lets go."""

import itertools
import shutil
from pathlib import Path
from uuid import UUID

import pytest

from crypto_shredding.envelope import Tampered
from crypto_shredding.keys.escrow import (
    AlreadyFounded,
    EpochWithdrawn,
    EscrowUnavailable,
    SharesRefused,
    check_shares,
    deposit,
    deposits,
    found,
    is_founded,
    recover,
    withdraw_deposit,
)
from crypto_shredding.keys.provider import ProviderKeyMissing
from tests.killing import killed_at_each_step

KEK = bytes(range(32))
STRUCTURE, OTHER = UUID("5a000000-0000-4000-8000-000000000001"), UUID(int=7)
Shares = tuple[str, str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "escrow"


@pytest.fixture
def shares(folder: Path) -> Shares:
    """Three shares, and a deposit that they open."""
    shares = found(folder)
    deposit(folder, STRUCTURE, 1, KEK)
    return shares


def test_every_pair_opens_it_and_so_do_all_three(folder: Path, shares: Shares) -> None:
    pairs = [*itertools.permutations(shares, 2), shares]

    assert [recover(folder, STRUCTURE, 1, pair) for pair in pairs] == [KEK] * 7


def test_one_share_gives_nothing(folder: Path, shares: Shares) -> None:
    for share in shares:
        for alone in ([share], [share, share], [share, share.upper()]):
            with pytest.raises(SharesRefused, match="deux personnes"):
                recover(folder, STRUCTURE, 1, alone)
        with pytest.raises(SharesRefused, match="Part 2"):
            recover(folder, STRUCTURE, 1, [share, ""])


def test_no_share_gives_nothing(folder: Path, shares: Shares) -> None:
    assert len(set(shares)) == 3

    with pytest.raises(SharesRefused, match="deux personnes"):
        recover(folder, STRUCTURE, 1, [])


def test_a_share_is_thirty_three_words_and_is_read_as_people_write(folder: Path, shares: Shares) -> None:
    assert [len(share.split()) for share in shares] == [33] * 3

    untidy = "  \n".join(shares[0].upper().split())

    assert recover(folder, STRUCTURE, 1, [untidy, shares[2]]) == KEK


@pytest.mark.parametrize(
    "mistake", [lambda w: w[:-1], lambda w: [*w, "acid"], lambda w: [w[1], w[0], *w[2:]], lambda w: [*w[:5], "cheval", *w[6:]]]
)
def test_a_mistyped_share_is_named_by_its_number_and_never_quoted(folder: Path, shares: Shares, mistake: object) -> None:
    mistyped = " ".join(mistake(shares[1].split()))  # type: ignore[operator]

    with pytest.raises(SharesRefused, match="Part 2") as refused:
        recover(folder, STRUCTURE, 1, [shares[0], mistyped])

    assert refused.value.__cause__ is None
    assert not set(str(refused.value).split()) & set(shares[0].split() + mistyped.split())
    assert recover(folder, STRUCTURE, 1, [shares[0], mistyped, shares[2]]) == KEK


def test_shares_of_another_ceremony_open_nothing(folder: Path, shares: Shares, tmp_path: Path) -> None:
    others = found(tmp_path / "another")

    for foreign in ([others[0], others[1]], [shares[0], others[1]]):
        with pytest.raises(SharesRefused, match="même cérémonie"):
            recover(folder, STRUCTURE, 1, foreign)
    assert recover(folder, STRUCTURE, 1, [others[0], shares[0], shares[1]]) == KEK


def test_the_ceremony_can_check_its_shares_before_anything_is_kept(folder: Path) -> None:
    shares = found(folder)

    for pair in itertools.combinations(shares, 2):
        check_shares(folder, pair)
    with pytest.raises(SharesRefused):
        check_shares(folder, shares[:1])


def test_an_escrow_is_founded_once(folder: Path, shares: Shares) -> None:
    with pytest.raises(AlreadyFounded):
        found(folder)

    assert is_founded(folder)
    assert recover(folder, STRUCTURE, 1, shares) == KEK


def test_neither_secret_nor_share_is_in_the_folder(folder: Path, shares: Shares) -> None:
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]

    assert contents
    assert not [content for content in contents if KEK in content or shares[0].split()[5].encode() in content]


@pytest.mark.parametrize(("structure", "epoch"), [(OTHER, 1), (STRUCTURE, 2)], ids=["another structure", "another epoch"])
def test_a_deposit_moved_elsewhere_is_tampered(folder: Path, shares: Shares, structure: UUID, epoch: int) -> None:
    deposit(folder, structure, epoch, KEK)
    shutil.copy(folder / str(STRUCTURE) / "000001.escrow", folder / str(structure) / f"{epoch:06d}.escrow")

    with pytest.raises(Tampered):
        recover(folder, structure, epoch, shares)


def test_a_changed_deposit_is_tampered(folder: Path, shares: Shares) -> None:
    path = folder / str(STRUCTURE) / "000001.escrow"
    whole = path.read_bytes()
    path.chmod(0o600)
    for damaged in (b"", whole[:-1], b"\x02" + whole[1:], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(damaged)
        with pytest.raises(Tampered):
            recover(folder, STRUCTURE, 1, shares)


def test_a_deposit_made_again_takes_the_place_of_the_first(folder: Path, shares: Shares) -> None:
    deposit(folder, STRUCTURE, 1, KEK[::-1])

    assert recover(folder, STRUCTURE, 1, shares) == KEK[::-1]


def test_an_epoch_withdrawn_is_gone_and_never_taken_back(folder: Path, shares: Shares) -> None:
    deposit(folder, STRUCTURE, 2, KEK)

    for _ in range(2):
        withdraw_deposit(folder, STRUCTURE, 1)

    assert deposits(folder, STRUCTURE) == {2}
    assert deposits(folder, OTHER) == frozenset()
    with pytest.raises(ProviderKeyMissing):
        recover(folder, STRUCTURE, 1, shares)
    with pytest.raises(EpochWithdrawn):
        deposit(folder, STRUCTURE, 1, KEK)


def test_an_older_copy_of_the_folder_with_two_shares_opens_the_older_epoch(folder: Path, shares: Shares) -> None:
    """What the escrow cannot do, and why the folder is kept where no backup reaches it."""
    shutil.copytree(folder, older := folder.with_name("older"))

    withdraw_deposit(folder, STRUCTURE, 1)

    assert recover(older, STRUCTURE, 1, shares[:2]) == KEK


def test_nothing_is_claimed_of_a_volume_that_is_not_mounted(folder: Path, shares: Shares) -> None:
    shutil.rmtree(folder)
    for mounted_nowhere in (False, True):
        if mounted_nowhere:
            folder.mkdir()
        for asked in (
            lambda: withdraw_deposit(folder, STRUCTURE, 1),
            lambda: deposit(folder, STRUCTURE, 1, KEK),
            lambda: deposits(folder, STRUCTURE),
            lambda: recover(folder, STRUCTURE, 1, shares),
        ):
            with pytest.raises(EscrowUnavailable):
                asked()
    assert not is_founded(folder)


def test_a_withdrawal_killed_anywhere_is_ended_by_the_next(folder: Path, shares: Shares) -> None:
    shutil.copytree(folder, ground := folder.with_name("ground"))
    for _ in killed_at_each_step(lambda: withdraw_deposit(folder, STRUCTURE, 1)):
        withdraw_deposit(folder, STRUCTURE, 1)

        assert not list(folder.rglob("*.escrow*"))
        with pytest.raises(ProviderKeyMissing):
            recover(folder, STRUCTURE, 1, shares)
        shutil.rmtree(folder)
        shutil.copytree(ground, folder)


def test_a_deposit_killed_anywhere_is_made_by_the_next(folder: Path, shares: Shares) -> None:
    for _ in killed_at_each_step(lambda: deposit(folder, STRUCTURE, 2, KEK)):
        deposit(folder, STRUCTURE, 2, KEK)

        assert recover(folder, STRUCTURE, 2, shares) == KEK
        shutil.rmtree(folder / str(STRUCTURE))
