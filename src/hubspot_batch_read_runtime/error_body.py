"""The body of an error, in the models that generated code passes to the runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, Self, TypeVar

from hubspot_batch_read_runtime.errors import DecodeError

ErrorT = TypeVar("ErrorT", bound="ErrorBody")


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
    """Values that the reason is about, such as the missing scopes."""

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        ...


class ErrorBody(Protocol):
    """The reason why a whole request failed; any field can be missing."""

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

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Decode a JSON object."""
        ...


def error_in(body: bytes, model: type[ErrorT]) -> ErrorT:
    """Return the error in a body, or an empty model without one."""
    try:
        return model.from_json(body)
    except DecodeError:
        return model.from_dict({})
