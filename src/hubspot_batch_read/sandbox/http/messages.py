"""Requests and responses, as the sandbox and a fault source see them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from hubspot_batch_read.sandbox.answers.refused import Refused

CORRELATION_ID = "x-hubspot-correlation-id"
"""The header that every response of HubSpot has."""


@dataclass(frozen=True)
class SandboxRequest:
    """A request as a fault source sees it: complete, and before any of the response."""

    ordinal: int
    """Its number among all requests of the sandbox, from 1, in order of arrival."""
    attempt: int
    """Number of times that this request (method, address, body) arrived since the faults were set.

    1 for the first time and 2 for the first repetition, regardless of other requests in between.
    """
    method: str
    path: str
    query: str
    """As it was sent, without the question mark; empty without a query."""
    headers: Mapping[str, str] = field(repr=False)
    """By names in lower case. They contain the access token, and are not shown in the repr."""
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in the body, or an empty one if the body is anything else."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}


@dataclass(frozen=True)
class SandboxResponse:
    """A response; as a fault, it replaces the portal's.

    `SandboxResponse(502, "<html>…")` is a page, `SandboxResponse(400, {"status": "error"})` is
    JSON, `SandboxResponse(500)` is empty. Without a Content-Type in `headers`, text is sent as HTML
    and bytes without one.

    Raises ValueError for a status outside of 200 to 999 (lower ones only announce a response), for
    a body with 204 or 304, which have none, and for the headers that follow from the body:
    Content-Length and Transfer-Encoding. After a status above 599, the connection is closed.
    """

    status: int
    body: bytes | str | Mapping[str, object] = field(default=b"", hash=False)
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check that the response can be sent."""
        check_status(self.status)
        if self.body and self.status in {204, 304}:
            raise ValueError(f"a response with status {self.status} has no body")
        for name in self.headers:
            if name.lower() in {"content-length", "transfer-encoding"}:
                raise ValueError(f"the header {name} follows from the body")


def check_status(status: int) -> None:
    """Raise ValueError for a status that no response can have."""
    if not 200 <= status <= 999:
        raise ValueError(f"the status of a response is between 200 and 999, not {status}")


def request_key(method: str, path: str, query: str, body: bytes) -> bytes:
    """Return a key that a request and its repetitions share; it does not include headers."""
    address = f"{method} {path}?{query} "
    return blake2b(address.encode() + body, digest_size=16).digest()


def html_page(title: str) -> str:
    """Return HubSpot's HTML page for a wrong path or method (observed)."""
    return f"<html><head><title>Error {title}</title></head><body><h2>{title}</h2></body></html>\n"


def error_response(
    refused: Refused, correlation_id: str, headers: Mapping[str, str]
) -> SandboxResponse:
    """Return the response to a refused request."""
    document = {"status": "error", "correlationId": correlation_id, **refused.body}
    all_headers = {CORRELATION_ID: correlation_id, **headers}
    return SandboxResponse(refused.http_status, document, all_headers)
