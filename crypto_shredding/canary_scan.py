"""Looks for planted words in the raw bytes of files: data, write-ahead log, logs, temporary files (invariant 6, R205).

A canary is a word that exists nowhere else. It is looked for in each form that a program may have written it in. What is compressed or
encrypted is not seen through: this scan finds what was left in clear, and proves nothing else.
"""

import base64
import json
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

CHUNK_BYTES: Final = 1 << 20
SHORTEST: Final = 6
"""Below this many characters, chance alone would find a canary in a gigabyte of ciphertext."""


_Wanted = Sequence[tuple[int, str, bytes]]
"""A canary's number, the name of a form and its bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a canary was found: the file, the form, and the byte at which it begins (-1 in the file's own name).

    `canary` is its number in the list that was looked for: a finding can be told without repeating the word.
    """

    path: Path
    canary: int
    form: str
    offset: int


def scan(folder: Path, canaries: Sequence[str]) -> list[Finding]:
    """Look for `canaries` in every regular file under `folder`, links not followed, and in the names of the files.

    Raises `ValueError` for a canary that is too short to prove anything, and `OSError` for a file that cannot be read: it never skips one.
    """
    if any(len(canary) < SHORTEST for canary in canaries):
        raise ValueError(f"a canary has {SHORTEST} characters at least")
    wanted = [(number, form, pattern) for number, canary in enumerate(canaries) for form, pattern in forms(canary).items()]
    return [finding for path in files(folder) for finding in _scan_file(path, wanted)]


def forms(canary: str) -> Mapping[str, bytes]:
    """Give the bytes of `canary` in each form that differs from those before it, by the form's name."""
    utf8 = canary.encode()
    escaped = json.dumps(canary)[1:-1]
    candidates = {
        "utf-8": utf8,
        "latin-1": _in(canary, "latin-1") or utf8,
        "windows-1252": _in(canary, "cp1252") or utf8,
        "utf-16-le": canary.encode("utf-16-le"),
        "utf-16-be": canary.encode("utf-16-be"),
        "json": escaped.encode(),
        "json, capitals": _capitals(escaped).encode(),
        "url": quote(canary, safe="").encode(),
        "decomposed": unicodedata.normalize("NFD", canary).encode(),
        "capitals": canary.upper().encode(),
        "folded": _folded(canary).encode(),
        "hexadecimal": utf8.hex().encode(),
        **{f"base64, {skipped}": _base64_core(utf8, skipped) for skipped in range(3)},
    }
    found: dict[str, bytes] = {}
    for form, pattern in candidates.items():
        if pattern not in found.values():
            found[form] = pattern
    return found


def files(folder: Path) -> Iterator[Path]:
    """Give every regular file under `folder`. A file that goes while this runs is none; a folder that cannot be read raises."""
    for path, _, names in os.walk(folder, onerror=_raise):
        for name in sorted(names):
            found = Path(path, name)
            try:
                is_file = stat.S_ISREG(found.lstat().st_mode)
            except FileNotFoundError:
                continue
            if is_file:
                yield found


def _scan_file(path: Path, wanted: _Wanted) -> Iterator[Finding]:
    name = os.fsencode(path.name)
    yield from (Finding(path, number, form, -1) for number, form, pattern in wanted if pattern in name)
    overlap = max((len(pattern) for _, _, pattern in wanted), default=1) - 1
    try:
        with path.open("rb") as file:
            yield from _scan_chunks(path, file, wanted, overlap)
    except FileNotFoundError:
        return


def _scan_chunks(path: Path, file: BinaryIO, wanted: _Wanted, overlap: int) -> Iterator[Finding]:
    """Give the first place of each form in each chunk. Chunks overlap, so that no canary is cut in two."""
    tail, start = b"", 0
    while chunk := file.read(CHUNK_BYTES):
        window = tail + chunk
        if window.count(0) < len(window):
            for number, form, pattern in wanted:
                # What lies in the overlap alone was told with the chunk before.
                at = window.find(pattern, max(0, len(tail) - len(pattern) + 1))
                if at >= 0:
                    yield Finding(path, number, form, start + at)
        kept = min(overlap, len(window))
        start += len(window) - kept
        tail = window[len(window) - kept :]


def _in(canary: str, encoding: str) -> bytes | None:
    try:
        return canary.encode(encoding)
    except UnicodeEncodeError:
        return None


def _capitals(escaped: str) -> str:
    """Write the figures of each JSON escape in capitals: both are met."""
    head, *rest = escaped.split("\\u")
    return head + "".join("\\u" + part[:4].upper() + part[4:] for part in rest)


def _folded(canary: str) -> str:
    """Write it as a search or a sort would: without accents and capitals."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", canary.casefold()) if not unicodedata.combining(letter))


def _base64_core(content: bytes, skipped: int) -> bytes:
    """Give what base64 makes of `content` beginning `skipped` bytes into a group, without the edges, which depend on its neighbours."""
    whole = content[(3 - skipped) % 3 :]
    return base64.b64encode(whole[: len(whole) // 3 * 3])


def _raise(error: OSError) -> None:
    raise error
