"""Signed notes and checkpoints, as C2SP's signed-note and tlog-checkpoint have them.

    text, then an empty line, then: — name base64(key id(4) | Ed25519 signature(64))
    key id = first 4 bytes of SHA-256(name | 0a | 01 | public key(32))

A checkpoint's text: origin, size, root in base64, and as the one extension line when it was made. The name of the key is the origin.
What is signed begins with the origin's first letter; everything else that this key signs begins with a zero byte (`signing.py`).
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crypto_shredding.signing import Signer, verify_note
from domain.identifiers import StructureId

_ED25519: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_DASH: Final = "\u2014"
_TEXT: Final = r"[^\x00-\x1f][^\x00-\x09\x0b-\x1f]*?\n"
_NOTE: Final = re.compile(rf"(?P<text>{_TEXT})\n{_DASH} (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={{0,2}})\n", re.ASCII)
_CHECKPOINT: Final = re.compile(
    r"(?P<origin>sillage/(?P<structure>[0-9a-f-]{36})/(?P<kind>events|statements|trail)/(?P<tree>[1-9][0-9]*)"
    r"(?:/(?P<month>[0-9]{4}-[0-9]{2}))?/(?P<generation>[1-9][0-9]*))\n"
    r"(?P<size>0|[1-9][0-9]*)\n(?P<root>[A-Za-z0-9+/]{43}=)\ntime (?P<time>[0-9TZ:-]+)\n"
)


class NoteInvalid(Exception):
    """This is no note, or not one that this key signed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a tree had come, and its root. `text` is the whole note."""

    origin: str
    tree: int
    generation: int
    size: int
    root: bytes
    text: str


def origin_of(structure: StructureId, kind: str, tree: int, month: str | None, generation: int) -> str:
    """Name a tree for ever: another generation is another name, since a log signs no two stories under one."""
    parts = ("sillage", str(structure), kind, str(tree), *([month] if month else []), str(generation))
    return "/".join(parts)


def sign_note(signer: Signer, name: str, text: str) -> str:
    """Sign `text`, which ends its last line, under `name`."""
    signature = base64.b64encode(key_id(name, signer.public) + signer.sign_note(text.encode())).decode()
    return f"{text}\n{_DASH} {name} {signature}\n"


def sign_checkpoint(signer: Signer, origin: str, size: int, root: bytes, at: datetime) -> str:
    """Sign how far a tree has come."""
    moment = at.replace(tzinfo=None).isoformat(timespec="seconds")
    return sign_note(signer, origin, f"{origin}\n{size}\n{base64.b64encode(root).decode()}\ntime {moment}Z\n")


def notes_in(bundle: str) -> list[str]:
    """Take apart notes that stand one behind the other, each but the last followed by an empty line."""
    return [match[0] for match in _NOTE.finditer(bundle)]


def open_note(note: str, public: bytes) -> tuple[str, str]:
    """Give the name and the text of a note that this key signed. Raises `NoteInvalid`."""
    match = _NOTE.fullmatch(note)
    if match is None:
        raise NoteInvalid
    signature = base64.b64decode(match["signature"])
    if base64.b64encode(signature).decode() != match["signature"]:
        raise NoteInvalid  # One signature has one spelling: the spare bits of the last digit are zero.
    if signature[:_KEY_ID_BYTES] != key_id(match["name"], public) or not verify_note(
        public, match["text"].encode(), signature[_KEY_ID_BYTES:]
    ):
        raise NoteInvalid
    return match["name"], match["text"]


def open_checkpoint(note: str, public: bytes) -> Checkpoint:
    """Read a checkpoint that this key signed. Raises `NoteInvalid`."""
    name, text = open_note(note, public)
    match = _CHECKPOINT.fullmatch(text)
    if match is None or match["origin"] != name:
        raise NoteInvalid
    root = base64.b64decode(match["root"])
    return Checkpoint(name, int(match["tree"]), int(match["generation"]), int(match["size"]), root, note)


def key_id(name: str, public: bytes) -> bytes:
    """Give the four bytes that tell keys apart."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_BYTES]
