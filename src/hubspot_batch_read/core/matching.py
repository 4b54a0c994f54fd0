"""Assigns the rows and errors of a response to the ids of its request."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any, Generic

from attrs import Factory, define

from hubspot_batch_read.core.account import WITHOUT_ASSOCIATIONS, Why
from hubspot_batch_read.core.id_texts import normal_form
from hubspot_batch_read.core.operation import Envelope, Operation, RowT
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_runtime import plain

DECODE_ERROR = "DECODE_ERROR"
"""Category of the errors created for rows that do not match their model."""

MOST_ITEMS = 10_000
"""Maximum number of errors per response, of ids per error, and of rows to rescue: ten per input."""
LONGEST_TEXT = 10_000
"""Number of characters of an error in which ids are searched."""


@define
class Outcome(Generic[RowT]):
    """The rows and errors of a response, by the ids of its request as they were sent.

    An id that the response does not mention has neither.
    """

    rows: dict[str, list[RowT]] = Factory(dict)
    missing: dict[str, Why] = Factory(dict)
    other_errors: list[BatchError] = Factory(list)
    """Errors that name none of the ids, or only ids that have a row or an error already."""
    unexpected: int = 0
    """Number of rows for ids that were not requested."""

    def has(self, id_: str) -> bool:
        """Return whether an id has a row or an error."""
        return id_ in self.rows or id_ in self.missing


def match(
    operation: Operation[RowT],
    ids: Collection[str],
    rows: Sequence[RowT],
    errors: Sequence[BatchError],
) -> Outcome[RowT]:
    """Assign the rows and errors of a response to the ids of its request."""
    outcome: Outcome[RowT] = Outcome()
    asked = _Asked(ids)
    found = {operation.id_of(row): row for row in rows}
    if len(found) == len(rows) and found.keys() <= set(ids):
        outcome.rows = {id_: [row] for id_, row in found.items() if id_ is not None}
    else:
        for row in rows:
            id_ = asked.find(operation.id_of(row))
            if id_ is None:
                outcome.unexpected += 1
            else:
                outcome.rows.setdefault(id_, []).append(row)
    if not errors and len(outcome.rows) == len(ids):
        return outcome
    unclaimed = []
    for error in errors:
        if error.category == DECODE_ERROR:
            # Another row of this id would be a record without this one.
            for value in _values(error, ["id"]):
                outcome.rows.pop(asked.find(value) or "", None)
        named = [asked.find(value) for value in _values(error, operation.error_keys)]
        if not _assign(operation, outcome, error, named):
            unclaimed.append(error)
    _match_other_spellings(outcome, ids)
    missing = [id_ for id_ in ids if not outcome.has(id_)] if operation.error_texts else []
    for error in unclaimed:
        mentioned = [] if error.category == DECODE_ERROR else _mentioned(error, missing)
        if _assign(operation, outcome, error, mentioned):
            missing = [id_ for id_ in missing if not outcome.has(id_)]
        else:
            outcome.other_errors.append(error)
    return outcome


def _match_other_spellings(outcome: Outcome[RowT], ids: Collection[str]) -> None:
    """Assign to ids without a row the row of an id that HubSpot treats as equal."""
    missing = [id_ for id_ in ids if not outcome.has(id_)]
    if missing:
        by_form = {normal_form(id_): rows for id_, rows in outcome.rows.items()}
        outcome.rows.update(
            {id_: by_form[form] for id_ in missing if (form := normal_form(id_)) in by_form}
        )


def _assign(
    operation: Operation[RowT],
    outcome: Outcome[RowT],
    error: BatchError,
    named: Sequence[str | None],
) -> bool:
    """Assign an error to the ids that have nothing yet; return whether there are any."""
    ids = [id_ for id_ in named if id_ is not None and not outcome.has(id_)]
    if ids:
        outcome.missing.update(dict.fromkeys(ids, _why(operation, error)))
    return bool(ids)


def _why(operation: Operation[RowT], error: BatchError) -> Why:
    if error.sub_category is not None and error.sub_category == operation.nothing_found:
        return WITHOUT_ASSOCIATIONS
    context = _context(error) or None
    return Why("error", error.category, error.sub_category, error.message, context)


class _Asked:
    """The ids of a request, to be found by the texts in its response."""

    def __init__(self, ids: Collection[str]) -> None:
        self._ids = ids
        self._by_normal_form: dict[str, str] | None = None

    def find(self, value: str | None) -> str | None:
        if value is None or value in self._ids:
            return value
        if self._by_normal_form is None:
            # Not a cached_property: its lock in Python 3.11 would be inherited by a fork.
            self._by_normal_form = {normal_form(id_): id_ for id_ in self._ids}
        return self._by_normal_form.get(normal_form(value))


def _values(error: BatchError, keys: Iterable[str]) -> list[str]:
    """Return the ids in the context of an error, or its own id if there are none."""
    context = _context(error)
    found = chain.from_iterable(context.get(key, ()) for key in keys)
    values = [*islice(found, MOST_ITEMS)]
    return values if values or error.id is None else [error.id]


def _context(error: BatchError) -> Mapping[str, Sequence[str]]:
    """Return the context of an error, even if its values are not lists."""
    if error.context is not None:
        return error.context
    raw = error.additional_properties.get("context")
    if not isinstance(raw, Mapping):
        return {}
    return {
        key: [str(item) for item in (value if isinstance(value, list) else [value])]
        for key, value in raw.items()
    }


def _mentioned(error: BatchError, ids: Sequence[str]) -> list[str]:
    """Return the ids that occur in the text of an error as separate words."""
    if not ids:
        return []
    texts = [error.message or "", *_context(error).get("message", ())[:MOST_ITEMS]]
    text = "\n".join(each[:LONGEST_TEXT] for each in texts)[:LONGEST_TEXT].lower()
    return [
        id_
        for id_ in ids
        if id_.lower() in text and re.search(rf"(?<![\w-]){re.escape(id_.lower())}(?![\w-])", text)
    ]


def errors_of(envelope: Envelope[RowT]) -> list[BatchError]:
    """Return the errors of an envelope, even if they are not objects in a list.

    If there are more than MOST_ITEMS, which no request can cause, the last one says how many were
    left out.
    """
    raw = envelope.additional_properties.get("errors")
    if raw is not None:
        return _batch_errors(raw)
    errors = envelope.errors or []
    return [*errors[:MOST_ITEMS], *_left_out(errors)]


def _batch_errors(raw: object) -> list[BatchError]:
    items = raw if isinstance(raw, list) else [raw]
    errors = [_batch_error(item) for item in items[:MOST_ITEMS] if item is not None]
    return errors + _left_out(items)


def _left_out(items: Sequence[object]) -> list[BatchError]:
    more = len(items) - MOST_ITEMS
    return [BatchError(message=f"{more:,} more errors were left out")] if more > 0 else []


def _batch_error(item: object) -> BatchError:
    if isinstance(item, Mapping):
        return BatchError.from_dict(item)
    return BatchError(message=item if isinstance(item, str) else json.dumps(item))


def salvage(
    operation: Operation[RowT], error: DecodeError, *, is_plain: bool = False
) -> tuple[list[RowT], list[BatchError]] | None:
    """Return the rows and errors of a body that does not match its model as a whole.

    The rows are models, or plain. A row that does not match becomes an error (DECODE_ERROR) with
    the row's id, if it has one. Rows beyond MOST_ITEMS are left out.
    Returns None if no row matches and HubSpot lists no error: then the model is wrong, or the body
    is of another kind.
    """
    document = _document(error.body)
    if not isinstance(document, Mapping) or not isinstance(document.get("results"), list):
        return None
    plain_row = partial(plain.row_from_dict, operation.row)
    row_from_dict = plain_row if is_plain else operation.row.from_dict
    rows: list[RowT] = []
    errors = _batch_errors(document.get("errors"))
    odd: list[BatchError] = []
    for index, item in enumerate(document["results"][:MOST_ITEMS]):
        try:
            rows.append(row_from_dict(item))
        except DecodeError as fault:
            odd.append(_decode_error(operation, item, index, fault))
    return (rows, odd + errors) if rows or errors else None


def _document(body: object) -> Any:
    try:
        # NaN and Infinity, which are not JSON, become text.
        return json.loads(body, parse_constant=str) if isinstance(body, str | bytes) else None
    except (ValueError, RecursionError):
        return None


def _decode_error(
    operation: Operation[RowT], item: object, index: int, fault: DecodeError
) -> BatchError:
    for key in operation.id_path:
        item = item.get(key) if isinstance(item, Mapping) else None
    return BatchError(
        category=DECODE_ERROR,
        message=f"{fault.model}: $.results[{index}]{fault.path[1:]}: {fault.problem}",
        context=None if item is None else {"id": [str(item)]},
    )
