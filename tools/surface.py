"""The public Python surface of a source tree, and what changed between two of them.

Public is what the packages name in `__all__`, what those modules define, and the members of those
classes, inherited ones too; nothing with a leading underscore but `__init__`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import griffe

ROOTS: Final = (
    "hubspot_batch_read",
    "hubspot_batch_read.sandbox",
    "hubspot_batch_read_api",
    "hubspot_batch_read_api.types.Response",
)
PACKAGES: Final = (
    *dict.fromkeys(root.partition(".")[0] for root in ROOTS),
    "hubspot_batch_read_runtime",  # defines some of what the others name
)


@dataclass(frozen=True, order=True)
class Change:
    """A change of the surface."""

    breaking: bool
    path: str
    """Such as `hubspot_batch_read.Read.unread`."""
    what: str
    name: str
    """What a changelog has to mention: a parameter, or else the last name of the path."""


def changes(old: Path, new: Path) -> list[Change]:
    """Compare the surfaces of two source trees, each with `src` and `generated`.

    What several classes inherit is named once, by the first of them.
    """
    before, after = _load(old), _load(new)
    olds, news = dict(_surface(before)), dict(_surface(after))
    public = {member.canonical_path: path for path, member in reversed(news.items())}
    broken = list(_broken(before, after, public))
    known = {(change.path, change.name) for change in broken}
    common = [path for path in public.values() if path in olds]
    altered = (change for path in common for change in _altered(path, olds[path], news[path]))
    return [
        *_one_sided(olds, news, "gone", breaking=True),
        *broken,
        *(change for change in altered if (change.path, change.name) not in known),
        *_one_sided(news, olds, "new", breaking=False),
    ]


def _load(tree: Path) -> griffe.ModulesCollection:
    loader = griffe.GriffeLoader(search_paths=[tree / "src", tree / "generated"])
    for package in PACKAGES:
        with suppress(ModuleNotFoundError):  # not there yet
            loader.load(package)
    loader.resolve_aliases()
    return loader.modules_collection


def _surface(modules: griffe.ModulesCollection) -> Iterator[tuple[str, griffe.Object]]:
    for root in ROOTS:
        try:
            member = modules[root]
        except KeyError:  # not there yet, or no longer
            continue
        yield root, member
        yield from _inside(root, member)


def _inside(path: str, around: griffe.Object) -> Iterator[tuple[str, griffe.Object]]:
    for name, entry in around.all_members.items():
        if _is_public(name, entry, around):
            member = entry.final_target if isinstance(entry, griffe.Alias) else entry
            yield f"{path}.{name}", member
            if member.is_module or member.is_class:
                yield from _inside(f"{path}.{name}", member)


def _is_public(name: str, member: griffe.Object | griffe.Alias, around: griffe.Object) -> bool:
    if around.is_module and around.exports is not None:
        return name in around.exports
    if around.is_module and member.is_alias:
        return False
    return name == "__init__" or not name.startswith("_")


def _one_sided(
    these: dict[str, griffe.Object], those: dict[str, griffe.Object], what: str, *, breaking: bool
) -> Iterator[Change]:
    """Give what only one side has; neither its members nor what other classes inherit of it."""
    seen: set[str] = set()
    for path, member in these.items():
        around, _, name = path.rpartition(".")
        if path in those or (around in these and around not in those):
            continue
        if member.canonical_path not in seen:
            seen.add(member.canonical_path)
            yield Change(breaking, path, f"{what} ({member.kind.value})", name)


def _broken(
    before: griffe.ModulesCollection, after: griffe.ModulesCollection, public: dict[str, str]
) -> Iterator[Change]:
    """Give what griffe finds broken in what is public on both sides."""
    for package in PACKAGES:
        if package not in before or package not in after:
            continue
        for breakage in griffe.find_breaking_changes(before[package], after[package]):
            path = public.get(breakage.obj.canonical_path)
            if path is not None and breakage.kind is not griffe.BreakageKind.OBJECT_REMOVED:
                values = (breakage.old_value, breakage.new_value)
                parameter = next((v for v in values if isinstance(v, griffe.Parameter)), None)
                name = parameter.name if parameter else path.rpartition(".")[2]
                yield Change(True, path, f"{breakage.kind.value.lower()}: {name}", name)


def _altered(path: str, old: griffe.Object, new: griffe.Object) -> Iterator[Change]:
    """Give the changes that griffe has no opinion of."""
    name = path.rpartition(".")[2]
    if isinstance(old, griffe.Attribute) and isinstance(new, griffe.Attribute):
        if str(old.annotation) != str(new.annotation):
            yield Change(True, path, f"type {new.annotation}, was {old.annotation}", name)
    elif isinstance(old, griffe.Function) and isinstance(new, griffe.Function):
        if str(old.returns) != str(new.returns):
            yield Change(True, path, f"returns {new.returns}, was {old.returns}", name)
        known = {parameter.name: str(parameter.annotation) for parameter in old.parameters}
        for parameter in new.parameters:
            was = known.get(parameter.name)
            if was is None:
                yield Change(False, path, f"new parameter {parameter.name}", parameter.name)
            elif was != str(parameter.annotation):
                words = f"{parameter.name}: {parameter.annotation}, was {was}"
                yield Change(False, path, words, parameter.name)
