"""What all tests share: how Hypothesis runs them, and what the garbage collector looks at."""

import atexit
import gc

from hypothesis import HealthCheck, settings

from tests.examples import examples

# The same on every machine, and whatever test is run: neither speed nor chance decides what passes.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


def pytest_collection_finish() -> None:
    """Keep the collector from going through all modules and tests again and again."""
    gc.freeze()
    atexit.register(gc.unfreeze)  # some libraries report what is not freed at the end
