"""How far a run has come, on standard error."""

from __future__ import annotations

import logging
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text


class Display:
    """A progress bar with the number of ids done, their rate, errors and waits."""

    def __init__(self, *, is_shown: bool) -> None:
        """Prepare a bar, which may be one that nobody sees."""
        self.is_shown = is_shown
        self._waits = _Waits()
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            _RateColumn(),
            TextColumn("{task.fields[errors]:,} errors, {task.fields[waits]:,} waits"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not is_shown,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("", total=None, errors=0, waits=0)

    def begin(self, total: int | None) -> None:
        """Say how many ids there are; None if that is not known."""
        self._progress.update(self._task, total=total)

    def update(self, done: int, errors: int) -> None:
        """Say how many ids are done, and how many of these have no row because of an error."""
        self._progress.update(self._task, completed=done, errors=errors, waits=self._waits.number)

    def __enter__(self) -> Self:
        """Show the bar."""
        logger = logging.getLogger("hubspot_batch_read")
        logger.addHandler(self._waits)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        self._progress.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Leave the bar as it is."""
        self._progress.stop()
        logging.getLogger("hubspot_batch_read").removeHandler(self._waits)


class _Waits(logging.Handler):
    """Counts the waits for the rate limit and for retries: each is logged."""

    number = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.number += 1


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")
