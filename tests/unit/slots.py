"""Takes slots of a budget: in other processes, too, which import this module and nothing else."""

from __future__ import annotations

from hubspot_batch_read import RateLimit
from hubspot_batch_read.sending.budgets import shared_budget


def slots(limit: RateLimit, number: int) -> list[float]:
    """Take slots that are a thousand seconds apart; return where they are."""
    budget = shared_budget(limit)
    return [budget.take(0, 1e9, 1000) for _ in range(number)]
