"""What an operation is asked, and the reading of a request's body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from hubspot_batch_read.sandbox.errors import Refused, invalid

Input = dict[str, Any]
"""One item of a request's `inputs`. Names that the operation does not know are ignored."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an operation is asked: the types in the path, the query, and the body."""

    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: Mapping[str, Any]

    @property
    def inputs(self) -> list[Input]:
        """The items of the body's `inputs`."""
        inputs: list[Input] = self.body["inputs"]
        return inputs


def request_key(scope: Mapping[str, Any], body: bytes) -> bytes:
    """Return what a request and its repetitions have in common, and no others.

    `scope` is its ASGI scope. The headers do not count.
    """
    address = (scope["method"].encode(), scope["raw_path"], scope["query_string"])
    return blake2b(b" ".join([*address, body]), digest_size=16).digest()


def read_body(body: bytes, max_inputs: int) -> Mapping[str, Any]:
    """Return a request's body, whose `inputs` are objects, 1 to `max_inputs` of them.

    Raises Refused (400) for every other body. The sentence about the limit was observed on a sister
    endpoint. What HubSpot answers to an empty list is not known: the sandbox refuses it, so that
    a client that spends a request on nothing is noticed.
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
    return document


def texts(request: Request, name: str) -> list[str]:
    """Return what each input has under a name that it must have.

    Raises Refused (400) where it is missing or not a text.
    """
    return [text(each, name, position) for position, each in enumerate(request.inputs)]


def text(each: Input, name: str, position: int) -> str:
    """Return what the input at this position has under a name that it must have.

    Raises Refused (400) where it is missing or not a text.
    """
    value = optional_text(each, name, position)
    if value is None:
        raise _not_set(name, f"inputs[{position}].{name}")
    return value


def optional_text(each: Input, name: str, position: int) -> str | None:
    """Return what the input at this position has under a name, None where it has nothing.

    Raises Refused (400) where it is not a text.
    """
    value = each.get(name)
    if value is None or isinstance(value, str):
        return value
    at = f"inputs[{position}].{name}"
    raise invalid(f"Invalid input JSON: {at} must be a string", at=at)


def _document(body: bytes) -> object:
    if not body.strip() or body.strip() == b"null":
        # Observed: no category, and `errors` is a list of texts.
        message = "The request body may not be null"
        raise Refused(400, message=message, errors=[message])
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        message = f"Invalid input JSON on {where}: {error.msg}"
    except (ValueError, RecursionError):  # no UTF-8, a number of 5000 digits, or nested too deeply
        message = "Invalid input JSON"
    raise Refused(400, message=message)  # observed: without a category


def _not_set(name: str, at: str) -> Refused:
    return invalid(f"Some required fields were not set: [{name}]", at=at)
