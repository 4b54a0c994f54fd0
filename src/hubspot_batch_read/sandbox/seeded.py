"""Chance that is the same every time."""

from random import Random


def seeded(*parts: object) -> Random:
    """Return a source of chance for one purpose: the same parts, the same numbers."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - nothing here is a secret
