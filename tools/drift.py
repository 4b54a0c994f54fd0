"""Compare HubSpot's OpenAPI documents with our spec, or two versions of them.

    make drift PUBLISHED="associations.json campaigns.json"     files, folders or addresses
    make drift OLD=before NEW=after                             two versions of the documents
    make drift PUBLISHED="my folder/campaigns.json"             a path with spaces
    make drift PUBLISHED=… FORMAT=markdown                      a table

HubSpot publishes an OpenAPI 3.0 document for each API. This tool finds our operations in these
documents, and prints a line for each difference in the requests and responses: its meaning for
users of our spec (comparison/operations.py explains the words), its place, the values that HubSpot
publishes and our spec has, and the place in our spec. A deviation declared in
`x-deviates-from-hubspot` is not a difference; if HubSpot no longer publishes what it declares, the
line says "deviation out of date". Differences in form alone are ignored.

Exit codes: 0 if there are no differences, 1 if there are. 2 if none were found, but a document
could not be read, or no document contains one of our operations. (`make` exits with 2 for both.)
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
    """Run the command line; return the exit code."""
    arguments = _arguments()
    try:
        comparison = _compare(arguments)
    except DocumentError as error:
        print(f"drift: {error}", file=sys.stderr)
        return 2
    if not comparison.compared:
        nothing = "the documents have none of our operations in common"
        print(f"drift: {'; '.join(comparison.failed) or nothing}", file=sys.stderr)
        return 2
    print(FORMATS[arguments.format](comparison))
    if comparison.differences:
        return 1
    return 2 if comparison.missing or comparison.failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compare HubSpot's OpenAPI documents with our spec."
    )
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
