"""What a row of the bench says: ours against a reference measured in the same run, as a ratio with its target."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measure:
    """One row. `ratio` is held against `target`: at least that much, or at most when `at_most`. `ours` and `reference` are in `unit`."""

    id: str
    ratio: float
    target: float
    ours: float
    reference: float
    unit: str
    load: str
    at_most: bool = False

    @property
    def ok(self) -> bool:
        """Whether the target is reached."""
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def as_object(self) -> dict[str, object]:
        """Give the row as `--json` prints it."""
        return {
            "id": self.id,
            "ratio": round(self.ratio, 3),
            "target": self.target,
            "ok": self.ok,
            "ours": round(self.ours, 3),
            "reference": round(self.reference, 3),
            "unit": self.unit,
            "load": self.load,
        }


def median_ratio(ours: Sequence[float], reference: Sequence[float]) -> float:
    """Give the median of the ratios of rounds that were run side by side, so that what slows a moment down slows both."""
    return median(a / b for a, b in zip(ours, reference, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that `share` of `values` (0 to 1) do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
