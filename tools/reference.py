"""Fail if a public name is missing in the API reference: the last step of `make docs`.

reference.py build/site/objects.inv

The file is the inventory of the built site. Public is what the `__all__` of the packages have; of
an operation and of `incidents`, which have none, each function that is defined there. What a
package hands on from another is in the reference of the other.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from inspect import getmembers, isfunction
from pathlib import Path
from types import ModuleType

import hubspot_batch_read
import hubspot_batch_read.sandbox
import hubspot_batch_read_api

PACKAGES = (hubspot_batch_read, hubspot_batch_read.sandbox, hubspot_batch_read_api)
ROOTS = {package.__name__ for package in PACKAGES}
HEADER_LINES = 4


def main(inventory: Path) -> int:
    """Print the public names that the inventory lacks; return 1 if there are any, else 0."""
    documented = names(inventory.read_bytes())
    public = [name for package in PACKAGES for name in public_names(package)]
    missing = [name for name in public if name not in documented]
    for name in missing:
        print(f"not in docs/reference: {name}", file=sys.stderr)
    if not missing:
        print(f"The reference has all {len(public)} public names.")
    return 1 if missing else 0


def names(inventory: bytes) -> set[str]:
    """Return the names in an inventory: Sphinx's format, text above a compressed list."""
    *_, compressed = inventory.split(b"\n", HEADER_LINES)
    return {line.split(" ")[0] for line in zlib.decompress(compressed).decode().splitlines()}


def public_names(module: ModuleType) -> Iterator[str]:
    """Yield the public names of a module, and of the modules that it hands on."""
    for name in getattr(module, "__all__", None) or functions(module):
        value = getattr(module, name)
        if isinstance(value, ModuleType):
            yield from public_names(value)
        elif not is_handed_on(value, module):
            yield f"{module.__name__}.{name}"


def is_handed_on(value: object, module: ModuleType) -> bool:
    """Return whether a public value of a module is from another of the packages."""
    root = getattr(value, "__module__", module.__name__).partition(".")[0]
    return root in ROOTS and root != module.__name__.partition(".")[0]


def functions(module: ModuleType) -> list[str]:
    """Return the names of the public functions that a module defines."""
    return [
        name
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
