"""Compare what HubSpot publishes with our spec, or two states of what it publishes.

    make drift PUBLISHED="associations.json campaigns.json"     files, folders or addresses
    make drift OLD=before NEW=after                             the same
    make drift PUBLISHED="my folder/campaigns.json"             a path with spaces
    make drift PUBLISHED=… FORMAT=markdown                      a table

HubSpot publishes an OpenAPI 3.0 document for each API. This finds our operations in them and
prints a line for each difference in what goes over the wire: what it means to whoever follows our
spec (comparison/operations.py says what the words mean), where it is, what is published, what ours
says, and the place in our spec that says so. What the spec declares in `x-deviates-from-hubspot` is
no difference; but where HubSpot no longer publishes what is declared there, the line says
"deviation out of date". Documents may differ in form as they like.

Exit 0: nothing new. 1: there are differences. 2: there are none as far as could be compared, but a
document cannot be read, or one of our operations is in none of them. (`make` itself exits with 2
for both.)
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from comparison import reports
from comparison.documents import Document, DocumentError, load
from comparison.matching import Comparison, compare_versions, compare_with_ours

ROOT: Final = Path(__file__).resolve().parent.parent
SPEC: Final = ROOT / "openapi" / "hubspot-batch-read.yaml"
FORMATS: Final[dict[str, Callable[[Comparison], str]]] = {
    "text": reports.as_text,
    "markdown": reports.as_markdown,
}


def main() -> int:
    """Run the command line; gives the exit code."""
    arguments = _arguments()
    try:
        comparison = _compare(arguments)
    except DocumentError as error:
        print(f"drift: {error}", file=sys.stderr)
        return 2
    if not comparison.compared:
        nothing = "these documents have none of our operations in common"
        print(f"drift: {'; '.join(comparison.failed) or nothing}", file=sys.stderr)
        return 2
    print(FORMATS[arguments.format](comparison))
    if comparison.differences:
        return 1
    return 2 if comparison.missing or comparison.failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare what HubSpot publishes with our spec.")
    place = "a file, a folder or an address"
    parser.add_argument("published", nargs="*", metavar="PUBLISHED", help=place)
    parser.add_argument("--old", nargs="+", metavar="PUBLISHED", help=f"{place}, to compare with …")
    parser.add_argument("--new", nargs="+", metavar="PUBLISHED", help="… these")
    parser.add_argument("--format", choices=FORMATS, default="text")
    arguments = parser.parse_args()
    if bool(arguments.published) == bool(arguments.old or arguments.new):
        parser.error("give PUBLISHED=…, or else OLD=… and NEW=…")
    if bool(arguments.old) != bool(arguments.new):
        parser.error("OLD=… and NEW=… go together")
    return arguments


def _compare(arguments: argparse.Namespace) -> Comparison:
    if arguments.published:
        return compare_with_ours(spec(), _documents(arguments.published))
    return compare_versions(spec(), _documents(arguments.old), _documents(arguments.new))


def spec() -> Document:
    """Return our spec."""
    return load(str(SPEC))[0]


def _documents(places: list[str]) -> list[Document]:
    return [document for place in places for document in load(place)]


if __name__ == "__main__":
    sys.exit(main())
