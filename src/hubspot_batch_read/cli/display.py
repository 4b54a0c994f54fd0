"""The progress of a run, on standard error."""

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

from hubspot_batch_read.cli.console import say

NO_PROBLEMS = "no errors"


LOGGER = logging.getLogger("hubspot_batch_read")
"""The logger of each wait for the rate limit and for a retry, at level INFO."""


class Display:
    """A progress bar with the numbers of ids done and missing, the speed, and the waits.

    Even if the bar is hidden, the first wait of each kind is announced at once.
    """

    def __init__(self, *, is_shown: bool) -> None:
        """Prepare a bar."""
        self.is_shown = is_shown
        self._waits = _Waits()
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            _RateColumn(),
            TextColumn("{task.fields[problems]}, {task.fields[waits]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not is_shown,
            redirect_stdout=False,
            redirect_stderr=True,  # messages appear above the bar
        )
        self._task = self._progress.add_task(
            "", total=None, problems=NO_PROBLEMS, waits=str(self._waits)
        )

    def update(self, done: int, total: int | None, problems: str) -> None:
        """Show how many ids are done, their total if it is known, and the problems of some."""
        self._progress.update(
            self._task,
            completed=done,
            total=total,
            problems=problems or NO_PROBLEMS,
            waits=str(self._waits),
        )

    def __enter__(self) -> Self:
        """Show the bar, and keep the log of the package from other handlers."""
        self._progress.start()
        self._before = LOGGER.level, LOGGER.propagate
        LOGGER.addHandler(self._waits)
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Restore the log, and leave the bar as it is."""
        level, LOGGER.propagate = self._before
        LOGGER.setLevel(level)
        LOGGER.removeHandler(self._waits)
        self._progress.stop()


class _Waits(logging.Handler):
    """Counts the waits, and announces the first of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._announced: set[str] = set()

    def __str__(self) -> str:
        return f"{self._number:,} wait{'' if self._number == 1 else 's'}"

    def emit(self, record: logging.LogRecord) -> None:
        self._number += 1
        if record.msg not in self._announced:
            self._announced.add(record.msg)
            say(f"Waiting: {record.getMessage()}.")


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if speed is None and task.completed and task.elapsed:  # all ids were done at once
            speed = task.completed / task.elapsed
        return Text("" if speed is None else f"{speed:,.0f}/s")
