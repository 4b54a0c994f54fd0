"""What a user does with the installed wheel; `check_wheel.py` runs it in environments of its own.

    python -I wheel_user.py BASE_URL TOKEN CONTACT_ID [EXTRA ...]

Reads from the server at BASE_URL, then uses each extra that is named, and expects each other extra
of the wheel to say how it is installed. Exit 0: all of it is so.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import metadata
from pathlib import Path
from pkgutil import walk_packages
from typing import Final

import hubspot_batch_read_api as api
import hubspot_batch_read_runtime as runtime
from hubspot_batch_read import AsyncHubSpot, HubSpot, sandbox


def main() -> None:
    """Use what is installed."""
    base_url, token, contact, *extras = sys.argv[1:]
    import_everything()
    read(base_url, token, contact)
    asyncio.run(read_async(base_url, token, contact))
    for extra in provided():
        use = partial(USES[extra], base_url, token, contact)
        if extra in extras:
            use()
        else:
            expect_to_be_told(extra, use)


def import_everything() -> None:
    """Import each name that users import; a star takes those in `__all__`."""
    modules = [
        module.name
        for package in (api, runtime)
        for module in walk_packages(package.__path__, f"{package.__name__}.")
    ]
    for name in ("hubspot_batch_read", api.__name__, *modules):
        module = import_module(name)
        for public in getattr(module, "__all__", ()):
            getattr(module, public)


def read(base_url: str, token: str, contact: str) -> None:
    """Read the companies of a contact."""
    with HubSpot(token, base_url=base_url) as hubspot:
        (record,) = hubspot.read_associations("contacts", "companies", [contact])
    assert record.from_.id == contact, record


async def read_async(base_url: str, token: str, contact: str) -> None:
    """Read the companies of a contact, asynchronously."""
    async with AsyncHubSpot(token, base_url=base_url) as hubspot:
        (record,) = await hubspot.read_associations("contacts", "companies", [contact]).all()
    assert record.from_.id == contact, record


def use_sandbox(*_: str) -> None:
    """Read from a sandbox."""
    with sandbox.Sandbox() as server:
        read(server.base_url, server.token, server.portal.contact_ids[0])


def use_arrow(base_url: str, token: str, contact: str) -> None:
    """Read the companies of a contact into a table."""
    with HubSpot(token, base_url=base_url) as hubspot:
        rows = hubspot.read_associations("contacts", "companies", [contact]).to_arrow()
        table = rows.read_all()
    assert contact in table["from_id"].to_pylist(), table


def use_cli(base_url: str, token: str, contact: str) -> None:
    """Read the companies of a contact, in a terminal."""
    command = Path(sys.executable).with_name("hubspot-batch-read")
    ran = subprocess.run(
        [command, "associations", "contacts", "companies", contact, "--base-url", base_url],
        env={**os.environ, "HUBSPOT_ACCESS_TOKEN": token},
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode != 0:
        raise ModuleNotFoundError(ran.stderr)
    assert contact in ran.stdout, ran.stdout


USES: Final[Mapping[str, Callable[[str, str, str], None]]] = {
    "arrow": use_arrow,
    "cli": use_cli,
    "sandbox": use_sandbox,
}
"""How each extra is used."""


def provided() -> list[str]:
    """Return the extras that the installed package has."""
    return metadata("hubspot-batch-read").get_all("Provides-Extra", [])


def expect_to_be_told(extra: str, use: Callable[[], None]) -> None:
    """Use an extra that is not installed."""
    told = "nothing: it works without its extra"
    try:
        use()
    except ModuleNotFoundError as error:
        told = str(error)
    assert f"hubspot-batch-read[{extra}]" in told, told


if __name__ == "__main__":
    main()
