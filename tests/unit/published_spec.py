"""Our spec."""

from __future__ import annotations

from typing import Final

from comparison.documents import load
from drift import SPEC

OURS: Final = load(str(SPEC))[0]
