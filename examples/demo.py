"""All reads, with the account of the ids, and one error.

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
from typing import NamedTuple, TypeVar

import httpx
from rich.console import Console
from rich.table import Table

from hubspot_batch_read import ApiError, HubSpot, HubSpotError, Read
from hubspot_batch_read.sandbox import Sandbox
from hubspot_batch_read_api.types import Model

RecordT = TypeVar("RecordT", bound=Model)

console = Console(highlight=False, markup=False, soft_wrap=True)


class Ids(NamedTuple):
    """The ids to read."""

    contacts: list[str]
    campaigns: list[str]
    flows: list[str]


def main() -> int:
    """Run the command line, and return the exit code."""
    parser = argparse.ArgumentParser(description="All reads, and one error.")
    parser.add_argument("--live", action="store_true", help="read from HubSpot, not the sandbox")
    parser.add_argument("--contacts", nargs="*", default=["1"], metavar="ID")
    parser.add_argument("--campaigns", nargs="*", default=[], metavar="GUID")
    parser.add_argument("--flows", nargs="*", default=["1"], metavar="ID")
    arguments = parser.parse_args()
    if not arguments.live:
        with sandbox() as (hubspot, ids):
            return demonstrate(hubspot, ids)
    token = os.environ.get("HUBSPOT_ACCESS_TOKEN")
    if not token:
        console.print("--live needs the environment variable HUBSPOT_ACCESS_TOKEN.")
        return 2
    with HubSpot(token) as hubspot:
        ids = Ids(arguments.contacts, arguments.campaigns, arguments.flows)
        return demonstrate(hubspot, ids)


@contextmanager
def sandbox() -> Iterator[tuple[HubSpot, Ids]]:
    """Serve a portal in this context; yield a client for it and some of its ids."""
    with Sandbox(seed=7) as server, HubSpot(server.token, base_url=server.base_url) as hubspot:
        portal = server.portal
        ids = Ids(
            contacts=[*portal.contact_ids[:5], "999"],
            campaigns=list(portal.campaign_ids[:2]),
            flows=[*portal.flow_ids[:3], "1"],
        )
        console.print(f"A sandbox stands in for HubSpot at {server.base_url}\n")
        yield hubspot, ids
    console.print("The sandbox has stopped.")


def demonstrate(hubspot: HubSpot, ids: Ids) -> int:
    """Show the reads one after the other, and return the exit code."""
    reads: list[Callable[[HubSpot, Ids], None]] = [
        show_associations,
        show_associations_v3,
        show_campaigns,
        show_workflow_id_mappings,
        show_an_error,
    ]
    failed = False
    for read in reads:
        try:
            read(hubspot, ids)
        except (HubSpotError, httpx.RequestError) as error:
            failed = True
            console.print(f"{type(error).__name__}: {error}", style="red")
        console.print()
    return int(failed)


def show_associations(hubspot: HubSpot, ids: Ids) -> None:
    """Associations: records with labels, all pages of each, and contacts without any."""
    contacts = hubspot.read_associations("contacts", "companies", ids.contacts)
    rows = [
        (
            contact.from_.id,
            str(len(contact.to)),
            few(
                f"{company.to_object_id} ({few(each.label or 'unlabelled' for each in kinds)})"
                for company in contact.to
                if (kinds := company.association_types)
            ),
        )
        for contact in contacts
    ]
    show("read_associations: contacts to companies", ("contact", "", "companies"), rows)
    show_account(contacts)


def show_associations_v3(hubspot: HubSpot, ids: Ids) -> None:
    """Associations v3: the older API, at most 100 of each."""
    contacts = hubspot.read_associations_v3("contacts", "deals", ids.contacts)
    rows = [
        (
            contact.from_.id,
            str(len(contact.to)),
            few(f"{deal.id} ({deal.type_})" for deal in contact.to),
        )
        for contact in contacts
    ]
    show("read_associations_v3: contacts to deals", ("contact", "", "deals"), rows)
    show_account(contacts)


def show_campaigns(hubspot: HubSpot, ids: Ids) -> None:
    """Campaigns: properties, assets and metrics."""
    campaigns = hubspot.read_campaigns(
        ids.campaigns, properties=["hs_name"], start_date="2026-01-01", end_date="2026-03-31"
    )
    rows = [
        (
            campaign.id,
            (campaign.properties or {}).get("hs_name", ""),
            f"{campaign.created_at:%Y-%m-%d}" if campaign.created_at else "",
            few(
                f"{len(page.results or ())} {kind}"
                for kind, page in (campaign.assets or {}).items()
            ),
        )
        for campaign in campaigns
    ]
    show("read_campaigns", ("campaign", "hs_name", "created", "assets"), rows)
    show_account(campaigns)


def show_workflow_id_mappings(hubspot: HubSpot, ids: Ids) -> None:
    """Workflow id mappings: two numbers per workflow."""
    workflows = hubspot.read_workflow_id_mappings(flow_ids=ids.flows)
    rows = [(str(workflow.flow_id), str(workflow.workflow_id)) for workflow in workflows]
    show("read_workflow_id_mappings", ("flow id", "workflow id"), rows)
    show_account(workflows)


def show_an_error(hubspot: HubSpot, _: Ids) -> None:
    """Show the exception if HubSpot refuses a request as a whole."""
    console.print("An error: companies to unicorns, which no portal has", style="bold")
    companies = hubspot.read_associations("companies", "unicorns", ["1"])
    try:
        companies.all()
    except ApiError as error:
        console.print(f"  {type(error).__name__}: {error}", style="red")
        for name in ("status_code", "category", "message", "correlation_id"):
            console.print(f"    {name:<16}{getattr(error, name)!r}")
    console.print(f"  unread: {few(companies.unread())}")


def show(title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows as a table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def show_account(read: Read[RecordT]) -> None:
    """Print why ids have no record, and which records were cut short."""
    console.print(f"  {read.summary}")
    nothing = [each.id for each in read.missing if each.reason == "without_associations"]
    if nothing:
        console.print(f"  without associations: {few(nothing)}")
    for each in read.missing:
        if each.reason == "error":
            console.print(f"  {each.id}: {each.sub_category or each.category}, {each.message}")
    for cut in read.truncated:
        console.print(f"  {cut.id} is cut short: {cut.remedy}")


def few(items: Iterable[str], most: int = 3) -> str:
    """Join the first items, and add the number of the others."""
    known = list(items)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


if __name__ == "__main__":
    sys.exit(main())
