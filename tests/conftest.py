"""The Hypothesis profile of all tests, and what the garbage collector skips."""

import atexit
import gc

from hypothesis import HealthCheck, Phase, settings

from tests.examples import examples

# The same examples on every machine and in every run: neither speed nor chance decides what passes.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow],
)
# A mutant is killed by any failure; to look for a simpler one takes minutes.
settings.register_profile(
    "mutate", settings.get_profile("tests"), phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("tests")


def pytest_collection_finish() -> None:
    """Keep the collector from going through all modules and tests again and again."""
    gc.freeze()
    atexit.register(gc.unfreeze)  # some libraries report what is not freed at the end
