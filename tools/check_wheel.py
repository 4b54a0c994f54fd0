"""Prove that what would be published can be installed, and works: `make check-wheel`.

Builds wheel and sdist; the sdist has to make the same wheel. Then installs them with pip and with
uv, without extras and with each of them, into new environments, and uses what is installed there
(`wheel_user.py`) with a sandbox that this environment serves. What passed is in `dist/`.

Exit 1: something failed; the output says what.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import Final, NamedTuple

from hubspot_batch_read.sandbox import Sandbox

ROOT: Final = Path(__file__).resolve().parent.parent
DIST: Final = ROOT / "dist"
USER: Final = Path(__file__).with_name("wheel_user.py")
INSTALLERS: Final = {
    "pip": [sys.executable, "-m", "pip", "--quiet", "--python={python}", "install"],
    "uv": [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python={python}"],
}


class Trial(NamedTuple):
    """An installation into an environment of its own."""

    installer: str
    archive: Path
    extra: str = ""

    def __str__(self) -> str:
        """Return what a user would type, more or less."""
        return f"{self.installer} install {self.requirement.rpartition('/')[2]}"

    @property
    def requirement(self) -> str:
        """What is installed, for pip and uv."""
        return f"{self.archive}[{self.extra}]" if self.extra else str(self.archive)


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Check the wheel and the sdist.")
    parser.add_argument("--python", default=sys.executable, help="of the new environments")
    python: str = parser.parse_args().python
    shutil.rmtree(DIST, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
            wheel, sdist = build(Path(folder))
            for number, trial in enumerate(trials(wheel, sdist)):
                started = time.monotonic()
                attempt(trial, Path(folder) / str(number), python, sandbox)
                print(f"ok: {trial} ({time.monotonic() - started:.0f} s)", flush=True)
            shutil.copytree(wheel.parent, DIST)
    except subprocess.CalledProcessError as error:
        print(f"failed: {error.cmd}\n{error.stdout}{error.stderr}", file=sys.stderr)
        return 1
    return 0


def build(folder: Path) -> tuple[Path, Path]:
    """Build both into the folder, and hold the wheel against the one that the sdist makes."""
    run([sys.executable, "-m", "hatchling", "build", "-d", folder / "dist"], ROOT)
    (wheel,) = folder.glob("dist/*.whl")
    (sdist,) = folder.glob("dist/*.tar.gz")
    wheel_from = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    run([*wheel_from, "--wheel-dir", folder / "again", sdist])
    if (folder / "again" / wheel.name).read_bytes() != wheel.read_bytes():
        sys.exit("failed: the sdist makes another wheel than the repository")
    print(f"ok: {sdist.name} makes {wheel.name}")
    return wheel, sdist


def trials(wheel: Path, sdist: Path) -> list[Trial]:
    """Return what to install: from the sdist nothing but itself, since it makes the same wheel."""
    return [
        Trial(installer, archive, extra)
        for installer in INSTALLERS
        for archive, extras in ((wheel, ["", *extras_of(wheel)]), (sdist, [""]))
        for extra in extras
    ]


def extras_of(wheel: Path) -> list[str]:
    """Return the extras that a wheel has."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    return metadata.get_all("Provides-Extra", [])


def attempt(trial: Trial, folder: Path, python: str, sandbox: Sandbox) -> None:
    """Install, and use what is installed."""
    run([python, "-m", "venv", "--without-pip", folder])
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    installed = str(programs / "python")
    installer = [part.format(python=installed) for part in INSTALLERS[trial.installer]]
    run([*installer, trial.requirement])
    contact = sandbox.portal.contact_ids[0]
    extras = [trial.extra] if trial.extra else []
    # -I: neither the folder it runs in nor that of the script can be imported from.
    user: list[str | Path] = [installed, "-I", "-W", "error", USER]
    run([*user, sandbox.base_url, sandbox.token, contact, *extras], folder)


def run(command: list[str | Path], folder: Path | None = None) -> None:
    """Run a command. Raises CalledProcessError, with what it printed, if it fails."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
