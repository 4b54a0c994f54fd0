"""Use the installed wheel as a user would; `check_wheel.py` runs this in new environments.

    python -I wheel_user.py BASE_URL TOKEN CONTACT_ID [EXTRA ...]

Reads from the server at BASE_URL, then uses each extra that is named. Each other extra of the wheel
has to fail with a message that says how to install it. Exit code 0 if all of this works.
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
from typing import Final, Literal

import hubspot_batch_read_api as api
import hubspot_batch_read_runtime as runtime
from hubspot_batch_read import AsyncHubSpot, HubSpot, RateLimit, sandbox


def main() -> None:
    """Use the installed package."""
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
    """Import every public name, including those in each `__all__`."""
    modules = [
        module.name
        for package in (api, runtime)
        for module in walk_packages(package.__path__, f"{package.__name__}.")
    ]
    for name in ("hubspot_batch_read", api.__name__, *modules):
        module = import_module(name)
        for public in getattr(module, "__all__", ()):
            getattr(module, public)


def read(
    base_url: str, token: str, contact: str, rate_limit: RateLimit | Literal["auto"] = "auto"
) -> None:
    """Read the companies of a contact."""
    with HubSpot(token, base_url=base_url, rate_limit=rate_limit) as hubspot:
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
    """Read the companies of a contact with the command line."""
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


def use_shared(base_url: str, token: str, contact: str) -> None:
    """Read with a shared rate limit; its server is unreachable, which only causes a wait."""
    limit = RateLimit(100, per=1, shared="redis://127.0.0.1:1")
    read(base_url, token, contact, rate_limit=limit)


USES: Final[Mapping[str, Callable[[str, str, str], None]]] = {
    "arrow": use_arrow,
    "cli": use_cli,
    "sandbox": use_sandbox,
    "shared": use_shared,
}
"""The function that uses each extra."""


def provided() -> list[str]:
    """Return the extras that the installed package has."""
    return metadata("hubspot-batch-read").get_all("Provides-Extra", [])


def expect_to_be_told(extra: str, use: Callable[[], None]) -> None:
    """Check that an extra that is not installed says how to install it."""
    told = "no error: it works without its extra"
    try:
        use()
    except ModuleNotFoundError as error:
        told = str(error)
    assert f"hubspot-batch-read[{extra}]" in told, told


if __name__ == "__main__":
    main()
