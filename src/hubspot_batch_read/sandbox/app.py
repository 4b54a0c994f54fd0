"""The sandbox as a web application: routes, access, limits, headers and error bodies.

All four operations pass through `_Service.answer`, in HubSpot's order: who asks, how often, what.
What can happen between a client and HubSpot (another status, a delay, a dropped connection) is not
known here: that belongs around the application, and is in `middleware`.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hubspot_batch_read.sandbox.access import Tokens
from hubspot_batch_read.sandbox.answers import envelope, page
from hubspot_batch_read.sandbox.errors import Refused
from hubspot_batch_read.sandbox.limits import Clock, RateCounter, RateLimits, utc_now
from hubspot_batch_read.sandbox.operations import OPERATIONS, Operation
from hubspot_batch_read.sandbox.portal import Portal
from hubspot_batch_read.sandbox.request import Request, read_body, request_key
from hubspot_batch_read.sandbox.seeded import seeded


def create_app(
    portal: Portal,
    *,
    limits: RateLimits | None = None,
    clock: Clock = utc_now,
    tokens: Tokens | None = None,
) -> Starlette:
    """Return the application that answers for a portal.

    The clock tells all times in answers and windows of limits. With one that stands still, the same
    requests in the same order get the same answers to the byte.
    """
    tokens = tokens or Tokens(portal.seed)
    service = _Service(portal, limits or RateLimits(), clock, tokens)
    app = Starlette(
        routes=[
            Route(operation.path, service.endpoint(operation), methods=["POST"])
            for operation in OPERATIONS
        ],
        exception_handlers={
            404: service.not_found,
            405: service.method_not_allowed,
            ClientDisconnect: service.nobody_listens,
        },
    )
    app.router.redirect_slashes = False  # a path with a slash too many is an unknown one
    return app


class _Service:
    """Answers HTTP requests for one portal."""

    def __init__(self, portal: Portal, limits: RateLimits, clock: Clock, tokens: Tokens) -> None:
        self._portal = portal
        self._tokens = tokens
        self._clock = clock
        self._rate = RateCounter(limits, clock)
        self._correlation = seeded(portal.seed, "correlation")

    def endpoint(self, operation: Operation) -> Callable[[HttpRequest], Awaitable[Response]]:
        """Return the Starlette endpoint for an operation."""

        async def endpoint(request: HttpRequest) -> Response:
            return self.answer(operation, request, await request.body())

        return endpoint

    def answer(self, operation: Operation, http: HttpRequest, body: bytes) -> Response:
        """Return the answer to a request whose body was read."""
        headers = self._headers()
        try:
            authorization = http.headers.get("authorization")
            key = request_key(http.scope, body)
            self._tokens.check(key, authorization, operation.scopes, self._clock())
            try:
                self._rate.count()
            finally:
                headers |= self._rate.headers()
            status, document = self._read(operation, http, body)
        except Refused as refused:
            status = refused.http_status
            correlation_id = headers["x-hubspot-correlation-id"]
            document = {"status": "error", "correlationId": correlation_id, **refused.body}
        content = json.dumps(document, separators=(",", ":"))
        return Response(content, status, headers, media_type="application/json")

    def _read(
        self, operation: Operation, http: HttpRequest, body: bytes
    ) -> tuple[int, dict[str, Any]]:
        started = self._clock()
        query: dict[str, list[str]] = {}
        for name, value in http.query_params.multi_items():
            query.setdefault(name, []).append(value)
        request = Request(http.path_params, query, read_body(body, operation.max_inputs))
        outcome = operation.read(self._portal, request)
        # The order of an answer is random, but always the same for the same question.
        random = seeded(self._portal.seed, http.scope["path"], body.hex())
        return envelope(outcome, started, self._clock(), random)

    async def not_found(self, _request: HttpRequest, _error: Exception) -> Response:
        """Return the 404 for a path that is none of the four: HTML, as observed."""
        return HTMLResponse(page("404 Not Found"), 404, self._headers())

    async def method_not_allowed(self, _request: HttpRequest, _error: Exception) -> Response:
        """Return the 405 for anything but POST: HTML, as observed."""
        headers = self._headers() | {"Allow": "POST"}
        return HTMLResponse(page("405 Method Not Allowed"), 405, headers)

    async def nobody_listens(self, _request: HttpRequest, _error: Exception) -> Response:
        """Return nothing in particular: the client hung up before its request was complete."""
        return Response(status_code=400)

    def _headers(self) -> dict[str, str]:
        correlation_id = UUID(int=self._correlation.getrandbits(128), version=4)
        return {"x-hubspot-correlation-id": str(correlation_id)}
