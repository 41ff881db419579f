"""A catalogue of items as a structure brings it: UTF-8, semicolons, the columns `section`, `item`, `source`."""

import csv
import io

from domain.drafts import ItemDraft
from domain.refusals import CatalogueUnreadable

_COLUMNS = ("section", "item", "source")


def read_catalogue_file(content: str) -> list[ItemDraft]:
    """Read the items in the order of the file, blank lines left out. Raises `CatalogueUnreadable`, which names the line at fault."""
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), delimiter=";", strict=True)
    if not set(_COLUMNS) <= set(rows.fieldnames or ()):
        raise CatalogueUnreadable
    items = []
    for row in rows:
        section, label, source = ((row[column] or "").strip() for column in _COLUMNS)
        if not section or not label:
            raise CatalogueUnreadable(f"Ligne {rows.line_num} : il manque la section ou l'item. Complétez-la.")
        items.append(ItemDraft(section, label, source))
    return items
