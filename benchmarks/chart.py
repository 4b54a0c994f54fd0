"""The charts of README and docs: the cost of reading, in seconds and relative to json.loads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import bodies
import rows
from attrs import define
from contenders import API_CLIENT, JSON, NAMES, OURS, SDK

FOLDER = Path(__file__).resolve().parent
DOCS = FOLDER.parent / "docs"

# Readable on white and on GitHub's dark page, because an image cannot tell which one it is on.
TEXT = "#797979"
LINE = "#79797966"
BARS = "#6b8cb5"
OUR_BARS = "#e8702a"
OPACITY = {1: 0.5, 10: 0.75, 100: 1.0}
HEIGHT = 0.26

# No date or random id, so that the files only change with the numbers; text stays text.
STYLE = {
    "svg.hashsalt": "decode",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": LINE,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
}


@define
class Chart:
    """A group of bars for each contender: one for each number of associated objects."""

    title: str
    """The title of the horizontal axis."""
    unit: str
    """The label of the ratio 1."""
    sizes: Sequence[int]
    """The numbers of associated objects per row."""
    ours: Collection[str]
    """The contenders that belong to this SDK."""
    ratios: Mapping[str, Sequence[float]]
    """The ratio for each size, by contender."""


def draw_decoding(decode: dict[str, dict[str, Any]], path: Path = FOLDER / "decode.svg") -> None:
    """Draw the time that decoding takes."""
    ratios = {
        name: [decode[f"clean {size}"][name]["on"]["ratio"]["median"] for size in bodies.SIZES]
        for name in NAMES
        if name != JSON and "on" in decode["clean 1"].get(name, {})
    }
    title = "time to decode a response, as a multiple of json.loads' (logarithmic)"
    draw(Chart(title, "json.loads", bodies.SIZES, {OURS}, ratios), path)


def draw_rows(
    answers: dict[str, dict[str, dict[str, float]]], path: Path = FOLDER / "rows.svg"
) -> None:
    """Draw the cost of reading into tables and files."""
    cases = [body for body in rows.BODIES if not body.unknown]
    ratios = {
        name: [answers[body.name][name]["ratio"] for body in cases]
        for name in rows.OUTPUTS
        if name != JSON
    }
    title = "CPU time of a read, as a multiple of httpx and json.loads (logarithmic)"
    sizes = [body.associations for body in cases]
    draw(Chart(title, "httpx + json.loads", sizes, rows.OURS, ratios), path)


def draw_seconds(end_to_end: Mapping[str, Any], path: Path = DOCS / "seconds.svg") -> None:
    """Draw the time that whole reads take at each latency, for this SDK and HubSpot's."""
    seconds, ids = end_to_end["many"], end_to_end["ids"]
    import_module("matplotlib").use("svg")
    pyplot = import_module("matplotlib.pyplot")
    names = [OURS, API_CLIENT, SDK]
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(6.4, 2.9), layout="constrained")
        for group, contenders in enumerate(seconds.values()):
            for offset, name in enumerate(names):
                value = contenders[name]["seconds"]["median"]
                place = group + (offset - 1) * HEIGHT
                color = OUR_BARS if name == OURS else BARS
                opacity = 0.6 if name == SDK else 1.0
                axes.barh(place, value, HEIGHT * 0.86, color=color, alpha=opacity, linewidth=0)
                axes.annotate(
                    f"{value:.2g} s  {name}",
                    (value, place),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=9.5,
                    weight="bold" if name == OURS else "normal",
                )
        axes.set_title(f"seconds to read {ids:,} ids, by latency", fontsize=11)
        axes.set_yticks(range(len(seconds)), seconds)
        axes.set_ylim(len(seconds) - 0.5, -0.5)
        axes.set_xlim(0, 1.5 * max(each[SDK]["seconds"]["median"] for each in seconds.values()))
        axes.set_xticks([])
        axes.tick_params(axis="y", length=0)
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def draw(chart: Chart, path: Path) -> None:
    """Draw bars from 1 to each ratio."""
    import_module("matplotlib").use("svg")
    pyplot = import_module("matplotlib.pyplot")
    height = 0.3 + 0.7 * len(chart.ratios)
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(8.4, height), layout="constrained")
        for place, (name, ratios) in enumerate(chart.ratios.items()):
            for offset, (size, ratio) in enumerate(zip(chart.sizes, ratios, strict=True)):
                middle = (len(chart.sizes) - 1) / 2
                at = place + (offset - middle) * HEIGHT
                bar(axes, at, ratio, size, ours=name in chart.ours)
        finish(axes, chart)
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def bar(axes: Any, place: float, ratio: float, size: int, *, ours: bool) -> None:
    """Draw a bar, with its ratio at the end."""
    axes.barh(
        place,
        ratio - 1,
        HEIGHT * 0.86,
        left=1,
        color=OUR_BARS if ours else BARS,
        alpha=OPACITY[size],
        linewidth=0,
    )
    axes.annotate(
        f"{ratio:.{0 if ratio >= 10 else 1 if ratio >= 2 else 2}f}",
        (ratio, place),
        xytext=(4 if ratio > 1 else -4, 0),
        textcoords="offset points",
        ha="left" if ratio > 1 else "right",
        va="center",
        fontsize=8.5,
        weight="bold" if ours else "normal",
    )


def finish(axes: Any, chart: Chart) -> None:
    """Label the axes, and leave room beside the bars for their numbers."""
    ratios = chart.ratios
    axes.set_xscale("log")
    ticks = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
    axes.set_xticks(ticks, [f"{tick:g}\N{MULTIPLICATION SIGN}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(0.7 * min(map(min, ratios.values())), 2 * max(map(max, ratios.values())))
    axes.set_xlabel(chart.title)
    axes.axvline(1, color=TEXT, linewidth=1)
    axes.annotate(chart.unit, (1, -0.6), ha="center", va="bottom", fontsize=9.5)
    axes.set_yticks(range(len(ratios)), ratios)
    axes.set_ylim(len(ratios) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    for label in axes.get_yticklabels():
        label.set_weight("bold" if label.get_text() in chart.ours else "normal")
    patch = import_module("matplotlib.patches").Patch
    axes.legend(
        handles=[
            patch(color=TEXT, alpha=OPACITY[size], linewidth=0, label=f"{size} per row")
            for size in chart.sizes
        ],
        loc="upper right",
        frameon=False,
        fontsize=9.5,
    )
