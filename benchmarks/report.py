"""The table of `make bench`: a row for each measurement, a column for each contender."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TextIO

import bodies
import rows
from contenders import JSON, NAMES, OURS
from end_to_end import ASYNC
from imports import STATEMENTS
from rich.console import Console
from rich.table import Table

WIDTH = 140


class Row(NamedTuple):
    """A measurement: its name, and a cell for each contender."""

    name: str
    cells: Mapping[str, str]


class Section(NamedTuple):
    """Measurements of one kind."""

    title: str
    rows: list[Row]


def show(results: dict[str, Any], file: TextIO | None = None) -> None:
    """Print the results to a file, or else to standard output."""
    table = Table(title=heading(results["about"]), title_justify="left", title_style="")
    table.add_column("", no_wrap=True)
    for name in NAMES:
        table.add_column(name.replace("-api-", "-\napi-").replace(" gen", "\ngen"), justify="right")
    for section in sections(results):
        table.add_section()
        table.add_row(f"[bold]{section.title}")
        for row in section.rows:
            table.add_row(row.name, *(row.cells.get(name, "") for name in NAMES))
    console = Console(width=WIDTH, file=file)
    console.print(table)
    console.print(rows_table(results["rows"]))
    for failure in failures(results["decode"]):
        console.print(failure, markup=False)


def heading(about: dict[str, Any]) -> str:
    """Return the environment of the measurements."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    runs = (
        f"Medians of {about['runs']} runs ({about['large_runs']} with 100 per row,"
        f" {about['end_to_end_runs']} end to end, {about['import_runs']} of each import);"
        " ± is the run furthest from the median."
    )
    return f"{about['python']}, {about['platform']}, {about['cpus']} CPUs\n{versions}\n{runs}"


def failures(decode: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield why a contender could not decode a body."""
    for body, answers in decode.items():
        for name, answer in answers.items():
            if "failure" in answer:
                yield f"{name}, {body}: {answer['failure']}"


def sections(results: dict[str, Any]) -> Iterator[Section]:
    """Yield the parts of the table."""
    decode = results["decode"]
    yield Section("Decoding / json.loads", [decode_row(decode, body, "on") for body in decode])
    yield Section(
        "... with the collector off", [decode_row(decode, body, "off") for body in decode]
    )
    yield Section("Collection after / json.loads", list(collection_rows(decode)))
    yield Section("Memory held / json.loads", [held_row(*item) for item in results["held"].items()])
    yield Section("End to end (httpx + json.loads)", list(end_to_end_rows(results["end_to_end"])))
    yield Section("CPU time of a read", [share_row(*item) for item in results["shares"].items()])
    yield Section("Import (httpx + json.loads)", list(import_rows(results["imports"])))
    yield Section("Size, kB", list(size_rows(results["sizes"])))


def decode_row(decode: dict[str, dict[str, Any]], body: str, collector: str) -> Row:
    """Return the ratios for a body; for json.loads, its time."""
    cells = {}
    for name, answer in decode[body].items():
        if "failure" in answer:
            cells[name] = answer["failure"].partition(":")[0]
        elif name == JSON:
            cells[name] = f"{number(answer[collector]['ms'])} ms"
        else:
            cells[name] = ratio(answer[collector]["ratio"])
    return Row(f"{body} per row" if body in bodies.ASSOCIATIONS else body, cells)


def collection_rows(decode: dict[str, dict[str, Any]]) -> Iterator[Row]:
    """Yield the cost of collections just after decoding, as a share of json.loads' time."""
    for kind in ("young", "full"):
        for body in decode:
            costs = decode[body][OURS].get("collection")
            if costs:
                cells = {name: f"{costs[name][f'{kind}_share']:.2f}" for name in costs}
                yield Row(f"{kind}, {body} per row", cells)


def held_row(body: str, answers: dict[str, Any]) -> Row:
    """Return the ratios of the memory held; for json.loads, the memory."""
    cells = {
        name: answer["failure"] if "failure" in answer else f"{answer['ratio']:.2f}"
        for name, answer in answers.items()
    }
    return Row(f"{body} per row", {**cells, JSON: f"{number(answers[JSON]['bytes'] / 1e6)} MB"})


def end_to_end_rows(results: dict[str, Any]) -> Iterator[Row]:
    """Yield the times of reading, and its peak memory."""
    yield reading_row("1000 ids, 0 ms latency", results["one request"], "ms", "ms")
    for latency, answers in results["many"].items():
        yield reading_row(f"{results['ids']:,} ids, {latency}", answers, "seconds", "s")
    answers = results["many"]["0 ms"]
    yield reading_row("peak memory", answers, "peak_mb", "MB")
    yield reading_row("what reading adds to it", answers, "growth_mb", "MB")


def reading_row(name: str, answers: dict[str, Any], key: str, unit: str) -> Row:
    """Return one value of each reader; this SDK's async one is in the same cell."""
    cells = {
        reader: answer.get("failure") or f"{number(answer[key]['median'])} {unit}"
        for reader, answer in answers.items()
    }
    return Row(name, {**cells, OURS: f"{cells[OURS]}\nasync {cells[ASYNC]}"})


def share_row(name: str, shares: dict[str, float]) -> Row:
    """Return the microseconds per id, and their shares."""
    parts = [f"{part} {share:.0%}" for part, share in shares.items() if part != "us"]
    return Row(name, {OURS: "\n".join([f"{number(shares['us'])} µs an id", *parts])})


def import_rows(results: dict[str, Any]) -> Iterator[Row]:
    """Yield the times of imports, and their ratios to httpx."""
    for what in ("package", "client", "one operation"):
        cells = {}
        for name, statements in STATEMENTS.items():
            if what in statements:
                answer = results[statements[what]]
                cells[JSON if name == "httpx" else name] = answer.get("failure") or (
                    f"{answer['ms']['median']:.0f} ms ({answer['ratio']:.2f})"
                )
        yield Row(what, cells)


def size_rows(results: dict[str, Any]) -> Iterator[Row]:
    """Yield the sizes of the packages, without their dependencies."""
    for kind in ("wheel", "installed"):
        cells = {
            name: answer.get("failure") or f"{answer[kind] / 1000:,.0f}"
            for name, answer in results.items()
            if kind in answer or "failure" in answer
        }
        yield Row(kind, cells)


def ratio(spread: dict[str, float]) -> str:
    """Return a ratio with its spread."""
    furthest = max(spread["high"] - spread["median"], spread["median"] - spread["low"])
    return f"{number(spread['median'])} ±{furthest / spread['median']:.0%}"


def rows_table(results: dict[str, dict[str, dict[str, float]]]) -> Table:
    """Return the CPU time of each output, and how much of HubSpot's limit a CPU core can use."""
    title = f"CPU time / httpx + json.loads; share of HubSpot's limit, {rows.LIMIT:,} ids a second"
    table = Table("", title=title, title_justify="left", title_style="")
    for body in results:
        table.add_column(body, justify="right")
    for output in rows.OUTPUTS:
        cells = (shown_output(answers[output]) for answers in results.values())
        table.add_row(output, *cells)
    return table


def shown_output(answer: dict[str, float]) -> str:
    """Return the ratio of an output, and its share of HubSpot's limit."""
    return f"{number(answer['ratio'])}  {answer['ids_per_second'] / rows.LIMIT:5.0%}"


def number(value: float) -> str:
    """Return a number with two or three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
