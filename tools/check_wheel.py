"""Check that the wheel and the sdist can be installed, and work: `make check-wheel`.

Builds both, and checks that the wheel built from the sdist is identical. Then installs them into
new environments, with pip and with uv, without extras and with each extra. There, `wheel_user.py`
uses the package with a sandbox that runs in this environment. If all of this works, both files are
put into `dist/`.

Exit code 1 if a step failed; the output names it.
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
    """An installation into a new environment."""

    installer: str
    archive: Path
    extra: str = ""

    def __str__(self) -> str:
        """Return roughly the command that a user would type."""
        return f"{self.installer} install {self.requirement.rpartition('/')[2]}"

    @property
    def requirement(self) -> str:
        """The requirement that pip or uv installs."""
        return f"{self.archive}[{self.extra}]" if self.extra else str(self.archive)


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Check the wheel and the sdist.")
    parser.add_argument("--python", default=sys.executable, help="for the new environments")
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
    """Build both into the folder, and compare the wheel with the one built from the sdist."""
    run([sys.executable, "-m", "hatchling", "build", "-d", folder / "dist"], ROOT)
    (wheel,) = folder.glob("dist/*.whl")
    (sdist,) = folder.glob("dist/*.tar.gz")
    wheel_from = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    run([*wheel_from, "--wheel-dir", folder / "again", sdist])
    if (folder / "again" / wheel.name).read_bytes() != wheel.read_bytes():
        sys.exit("failed: the sdist builds a different wheel than the repository")
    print(f"ok: {sdist.name} builds the same {wheel.name}")
    return wheel, sdist


def trials(wheel: Path, sdist: Path) -> list[Trial]:
    """Return the installations: the sdist only without extras, because it builds the same wheel."""
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
    """Install the package into a new environment, and use it there."""
    run([python, "-m", "venv", "--without-pip", folder])
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    installed = str(programs / "python")
    installer = [part.format(python=installed) for part in INSTALLERS[trial.installer]]
    run([*installer, trial.requirement])
    contact = sandbox.portal.contact_ids[0]
    extras = [trial.extra] if trial.extra else []
    # -I: nothing can be imported from the working folder or the script's folder.
    user: list[str | Path] = [installed, "-I", "-W", "error", USER]
    run([*user, sandbox.base_url, sandbox.token, contact, *extras], folder)


def run(command: list[str | Path], folder: Path | None = None) -> None:
    """Run a command. Raises CalledProcessError, with its output, if it fails."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
