"""What was typed in a form, what is wrong with it, and the two hidden fields: one key a form, so that a double click writes once.

A form that does not do is shown again with everything that was typed; nothing of it is kept anywhere else (R161, R169).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Annotated, Final
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from api.pages.sentences import N_
from api.web.request_refusals import RequestRefused
from domain.local_time import zone

FIELDS_AT_MOST: Final = 300
FORM_TYPE: Final = "application/x-www-form-urlencoded"
_TYPED: Final = "sillage.typed"
_DIGITS_AT_MOST: Final = 9

Typed = Mapping[str, Sequence[str]]


class FormUnreadable(RequestRefused):
    """Ce formulaire n’a pas pu être lu. Revenez à la page précédente, puis envoyez-le à nouveau."""

    status = 400
    code = "unreadable"


async def _typed(request: Request) -> Typed:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise FormUnreadable
    typed = parse(await request.body())
    request.scope[_TYPED] = typed
    return typed


def typed_of(request: Request) -> "Typed | None":
    """Return what a form of this request sent, once it was read: the page of a failure offers it again."""
    typed: Typed | None = request.scope.get(_TYPED)
    return typed


def parse(body: bytes) -> Typed:
    """Read an urlencoded form. Raises `FormUnreadable`."""
    typed: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_AT_MOST)
    except ValueError:
        raise FormUnreadable from None
    for name, value in pairs:
        typed.setdefault(name, []).append(value)
    return typed


Sent = Annotated[Typed, Depends(_typed)]
"""The fields that a page's form sent."""


def new_key() -> str:
    """Return the key of a new form: random, and worth nothing to anybody else."""
    return secrets.token_urlsafe(18)


@dataclass(slots=True, repr=False)
class Form:
    """One form, as it is shown. `errors` goes from a field's name to its sentence; `refusal` is about the whole."""

    typed: Typed = field(default_factory=dict)
    version: int | None = None
    key: str = field(default_factory=new_key)
    errors: dict[str, str] = field(default_factory=dict)
    refusal: str | None = None

    @classmethod
    def sent(cls, typed: Typed) -> "Form":
        """Take up a form that came back, under its own key and about the version that it was filled in for."""
        form = cls(typed)
        form.version = _small_number(form.value("expected_version"))
        form.key = form.value("idempotency_key") or form.key
        return form

    @classmethod
    def filled(cls, version: int | None = None, /, **values: str | Sequence[str]) -> "Form":
        """Begin a form with `values` in place."""
        return cls({name: [value] if isinstance(value, str) else list(value) for name, value in values.items()}, version)

    @property
    def is_resumed(self) -> bool:
        """Tell whether the form only comes back to be shown again, after signing in anew."""
        return self.value("reprendre") == "oui"

    def value(self, name: str) -> str:
        """Return what was typed in `name`, or the empty string."""
        return next(iter(self.typed.get(name, ())), "")

    def values(self, name: str) -> tuple[str, ...]:
        """Return all that was ticked in `name`."""
        return tuple(value for value in self.typed.get(name, ()) if value)

    def holds(self, name: str, value: object) -> bool:
        """Tell whether `value` was chosen or ticked in `name`."""
        return str(value) in self.typed.get(name, ())

    def any_of(self, *names: str) -> bool:
        """Tell whether one of `names` was filled in, or is wrong."""
        return any(self.value(name) or name in self.errors for name in names)

    def error(self, name: str) -> str | None:
        """Return what is wrong with `name`."""
        return self.errors.get(name)

    def refuse(self, name: str, sentence: str) -> None:
        """Say what is wrong with `name`; the first thing said stays."""
        self.errors.setdefault(name, sentence)

    def kept(self) -> list[tuple[str, str]]:
        """Return every pair that was typed, to carry the form over a new sign-in."""
        return [(name, value) for name, values in self.typed.items() if name != "reprendre" for value in values]

    def line(self, name: str) -> str | None:
        """Return a text, `None` when blank."""
        return self.value(name).strip() or None

    def required(self, name: str, sentence: str) -> str:
        """Return a text that must not be blank, or say `sentence` at the field."""
        if not self.value(name).strip():
            self.refuse(name, sentence)
        return self.value(name)

    def day(self, name: str, sentence: str | None = None) -> date | None:
        """Return a day. `sentence` is said when there is none and one is needed."""
        text = self.value(name).strip()
        if not text:
            if sentence:
                self.refuse(name, sentence)
            return None
        try:
            return _day(text)
        except ValueError:
            self.refuse(name, N_("Cette date n'a pas été comprise. Écrivez-la comme 31/12/2026."))
            return None

    def moment(self, name: str, sentence: str | None = None) -> datetime | None:
        """Return a day and an hour where the people are. `sentence` is said when there is none and one is needed."""
        text = self.value(name).strip()
        if not text:
            if sentence:
                self.refuse(name, sentence)
            return None
        day, _, hour = text.replace("T", " ").partition(" ")
        try:
            return datetime.combine(_day(day), time.fromisoformat(hour.strip()), zone())
        except ValueError:
            self.refuse(name, N_("Ce moment n'a pas été compris. Écrivez-le comme 31/12/2026 14:30."))
            return None

    def number(self, name: str) -> int | None:
        """Return a whole number, `None` when blank."""
        text = self.value(name).strip()
        if not text:
            return None
        number = _small_number(text)
        if number is None:
            self.refuse(name, N_("Écrivez un nombre entier, en chiffres."))
        return number

    def accounts(self, name: str) -> tuple[UUID, ...]:
        """Return the accounts that were ticked. What is no identifier was not offered by any page of ours."""
        try:
            return tuple(UUID(value) for value in self.values(name))
        except ValueError:
            self.refuse(name, N_("Ce choix n'existe pas. Choisissez dans la liste."))
            return ()


def _day(text: str) -> date:
    """Read a day as browsers send it, or as people write it where the browser offers no calendar."""
    if "/" not in text:
        return date.fromisoformat(text)
    day, month, year = (int(part) for part in text.split("/"))
    return date(year, month, day)


def _small_number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_AT_MOST else None
