"""The form in which a password and the phone's codes are chosen together: at the invitation, and later on one's own account."""

from typing import Final

from api.accounts.accounts import Account
from api.accounts.enrolment import PRODUCT, seed_to_show
from api.accounts.one_time_passwords import drawn, grouped
from api.bootstrap import Structure
from api.pages.forms import Form
from api.pages.sentences import N_
from domain.sign_in.sign_in_names import suggested_from

NEW_DRAWING: Final = N_("Photographiez le nouveau dessin avec le téléphone : celui d'avant ne sert plus.")


def begun(form: Form, structure: Structure, account: Account, **carried: str) -> tuple[Form, dict[str, str]]:
    """Begin the form, or show it again after `form` without its secrets. Give it, and the drawing and the signs that it is shown with."""
    seed, sealed = seed_to_show(structure, account.account_id, form.value("seed"))
    name = form.value("sign_in_name") or account.sign_in_name or suggested_from(account.display_name)
    begin = Form.filled(sign_in_name=name, seed=sealed, **carried)
    begin.errors, begin.refusal = form.errors, form.refusal
    if (form.errors or form.refusal) and sealed != form.value("seed"):
        begin.refuse("code", NEW_DRAWING)
    return begin, {"drawing": drawn(seed, name, PRODUCT), "seed": grouped(seed)}
