"""`./run bench`: ratios taken in one run on one machine, with the raw figures beside them (design §11).

Progress goes to standard error, the result to standard output: a table, or with `--json` one list of objects. Everything happens in a
temporary folder, on an embedded PostgreSQL of its own.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence

from tests.benchmarks import appending, erasing, reading, rebuilding, rotating, verifying, web
from tests.benchmarks.filling import LOADS, Load
from tests.benchmarks.ground import Ground, ground, say
from tests.benchmarks.measure import Measure

_BENCHES: dict[tuple[str, ...], Callable[[Ground, Load], list[Measure]]] = {
    ("append-raw", "append-stock"): appending.measure,
    ("http-change",): web.change,
    ("http-open",): web.open_record,
    ("record-rebuild",): rebuilding.record_rebuild,
    ("projection-rebuild",): rebuilding.projection_rebuild,
    ("erase-flat",): erasing.measure,
    ("epoch-rotation",): rotating.measure,
    ("rotation-reads",): rotating.reads,
    ("caseload-flat", "statistics-flat"): reading.flat,
    ("read-trail",): reading.read_trail,
    ("verify-leaves",): verifying.measure,
}
_IDS = [name for names in _BENCHES for name in names]


def main(arguments: Sequence[str]) -> int:
    """Run the bench. 0 when every target is reached, 1 when one is not."""
    asked = _arguments(arguments)
    wanted = set(asked.only or _IDS)
    measures: list[Measure] = []
    with ground() as here:
        for names, bench in _BENCHES.items():
            if wanted.isdisjoint(names):
                continue
            begin = time.monotonic()
            say(" ".join(names))
            measures += [measure for measure in bench(here, LOADS[asked.load]) if measure.id in wanted]
            say(f"  {time.monotonic() - begin:.0f} s")
    print(json.dumps([measure.as_object() for measure in measures]) if asked.json else _table(measures))
    return 0 if all(measure.ok for measure in measures) else 1


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description="Mesure, et compare à une référence prise au même moment.")
    parser.add_argument("--json", action="store_true", help="une liste d’objets au lieu d’un tableau")
    parser.add_argument("--load", choices=list(LOADS), default="S", help="S : 500 jeunes ; M : 5 000 ; L : 15 000 (S si rien n’est dit)")
    parser.add_argument("--only", nargs="+", choices=_IDS, metavar="MESURE", help=f"seulement : {', '.join(_IDS)}")
    return parser.parse_args(arguments)


def _table(measures: Sequence[Measure]) -> str:
    lines = [f"{'mesure':19} {'rapport':>8}  {'cible':>6}  {'':3} {'ici':>10} {'référence':>10}  unité"]
    for measure in measures:
        sign, verdict = ("≤" if measure.at_most else "≥"), ("oui" if measure.ok else "NON")
        lines.append(
            f"{measure.id:19} {measure.ratio:8.2f}  {sign} {measure.target:4g}  {verdict:3} {measure.ours:10.1f} {measure.reference:10.1f}"
            f"  {measure.unit}, charge {measure.load}",
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
