"""Reproducible random numbers."""

from random import Random


def seeded(*parts: object) -> Random:
    """Return a random generator for one purpose: the same parts give the same numbers."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - nothing here is a secret
