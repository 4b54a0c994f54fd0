"""What the runtime needs of the models of an error, which generated code hands to the client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self


class ErrorDetail(Protocol):
    """One of the reasons that an error lists."""

    message: str | None
    """What went wrong, in words that HubSpot may change."""
    code: str | None
    """Machine-readable name of the reason."""
    in_: str | None
    """Name of the field or parameter at fault."""
    sub_category: str | None
    """Exact kind of reason."""
    context: dict[str, list[str]] | None
    """What the reason is about, such as the missing scopes."""

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        ...


class ErrorBody(Protocol):
    """Why a whole request failed; everything can be missing."""

    message: str | None
    category: str | None
    sub_category: str | None
    correlation_id: str | None
    context: dict[str, list[str]] | None
    links: dict[str, str] | None
    policy_name: str | None
    correct_hublet: str | None

    @property
    def errors(self) -> Sequence[ErrorDetail | str] | None:
        """Details of the error."""
        ...

    @classmethod
    def from_json(cls, content: bytes | str) -> Self:
        """Decode a body; raises DecodeError if it is not JSON."""
        ...
