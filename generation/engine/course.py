"""How the loss of one person's training goes, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A mean is taken over the steps that so many pictures fill: the loss of a single one depends on
# its noise level more than on anything learnt.
PICTURES = 64


@dataclass
class Course:
    """The last losses, as many as a mean is taken of, and the lowest mean so far."""

    recent: list[float] = field(default_factory=list)
    lowest: float | None = None

    def add(self, loss: float, batch: int) -> float:
        """Take in the loss of a step of `batch` pictures. Returns how many times the mean stands
        above its lowest; 1 until there are pictures enough for a mean."""
        window = -(-PICTURES // batch)
        self.recent = [*self.recent, loss][-window:]
        if len(self.recent) < window:
            return 1.0
        mean = sum(self.recent) / window
        self.lowest = mean if self.lowest is None else min(mean, self.lowest)
        return mean / self.lowest if self.lowest > 0 else 1.0

    def as_dict(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        return {"recent": self.recent, "lowest": self.lowest}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Course:
        """What `as_dict` gave."""
        lowest = kept.get("lowest")
        recent = [float(loss) for loss in kept.get("recent", ())]
        return cls(recent, None if lowest is None else float(lowest))
