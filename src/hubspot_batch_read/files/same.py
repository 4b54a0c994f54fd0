"""Checks that a run reads the same as the earlier one: the same ids with the same arguments."""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_batch_read.core.id_order import Mark
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read.files.places import Places


def fingerprint(operation: Operation[RowT], places: Places) -> Mapping[str, str]:
    """Return what a run must have in common with the run that it resumes, by name."""
    arguments = {name: _text(value) for name, value in operation.query.items()}
    return {
        "operation": operation.endpoint.__name__.rpartition(".")[2],  # type: ignore[attr-defined]
        "kind of ids": ".".join(operation.id_path),
        "pair of types": ", ".join(operation.path),
        **arguments,
        "list of columns": ", ".join(operation.table.columns),
        "format": places.format_,
        "file of missing ids": "" if places.missing is None else "one",
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def check_ids(mark: Mark, skipped: Mark, *, is_ordered: bool) -> None:
    """Check that the ids are those of an earlier run.

    Args:
        mark: The earlier run's progress through its ids.
        skipped: The progress of this run after skipping them.
        is_ordered: Whether their order is the same in each run.

    Raises:
        FileRefusedError: They are different.
    """
    if not is_ordered:
        raise FileRefusedError(
            "the ids are a set, whose order differs from run to run: pass sorted(ids)"
        )
    if skipped.position < mark.position:
        raise FileRefusedError(
            f"there are {skipped.position:,} ids, but the earlier run has read "
            f"{mark.position:,}; pass the same ids, and new ones after them"
        )
    if skipped.digest != mark.digest:
        raise FileRefusedError(
            f"the first {mark.position:,} ids differ from those of the earlier run, or are in "
            "another order; pass the same ids, and new ones after them"
        )
