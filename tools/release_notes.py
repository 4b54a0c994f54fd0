"""Say what changed since the last release, and whether CHANGELOG.md says so too.

    make release-notes                  since the last tag
    make release-notes SINCE=v0.1.0     since another tag, or commit

Compares the spec (what goes over the wire) and the public Python surface of both packages. Prints
each change, and whether they make a major, minor or patch release; before 1.0, a breaking change
raises the minor version and everything else the patch version.

Exit 0: all is in order. 1: CHANGELOG.md does not mention a changed name, the versions of spec and
package differ, or the version was raised too little. 2: there is nothing to compare with.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from comparison.differences import Difference, Found, Meaning, Place, found, merged
from comparison.documents import DocumentError, load
from comparison.operations import compare
from comparison.reports import line
from packaging.version import Version
from surface import changes

ROOT: Final = Path(__file__).resolve().parent.parent
SPEC: Final = "openapi/hubspot-batch-read.yaml"


class ReleaseError(Exception):
    """There is nothing to compare with."""


@dataclass(frozen=True)
class Note:
    """A change, in a line, and the name that the changelog has to mention."""

    breaking: bool
    text: str
    name: str


def main() -> int:
    """Run the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Say what changed since the last release.")
    parser.add_argument("since", nargs="?", help="a tag or commit (default: the last tag)")
    since: str | None = parser.parse_args().since
    try:
        since = since or last_tag()
        if since is None:
            print("No release is tagged yet: everything is new.")
            faults = list(differing_versions())
        else:
            with tempfile.TemporaryDirectory() as folder:
                faults = report(since, extracted(since, Path(folder)))
    except (ReleaseError, DocumentError) as error:
        print(f"release-notes: {error}", file=sys.stderr)
        return 2
    for fault in faults:
        print(f"release-notes: {fault}", file=sys.stderr)
    return 1 if faults else 0


def report(since: str, old: Path) -> list[str]:
    """Print what changed since the tree `old`; gives what is not in order."""
    sections = {"Spec": list(spec_notes(old)), "Python": list(python_notes(old))}
    notes = [note for section in sections.values() for note in section]
    was, now, due = version(old), version(ROOT), next_version(version(old), level(notes))
    early = "" if was.major else " (before 1.0, a major change raises the second number)"
    print(f"Since {since}: {level(notes)}. The version after {was} is {due}{early}.")
    for title, section in sections.items():
        if section:
            print("", title, *(note.text for note in section), sep="\n")
    faults = [*differing_versions(), *unmentioned(notes, was)]
    if was < now < due:
        faults.append(f"the version is {now}, and these changes make it {due}")
    return faults


# What changed ---------------------------------------------------------------------------------


def last_tag() -> str | None:
    """Give the newest tag before this commit."""
    tags = git("tag", "--merged", "HEAD", "--sort=-version:refname", "--list", "v[0-9]*")
    return next(iter(tags.decode().split()), None)


def extracted(since: str, folder: Path) -> Path:
    """Put the tree of a tag or commit into a folder."""
    tree = git("archive", "--format=zip", since, "openapi", "src", "generated", "pyproject.toml")
    with zipfile.ZipFile(io.BytesIO(tree)) as archive:
        archive.extractall(folder)
    return folder


def git(*arguments: str) -> bytes:
    """Run git in the project; raises ReleaseError with its words if it fails."""
    run = subprocess.run(["git", *arguments], cwd=ROOT, check=False, capture_output=True)  # noqa: S607
    if run.returncode:
        raise ReleaseError(run.stderr.decode(errors="replace").strip())
    return run.stdout


def spec_notes(old: Path) -> Iterator[Note]:
    """Give what changed in the spec."""
    for difference in merged(spec_differences(old)):
        text = line(difference, "was", "is")
        yield Note(difference.meaning is Meaning.BREAKING, text, field(difference))


def spec_differences(old: Path) -> Iterator[Found]:
    """Compare two specs, operation by operation."""
    before, after = (
        {operation.id: operation for operation in load(str(tree / SPEC))[0].operations}
        for tree in (old, ROOT)
    )
    for name in dict.fromkeys([*before, *after]):
        was, now, place = before.get(name), after.get(name), Place(name)
        if was is not None and now is not None:
            yield from compare(was, now, name)
        elif was is not None:
            yield found(was.node.pointer, Meaning.BREAKING, place, "operation", was.path, None)
        elif now is not None:
            yield found(now.node.pointer, Meaning.ADDITION, place, "operation", None, now.path)


def field(difference: Difference) -> str:
    """Give the name of what differs: that of a property or parameter, or else the operation's."""
    place = difference.places[0]
    if names := re.findall(r"\w+", place.path):
        return str(names[-1])
    where, _, name = place.part.partition(" ")
    return name if where in {"query", "header"} else place.operation


def python_notes(old: Path) -> Iterator[Note]:
    """Give what changed in the public Python surface."""
    for change in changes(old, ROOT):
        meaning = Meaning.BREAKING if change.breaking else Meaning.ADDITION
        yield Note(change.breaking, f"{meaning:<9}  {change.path}  {change.what}", change.name)


# What is to be done ---------------------------------------------------------------------------


def level(notes: list[Note]) -> str:
    """Say what kind of release the changes make."""
    if any(note.breaking for note in notes):
        return "major"
    return "minor" if notes else "patch"


def next_version(last: Version, level: str) -> Version:
    """Give the version that follows; before 1.0, each level counts as the one below it."""
    major, minor, micro = last.release
    if level == "major" and major:
        return Version(f"{major + 1}.0.0")
    if level == "major" or (level == "minor" and major):
        return Version(f"{major}.{minor + 1}.0")
    return Version(f"{major}.{minor}.{micro + 1}")


def version(tree: Path) -> Version:
    """Give the version of the package in a tree."""
    project = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]
    return Version(project["version"])


def differing_versions() -> Iterator[str]:
    """Say so if spec and package have different versions."""
    stated = yaml.safe_load((ROOT / SPEC).read_text("utf-8"))["info"]["version"]
    if Version(stated) != version(ROOT):
        yield f"the spec's version is {stated}, the package's {version(ROOT)}"


def unmentioned(notes: list[Note], last: Version) -> Iterator[str]:
    """Name what changed and is not in the part of the changelog that is newer than a version."""
    news = (ROOT / "CHANGELOG.md").read_text("utf-8").partition(f"## [{last}]")[0]
    words = set(re.findall(r"\w+", news))
    for snake_case, name in {snake_cased(note.name): note.name for note in notes}.items():
        if words.isdisjoint({name, snake_case}):
            yield f"CHANGELOG.md does not mention {name}"


def snake_cased(name: str) -> str:
    """Give a name of the spec as Python has it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


if __name__ == "__main__":
    sys.exit(main())
