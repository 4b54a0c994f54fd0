"""The contenders, by name: functions that turn the bytes of a response into Python objects.

    decode = load("orjson")
    decode(b'{"results": [] ...}')

Each is imported when it is loaded, so that a process contains only the one that it measures.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

Decode = Callable[[bytes], object]

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi" / "hubspot-batch-read.yaml"

JSON = "json.loads"
OURS = "this SDK"
STOCK = "stock generator"
API_CLIENT = "hubspot-api-client"
SDK = "hubspot-sdk"

NAMES = [JSON, "orjson", "msgspec", OURS, STOCK, API_CLIENT, SDK]
TYPED = [name for name in NAMES if name not in (JSON, "orjson")]
DISTRIBUTIONS = {
    "orjson": "orjson",
    "msgspec": "msgspec",
    OURS: "hubspot-batch-read",
    STOCK: "openapi-python-client",
    API_CLIENT: API_CLIENT,
    SDK: SDK,
}


def load(name: str, envelope: str = "AssociationEnvelope") -> Decode:
    """Import a contender; return its function that decodes a body of this envelope.

    All decode associations; only json.loads and this SDK decode the other envelopes.
    """
    if name == JSON:
        return json.loads
    if name == OURS:
        decode: Decode = getattr(import_module("hubspot_batch_read_api.models"), envelope).from_json
        return decode
    return LOADERS[name]()


def load_orjson() -> Decode:
    """Return orjson's decoder, which makes dicts."""
    decode: Decode = import_module("orjson").loads
    return decode


def load_msgspec() -> Decode:
    """Return msgspec's decoder, which makes structs."""
    decode: Decode = import_module("structs").decode
    return decode


def load_stock() -> Decode:
    """Return the decoding of the generator's stock output for our spec."""
    sys.path.insert(0, str(stock_folder()))
    envelope = import_module("stock_sdk.models").AssociationEnvelope

    def decode(body: bytes) -> object:
        return envelope.from_dict(json.loads(body))

    return decode


def stock_folder() -> Path:
    """Generate the stock SDK, unless that was done already; return its folder."""
    made_from = SPEC.read_bytes() + version("openapi-python-client").encode()
    folder = ROOT / "build" / f"stock-{hashlib.sha256(made_from).hexdigest()[:12]}"
    if not folder.exists():
        unfinished = folder.with_suffix(".new")
        unfinished.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [
            *(sys.executable, "-m", "openapi_python_client", "generate"),
            *("--path", SPEC, "--output-path", unfinished / "stock_sdk"),
            *("--meta", "none", "--overwrite"),
        ]
        subprocess.run(command, check=True, capture_output=True)
        unfinished.rename(folder)
    return folder


def load_api_client() -> Decode:
    """Return hubspot-api-client's decoding of a response of its associations read (v4).

    That is the second half of its `ApiClient.call_api`: the body is converted to text, then to
    models.
    """
    api_client = import_module("hubspot.crm.associations.v4").ApiClient()
    model = "BatchResponsePublicAssociationMultiWithLabel"

    def decode(body: bytes) -> object:
        return api_client.deserialize(SimpleNamespace(data=body.decode("utf-8")), model)

    return decode


def load_sdk() -> Decode:
    """Return hubspot-sdk's decoding of a response of `crm.associations.batch.get`.

    Its client passes every response to its `APIResponse`, whose `parse` returns a method's result.
    """
    client = import_module("hubspot_sdk").HubSpot(access_token="no-token")  # noqa: S106
    api_response = import_module("hubspot_sdk._response").APIResponse
    options = import_module("hubspot_sdk._models").FinalRequestOptions
    httpx_response = import_module("httpx").Response
    types = import_module("hubspot_sdk.types.crm")

    def decode(body: bytes) -> object:
        return api_response(
            raw=httpx_response(200, headers={"content-type": "application/json"}, content=body),
            cast_to=types.BatchResponsePublicAssociationMultiWithLabel,
            client=client,
            stream=False,
            stream_cls=None,
            options=options.construct(method="post", url="/"),
        ).parse()

    return decode


LOADERS: dict[str, Callable[[], Decode]] = {
    "orjson": load_orjson,
    "msgspec": load_msgspec,
    STOCK: load_stock,
    API_CLIENT: load_api_client,
    SDK: load_sdk,
}
