"""The exceptions that the SDK raises.

    ArgumentError                   an argument that cannot be used; a ValueError
    HubSpotError
    ├── ApiError                    any status but 2xx
    │   ├── BadRequestError         400
    │   ├── AuthenticationError     401
    │   ├── PermissionDeniedError   403
    │   ├── NotFoundError           404
    │   ├── RateLimitError          429
    │   └── ServerError             5xx
    ├── DecodeError                 a response body that does not match its model
    └── ResponseTooLargeError       a response body longer than max_response_bytes

Exceptions have a text that is safe to print, and attributes as they were sent. All can be pickled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hubspot_batch_read_runtime.printing import one_line, printable

if TYPE_CHECKING:
    import httpx

    from hubspot_batch_read_runtime.error_body import ErrorDetail


class ArgumentError(ValueError):
    """An argument, or an environment variable that replaces it, is invalid."""

    argument: str
    """Name of the argument or variable."""
    problem: str
    """The problem with it, safe to print and without secrets."""

    def __init__(self, argument: str, problem: str) -> None:
        """Keep the name of the argument and the problem."""
        super().__init__(f"{argument}: {problem}")
        self.argument = argument
        self.problem = problem

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the attributes too."""
        return _reduced(self)


class HubSpotError(Exception):
    """Base class of the exceptions that requests raise."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the attributes too."""
        return _reduced(self)


def _reduced(error: Exception) -> tuple[Any, ...]:
    # The attributes are arguments of `__init__`, and `args` has only text.
    return _restore, (type(error), error.args, error.__dict__)


def _restore(
    cls: type[Exception], args: tuple[object, ...], state: Mapping[str, object]
) -> Exception:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class ApiError(HubSpotError):
    """The response has a status other than 2xx.

    Values that the body does not have are None or empty; if it is not JSON, all of them are.
    """

    status_code: int
    """HTTP status; some are not in http.HTTPStatus, such as 477 or 524."""
    category: str | None
    """Broad kind of error, such as VALIDATION_ERROR; absent with 429, 500 and some others."""
    sub_category: str | None
    """Exact kind of error."""
    message: str | None
    """What went wrong, in words that HubSpot may change."""
    correlation_id: str | None
    """UUID of the request, which HubSpot's support asks for."""
    errors: list[ErrorDetail | str]
    """Details of the error, each an object or plain text."""
    context: dict[str, list[str]]
    """Values that the error is about."""
    links: dict[str, str]
    """Links that help with the error."""
    policy_name: str | None
    """With status 429, the limit that was hit: SECONDLY, TEN_SECONDLY_ROLLING or DAILY."""
    correct_hublet: str | None
    """With status 488, the data centre that has the account, such as eu1 or na2."""
    retry_after: float | None
    """Seconds to wait before trying again, from the Retry-After header."""
    headers: httpx.Headers
    """HTTP headers; names are case-insensitive."""
    body: bytes
    """The body, decompressed."""

    def __init__(
        self,
        *,
        status_code: int,
        category: str | None,
        sub_category: str | None,
        message: str | None,
        correlation_id: str | None,
        errors: list[ErrorDetail | str],
        context: dict[str, list[str]],
        links: dict[str, str],
        policy_name: str | None,
        correct_hublet: str | None,
        retry_after: float | None,
        headers: httpx.Headers,
        body: bytes,
    ) -> None:
        """Build the text from HubSpot's response."""
        self.status_code = status_code
        self.category = category
        self.sub_category = sub_category
        self.message = message
        self.correlation_id = correlation_id
        self.errors = errors
        self.context = context
        self.links = links
        self.policy_name = policy_name
        self.correct_hublet = correct_hublet
        self.retry_after = retry_after
        self.headers = headers
        self.body = body
        super().__init__(self._summary())

    @property
    def is_from_hubspot(self) -> bool:
        """Whether the response looks like HubSpot's: it has a category or a correlation id.

        Otherwise it may come from a proxy or a firewall; HubSpot's own HTML pages have neither.
        """
        return bool(self.category or self.correlation_id or self.policy_name)

    @property
    def correct_base_url(self) -> str | None:
        """The `base_url` of the account's data centre, or None if HubSpot does not say."""
        hublet = self.correct_hublet or ""
        is_name = hublet.isascii() and hublet.isalnum() and len(hublet) <= 8
        return f"https://api-{hublet.lower()}.hubapi.com" if is_name else None

    @property
    def description(self) -> str:
        """HubSpot's message, or a description of the body: safe to print, on one line.

        For an HTML page, it has the title; for other text, the start.
        """
        if self.message:
            return printable(self.message)
        content_type = self.headers.get("content-type", "no content type")
        details = f"without a message ({printable(content_type)}, {len(self.body)} bytes)"
        if location := self.headers.get("location"):
            details += f", redirects to {printable(location)}"
        if said := self._page_title() if "html" in content_type else self._plain_text(content_type):
            details += f": {printable(said)}"
        return details

    def _page_title(self) -> str:
        title = re.search(rb"<title[^>]*>([^<]*)", self.body[:10_000], re.IGNORECASE)
        return one_line(title[1]) if title else ""

    def _plain_text(self, content_type: str) -> str:
        return one_line(self.body) if content_type.startswith("text/plain") else ""

    def _summary(self) -> str:
        kind = self.sub_category or self.category or self.policy_name
        summary = " ".join(filter(None, ("HTTP", str(self.status_code), kind and printable(kind))))
        summary += f"{':' if self.message else ','} {self.description}"
        if self.correct_base_url:
            summary += f"; the account is served from base_url {self.correct_base_url}"
        if self.printable_correlation_id:
            summary += f" (correlation id {self.printable_correlation_id})"
        return summary

    @property
    def printable_correlation_id(self) -> str | None:
        """The correlation id if it looks like one, a short word; otherwise None."""
        id_ = self.correlation_id or ""
        return id_ if re.fullmatch("[A-Za-z0-9_.:-]{1,80}", id_) else None


