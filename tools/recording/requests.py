"""Send requests as they are in the fixtures.

The SDK is not used, so that responses that it would refuse are recorded, too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import httpx

from recording.fixture_files import Json, RecordError, Request, Response
from recording.leaks import holds

PAUSE: Final = 0.1  # seconds before a request to HubSpot: its lowest limit is 100 in ten seconds
VARIABLE: Final = "HUBSPOT_ACCESS_TOKEN"


class Server(NamedTuple):
    """The server to ask."""

    base_url: str
    token: str
    is_hubspot: bool

    @property
    def name(self) -> str:
        """The server's name in messages."""
        return "HubSpot" if self.is_hubspot else "the sandbox"


def hubspot(base_url: str, token: str) -> Server:
    """Return HubSpot as the server. Raises RecordError for an invalid token or address."""
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
    return Server(base_url, token, is_hubspot=True)


def send(server: Server, request: Request) -> Response:
    """Send a request, to HubSpot after a pause.

    Raises RecordError if no response arrives, or if the response contains the token.
    """
    if server.is_hubspot:
        time.sleep(PAUSE)
    try:
        response = httpx.post(
            f"{server.base_url}{request['path']}",
            params=request["query"],
            json=request["body"],
            headers={"Authorization": f"Bearer {server.token}"},
            timeout=30,
            trust_env=server.is_hubspot,  # the sandbox is not behind the environment's proxy
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Its message may contain anything that the server sent.
        raise RecordError(f"no response ({type(error).__name__})") from None
    body = _parsed(response.content.decode("utf-8", "replace"))
    headers = dict(response.headers)
    if holds(json.dumps([body, headers]), server.token):
        raise RecordError("refused, because the response contains the access token")
    return {"status": response.status_code, "headers": headers, "body": body}


def _parsed(text: str) -> Json:
    """Return the parsed JSON of a text, or the text itself if it is not JSON."""
    try:
        body: Json = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(body, str) else body


# A portal's own ids ---------------------------------------------------------------------------

Ids: TypeAlias = Mapping[str, str]


def read_ids(path: Path, fixtures: Iterable[str]) -> dict[str, Ids]:
    """Read the file of `--ids`; return the values to send instead of the fixtures', by fixture.

    Raises RecordError, without the file's content, if it is invalid.
    """
    try:
        document: Json = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"--ids: {path} cannot be read ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise RecordError(f"--ids: {path} has no JSON object")
    sections = {name: each for name, each in document.items() if isinstance(each, dict)}
    everywhere = {name: each for name, each in document.items() if name not in sections}
    if unknown := sorted(sections.keys() - set(fixtures)):
        raise RecordError(f"--ids: there is no fixture {', '.join(unknown)}")
    return {name: _texts({**everywhere, **sections.get(name, {})}) for name in fixtures}


def _texts(section: dict[str, Json]) -> Ids:
    texts = {name: each for name, each in section.items() if isinstance(each, str) and each}
    if len(texts) < len(section):
        raise RecordError("--ids: each value has to be a string")
    return texts


def with_ids(request: Request, ids: Ids) -> Request:
    """Return the request with whole values, path segments and parts of the query replaced."""
    query = request["query"].items()
    return {
        "method": "POST",
        "path": _joined(request["path"], "/", ids),
        "query": {name: _joined(value, ",", ids) for name, value in query},
        "body": _replaced(request["body"], ids),
    }


def _joined(text: str, separator: str, ids: Ids) -> str:
    return separator.join(ids.get(part, part) for part in text.split(separator))


def _replaced(value: Json, ids: Ids) -> Json:
    if isinstance(value, dict):
        return {key: _replaced(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, ids) for inner in value]
    return ids.get(value, value) if isinstance(value, str) else value
