"""The exception for a request that HubSpot refuses as a whole."""

from typing import Any


class Refused(Exception):  # noqa: N818 - a response of HubSpot, not an error of the sandbox
    """HubSpot refuses the whole request, with this HTTP status and this body.

    The body is as HubSpot sends it, without `status` and `correlationId`, which all bodies have.
    """

    def __init__(self, http_status: int, *, message: str, **rest: Any) -> None:
        """Set the message and, by name, everything else in the body."""
        super().__init__(message)
        self.http_status = http_status
        self.body = {"message": message, **rest}


def invalid(message: str, *, at: str | None = None) -> Refused:
    """Return the 400 for a request that is well-formed and wrong; `at` names the field."""
    detail = {"message": message} if at is None else {"message": message, "in": at}
    return Refused(400, message=message, category="VALIDATION_ERROR", errors=[detail])
