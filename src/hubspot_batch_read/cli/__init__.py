"""The command line `hubspot-batch-read`, which needs the extra `cli`.

`app` has the commands, `execute` runs one from its options to its exit code, `inputs` reads the
ids, `run` reads the records into files, and `report` reports the result.
"""

import sys

INTERRUPTED = 130
"""The exit code of Typer after a KeyboardInterrupt that the command did not handle."""


def main() -> None:
    """Run the command; if the extra is missing, say what to install, and exit with 2."""
    try:
        from hubspot_batch_read.cli.app import app  # noqa: PLC0415 - needs the extra

        app()
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        sys.stderr.write("Error: interrupted before the command started.\n")
        sys.exit(3)
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.stderr.write('This command needs an extra: pip install "hubspot-batch-read[cli]"\n')
        sys.exit(2)
