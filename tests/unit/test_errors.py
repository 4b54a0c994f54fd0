"""The generated errors: which class a status gives, and what an error holds."""

from __future__ import annotations

import copy
import datetime
import inspect
import json
import pickle
import re
from email.utils import format_datetime

import httpx
import pytest

from hubspot_batch_read import InvalidIdError
from hubspot_batch_read_api import AuthenticatedClient, errors
from hubspot_batch_read_api.api.campaigns import read_campaigns
from hubspot_batch_read_api.errors import (
    ApiError,
    ArgumentError,
    DecodeError,
    HubSpotError,
    PermissionDeniedError,
    ResponseTooLargeError,
)
from hubspot_batch_read_api.models import CampaignRequest, ErrorDetail


def raised(status: int, body: object = None, **headers: str) -> ApiError:
    """Give the error that an answer raises."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, content=content)

    client = AuthenticatedClient("token", httpx_args={"transport": httpx.MockTransport(handle)})
    with pytest.raises(ApiError) as caught:
        read_campaigns.sync(client=client, body=CampaignRequest(inputs=[]))
    return caught.value


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (300, "ApiError"),
        (304, "ApiError"),
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (405, "ApiError"),
        (423, "ApiError"),
        (429, "RateLimitError"),
        (477, "ApiError"),
        (499, "ApiError"),
        (500, "ServerError"),
        (502, "ServerError"),
        (520, "ServerError"),
        (526, "ServerError"),
        (599, "ServerError"),
        (600, "ApiError"),
    ],
)
def test_each_status_has_its_class(status: int, name: str) -> None:
    error = raised(status, {"message": "no"})
    assert type(error).__name__ == name
    assert error.status_code == status


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = re.findall(r"^    [│├└─ ]*(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    found = [each for each in classes if each.__module__ == errors.__name__]
    assert sorted(drawn) == sorted(each.__name__ for each in found) == sorted(errors.__all__)
    others = {each for each in found if not issubclass(each, HubSpotError)}
    assert others == {ArgumentError}


def test_an_error_holds_everything_hubspot_said() -> None:
    body = {
        "status": "error",
        "message": "The access token expired",
        "correlationId": "0c6ea5ba-4b8e-4f6c-9c5c-5f2a1d6b7a11",
        "category": "EXPIRED_AUTHENTICATION",
        "subCategory": "oauth.EXPIRED",
        "context": {"expire time": ["2026-01-01T00:00:00Z"]},
        "links": {"help": "https://example.com"},
        "errors": [{"message": "first", "code": "C", "in": "header"}, "second"],
    }
    error = raised(401, body, x_trace="7")
    assert error.category == "EXPIRED_AUTHENTICATION"
    assert error.sub_category == "oauth.EXPIRED"
    assert error.message == "The access token expired"
    assert error.correlation_id == "0c6ea5ba-4b8e-4f6c-9c5c-5f2a1d6b7a11"
    assert error.context == {"expire time": ["2026-01-01T00:00:00Z"]}
    assert error.links == {"help": "https://example.com"}
    assert error.errors == [ErrorDetail(message="first", code="C", in_="header"), "second"]
    assert error.headers["X-Trace"] == "7"
    assert b"oauth.EXPIRED" in error.body
    assert str(error) == (
        "HTTP 401 oauth.EXPIRED: The access token expired "
        "(correlation id 0c6ea5ba-4b8e-4f6c-9c5c-5f2a1d6b7a11)"
    )


@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"[]", b"null", b'"no"', b"{", b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_no_error_leaves_the_status(body: bytes) -> None:
    error = raised(502, body, content_type="text/html")
    assert (error.status_code, error.message, error.errors) == (502, None, [])
    assert error.body == body
    assert str(error) == f"HTTP 502, without a message (text/html, {len(body)} bytes)"


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("text/html; charset=utf-8", b"<HTML><TITLE>\n Access  denied \n</TITLE>", "Access denied"),
        (
            "text/html",
            b"<title id='x'>Blocked \x1b[2J by \xe2\x80\xaeZ</title>",
            r"Blocked \x1b[2J by \u202eZ",
        ),
        ("text/html", b"<title>" + b"a" * 300, "a" * 200),
        ("text/plain", b"upstream connect error\r\nor reset", "upstream connect error or reset"),
    ],
)
def test_a_body_of_something_before_hubspot_is_quoted(
    content_type: str, body: bytes, said: str
) -> None:
    error = raised(403, body, content_type=content_type)
    details = f"without a message ({content_type}, {len(body)} bytes): {said}"
    assert str(error) == f"HTTP 403, {details}"
    assert error.message is None
    assert not error.is_from_hubspot


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_says_where_to(status: int) -> None:
    error = raised(status, b"", location="https://elsewhere.example/login")
    assert "redirects to https://elsewhere.example/login" in str(error)


def test_a_wrong_data_centre_names_the_right_one() -> None:
    error = raised(488, {"message": "Wrong hublet", "correctHublet": "eu1", "correlationId": "c"})
    assert error.correct_hublet == "eu1"
    assert error.correct_base_url == "https://api-eu1.hubapi.com"
    assert str(error) == (
        "HTTP 488: Wrong hublet; the account is served from base_url https://api-eu1.hubapi.com "
        "(correlation id c)"
    )


@pytest.mark.parametrize("hublet", [None, "", "eu1.evil.example/", "e" * 9, 7, "eu\n1", "ü1"])
def test_what_is_no_data_centre_makes_no_address(hublet: object) -> None:
    assert raised(488, {"correctHublet": hublet}).correct_base_url is None


@pytest.mark.parametrize(
    "hostile", ["\x1b]0;x\x07", "a\rb\nc", "\x9b31m", "\u202e", "\u200b", "\ud800"]
)
def test_the_text_of_an_error_cannot_act_on_a_terminal(hostile: str) -> None:
    body = {"message": f"no{hostile}", "subCategory": hostile, "correlationId": f"c{hostile}"}
    error = raised(400, body)
    assert error.message == f"no{hostile}"
    assert str(error).isprintable()
    assert "correlation id" not in str(error)


@pytest.mark.parametrize(
    ("status", "body", "headers", "is_from_hubspot"),
    [
        (403, {"message": "no", "category": "MISSING_SCOPES"}, {}, True),
        (404, {"message": "no", "correlationId": "c"}, {}, True),
        (429, {"message": "no", "policyName": "DAILY"}, {}, True),
        (502, b"<html>", {"x-hubspot-correlation-id": "c"}, True),
        (403, {"message": "Forbidden"}, {}, False),
        (403, b"<html>", {}, False),
    ],
)
def test_who_sent_an_error_is_told_by_what_hubspot_alone_sends(
    status: int, body: object, headers: dict[str, str], is_from_hubspot: bool
) -> None:
    assert raised(status, body, **headers).is_from_hubspot == is_from_hubspot


def test_one_odd_part_of_an_error_does_not_take_the_others() -> None:
    error = raised(
        400, {"message": "no", "category": 5, "context": "x", "errors": [7], "links": []}
    )
    assert (error.message, error.category, error.context, error.errors) == ("no", None, {}, [])


def test_the_correlation_id_may_come_from_the_header() -> None:
    assert raised(502, b"", x_hubspot_correlation_id="abc").correlation_id == "abc"


def test_a_rate_limit_names_its_policy() -> None:
    error = raised(429, {"message": "slow down", "policyName": "DAILY"})
    assert error.policy_name == "DAILY"
    assert str(error) == "HTTP 429 DAILY: slow down"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("86400", 86400.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("9999999999", 1e9),
        ("9" * 400, 1e9),
    ],
)
def test_retry_after_is_seconds(header: str, seconds: float | None) -> None:
    assert raised(477, {}, retry_after=header).retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    in_an_hour = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    wait = raised(503, {}, retry_after=format_datetime(in_an_hour, usegmt=True)).retry_after
    assert wait is not None
    assert 3500 < wait <= 3600
    assert raised(503, {}, retry_after="Wed, 21 Oct 2015 07:28:00 GMT").retry_after == 0


@pytest.mark.parametrize(
    ("body", "scopes"),
    [
        (
            {"errors": [{"message": "m", "context": {"requiredGranularScopes": ["a", "b"]}}]},
            ["a", "b"],
        ),
        ({"errors": ["x", {"message": "m", "context": {"requiredScopes": ["a"]}}]}, ["a"]),
        ({"context": {"requiredScopes": ["a"]}}, ["a"]),
        ({"context": {"missingScopes": ["a"]}}, ["a"]),
        ({"errors": [{"message": "m", "context": "{missingScopes=[a]}"}]}, []),
        ({}, []),
    ],
)
def test_missing_scopes_are_found_wherever_they_stand(body: object, scopes: list[str]) -> None:
    error = raised(403, body)
    assert isinstance(error, PermissionDeniedError)
    assert error.missing_scopes == scopes


def test_an_argument_is_named_as_data() -> None:
    error = ArgumentError("start_date", "expected a date: YYYY-MM-DD")
    assert (error.argument, error.problem) == ("start_date", "expected a date: YYYY-MM-DD")
    assert str(error) == "start_date: expected a date: YYYY-MM-DD"


@pytest.mark.parametrize(
    "error",
    [
        raised(403, {"message": "no", "errors": [{"message": "m"}, "x"], "context": {"a": ["b"]}}),
        raised(502, b"<html>"),
        DecodeError("Campaign", "$.id", "missing", {"x": 1}),
        ResponseTooLargeError(200, 1000),
        HubSpotError("plain"),
        ArgumentError("start_date", "expected a date"),
        InvalidIdError("ids[3]", "expected an id", "x y"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_pickles_and_copies_whole(error: Exception) -> None:
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert vars(other) == vars(error)
