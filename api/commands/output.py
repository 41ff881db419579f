"""What commands say: for people on the terminal, or one JSON value for programs (`--json`)."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Une valeur JSON, pour les programmes.")]


def say(sentence: str) -> None:
    """Print a sentence for people."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def confirmed(question: str) -> bool:
    """Ask on the terminal, in French; anything but a yes is a no."""
    answer: str = typer.prompt(f"{question} [o/N]", default="n", show_default=False)
    return answer.strip().casefold() in {"o", "oui", "y", "yes"}


def must_confirm(question: str) -> None:
    """Ask, and leave without having changed anything unless the answer is yes."""
    if not confirmed(question):
        say("Rien n’a été changé.")
        raise typer.Exit(1)


def give(value: Any, *, as_json: bool, columns: Sequence[str]) -> None:
    """Print a list of objects as JSON, or as a table with `columns`."""
    if as_json:
        say(json.dumps(value, ensure_ascii=False, default=str))
        return
    from rich.console import Console  # noqa: PLC0415  # Half of the start of a command that draws nothing.
    from rich.table import Table  # noqa: PLC0415

    table = Table(*columns)
    for row in value:
        table.add_row(*(_cell(row[column]) for column in columns))
    Console().print(table)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    return "–" if value is None else str(value)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Draw a progress bar on the terminal's error stream; lend a function that is told what is done and what there is."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as drawn:
        task = drawn.add_task(label, total=None)
        yield lambda done, whole: drawn.update(task, completed=done, total=whole)
