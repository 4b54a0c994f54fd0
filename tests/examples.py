"""How many examples Hypothesis draws: a third, unless THOROUGH=1 asks for all (`make thorough`)."""

from __future__ import annotations

import os

IS_THOROUGH = os.environ.get("THOROUGH") == "1"


def examples(number: int) -> int:
    """Return how many of a number of examples are drawn in this run."""
    return number if IS_THOROUGH else max(10, number // 3)
