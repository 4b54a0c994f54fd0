"""A batch: the inputs of one request, as an endpoint receives them, and the parsing of its body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_batch_read.sandbox.answers.refused import Refused, invalid

Input = dict[str, Any]
"""An item of a request's `inputs`. Names that the endpoint does not know are ignored."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The inputs of one request, with the parameters of its path and its query."""

    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    inputs: list[Input]


def read_inputs(body: bytes, max_inputs: int) -> list[Input]:
    """Return the `inputs` of a request's body, 1 to `max_inputs` JSON objects.

    Raises Refused (400) for every other body. The sentence about the limit was observed on a sister
    endpoint. HubSpot's response to an empty list is not known: the sandbox refuses it, so that
    clients that send useless requests are noticed.
    """
    document = _document(body)
    if not isinstance(document, dict):
        raise invalid("Invalid input JSON: the request body must be an object")
    inputs = document.get("inputs")
    if inputs is None:
        raise _not_set("inputs", "inputs")
    if not isinstance(inputs, list):
        raise invalid("Invalid input JSON: inputs must be a list", at="inputs")
    if not inputs:
        raise invalid("inputs may not be empty", at="inputs")
    if len(inputs) > max_inputs:
        message = f"The maximum number of inputs supported in a batch is {max_inputs}"
        raise invalid(f"{message}, but {len(inputs)} were sent", at="inputs")
    for position, each in enumerate(inputs):
        if not isinstance(each, dict):
            at = f"inputs[{position}]"
            raise invalid(f"Invalid input JSON: {at} must be an object", at=at)
    return inputs


def texts(batch: Batch, name: str) -> list[str]:
    """Return the value of each input under a required name.

    Raises Refused (400) if one is missing or not text.
    """
    return [text(each, name, position) for position, each in enumerate(batch.inputs)]


def text(each: Input, name: str, position: int) -> str:
    """Return the value under a required name in the input at this position.

    Raises Refused (400) if it is missing or not text.
    """
    value = optional_text(each, name, position)
    if value is None:
        raise _not_set(name, f"inputs[{position}].{name}")
    return value


def optional_text(each: Input, name: str, position: int) -> str | None:
    """Return the value under a name in the input at this position, or None without one.

    Raises Refused (400) if it is not text.
    """
    value = each.get(name)
    if value is None or isinstance(value, str):
        return value
    at = f"inputs[{position}].{name}"
    raise invalid(f"Invalid input JSON: {at} must be a string", at=at)


def _document(body: bytes) -> object:
    if not body.strip() or body.strip() == b"null":
        # Observed: no category, and `errors` is a list of strings.
        message = "The request body may not be null"
        raise Refused(400, message=message, errors=[message])
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        message = f"Invalid input JSON on {where}: {error.msg}"
    except (ValueError, RecursionError):  # not UTF-8, a number of 5000 digits, or nested too deeply
        message = "Invalid input JSON"
    raise Refused(400, message=message)  # observed: without a category


def _not_set(name: str, at: str) -> Refused:
    return invalid(f"Some required fields were not set: [{name}]", at=at)
