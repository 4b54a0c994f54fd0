"""A sandbox over real sockets, and a client that checks JSON responses against the spec."""

from collections.abc import Iterator

import httpx
import pytest

from hubspot_batch_read.sandbox import Portal, Sandbox

from .asking import Ask, connect


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox with the default portal, for all tests that do not change it."""
    with Sandbox(seed=7) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def other_sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def faulty(other_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox with the default portal, for tests that set faults."""
    yield other_sandbox
    other_sandbox.faults = None


@pytest.fixture(scope="session")
def portal(sandbox: Sandbox) -> Portal:
    return sandbox.portal


@pytest.fixture(scope="session")
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with connect(sandbox) as client:
        yield client


@pytest.fixture(scope="session")
def ask(client: httpx.Client) -> Ask:
    return Ask(client)
