"""Requests as they go over the wire, and their answers as they come back.

Without the SDK: what it refuses is to be seen too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self
from urllib.parse import quote, urlsplit

import httpx

from recording.leaks import holds
from recording.normalise import Json, Request, Response

PAUSE: Final = 0.25  # seconds between requests to HubSpot, whose lowest limit is 100 in ten seconds
TIMEOUT: Final = 30.0
VARIABLE: Final = "HUBSPOT_ACCESS_TOKEN"


class RecordError(Exception):
    """Nothing can be recorded like this."""


class Target(NamedTuple):
    """Who is asked."""

    name: str
    base_url: str
    token: str
    pause: float = 0.0

    @property
    def is_hubspot(self) -> bool:
        """Whether what it answers is from HubSpot itself."""
        return self.name == "HubSpot"


def hubspot(base_url: str, token: str) -> Target:
    """Give HubSpot as the target. RecordError for a token or an address that cannot be right."""
    token = token.strip()
    if not token:
        raise RecordError(
            f"set {VARIABLE} to the token of a developer test account, or use --sandbox"
        )
    if not re.fullmatch("[!-~]+", token):
        raise RecordError(f"{VARIABLE} has characters that no token has")
    address = urlsplit(base_url)
    if address.scheme != "https" and address.hostname not in {"127.0.0.1", "localhost"}:
        raise RecordError(f"the token is not sent to {base_url}, which is not https")
    return Target("HubSpot", base_url, token, PAUSE)


class Wire:
    """Sends requests to a target, one after the other, and equal ones once."""

    def __init__(self, target: Target, operations: Sequence[str]) -> None:
        """Take the target, and the paths of the operations, which only read."""
        self._target = target
        self._next = 0.0
        self._paths = [re.sub(r"\{\w+\}", "[A-Za-z0-9_-]+", path) for path in operations]
        self._answers: dict[str, Response | RecordError] = {}
        self._client = httpx.Client(
            base_url=target.base_url,
            headers={"Authorization": f"Bearer {target.token}"},
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=target.is_hubspot,  # the sandbox is not behind the environment's proxy
        )

    def __enter__(self) -> Self:
        """Open no connection yet."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, request: Request) -> Response:
        """Give the answer. RecordError if there is none, or it repeats the token.

        RecordError, too, if the request may not be sent.
        """
        path = request["path"]
        # With ids of one's own in it, a path could lead to an operation that writes.
        if request["method"] != "POST" or not any(re.fullmatch(own, path) for own in self._paths):
            raise RecordError("the request is not one of the four batch reads")
        key = json.dumps(request)
        if key not in self._answers:
            self._answers[key] = self._answer(request)
        if isinstance(answer := self._answers[key], RecordError):
            raise answer
        return answer

    def _answer(self, request: Request) -> Response | RecordError:
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + self._target.pause
        try:
            response = self._client.post(
                request["path"], params=request["query"], json=request["body"]
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Its message may quote what the other side sent, and so anything.
            return RecordError(f"no answer ({type(error).__name__})")
        text = response.content.decode("utf-8", "replace")
        headers = dict(response.headers)
        if holds("\n".join((text, *headers, *headers.values())), self._target.token):
            return RecordError("refused, since the answer repeats the access token")
        return {"status": response.status_code, "headers": headers, "body": _parsed(text)}


def _parsed(text: str) -> Json:
    """Give the JSON of a text, or else the text."""
    body: Json = text
    with suppress(ValueError, RecursionError):
        body = json.loads(text)
    return text if isinstance(body, str) else body


# A portal's own ids ---------------------------------------------------------------------------


class OwnIds(NamedTuple):
    """What is sent in the place of a fixture's texts."""

    everywhere: Mapping[str, str]
    in_fixture: Mapping[str, Mapping[str, str]]

    def of(self, name: str) -> Mapping[str, str]:
        """Give what holds for a fixture, by its text."""
        return {**self.everywhere, **self.in_fixture.get(name, {})}


def read_ids(path: Path | None, names: Collection[str]) -> OwnIds:
    """Read the file of `--ids`. RecordError, without its content, if it is no use."""
    if path is None:
        return OwnIds({}, {})
    try:
        document: Json = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"--ids: {path} cannot be read ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise RecordError(f"--ids: {path} holds no JSON object")
    sections = {name: each for name, each in document.items() if isinstance(each, dict)}
    if unknown := sorted(sections.keys() - set(names)):
        raise RecordError(f"--ids: there is no fixture {', '.join(unknown)}")
    everywhere = {name: each for name, each in document.items() if name not in sections}
    return OwnIds(_texts(everywhere), {name: _texts(each) for name, each in sections.items()})


def _texts(section: Mapping[str, Json]) -> dict[str, str]:
    texts = {name: each for name, each in section.items() if isinstance(each, str) and each}
    if len(texts) < len(section):
        raise RecordError("--ids: what is sent in the place of a text has to be a text")
    return texts


def with_ids(request: Request, ids: Mapping[str, str]) -> Request:
    """Give the request with whole values, path segments and parts of the query replaced."""
    return {
        "method": request["method"],
        "path": "/".join(
            quote(ids.get(part, part), safe="") for part in request["path"].split("/")
        ),
        "query": {
            name: ",".join(ids.get(part, part) for part in value.split(","))
            for name, value in request["query"].items()
        },
        "body": _replaced(request["body"], ids),
    }


def _replaced(value: Json, ids: Mapping[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: _replaced(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, ids) for inner in value]
    return ids.get(value, value) if isinstance(value, str) else value
