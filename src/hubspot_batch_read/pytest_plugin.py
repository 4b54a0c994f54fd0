"""The fixture `hubspot_sandbox`, which pytest finds if this package is installed.

pytest also imports this in projects that never use the fixture. So it imports nothing of the
sandbox until the fixture is used, and is not part of that package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hubspot_batch_read.sandbox import Sandbox


@pytest.fixture
def hubspot_sandbox() -> Iterator[Sandbox]:
    """A HubSpot sandbox on this machine, with an empty portal for the test to add to.

        def test_companies_of_a_contact(hubspot_sandbox):
            hubspot_sandbox.portal.associate("contacts", "companies", 101, 7)
            with HubSpot(hubspot_sandbox.token, base_url=hubspot_sandbox.base_url) as hubspot:
                ...

    It needs the extra `sandbox`; without it, the error says what to install.
    """
    from hubspot_batch_read.sandbox import Portal, Sandbox  # noqa: PLC0415 - see above

    with Sandbox(portal=Portal.empty()) as sandbox:
        yield sandbox
