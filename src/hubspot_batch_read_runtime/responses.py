"""Turns a response into a model or an exception."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from hubspot_batch_read_runtime.error_body import ErrorBody, error_in
from hubspot_batch_read_runtime.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from hubspot_batch_read_runtime.exchange import tokens_of
from hubspot_batch_read_runtime.masking import without_tokens
from hubspot_batch_read_runtime.printing import printable
from hubspot_batch_read_runtime.response import Response

T = TypeVar("T")

CORRELATION_ID = "x-hubspot-correlation-id"


def parse_response(
    response: httpx.Response, decode: Callable[[bytes], T], error_model: type[ErrorBody]
) -> Response[T]:
    """Decode a response with any 2xx status; `error_model` is the model of other responses.

    Raises:
        ApiError: The status is not 2xx.
        DecodeError: The body does not match the model.
    """
    content, headers = without_tokens(response, tokens_of(response.request))
    if not response.is_success:
        raise _api_error(response.status_code, error_in(content, error_model), content, headers)
    try:
        parsed = decode(content)
    except DecodeError as error:
        raise _explained(error, response, content, headers) from None
    return Response(
        status_code=response.status_code, headers=headers, content=content, parsed=parsed
    )


def _explained(
    error: DecodeError, response: httpx.Response, content: bytes, headers: httpx.Headers
) -> DecodeError:
    """Return an error with details of the response, whose body may not be HubSpot's."""
    if coding := response.extensions.get("coding"):
        problem = f"its encoding is {coding}, which was not asked for"
        error = DecodeError(error.model, "$", problem, content)
    correlation_id = headers.get(CORRELATION_ID, "not given")
    content_type = headers.get("content-type", "no content type")
    error.add_note(
        f"HTTP {response.status_code}, {printable(content_type)}, {len(content)} bytes, "
        f"correlation id {printable(correlation_id)}"
    )
    return error


_ERRORS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}


def _api_error(status: int, error: ErrorBody, body: bytes, headers: httpx.Headers) -> ApiError:
    error_class = _ERRORS.get(status, ServerError if 500 <= status <= 599 else ApiError)
    return error_class(
        status_code=status,
        category=error.category,
        sub_category=error.sub_category,
        message=error.message,
        correlation_id=error.correlation_id or headers.get(CORRELATION_ID),
        correct_hublet=error.correct_hublet,
        errors=list(error.errors or []),
        context=error.context or {},
        links=error.links or {},
        policy_name=error.policy_name,
        retry_after=_retry_after(headers),
        headers=headers,
        body=body,
    )


def _retry_after(headers: httpx.Headers) -> float | None:
    """Read Retry-After: a number of seconds, or a date."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value, re.ASCII):
        return min(float(value), 1e9)  # more means never, and is too long for Python to wait
    try:
        moment = parsedate_to_datetime(value)
    except (OverflowError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return max(0.0, (moment - datetime.datetime.now(datetime.UTC)).total_seconds())
