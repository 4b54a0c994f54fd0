"""Run `make drift` on files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import drift
import pytest

from .published_spec import OURS

SILENT: Final = "No differences. Compared: "


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Run the command line; return the exit code, standard output and standard error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["drift.py", *map(str, arguments)])
        # No document describes another operation.
        patch.setattr(drift, "spec", lambda: OURS)
        try:
            code = drift.main()
        except SystemExit as end:
            code = int(end.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def write(path: Path, content: Any) -> Path:
    """Write text, or anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def write_all(folder: Path, contents: dict[str, Any]) -> Path:
    """Write documents, each into its own folder."""
    for name, content in contents.items():
        write(folder / name / "openapi.json", content)
    return folder
