"""The portal's responses: routes, access, limits, headers and error bodies.

Every request is checked in HubSpot's order: path, access, limits, content. Everything else that can
happen between a client and HubSpot (another status, a delay, a dropped connection) is a fault.
"""

import re
from urllib.parse import parse_qs
from uuid import UUID

from hubspot_batch_read.sandbox.answers import ENDPOINTS
from hubspot_batch_read.sandbox.answers.batch import Batch, read_inputs
from hubspot_batch_read.sandbox.answers.endpoint import Endpoint, envelope
from hubspot_batch_read.sandbox.answers.refused import Refused
from hubspot_batch_read.sandbox.data.portal import Portal
from hubspot_batch_read.sandbox.http.messages import (
    CORRELATION_ID,
    SandboxRequest,
    SandboxResponse,
    error_response,
    html_page,
)
from hubspot_batch_read.sandbox.http.rate_limits import Clock, RateCounter, RateLimits
from hubspot_batch_read.sandbox.http.tokens import Tokens
from hubspot_batch_read.sandbox.seeded import seeded


class Service:
    """Responds to requests for one portal.

    The clock determines all times in responses and the intervals of limits. If it is stopped, the
    same requests in the same order get byte-identical responses.
    """

    def __init__(self, portal: Portal, limits: RateLimits, clock: Clock) -> None:
        """Set the portal, the limits and the clock."""
        self._portal = portal
        self.tokens = Tokens(portal.seed)
        self._clock = clock
        self._rate = RateCounter(limits, clock)
        self._correlation = seeded(portal.seed, "correlation")
        self._routes = [(_pattern(endpoint.path), endpoint) for endpoint in ENDPOINTS]

    def respond(self, request: SandboxRequest) -> SandboxResponse:
        """Return the response to a request."""
        correlation_id = str(UUID(int=self._correlation.getrandbits(128), version=4))
        headers = {CORRELATION_ID: correlation_id}
        endpoint, parameters = self._route(request.path)
        if endpoint is None:  # both are HTML, as observed
            return SandboxResponse(404, html_page("404 Not Found"), headers)
        if request.method != "POST":
            headers["allow"] = "POST"
            return SandboxResponse(405, html_page("405 Method Not Allowed"), headers)
        try:
            self.tokens.check(request, endpoint.scopes, self._clock())
            try:
                self._rate.count()
            finally:
                headers |= self._rate.headers()
            return self._read(endpoint, parameters, request, headers)
        except Refused as refused:
            return error_response(refused, correlation_id, headers)

    def _route(self, path: str) -> tuple[Endpoint | None, dict[str, str]]:
        """Return the endpoint at a path and its parameters there, or None."""
        for pattern, endpoint in self._routes:
            if match := pattern.fullmatch(path):
                return endpoint, match.groupdict()
        return None, {}

    def _read(
        self,
        endpoint: Endpoint,
        parameters: dict[str, str],
        request: SandboxRequest,
        headers: dict[str, str],
    ) -> SandboxResponse:
        started = self._clock()
        query = parse_qs(request.query, keep_blank_values=True)
        batch = Batch(parameters, query, read_inputs(request.body, endpoint.max_inputs))
        outcome = endpoint.read(self._portal, batch)
        # The order of the results is random, but the same each time for the same request.
        random = seeded(self._portal.seed, request.path, request.body.hex())
        status, document = envelope(outcome, started, self._clock(), random)
        return SandboxResponse(status, document, headers)


def _pattern(path: str) -> re.Pattern[str]:
    """Return a pattern that matches a path with values for its `{parameters}`."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))
