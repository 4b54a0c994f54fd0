"""Compare pinned packages with a file of advisories: `make audit ADVISORIES=all.zip`.

    tools/advisories.py all.zip requirements-dev.txt requirements-docs.txt

The file is OSV's archive for PyPI: a zip file with a JSON document for each advisory.

Exit codes: 1 if a pinned version is affected, 2 if the file or the pins cannot be used.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import InvalidVersion, Version

from hubspot_batch_read_runtime.printing import printable

Json = dict[str, Any]
Pin = tuple[str, str]


class AuditError(Exception):
    """A file cannot be used; the text names it."""


def main(arguments: Sequence[str]) -> int:
    """Print the pinned versions that are affected; return the exit code."""
    file, *requirements = map(Path, arguments)
    try:
        pins = set[Pin]().union(*map(read_pins, requirements))
        with using(file):
            found = sorted(findings(pins, list(read_advisories(file))))
    except AuditError as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        print("No known vulnerabilities found")
    return 1 if found else 0


@contextmanager
def using(file: Path) -> Iterator[None]:
    """Raise an AuditError that names the file if it cannot be used."""
    try:
        yield
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise AuditError(f"{file}: {getattr(error, 'strerror', None) or error}") from error


def read_pins(file: Path) -> set[Pin]:
    """Return the names and versions that a file pins. Raises AuditError."""
    with using(file):
        lines = file.read_text("utf-8").splitlines()
        return {pin(line) for line in lines if line.strip() and not line.startswith("#")}


def pin(line: str) -> Pin:
    """Return the name and version of a line such as `attrs==26.1.0`."""
    requirement = Requirement(line)
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator != "==":
        raise ValueError(f"{line} is not pinned")
    return canonicalize_name(requirement.name), specifiers[0].version


def read_advisories(file: Path) -> Iterator[Json]:
    """Yield the advisories of an archive that were not withdrawn."""
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            advisory: Json = json.loads(archive.read(name))
            if "withdrawn" not in advisory:
                yield advisory


def findings(pins: set[Pin], advisories: list[Json]) -> Iterator[str]:
    """Yield a line for each pinned version and advisory that affects it."""
    affected = [
        (canonicalize_name(each["package"]["name"]), each, advisory)
        for advisory in advisories
        for each in advisory.get("affected", [])
        if each.get("package", {}).get("ecosystem") == "PyPI"
    ]
    if not affected:
        raise ValueError("it contains no advisory for a PyPI package")
    for name, each, advisory in affected:
        for pinned, version in pins:
            if pinned == name and is_affected(version, each, advisory["id"]):
                text, *_ = (advisory.get("summary") or advisory.get("details") or "-").splitlines()
                yield printable(f"{name} {version}: {advisory['id']}: {text}")


def is_affected(version: str, affected: Json, advisory: str) -> bool:
    """Return whether an advisory lists the version, or a range that includes it."""
    if canonicalize_version(version) in map(canonicalize_version, affected.get("versions", [])):
        return True
    ranges = [each["events"] for each in affected.get("ranges", []) if each["type"] == "ECOSYSTEM"]
    try:
        return any(is_within(Version(version), events) for events in ranges)
    except InvalidVersion as error:
        raise ValueError(f"{advisory}: {error}") from None


def is_within(version: Version, events: list[dict[str, str]]) -> bool:
    """Return whether the last event up to the version introduced the vulnerability."""
    within = False
    for at, kind in sorted((Version(at), kind) for event in events for kind, at in event.items()):
        if kind == "introduced" and version >= at:
            within = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            within = False
    return within


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
