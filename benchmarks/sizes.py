"""Measures the sizes of the packages: our wheel, and the installed ones."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from contenders import API_CLIENT, OURS, ROOT, SDK


def measure() -> dict[str, Any]:
    """Return the bytes of our wheel, and of each installed package without its dependencies."""
    wheel, unpacked = our_wheel()
    return {
        OURS: {"wheel": wheel, "installed": unpacked},
        **{name: installed(name) for name in (API_CLIENT, SDK)},
    }


def our_wheel() -> tuple[int, int]:
    """Build our wheel; return its size, and that of its files."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
        subprocess.run([*command, "--directory", folder], cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return wheel.stat().st_size, sum(each.file_size for each in archive.infolist())


def installed(name: str) -> dict[str, Any]:
    """Return the size of a distribution's files, without the bytecode that pip compiled."""
    try:
        paths = files(name) or []
    except PackageNotFoundError:
        return {"failure": "not installed"}
    return {"installed": sum(path.size or 0 for path in paths if path.suffix != ".pyc")}
