"""The Hypothesis profile in `tests/conftest.py`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def test_no_property_fails_because_a_machine_is_slow() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_the_same_examples_are_drawn_everywhere() -> None:
    assert settings().derandomize
    assert settings().database is None
