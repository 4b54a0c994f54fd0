"""Faults: their kinds, the choice of requests, and their execution."""
