"""The commands of `hubspot-batch-read`."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated

import typer

from hubspot_batch_read import (
    Association,
    AssociationV3,
    Campaign,
    HubSpot,
    Read,
    WorkflowIdMapping,
)
from hubspot_batch_read.cli.execute import execute
from hubspot_batch_read.cli.faults import OK, WRONG_USE
from hubspot_batch_read.cli.options import Command, Options, with_options
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.driving.delivery import OnProgress

app = typer.Typer(
    epilog="The access token is taken from HUBSPOT_ACCESS_TOKEN, --token-file or --token-command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"hubspot-batch-read {version('hubspot-batch-read')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_tell_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Read any number of ids from HubSpot's batch-read endpoints."""


FromType = Annotated[
    str, typer.Argument(metavar="FROM", help="Type of the objects to read from, such as contacts.")
]
ToType = Annotated[
    str, typer.Argument(metavar="TO", help="Type of the associated objects, such as companies.")
]
Given = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID...", help="Ids; if omitted, read from --ids or standard input."),
]


class WorkflowKind(StrEnum):
    """The two kinds of ids that a workflow has."""

    FLOW = "flow"
    WORKFLOW = "workflow"


def _example(command: str) -> str:
    return f"Example: hubspot-batch-read {command}"


@app.command(cls=Command, epilog=_example("associations contacts companies 37295 37296"))
@with_options
def associations(
    from_type: FromType, to_type: ToType, given: Given = None, *, options: Options
) -> None:
    """Read all associations of objects (2026-03)."""

    def begin(hubspot: HubSpot, ids: Iterator[Id], on_progress: OnProgress) -> Read[Association]:
        return hubspot.read_associations(
            from_type, to_type, ids, on_error="collect", on_progress=on_progress
        )

    sys.exit(execute(given or [], options, begin))


@app.command(cls=Command, epilog=_example("associations-v3 deals companies 37295 --format csv"))
@with_options
def associations_v3(
    from_type: FromType, to_type: ToType, given: Given = None, *, options: Options
) -> None:
    """Read at most 100 associations of each object (v3)."""

    def begin(hubspot: HubSpot, ids: Iterator[Id], on_progress: OnProgress) -> Read[AssociationV3]:
        return hubspot.read_associations_v3(
            from_type, to_type, ids, on_error="collect", on_progress=on_progress
        )

    sys.exit(execute(given or [], options, begin))


@app.command(
    cls=Command,
    epilog=_example("campaigns 0e1cf94a-1b2c-4d3e-8f50-6a7b8c9d0e1f --properties hs_name"),
)
@with_options
def campaigns(
    given: Given = None,
    properties: Annotated[
        str, typer.Option(help="Properties to read, separated by commas.", show_default=False)
    ] = "",
    start_date: Annotated[
        str | None, typer.Option(help="First day of the assets' metrics.", metavar="YYYY-MM-DD")
    ] = None,
    end_date: Annotated[
        str | None, typer.Option(help="Last day of the assets' metrics.", metavar="YYYY-MM-DD")
    ] = None,
    *,
    options: Options,
) -> None:
    """Read campaigns, by their GUIDs."""
    names = [name.strip() for name in properties.split(",") if name.strip()]

    def begin(hubspot: HubSpot, ids: Iterator[Id], on_progress: OnProgress) -> Read[Campaign]:
        return hubspot.read_campaigns(
            ids,
            properties=names or None,
            start_date=start_date,
            end_date=end_date,
            on_error="collect",
            on_progress=on_progress,
        )

    sys.exit(execute(given or [], options, begin))


@app.command(cls=Command, epilog=_example("workflow-ids --by workflow 123456 123457"))
@with_options
def workflow_ids(
    given: Given = None,
    by: Annotated[
        WorkflowKind, typer.Option(help="Kind of the ids: flow ids (v4) or workflow ids (v3).")
    ] = WorkflowKind.FLOW,
    *,
    options: Options,
) -> None:
    """Read which flow id and workflow id belong together."""

    def begin(
        hubspot: HubSpot, ids: Iterator[Id], on_progress: OnProgress
    ) -> Read[WorkflowIdMapping]:
        is_flow = by is WorkflowKind.FLOW
        return hubspot.read_workflow_id_mappings(
            flow_ids=ids if is_flow else None,
            workflow_ids=None if is_flow else ids,
            on_error="collect",
            on_progress=on_progress,
        )

    sys.exit(execute(given or [], options, begin))


@app.command(cls=Command, epilog=_example("sandbox --port 8765"))
def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any free one.")] = 8765,
    contacts: Annotated[int, typer.Option(help="Number of contacts.", min=0)] = 3000,
    latency: Annotated[float, typer.Option(help="Delay of each response in seconds.", min=0)] = 0.0,
    seed: Annotated[int, typer.Option(help="Random seed for the portal.")] = 0,
) -> None:
    """Run a HubSpot sandbox on this machine, until Ctrl-C."""
    from hubspot_batch_read.sandbox import Portal  # noqa: PLC0415 - reads do not need it
    from hubspot_batch_read.sandbox.terminal import serve  # noqa: PLC0415 - reads do not need it

    sys.exit(WRONG_USE if serve(host, port, Portal(seed=seed, contacts=contacts), latency) else OK)
