"""Lets a package export names from other modules, which are imported at first use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from importlib import import_module
from sys import modules


def lazy(
    package: str, names: Collection[str], owners: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__` (PEP 562), which import a name at first use.

    Args:
        package: The package's `__name__`.
        names: The names. One without an owner is a module of the package.
        owners: By name, the module of the package that defines it.
    """
    owners = owners or {}

    def get(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f"{package}.{owners.get(name, name)}")
        value = getattr(module, name) if name in owners else module
        setattr(modules[package], name, value)
        return value

    def list_names() -> list[str]:
        return sorted({*vars(modules[package]), *names})

    return get, list_names


def publish(module: str, names: Iterable[str]) -> None:
    """Make tracebacks and pickles name classes and functions by the module that users import."""
    for name in names:
        getattr(modules[module], name).__module__ = module
