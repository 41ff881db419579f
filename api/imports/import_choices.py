"""What a person chose about an import: which column is which, what becomes of each likely duplicate, who accompanies whom."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from domain.identifiers import AccountId
from domain.intake import ColumnMapping, Decision, Field, SheetKind, SheetMapping, SourceLine, WorkbookMapping


@dataclass(frozen=True, slots=True, repr=False)
class Choices:
    """The file's name and what was chosen. No mapping yet means the proposed one."""

    filename: str
    mapping: WorkbookMapping | None = None
    decisions: Mapping[SourceLine, Decision] = field(default_factory=dict)
    fallback: AccountId | None = None
    """Who accompanies the youths whose initials are nobody's; the importing educator when None."""

    def with_sheet(self, position: int, sheet: SheetMapping) -> Self:
        """Replace the mapping of one sheet. Lines keep their decisions: they are about people, not columns."""
        sheets = list(self.mapping.sheets) if self.mapping else []
        sheets[position] = sheet
        return replace(self, mapping=WorkbookMapping(tuple(sheets)))

    def to_json(self) -> bytes:
        """Write everything."""
        return json.dumps(
            {
                "filename": self.filename,
                "mapping": None if self.mapping is None else mapping_to_json(self.mapping),
                "decisions": [[line.sheet, line.row, decision.value] for line, decision in self.decisions.items()],
                "fallback": None if self.fallback is None else str(self.fallback),
            },
            ensure_ascii=False,
        ).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` wrote."""
        said = json.loads(text)
        return cls(
            said["filename"],
            None if said["mapping"] is None else mapping_from_json(said["mapping"]),
            {SourceLine(sheet, row): Decision(decision) for sheet, row, decision in said["decisions"]},
            None if said["fallback"] is None else AccountId(UUID(said["fallback"])),
        )


def mapping_to_json(mapping: WorkbookMapping) -> list[dict[str, Any]]:
    """Write a mapping as the API and the command line's `--mapping` say it: one object a sheet, in the order of the file."""
    return [
        {
            "sheet": sheet.sheet,
            "kind": sheet.kind.value,
            "header_row": sheet.header_row,
            "columns": [
                {
                    "index": column.index,
                    "letter": column.letter,
                    "header": column.header,
                    "field": None if column.field is None else column.field.value,
                }
                for column in sheet.columns
            ],
        }
        for sheet in mapping.sheets
    ]


def mapping_from_json(said: list[dict[str, Any]]) -> WorkbookMapping:
    """Read a mapping. Raises `KeyError`, `TypeError` or `ValueError` when it is none."""
    return WorkbookMapping(
        tuple(
            SheetMapping(
                sheet["sheet"],
                SheetKind(sheet["kind"]),
                sheet["header_row"],
                tuple(
                    ColumnMapping(
                        column["index"],
                        column["letter"],
                        column["header"],
                        None if column["field"] is None else Field(column["field"]),
                    )
                    for column in sheet["columns"]
                ),
            )
            for sheet in said
        )
    )
