"""Write the generated SDK, or check that it is up to date.

    tools/generate.py           write generated/hubspot_batch_read_api
    tools/generate.py --check   generate into another folder, print the differences, exit 1 if any

Exit code 2 if nothing could be generated; the files in the tree are not changed.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "generated" / "hubspot_batch_read_api"


class GenerateError(Exception):
    """The generator cannot run, or reported a problem."""


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Write the generated SDK.")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if there are differences"
    )
    check: bool = parser.parse_args().check
    try:
        check_tools()
        with tempfile.TemporaryDirectory() as folder:
            fresh = generate(Path(folder) / PACKAGE.name)
            if check:
                return report(list(differences(PACKAGE, fresh)))
            replace(PACKAGE, fresh)
    except GenerateError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {PACKAGE.relative_to(ROOT)}")
    return 0


def check_tools() -> None:
    """Check the versions of generator and ruff, because others generate different code."""
    requirements = (ROOT / "requirements-dev.in").read_text()
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", requirements, re.MULTILINE))
    ruff = shutil.which("ruff")
    if ruff is None:
        raise GenerateError("ruff is not on PATH; run `make generate`, which uses the pinned one")
    found = {
        "openapi-python-client": version("openapi-python-client"),
        "ruff": subprocess.run(
            [ruff, "--version"], check=True, capture_output=True, text=True
        ).stdout.split()[-1],
    }
    for name, version_found in found.items():
        if version_found != pins.get(name):
            raise GenerateError(f"{name} {pins.get(name)} is pinned, but this is {version_found}")


def generate(target: Path) -> Path:
    """Run the generator; any warning is a failure, because it means that a part is missing."""
    command = [sys.executable, "-m", "openapi_python_client", *arguments(ROOT, target)]
    # A plain traceback: a boxed one breaks the messages of templates into lines.
    environment = {**os.environ, "TYPER_STANDARD_TRACEBACK": "1"}
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if run.returncode:
        if unsupported := re.search(r"TemplateNotFound: (unsupported: .*)", run.stderr):
            raise GenerateError(unsupported[1])
        raise GenerateError(f"the generator failed\n{run.stdout}{run.stderr}")
    return target


def arguments(root: Path, target: Path) -> list[str]:
    """Return the generator's command line for a tree."""
    return [
        "generate",
        *("--path", f"{root / 'openapi' / 'hubspot-batch-read.yaml'}"),
        *("--custom-template-path", f"{root / 'openapi' / 'templates'}"),
        *("--config", f"{root / 'generator-config.yaml'}"),
        *("--output-path", f"{target}"),
        *("--meta", "none"),
        "--fail-on-warning",
    ]


def replace(package: Path, fresh: Path) -> None:
    """Replace the old package by the new one, so that no stale file remains."""
    beside = package.with_name(f"{package.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(fresh, beside)
    if package.is_symlink():
        package.unlink()
    elif package.exists():
        shutil.rmtree(package)
    beside.rename(package)


def differences(package: Path, fresh: Path) -> list[str]:
    """Return the changes to `package` as a unified diff, with stray and missing files."""
    before, after = files(package), files(fresh)
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        label = f"{PACKAGE.relative_to(ROOT)}/{name}"
        if name not in after:
            lines.append(f"stray file: {label}")
        elif name not in before:
            lines.append(f"missing file: {label}")
        else:
            lines += difflib.unified_diff(
                text(before[name]),
                text(after[name]),
                f"{label} (in the tree)",
                f"{label} (generated)",
                lineterm="",
            )
    return lines


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, except for compiled Python files.

    The content of a link is its target, so it differs from every generated file.
    """
    return {
        path.relative_to(folder).as_posix(): (
            f"link to {path.readlink()}".encode() if path.is_symlink() else path.read_bytes()
        )
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and path.suffix != ".pyc"
    }


def text(content: bytes) -> list[str]:
    """Return the lines of a file; carriage returns and invalid UTF-8 are escaped."""
    return content.decode(errors="backslashreplace").replace("\r", "\\r").split("\n")


def report(lines: list[str]) -> int:
    """Print the differences; return the exit code."""
    if not lines:
        print("The generated SDK is up to date.")
        return 0
    print("\n".join(lines))
    print(
        "\nThe generated SDK does not match the spec and the templates. Do not edit it by hand; "
        "after a change to them, run `make generate`.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
