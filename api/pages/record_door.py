"""One form about one record: who writes, in which record, and how the form is shown again when it does not do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.pages.forms import Form
from api.pages.frame import PageCaller, go, names_of, show, today_of
from api.pages.record_view import RecordView, view_of
from api.pages.sentences import N_, sentences_in
from api.pages.writing import UNREADABLE_FIELD, attempt, key_of
from api.web.requests import Caller
from domain.access.access_policy import allows
from domain.identifiers import YouthId
from domain.record.record_commands import RecordLook
from domain.record_keeping import RecordKeeping
from domain.refusals import StoreUnavailable, TrailUnavailable
from domain.trail import CommandKey, Operation, Outcome, Role


@dataclass(frozen=True, slots=True)
class RecordDoor:
    """A record as its forms reach it."""

    request: Request
    caller: Caller
    youth: YouthId

    @property
    def records(self) -> RecordKeeping:
        """The use cases of the caller's structure."""
        return self.caller.structure.records

    @property
    def address(self) -> str:
        """The record's own page."""
        return f"/dossiers/{self.youth}"

    def look(self, needed: Operation = Operation.READ_RECORD) -> RecordLook:
        """Read what may be seen of the record, after its line in the trail. Raises `NotAllowed` unless `needed` is allowed as well."""
        look = self.records.look_at_record(self.caller.actor, self.youth)
        if not allows(self.caller.actor.role, needed, look.grant.relation):
            raise self.records.refused(self.caller.actor, needed, Outcome.REFUSED, self.youth)
        return look

    def view(self, look: RecordLook) -> RecordView:
        """Show what was read."""
        role, grant = self.caller.actor.role, look.grant
        view = view_of(look.record, names_of(self.caller), sentences_in(), today_of(self.request))
        may = frozenset(operation.value for operation in Operation if allows(role, operation, grant.relation))
        return replace(view, may=may, relation=grant.relation.value, categories=grant.categories, until=grant.until)

    def read(self, needed: Operation = Operation.READ_RECORD) -> RecordView:
        """Read and show the record."""
        return self.view(self.look(needed))

    def offer(self, template: str, needed: Operation = Operation.CHANGE_RECORD, **values: Any) -> HTMLResponse:
        """Show a form that is not filled in yet, to whoever may do what is `needed`; `begin` among `values` is what it begins with.

        `record` among them is the record when it was read already: one look, one line.
        """
        record = values.pop("record", None) or self.read(needed)
        form = Form.filled(record.version, **values.pop("begin", {}))
        return show(self.request, template, record=record, form=form, **values)

    def key(self, form: Form, act: str = "") -> CommandKey:
        """Return the key of one act of this form."""
        return key_of(form, self.caller, self.request, act)

    def write(self, form: Form, use_case: Callable[..., object], *content: object, act: str = "") -> int | None:
        """Do `use_case` once, about the version that was read. `None` when it is accepted, else the status of the form shown again."""
        return attempt(
            form,
            lambda: use_case(self.caller.actor, self.youth, *content, command=self.key(form, act), expected_version=form.version),
        )

    def answer(self, status: int | None, done: str, form: Form, template: str, **context: Any) -> Response:
        """Go on to the record, or show the form again with what was typed."""
        if status is None:
            return go(self.request, self.address, done)
        record = self._read_if_possible()
        if status != UNREADABLE_FIELD:
            # Somebody else wrote meanwhile, or the form was interrupted: what is sent next is about the record as it is shown now.
            form.version = record.version or form.version
        return show(self.request, template, status, record=record, form=form, **context)

    def _read_if_possible(self) -> RecordView:
        try:
            return self.read()
        except (TrailUnavailable, StoreUnavailable):
            # Nothing of the record may be shown now, but what was typed is not lost.
            return _nameless(self.youth)


def _nameless(youth: YouthId) -> RecordView:
    pseudonym = sentences_in().say(N_("ce dossier"))
    return RecordView(youth, 0, pseudonym, "", (), (), (), (), (), "", False, False, (), ())  # noqa: FBT003  # All of it empty.


def _door(request: Request, record_id: UUID, caller: PageCaller) -> RecordDoor:
    # A youth may read their own record, but by their own door: this one names who looked, and theirs does not (R037).
    if caller.actor.role is not Role.EDUCATOR:
        raise caller.structure.records.refused(caller.actor, Operation.READ_RECORD, Outcome.REFUSED)
    return RecordDoor(request, caller, YouthId(record_id))


Door = Annotated[RecordDoor, Depends(_door)]
"""The record that the address names, for whoever asks. Nothing is read by it."""
