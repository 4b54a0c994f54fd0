"""Whether a run reads what the one before has read: the same ids, with the same arguments."""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_batch_read.core.ids import Mark
from hubspot_batch_read.core.operation import Operation, RowT
from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read.files.places import Places


def fingerprint(operation: Operation[RowT], places: Places) -> Mapping[str, str]:
    """Return what a run must have in common with one that it goes on with, by its name."""
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
        mark: How far the earlier run has taken them.
        skipped: How far they were skipped.
        is_ordered: Whether they have an order that stays the same.

    Raises:
        FileRefusedError: They are not.
    """
    if not is_ordered:
        raise FileRefusedError(
            "the ids are a set, which has another order in each run: pass sorted(ids)"
        )
    if skipped.position < mark.position:
        raise FileRefusedError(
            f"there are {skipped.position:,} ids, but the earlier run has taken "
            f"{mark.position:,}; pass the same ids, and others after them"
        )
    if skipped.digest != mark.digest:
        raise FileRefusedError(
            f"the first {mark.position:,} ids are not those of the earlier run, or in another "
            "order; pass the same ids, and others after them"
        )
