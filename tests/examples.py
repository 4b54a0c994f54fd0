"""The number of Hypothesis examples: a third, or all with THOROUGH=1 (`make thorough`)."""

from __future__ import annotations

import os

IS_THOROUGH = os.environ.get("THOROUGH") == "1"


def examples(number: int) -> int:
    """Return how many of n examples are drawn in this run."""
    return number if IS_THOROUGH else max(10, number // 3)
