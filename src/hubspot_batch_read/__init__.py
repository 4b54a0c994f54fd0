"""Reads any number of ids from HubSpot's batch-read endpoints, and accounts for each of them.

    from hubspot_batch_read import HubSpot

    with HubSpot() as hubspot:  # HUBSPOT_ACCESS_TOKEN, or HubSpot(access_token)
        contacts = hubspot.read_associations("contacts", "companies", contact_ids)
        for contact in contacts:
            print(contact.from_.id, [company.to_object_id for company in contact.to])
        print(contacts.summary)

Everything that users need is here, including the exceptions and models of the generated SDK. Names
are imported when they are first used. `__version__` is the version of the installed package.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_batch_read.async_client import AsyncHubSpot
    from hubspot_batch_read.async_read import AsyncRead, AsyncRecordBatches
    from hubspot_batch_read.client import HubSpot
    from hubspot_batch_read.core.id_checks import InvalidIdError
    from hubspot_batch_read.core.results import Failure, Missing, Summary, Truncation
    from hubspot_batch_read.driving.delivery import ClosedError
    from hubspot_batch_read.engines.table_read import TableRead
    from hubspot_batch_read.engines.tokens import TokenFile, TokenVariable
    from hubspot_batch_read.files.errors import FileRefusedError
    from hubspot_batch_read.read import Read
    from hubspot_batch_read.sending.limits import RateLimit
    from hubspot_batch_read.sending.sender import WaitTooLongError
    from hubspot_batch_read_api.errors import (
        ApiError,
        ArgumentError,
        AuthenticationError,
        BadRequestError,
        DecodeError,
        HubSpotError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        ResponseTooLargeError,
        ServerError,
    )
    from hubspot_batch_read_api.models import (
        Asset,
        AssetPage,
        AssociatedObject,
        AssociatedObjectV3,
        Association,
        AssociationCategory,
        AssociationType,
        AssociationV3,
        BatchError,
        BusinessUnit,
        Campaign,
        ErrorDetail,
        NextPage,
        ObjectId,
        Paging,
        PreviousPage,
        WorkflowIdMapping,
    )

    __version__: str

__all__ = [
    "ApiError",
    "ArgumentError",
    "Asset",
    "AssetPage",
    "AssociatedObject",
    "AssociatedObjectV3",
    "Association",
    "AssociationCategory",
    "AssociationType",
    "AssociationV3",
    "AsyncHubSpot",
    "AsyncRead",
    "AsyncRecordBatches",
    "AuthenticationError",
    "BadRequestError",
    "BatchError",
    "BusinessUnit",
    "Campaign",
    "ClosedError",
    "DecodeError",
    "ErrorDetail",
    "Failure",
    "FileRefusedError",
    "HubSpot",
    "HubSpotError",
    "InvalidIdError",
    "Missing",
    "NextPage",
    "NotFoundError",
    "ObjectId",
    "Paging",
    "PermissionDeniedError",
    "PreviousPage",
    "RateLimit",
    "RateLimitError",
    "Read",
    "ResponseTooLargeError",
    "ServerError",
    "Summary",
    "TableRead",
    "TokenFile",
    "TokenVariable",
    "Truncation",
    "WaitTooLongError",
    "WorkflowIdMapping",
]

_MODULES = {
    "AsyncHubSpot": "hubspot_batch_read.async_client",
    "AsyncRead": "hubspot_batch_read.async_read",
    "AsyncRecordBatches": "hubspot_batch_read.async_read",
    "HubSpot": "hubspot_batch_read.client",
    "InvalidIdError": "hubspot_batch_read.core.id_checks",
    "Failure": "hubspot_batch_read.core.results",
    "Missing": "hubspot_batch_read.core.results",
    "Summary": "hubspot_batch_read.core.results",
    "Truncation": "hubspot_batch_read.core.results",
    "TableRead": "hubspot_batch_read.engines.table_read",
    "TokenFile": "hubspot_batch_read.engines.tokens",
    "TokenVariable": "hubspot_batch_read.engines.tokens",
    "FileRefusedError": "hubspot_batch_read.files.errors",
    "Read": "hubspot_batch_read.read",
    "ClosedError": "hubspot_batch_read.driving.delivery",
    "RateLimit": "hubspot_batch_read.sending.limits",
    "WaitTooLongError": "hubspot_batch_read.sending.sender",
    "ApiError": "hubspot_batch_read_api.errors",
    "ArgumentError": "hubspot_batch_read_api.errors",
    "AuthenticationError": "hubspot_batch_read_api.errors",
    "BadRequestError": "hubspot_batch_read_api.errors",
    "DecodeError": "hubspot_batch_read_api.errors",
    "HubSpotError": "hubspot_batch_read_api.errors",
    "NotFoundError": "hubspot_batch_read_api.errors",
    "PermissionDeniedError": "hubspot_batch_read_api.errors",
    "RateLimitError": "hubspot_batch_read_api.errors",
    "ResponseTooLargeError": "hubspot_batch_read_api.errors",
    "ServerError": "hubspot_batch_read_api.errors",
    "Asset": "hubspot_batch_read_api.models",
    "AssetPage": "hubspot_batch_read_api.models",
    "AssociatedObject": "hubspot_batch_read_api.models",
    "AssociatedObjectV3": "hubspot_batch_read_api.models",
    "Association": "hubspot_batch_read_api.models",
    "AssociationCategory": "hubspot_batch_read_api.models",
    "AssociationType": "hubspot_batch_read_api.models",
    "AssociationV3": "hubspot_batch_read_api.models",
    "BatchError": "hubspot_batch_read_api.models",
    "BusinessUnit": "hubspot_batch_read_api.models",
    "Campaign": "hubspot_batch_read_api.models",
    "ErrorDetail": "hubspot_batch_read_api.models",
    "NextPage": "hubspot_batch_read_api.models",
    "ObjectId": "hubspot_batch_read_api.models",
    "Paging": "hubspot_batch_read_api.models",
    "PreviousPage": "hubspot_batch_read_api.models",
    "WorkflowIdMapping": "hubspot_batch_read_api.models",
}

if not TYPE_CHECKING:  # a type checker would accept every misspelt name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            value = import_module("importlib.metadata").version("hubspot-batch-read")
        elif module := _MODULES.get(name):
            value = getattr(import_module(module), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})
