"""What became of an import: how much was written, or why nothing was. Sealed beside the preview: a sentence may name a sheet."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from domain.import_commands import ImportResult


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. `refusal` is the sentence why nothing was written; `unchanged` says that everything was there already."""

    code: str | None = None
    refusal: str | None = None
    unchanged: bool = False
    opened: int = 0
    completed: int = 0
    contacts: int = 0
    activities: int = 0
    lines_known: int = 0

    @classmethod
    def of(cls, result: ImportResult) -> Self:
        """Say what was written."""
        return cls(
            opened=result.opened,
            completed=result.completed,
            contacts=result.contacts,
            activities=result.activities,
            lines_known=result.lines_known,
        )

    def to_json(self) -> bytes:
        """Write everything."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


INTERRUPTED = Outcome("interrupted", "La reprise a été interrompue. Rien n'a été écrit : vous pouvez recommencer.")
BROKEN = Outcome("broken", "Une erreur s'est produite. Rien n'a été écrit : vous pouvez recommencer.")
UNCHANGED = Outcome(unchanged=True)
