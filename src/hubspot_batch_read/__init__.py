"""Reads any number of ids from HubSpot's four batch-read endpoints, and accounts for each of them.

    from hubspot_batch_read import HubSpot

    with HubSpot() as hubspot:  # HUBSPOT_ACCESS_TOKEN, or HubSpot(access_token)
        contacts = hubspot.read_associations("contacts", "companies", contact_ids)
        for contact in contacts:
            print(contact.from_.id, [company.to_object_id for company in contact.to])
        print(contacts.summary)

The models come from `hubspot_batch_read_api`, the generated SDK, and so do the exceptions:
`hubspot_batch_read_api.errors`. Names are imported when they are first used. `__version__` is the
version of the installed package.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_batch_read.account import ClosedError
    from hubspot_batch_read.async_batch import AsyncBatch
    from hubspot_batch_read.async_client import AsyncHubSpot
    from hubspot_batch_read.batch import Batch
    from hubspot_batch_read.client import HubSpot
    from hubspot_batch_read.ids import FlowId, InvalidIdError, WorkflowId
    from hubspot_batch_read.results import Failure, InputError, Summary, Truncation, WithoutRecord
    from hubspot_batch_read.sending import WaitTooLongError

    __version__: str

__all__ = [
    "AsyncBatch",
    "AsyncHubSpot",
    "Batch",
    "ClosedError",
    "Failure",
    "FlowId",
    "HubSpot",
    "InputError",
    "InvalidIdError",
    "Summary",
    "Truncation",
    "WaitTooLongError",
    "WithoutRecord",
    "WorkflowId",
]

_MODULES = {
    "AsyncBatch": "async_batch",
    "AsyncHubSpot": "async_client",
    "Batch": "batch",
    "ClosedError": "account",
    "Failure": "results",
    "FlowId": "ids",
    "HubSpot": "client",
    "InputError": "results",
    "InvalidIdError": "ids",
    "Summary": "results",
    "Truncation": "results",
    "WaitTooLongError": "sending",
    "WithoutRecord": "results",
    "WorkflowId": "ids",
}

if not TYPE_CHECKING:  # it would accept every misspelt name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            value = import_module("importlib.metadata").version("hubspot-batch-read")
        elif module := _MODULES.get(name):
            value = getattr(import_module(f"{__name__}.{module}"), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})