class BadRequestError(ApiError):
    """400: the request is malformed, has too many inputs, or names something unknown."""


class AuthenticationError(ApiError):
    """401: the access token is wrong (category INVALID_AUTHENTICATION) or has expired
    (EXPIRED_AUTHENTICATION), or a proxy requires authentication (no category).
    """


class PermissionDeniedError(ApiError):
    """403: the request is not allowed.

    If `missing_scopes` names any, or the category is MISSING_SCOPES, the access token lacks a
    scope. Otherwise, the account may lack the product, the API may not be public, or a proxy may
    forbid the request: see the message.
    """

    @property
    def missing_scopes(self) -> list[str]:
        """The scopes that HubSpot requires, one of which may be enough; empty if it names none."""
        contexts = [error.context or {} for error in self.errors if not isinstance(error, str)]
        for context in (*contexts, self.context):
            for key in ("requiredGranularScopes", "requiredScopes", "missingScopes"):
                if scopes := context.get(key):
                    return scopes
        return []


class NotFoundError(ApiError):
    """404: the path or object type does not exist."""


class RateLimitError(ApiError):
    """429: too many requests; `policy_name` names the limit."""


class ServerError(ApiError):
    """5xx: HubSpot, or a proxy in front of it, failed."""


class DecodeError(HubSpotError):
    """A body is not JSON, or does not match its model.

    If it is raised for a response, it has a note with the HTTP status and the correlation id.
    """

    model: str
    """Name of the model."""
    path: str
    """JSON path of the value that does not match, such as `$.results[0].to[3].toObjectId`."""
    problem: str
    """The problem with this value."""
    body: object
    """The body, as bytes; or the value passed to `from_dict` or `from_json`."""

    def __init__(self, model: str, path: str, problem: str, body: object) -> None:
        """Keep the model, the place that does not match it, and the problem."""
        super().__init__(f"{model}: {path}: {problem}")
        self.model = model
        self.path = path
        self.problem = problem
        self.body = body


class ResponseTooLargeError(HubSpotError):
    """The body of a response is longer than the client's `max_response_bytes`.

    The rest of it was not read. HubSpot is not known to send responses anywhere near the default.
    """

    status_code: int
    """HTTP status."""
    max_response_bytes: int
    """Maximum size of the body in bytes, as sent and decompressed."""

    def __init__(self, status_code: int, max_response_bytes: int) -> None:
        """Keep the status and the limit."""
        super().__init__(
            f"HTTP {status_code}: the response is longer than {max_response_bytes} bytes; "
            "increase max_response_bytes if this is expected"
        )
        self.status_code = status_code
        self.max_response_bytes = max_response_bytes
