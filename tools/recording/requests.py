"""Send requests as they are in the fixtures.

The SDK is not used, so that responses that it would refuse are recorded, too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

import httpx

from recording.leaks import holds
from recording.normalise import Json, Request, Response

PAUSE: Final = 0.25  # seconds between requests to HubSpot, whose lowest limit is 100 in ten seconds
VARIABLE: Final = "HUBSPOT_ACCESS_TOKEN"


class RecordError(Exception):
    """A response cannot be recorded; the text says why."""


class Target(NamedTuple):
    """The server to ask."""

    name: str
    base_url: str
    token: str
    pause: float = 0.0

    @property
    def is_hubspot(self) -> bool:
        """Whether the responses are HubSpot's own."""
        return self.name == "HubSpot"


def hubspot(base_url: str, token: str) -> Target:
    """Return HubSpot as the target. Raises RecordError for an invalid token or address."""
    token = token.strip()
    if not token:
        raise RecordError(
            f"set {VARIABLE} to the token of a developer test account, or use --sandbox"
        )
    if not re.fullmatch("[!-~]+", token):
        raise RecordError(f"{VARIABLE} contains characters that are invalid in a token")
    address = urlsplit(base_url)
    if address.scheme != "https" and address.hostname not in {"127.0.0.1", "localhost"}:
        raise RecordError(f"the token is only sent over https, not to {base_url}")
    return Target("HubSpot", base_url, token, PAUSE)


def connect(target: Target) -> httpx.Client:
    """Return a client that sends the target's token."""
    return httpx.Client(
        base_url=target.base_url,
        headers={"Authorization": f"Bearer {target.token}"},
        timeout=30,
        trust_env=target.is_hubspot,  # the sandbox is not behind the environment's proxy
    )


def send(client: httpx.Client, target: Target, paths: Sequence[str], request: Request) -> Response:
    """Send a request, after a pause.

    Raises RecordError if the request is for none of the `paths`, if no response arrives, or if the
    response contains the token.
    """
    # With a user's ids in it, a path could lead to an operation that writes.
    patterns = [re.sub(r"\{\w+\}", "[A-Za-z0-9_-]+", path) for path in paths]
    if not any(re.fullmatch(pattern, request["path"]) for pattern in patterns):
        raise RecordError("the request is not one of the batch reads")
    time.sleep(target.pause)
    try:
        response = client.post(request["path"], params=request["query"], json=request["body"])
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Its message may contain anything that the server sent.
        raise RecordError(f"no response ({type(error).__name__})") from None
    text = response.content.decode("utf-8", "replace")
    headers = dict(response.headers)
    if holds("\n".join((text, *headers, *headers.values())), target.token):
        raise RecordError("refused, because the response contains the access token")
    return {"status": response.status_code, "headers": headers, "body": _parsed(text)}


def _parsed(text: str) -> Json:
    """Return the parsed JSON of a text, or the text itself if it is not JSON."""
    body: Json = text
    with suppress(ValueError, RecursionError):
        body = json.loads(text)
    return text if isinstance(body, str) else body


# A portal's own ids ---------------------------------------------------------------------------


class OwnIds(NamedTuple):
    """The values to send instead of the fixtures'."""

    everywhere: Mapping[str, str]
    in_fixture: Mapping[str, Mapping[str, str]]

    def of(self, name: str) -> Mapping[str, str]:
        """Return the replacements for a fixture's values."""
        return {**self.everywhere, **self.in_fixture.get(name, {})}


def read_ids(path: Path | None, names: Collection[str]) -> OwnIds:
    """Read the file of `--ids`. Raises RecordError, without its content, if it is invalid."""
    if path is None:
        return OwnIds({}, {})
    try:
        document: Json = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"--ids: {path} cannot be read ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise RecordError(f"--ids: {path} has no JSON object")
    sections = {name: each for name, each in document.items() if isinstance(each, dict)}
    if unknown := sorted(sections.keys() - set(names)):
        raise RecordError(f"--ids: there is no fixture {', '.join(unknown)}")
    everywhere = {name: each for name, each in document.items() if name not in sections}
    return OwnIds(_texts(everywhere), {name: _texts(each) for name, each in sections.items()})


def _texts(section: Mapping[str, Json]) -> dict[str, str]:
    texts = {name: each for name, each in section.items() if isinstance(each, str) and each}
    if len(texts) < len(section):
        raise RecordError("--ids: each value has to be a string")
    return texts


def with_ids(request: Request, ids: Mapping[str, str]) -> Request:
    """Return the request with whole values, path segments and parts of the query replaced."""
    parts = [quote(ids.get(part, part), safe="") for part in request["path"].split("/")]
    query = {
        name: ",".join(ids.get(part, part) for part in value.split(","))
        for name, value in request["query"].items()
    }
    body = _replaced(request["body"], ids)
    return {"method": "POST", "path": "/".join(parts), "query": query, "body": body}


def _replaced(value: Json, ids: Mapping[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: _replaced(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, ids) for inner in value]
    return ids.get(value, value) if isinstance(value, str) else value
