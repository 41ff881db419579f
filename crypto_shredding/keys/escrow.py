"""The escrow: two of three custodians bring the living records back when the provider is lost (disk or token dead).

    escrow.pub                        the public key, 64 hexadecimal digits; the private one exists on the three shares alone
    <structure>/<epoch>.escrow        version(1) | encapsulated key(32) | AES-256-GCM ciphertext of the KEK(32) | tag(16)         81 bytes
    <structure>/<epoch>.withdrawn     empty: the epoch's life is over, and it MUST NOT come back

A deposit is HPKE in base mode (RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM), its `info` being label, structure and
epoch, each behind its length. The private key is split 2 of 3 by SLIP-39, in words: one share alone says nothing of it.

It holds the KEK of each living epoch, and none past its life: `withdraw_deposit` goes with the destruction of the epoch's key at the
provider. What it cannot do is reach copies: an older copy of this folder with two shares opens the epochs of its day. Where to keep it is
written in `docs/how-to/escrow-ceremony.md`.
"""

import contextlib
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics  # type: ignore[import-untyped]
from shamir_mnemonic.share import Share  # type: ignore[import-untyped]

from crypto_shredding.envelope import KEY_BYTES, Tampered, place
from crypto_shredding.keys.key_files import locked, make_folder, read_if_there, replace, shred, write_new
from crypto_shredding.keys.provider import ProviderKeyMissing, ProviderUnavailable

SHARES: Final = 3
NEEDED: Final = 2
_LABEL: Final = b"sillage/v1/escrow"
_VERSION: Final = b"\x01"
_PUBLIC_KEY: Final = "escrow.pub"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SharesRefused(Exception):
    """The shares given do not open this escrow: too few of them, mistyped, or of another ceremony."""


class EscrowUnavailable(ProviderUnavailable):
    """The escrow's folder is not there, or is not one."""


class AlreadyFounded(Exception):
    """There is an escrow in this folder: three shares of it are out, and a second founding would make them worthless."""


class EpochWithdrawn(Exception):
    """The epoch's life is over: the escrow never takes it back."""


def is_founded(folder: Path) -> bool:
    """Tell whether there is an escrow in this folder."""
    return (folder / _PUBLIC_KEY).exists()


def found(folder: Path) -> tuple[str, str, str]:
    """Found the escrow and give the words of its three shares, which are kept nowhere: print them. Raises `AlreadyFounded`."""
    private = X25519PrivateKey.generate()
    with _answering():
        make_folder(folder)
        with locked(folder):
            try:
                write_new(folder / _PUBLIC_KEY, private.public_key().public_bytes_raw().hex().encode())
            except FileExistsError:
                raise AlreadyFounded(
                    "Ce dossier de secours existe déjà : pour recommencer, prenez-en un nouveau et détruisez celui-ci."
                ) from None
    # No stretching by rounds: there is no passphrase, and the secret is a random key.
    ((first, second, third),) = generate_mnemonics(1, [(NEEDED, SHARES)], private.private_bytes_raw(), iteration_exponent=0)
    return first, second, third


def deposit(folder: Path, structure: UUID, epoch: int, kek: bytes) -> None:
    """Keep the KEK of an epoch, in place of what was kept of it. Raises `EpochWithdrawn`, `EscrowUnavailable`."""
    with _entered(folder, structure) as room:
        if _marker(room, epoch).exists():
            raise EpochWithdrawn(f"structure {structure}, epoch {epoch}")
        sealed = _SUITE.encrypt(kek, _public_key(folder), info=_info(structure, epoch))
        replace(_path(room, epoch), _VERSION + sealed, overwriting=True)


def withdraw_deposit(folder: Path, structure: UUID, epoch: int) -> None:
    """Destroy what is kept of an epoch, durably, and never take it back. Does nothing when it is gone. Raises `EscrowUnavailable`."""
    with _entered(folder, structure) as room:
        with contextlib.suppress(FileExistsError):
            write_new(_marker(room, epoch), b"")
        shred(_path(room, epoch))


def deposits(folder: Path, structure: UUID) -> frozenset[int]:
    """List the epochs of which something is kept. Raises `EscrowUnavailable`."""
    with _answering():
        _public_key(folder)
        paths = list((folder / str(structure)).glob("*.escrow"))
    return frozenset(int(path.stem) for path in paths if path.stem.isdecimal())


