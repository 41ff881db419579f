"""What is wrong with a request's fields, said in French and without repeating what was typed (FastAPI's own answer echoes it)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.web.problems import FieldFault

_SENTENCES: Final[dict[str, str]] = {
    "missing": "Ce champ est nécessaire.",
    "extra_forbidden": "Ce champ n’existe pas ici : retirez-le.",
    "string_type": "Un texte est attendu.",
    "string_unicode": "Ce texte contient des caractères illisibles.",
    "string_too_short": "Ce texte est trop court (au moins {min_length} caractère).",
    "string_too_long": "Ce texte est trop long ({max_length} caractères au plus).",
    "string_pattern_mismatch": "Ce texte n’a pas la forme attendue.",
    "int_type": "Un nombre entier est attendu.",
    "int_parsing": "Un nombre entier est attendu.",
    "bool_type": "Oui ou non est attendu (true ou false).",
    "greater_than_equal": "Ce nombre est trop petit ({ge} au moins).",
    "less_than_equal": "Ce nombre est trop grand ({le} au plus).",
    "list_type": "Une liste est attendue.",
    "dict_type": "Un ensemble de champs est attendu.",
    "too_short": "Il en manque ({min_length} au moins).",
    "too_long": "Il y en a trop ({max_length} au plus).",
    "literal_error": "Cette valeur n’est pas proposée. Valeurs possibles : {expected}.",
    "enum": "Cette valeur n’est pas proposée. Valeurs possibles : {expected}.",
    "uuid_parsing": "Cet identifiant n’a pas la forme attendue.",
    "uuid_type": "Cet identifiant n’a pas la forme attendue.",
    "date_expected": "Une date est attendue, sous la forme AAAA-MM-JJ.",
    "model_attributes_type": "Un ensemble de champs (objet JSON) est attendu.",
    "json_invalid": "Ce n’est pas du JSON.",
}
_LONGEST_NAME: Final = 40
_OTHERWISE: Final = "Cette valeur n’est pas acceptée."


def faults_of(errors: Iterable[Mapping[str, Any]]) -> tuple[FieldFault, ...]:
    """Turn pydantic's errors into ours. The limits of a field may be told; what was typed is never."""
    return tuple(FieldFault(_place(error.get("loc", ())), sentence_of(error)) for error in errors)


def sentence_of(error: Mapping[str, Any]) -> str:
    """Return the sentence of one error. `ctx` holds limits of ours alone, never the input."""
    template = _SENTENCES.get(str(error.get("type")), _OTHERWISE)
    limits = {name: value for name, value in (error.get("ctx") or {}).items() if isinstance(value, int | str)}
    try:
        return template.format(**limits)
    except (KeyError, IndexError):
        return _OTHERWISE


def _place(location: Iterable[object]) -> str:
    """Name the field. An unknown field's name was typed by the sender, so that it is shortened and kept to what a name may be."""
    parts = [str(part) for part in location]
    inside = parts[1:] if parts and parts[0] in {"body", "query", "path", "header", "cookie"} else parts
    return ".".join(_name(part) for part in inside) or (parts[0] if parts else "body")


def _name(part: str) -> str:
    return part if part.isascii() and part.replace("_", "").replace("-", "").isalnum() and len(part) <= _LONGEST_NAME else "?"
