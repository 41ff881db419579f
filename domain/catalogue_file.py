"""A catalogue of items as a structure brings it: UTF-8, semicolons, the columns `section`, `item`, `source`."""

import csv
import io

from domain.drafts import ItemDraft
from domain.refusals import CatalogueUnreadable

_COLUMNS = ("section", "item", "source")


def read_catalogue_file(content: str) -> list[ItemDraft]:
    """Read the items in the order of the file, blank lines left out. Raises `CatalogueUnreadable`, which names the line at fault."""
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), delimiter=";", strict=True)
    try:
        if not set(_COLUMNS) <= set(rows.fieldnames or ()):
            raise CatalogueUnreadable
        return [_item(row, rows.line_num) for row in rows]
    except csv.Error:
        raise CatalogueUnreadable(f"Ligne {rows.line_num} : un guillemet n'est pas refermé. Corrigez-la.") from None


def _item(row: dict[str, str | None], number: int) -> ItemDraft:
    section, label, source = ((row[column] or "").strip() for column in _COLUMNS)
    if not section or not label:
        raise CatalogueUnreadable(f"Ligne {number} : il manque la section ou l'item. Complétez-la.")
    return ItemDraft(section, label, source)
