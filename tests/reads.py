"""The package's reads, and the check that a list in a test has something for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hubspot_batch_read import HubSpot, operations
from hubspot_batch_read.core.operation import Operation

EVERY_READ: Final = sorted(name for name in vars(HubSpot) if name.startswith("read_"))

OPERATIONS: Final[list[Operation[Any]]] = [
    each for each in vars(operations).values() if isinstance(each, Operation)
]


def operation_of(name: str) -> Operation[Any]:
    """Return the first operation for an endpoint."""
    found = [each for each in OPERATIONS if endpoint_name(each) == name]
    assert found, f"add an Operation for {name} to src/hubspot_batch_read/operations/__init__.py"
    return found[0]


def endpoint_name(operation: Operation[Any]) -> str:
    """Return the name of the endpoint in Python: read_associations_v3."""
    return operation.endpoint.request.__module__.rpartition(".")[2]


def check_listed(listed: Iterable[str], expected: Iterable[str], place: str) -> None:
    """Fail with the names that a place lacks, or that no longer belong there."""
    has, needs = set(listed), set(expected)
    assert not needs - has, f"add {', '.join(sorted(needs - has))} to {place}"
    assert not has - needs, f"remove {', '.join(sorted(has - needs))} from {place}"
