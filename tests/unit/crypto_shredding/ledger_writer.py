"""A process of its own that appends to a ledger until it is killed: by its parent, or by the kernel at one exact byte.

python -m tests.unit.crypto_shredding.ledger_writer forever PATH           says the number of each entry once it is durable
python -m tests.unit.crypto_shredding.ledger_writer until PATH BYTES…      one child for each number of bytes that the file may grow to
"""

import os
import resource
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto_shredding.erasure.ledger import LedgerEntry
from crypto_shredding.erasure.ledger_file import LedgerFile
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId

STRUCTURE: Final = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
SIGNER: Final = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
BEGAN: Final = datetime(2026, 12, 4, 13, 5, 31, 250_000, tzinfo=UTC)


def entry(number: int) -> LedgerEntry:
    """The entry of this number, always the same; every third is of one key alone."""
    return LedgerEntry(
        number=number,
        erasure=UUID(int=0xE0000000_0000_4000_8000_000000000000 + number),
        subject=UUID(int=0x50000000_0000_4000_8000_000000000000 + number),
        key_id=None if number % 3 else number.to_bytes(16, "big"),
        fingerprint=bytes([number % 256]) * 32,
        epoch=1 + number // 10,
        erased_at=BEGAN + timedelta(days=number - 1),
    )


def entries(count: int) -> list[LedgerEntry]:
    """The first `count` entries."""
    return [entry(number) for number in range(1, count + 1)]


def append_forever(path: Path) -> None:
    file, count = LedgerFile(path, STRUCTURE), 0
    while True:
        count += 7
        file.append(entries(count)[-7:] if count > 7 else entries(count), SIGNER)
        sys.stdout.write(f"{count}\n")
        sys.stdout.flush()


def append_until(path: Path, most_bytes: int) -> int:
    """Append in a child whose files may not grow beyond `most_bytes`: the kernel kills it in the middle of its write. Give the signal."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        LedgerFile(path, STRUCTURE).append(entries(3), SIGNER)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


if __name__ == "__main__":
    _, way, name, *limits = sys.argv
    if way == "forever":
        append_forever(Path(name))
    for limit in limits:
        copy = Path(f"{name}.{limit}")
        copy.write_bytes(Path(name).read_bytes())
        sys.stdout.write(f"{limit} {append_until(copy, int(limit))}\n")
