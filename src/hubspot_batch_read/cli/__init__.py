"""The command line: `hubspot-batch-read`, with the extra `cli`.

`inputs` reads the ids; `outputs` (`formats`, `parquet`) writes the records, `missing_file` the ids
without one. `run` reads, `execute` is a command as a whole, `app` has the commands.
"""

import sys


def main() -> None:
    """Run the command; exit with 2, and with what to install, if the extra is missing."""
    try:
        from hubspot_batch_read.cli.app import app  # noqa: PLC0415 - needs the extra

        app()
    except KeyboardInterrupt:  # before a command has begun
        sys.exit(3)
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.stderr.write('This command needs an extra: pip install "hubspot-batch-read[cli]"\n')
        sys.exit(2)
