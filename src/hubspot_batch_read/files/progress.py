"""The progress of a run: the content of the files at some point in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Any

from attrs import Factory, define

from hubspot_batch_read.core.account import Part
from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.files.checkpoint import Checkpoint


@define(frozen=True)
class Progress:
    """The content of the files."""

    parts: int = 0
    mark: Mark = Factory(Mark)
    unread: frozenset[int] = frozenset()
    """The positions of the ids that were not read."""
    counts: Counter[str] = Factory(Counter)
    output: int = 0
    """The end of the output."""
    missing: int = 0
    """The end of the file of missing ids."""

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Progress:
        """Return the progress of an earlier run."""
        return cls(
            0,
            checkpoint.mark,
            frozenset(chain.from_iterable(range(*each) for each in checkpoint.unread)),
            Counter(checkpoint.counts),
            checkpoint.output.offset,
            checkpoint.missing.offset,
        )

    def after(self, part: Part[Any], *, output: int, missing: int) -> Progress:
        """Return the progress after a part, with the new ends of the files."""
        unread = self.unread
        if unread or part.unread_at:
            unread = unread.difference(*part.taken_at).union(part.unread_at)
        found = Counter[str](why.reason for _, why in part.missing)
        found.update(records=len(part.keys), truncated=part.truncated)
        counts = self.counts + found
        return Progress(part.number + 1, part.mark, unread, counts, output, missing)


def ranges(positions: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield positions as ranges: start, and stop (exclusive)."""
    numbered = enumerate(sorted(positions))
    for _, group in groupby(numbered, lambda pair: pair[1] - pair[0]):
        run = [position for _, position in group]
        yield run[0], run[-1] + 1
