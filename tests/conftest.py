"""The Hypothesis profile of all tests."""

from hypothesis import HealthCheck, settings

from tests.examples import examples

# The same examples on every machine and in every run: neither speed nor chance decides what passes.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")
