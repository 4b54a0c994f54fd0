"""`AsyncHubSpot`: the four reads, async."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable
from typing import Any, Self

from hubspot_batch_read import reading
from hubspot_batch_read.account import ClosedError, OnProgress
from hubspot_batch_read.async_batch import AsyncBatch, AsyncRun
from hubspot_batch_read.chunk import Request
from hubspot_batch_read.connection import Connection
from hubspot_batch_read.ids import Id
from hubspot_batch_read.operations import Answer, RowT
from hubspot_batch_read.reading import OnError, Reading
from hubspot_batch_read_api.models import (
    Association,
    AssociationV3,
    Campaign,
    WorkflowIdMapping,
)


class AsyncHubSpot(Connection[AsyncRun[Any]]):
    """The asynchronous version of `HubSpot`, for asyncio.

        async with AsyncHubSpot() as hubspot:
            async for contact in hubspot.read_associations("contacts", "companies", contact_ids):
                print(contact.from_.id, [company.to_object_id for company in contact.to])

    A callable for the access token may be a coroutine function. The connections belong to an event
    loop: several loops can share it, and each of them has to call `aclose` itself.
    """

    def read_associations(
        self,
        from_type: str,
        to_type: str,
        ids: Iterable[Id],
        *,
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> AsyncBatch[Association]:
        """Like `HubSpot.read_associations`."""
        read = reading.associations(from_type, to_type, ids, unique=unique_ids)
        return self._batch(read, on_error, on_progress)

    def read_associations_v3(
        self,
        from_type: str,
        to_type: str,
        ids: Iterable[Id],
        *,
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> AsyncBatch[AssociationV3]:
        """Like `HubSpot.read_associations_v3`."""
        read = reading.associations_v3(from_type, to_type, ids, unique=unique_ids)
        return self._batch(read, on_error, on_progress)

    def read_campaigns(
        self,
        ids: Iterable[Id],
        *,
        properties: Iterable[str] | None = None,
        start_date: datetime.date | str | None = None,
        end_date: datetime.date | str | None = None,
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> AsyncBatch[Campaign]:
        """Like `HubSpot.read_campaigns`."""
        read = reading.campaigns(
            ids,
            properties=properties,
            start_date=start_date,
            end_date=end_date,
            unique=unique_ids,
        )
        return self._batch(read, on_error, on_progress)

    def read_workflow_id_mappings(
        self,
        *,
        flow_ids: Iterable[Id] = (),
        workflow_ids: Iterable[Id] = (),
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> AsyncBatch[WorkflowIdMapping]:
        """Like `HubSpot.read_workflow_id_mappings`."""
        read = reading.workflow_id_mappings(flow_ids, workflow_ids, unique=unique_ids)
        return self._batch(read, on_error, on_progress)

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and end the reads in progress in it.

        Later reads open new connections. Loops over batches raise ClosedError; another loop over
        the same batch continues.
        """
        runs = self._runs_of_this_loop()
        for run in runs:
            run.stop(ClosedError())
        await self._client.aclose()
        for run in runs:
            await run.end()

    def _runs_of_this_loop(self) -> list[AsyncRun[Any]]:
        with self._runs_lock:
            runs = [*self._runs]
        if not runs:
            return []
        loop = asyncio.get_running_loop()
        return [run for run in runs if run.loop is loop]

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close the connections."""
        await self.aclose()

    def _batch(
        self, read: Reading[RowT], on_error: OnError, on_progress: OnProgress | None
    ) -> AsyncBatch[RowT]:
        async def send(request: Request[RowT]) -> Answer[RowT]:
            call = self._call(request.operation.endpoint.asyncio_detailed, read, request)
            return await self._sender.asend(call)

        return AsyncBatch(
            read.plan(window=self._max_concurrency, on_error=on_error),
            send,
            on_progress=on_progress,
            register=self._register,
        )