def check_shares(folder: Path, shares: Sequence[str]) -> None:
    """Check that these shares open this escrow, before everybody leaves the ceremony. Raises `SharesRefused`, `EscrowUnavailable`."""
    _private_key(folder, shares)


def recover(folder: Path, structure: UUID, epoch: int, shares: Sequence[str]) -> bytes:
    """Give the KEK of an epoch.

    Raises `SharesRefused`, `EscrowUnavailable`, `ProviderKeyMissing` when nothing is kept of this epoch, `Tampered` when it does not open.
    """
    private = _private_key(folder, shares)
    with _answering():
        room = folder / str(structure)
        content = None if _marker(room, epoch).exists() else read_if_there(_path(room, epoch))
    if content is None:
        raise ProviderKeyMissing(f"structure {structure}, epoch {epoch}")
    try:
        kek = _SUITE.decrypt(content.removeprefix(_VERSION), private, info=_info(structure, epoch))
    except InvalidTag:
        raise Tampered("the deposit does not open") from None
    if len(kek) != KEY_BYTES:
        raise Tampered("the deposit is no KEK")
    return kek


def _private_key(folder: Path, shares: Sequence[str]) -> X25519PrivateKey:
    with _answering():
        public = _public_key(folder).public_bytes_raw()
    readable = _readable(shares)
    for pair in combinations(readable, NEEDED):
        # A third share that is of no use does not spoil two that are.
        with contextlib.suppress(MnemonicError):
            private = X25519PrivateKey.from_private_bytes(combine_mnemonics(pair))
            if private.public_key().public_bytes_raw() == public:
                return private
    raise SharesRefused("Ces parts ne sont pas celles de ce dossier de secours : prenez deux parts de la même cérémonie que lui.")


def _readable(shares: Sequence[str]) -> list[str]:
    # What the library says of a share quotes its words: none of it goes on.
    spelled = [" ".join(share.lower().split()) for share in shares]
    wrong = [number for number, share in enumerate(spelled, start=1) if not _is_share(share)]
    readable = list(dict.fromkeys(share for share in spelled if _is_share(share)))
    if len(readable) >= NEEDED:
        return readable
    if wrong:
        numbers = " et ".join(map(str, wrong))
        raise SharesRefused(f"Part {numbers} : un mot manque, est de trop ou est mal recopié. Relisez-la mot à mot ; rien n'est perdu.")
    raise SharesRefused(f"Il faut {NEEDED} parts différentes, de deux personnes.")


def _is_share(words: str) -> bool:
    try:
        share = Share.from_mnemonic(words)
    except MnemonicError:
        return False
    return bool(share.group_count == 1 and share.member_threshold == NEEDED and len(share.value) == KEY_BYTES)


@contextlib.contextmanager
def _entered(folder: Path, structure: UUID) -> Iterator[Path]:
    with _answering():
        # A volume that is not mounted has no public key: nothing is claimed withdrawn from it.
        _public_key(folder)
        room = folder / str(structure)
        make_folder(room)
        with locked(room):
            yield room


def _public_key(folder: Path) -> X25519PublicKey:
    content = read_if_there(folder / _PUBLIC_KEY)
    if content is None:
        raise EscrowUnavailable(f"Il n'y a pas de dossier de secours dans « {folder} » : montez son volume, ou faites la cérémonie.")
    try:
        return X25519PublicKey.from_public_bytes(bytes.fromhex(content.decode()))
    except ValueError:
        raise EscrowUnavailable(f"Le fichier {_PUBLIC_KEY} du dossier de secours est abîmé : remettez-le depuis une copie.") from None


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EscrowUnavailable(f"Le dossier de secours ne répond pas ({error.strerror}). Rien n'est perdu.") from error


def _path(room: Path, epoch: int) -> Path:
    return room / f"{epoch:06d}.escrow"


def _marker(room: Path, epoch: int) -> Path:
    return room / f"{epoch:06d}.withdrawn"


def _info(structure: UUID, epoch: int) -> bytes:
    return place(_LABEL, structure.bytes, epoch.to_bytes(4, "big"))
