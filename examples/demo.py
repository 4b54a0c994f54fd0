"""All four reads through the generated SDK, and one error.

Against a sandbox on this machine, which it starts and stops:

    make demo

Against HubSpot, with HUBSPOT_ACCESS_TOKEN set and ids of your portal:

    make demo ARGS="--live --contacts 101 102 --campaigns <GUID> --flows 7 8"
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from hubspot_batch_read.sandbox import Sandbox
from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_api.api.associations import read_associations, read_associations_v3
from hubspot_batch_read_api.api.campaigns import read_campaigns
from hubspot_batch_read_api.api.workflow_id_mappings import read_workflow_id_mappings
from hubspot_batch_read_api.errors import ApiError, HubSpotError
from hubspot_batch_read_api.models import (
    AssociationInput,
    AssociationRequest,
    AssociationV3Input,
    AssociationV3Request,
    CampaignInput,
    CampaignRequest,
    Envelope,
    FlowIdInput,
    WorkflowIdMappingRequest,
)

console = Console(highlight=False, markup=False, soft_wrap=True)


class Ids(NamedTuple):
    """What to read."""

    contacts: list[str]
    campaigns: list[str]
    flows: list[str]


def main() -> int:
    """Run the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="All four reads, and one error.")
    parser.add_argument("--live", action="store_true", help="read from HubSpot, not the sandbox")
    parser.add_argument("--contacts", nargs="*", default=["1"], metavar="ID")
    parser.add_argument("--campaigns", nargs="*", default=[], metavar="GUID")
    parser.add_argument("--flows", nargs="*", default=["1"], metavar="ID")
    arguments = parser.parse_args()
    if not arguments.live:
        with sandbox() as (client, ids):
            return demonstrate(client, ids)
    token = os.environ.get("HUBSPOT_ACCESS_TOKEN")
    if not token:
        console.print("--live needs the environment variable HUBSPOT_ACCESS_TOKEN.")
        return 2
    with AuthenticatedClient(token) as client:
        ids = Ids(arguments.contacts, arguments.campaigns, arguments.flows)
        return demonstrate(client, ids)


@contextmanager
def sandbox() -> Iterator[tuple[AuthenticatedClient, Ids]]:
    """Serve a portal for a while; gives a client for it and some of its ids."""
    with Sandbox(seed=7) as server, AuthenticatedClient(server.token, server.base_url) as client:
        portal = server.portal
        ids = Ids(
            contacts=[*portal.contact_ids[:5], "999"],
            campaigns=list(portal.campaign_ids[:2]),
            flows=[*portal.flow_ids[:3], "1"],
        )
        console.print(f"A sandbox stands in for HubSpot at {server.base_url}\n")
        yield client, ids
    console.print("The sandbox has stopped.")


def demonstrate(client: AuthenticatedClient, ids: Ids) -> int:
    """Show the reads one after the other; gives the exit code."""
    reads: list[Callable[[AuthenticatedClient, Ids], None]] = [
        show_associations,
        show_associations_v3,
        show_campaigns,
        show_workflow_id_mappings,
        show_an_error,
    ]
    failed = False
    for read in reads:
        try:
            read(client, ids)
        except (HubSpotError, httpx.RequestError) as error:
            failed = True
            console.print(f"{type(error).__name__}: {error}", style="red")
        console.print()
    return int(failed)


def show_associations(client: AuthenticatedClient, ids: Ids) -> None:
    """Associations: rows with labels and a cursor, and contacts that have none."""
    body = AssociationRequest(inputs=[AssociationInput(id=each) for each in ids.contacts])
    answer = read_associations.sync("contacts", "companies", client=client, body=body)
    rows = (
        (
            row.from_.id,
            few(
                f"{company.to_object_id} ({few(each.label or 'unlabelled' for each in kinds)})"
                for company in row.to
                if (kinds := company.association_types)
            ),
            "whole" if row.paging is None else "goes on: paging.next_.after",
        )
        for row in answer.results
    )
    show("read_associations: contacts to companies", ("contact", "companies", "the row is"), rows)
    show_account(answer, len(ids.contacts))


def show_associations_v3(client: AuthenticatedClient, ids: Ids) -> None:
    """Associations v3: the older form, cut at 100."""
    body = AssociationV3Request(inputs=[AssociationV3Input(id=each) for each in ids.contacts])
    answer = read_associations_v3.sync("contacts", "deals", client=client, body=body)
    rows = (
        (
            row.from_.id,
            few(f"{deal.id} ({deal.type_})" for deal in row.to),
            "whole" if row.paging is None else f"cut short at {len(row.to)}",
        )
        for row in answer.results
    )
    show("read_associations_v3: contacts to deals", ("contact", "deals", "the row is"), rows)
    show_account(answer, len(ids.contacts))


def show_campaigns(client: AuthenticatedClient, ids: Ids) -> None:
    """Campaigns: properties, assets and metrics."""
    if not ids.campaigns:
        console.print("read_campaigns: no --campaigns given, so there is nothing to read")
        return
    answer = read_campaigns.sync(
        client=client,
        body=CampaignRequest(inputs=[CampaignInput(id=each) for each in ids.campaigns]),
        start_date="2026-01-01",
        end_date="2026-03-31",
        properties=["hs_name"],
    )
    rows = (
        (
            campaign.id,
            (campaign.properties or {}).get("hs_name", ""),
            f"{campaign.created_at:%Y-%m-%d}" if campaign.created_at else "",
            few(f"{len(page.results)} {kind}" for kind, page in (campaign.assets or {}).items()),
        )
        for campaign in answer.results
    )
    show("read_campaigns", ("campaign", "hs_name", "created", "assets"), rows)
    show_account(answer, len(ids.campaigns))


def show_workflow_id_mappings(client: AuthenticatedClient, ids: Ids) -> None:
    """Workflow id mappings: two numbers a workflow."""
    body = WorkflowIdMappingRequest(inputs=[FlowIdInput(flow_id=each) for each in ids.flows])
    answer = read_workflow_id_mappings.sync(client=client, body=body)
    rows = ((str(row.flow_id), str(row.workflow_id)) for row in answer.results)
    show("read_workflow_id_mappings", ("flow id", "workflow id"), rows)
    show_account(answer, len(ids.flows))


def show_an_error(client: AuthenticatedClient, _: Ids) -> None:
    """Show what is raised when HubSpot refuses a request as a whole."""
    console.print("An error: companies to unicorns, which no portal has", style="bold")
    body = AssociationRequest(inputs=[AssociationInput(id="1")])
    try:
        read_associations.sync("companies", "unicorns", client=client, body=body)
    except ApiError as error:
        console.print(f"  {type(error).__name__}: {error}", style="red")
        for name in ("status_code", "category", "message", "correlation_id"):
            console.print(f"    {name:<16}{getattr(error, name)!r}")


def show(title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows as a table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def show_account(answer: Envelope, asked: int) -> None:
    """Print what HubSpot says of the inputs without a row."""
    console.print(f"  {asked} asked for, status {answer.status or 'not given'}")
    for error in answer.errors or []:
        console.print(f"  no row: {error.sub_category or error.category}: {error.context}")


def few(items: Iterable[str], most: int = 3) -> str:
    """Join the first items, and count the others."""
    known = list(items)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


if __name__ == "__main__":
    sys.exit(main())
