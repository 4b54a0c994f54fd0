"""The exceptions behind an exception, also where they go round in a circle."""

from __future__ import annotations

import ssl

import httpx
import pytest

from hubspot_batch_read import HubSpot
from hubspot_batch_read.sending.retries import retries_worth
from hubspot_batch_read_api.errors import causes


def circle(*errors: Exception) -> Exception:
    """Make each of these the cause of the one before, and the first that of the last."""
    for error, cause in zip(errors, [*errors[1:], errors[0]], strict=True):
        error.__cause__ = cause
    return errors[0]


def test_the_cause_counts_before_what_was_being_handled() -> None:
    first, second, third = ValueError(), KeyError(), OSError()
    first.__cause__, first.__context__ = second, TypeError()
    second.__context__ = third
    assert list(causes(first)) == [first, second, third]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_each_exception_of_a_circle_comes_once(length: int) -> None:
    errors = [ValueError() for _ in range(length)]
    assert list(causes(circle(*errors))) == errors


def test_exceptions_that_are_equal_are_not_the_same() -> None:
    class Equal(Exception):  # noqa: N818 - it is about equality
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

    first, second = Equal(), Equal()
    first.__cause__ = second
    assert len(list(causes(first))) == 2


def test_a_token_callables_circular_cause_is_a_failure() -> None:
    def token() -> str:
        error = RuntimeError("no token")
        raise error from error

    with HubSpot(token, max_retries=0) as hubspot:
        contacts = hubspot.read_associations("0-1", "0-2", [1, 2], on_error="collect")
        assert contacts.all() == []
    (failure,) = contacts.failures
    assert str(failure.error) == "no token"
    assert failure.error.__traceback__ is None


def test_a_certificate_is_looked_for_in_a_circle_once() -> None:
    assert retries_worth(circle(httpx.ConnectError("no"), OSError()))
    bad = ssl.SSLCertVerificationError("self-signed certificate")
    assert not retries_worth(circle(httpx.ConnectError("no"), OSError(), bad))
