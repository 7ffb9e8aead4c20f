# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Writes the lock files: `python requirements/compile.py [--upgrade]`.

One lock holds everything (`all`); the others are cut from it as constraints, so that a service alone, the demo and
the tests run the very same versions. Locks carry names, versions and hashes for Python 3.11 to 3.13, and no addresses.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SERVICES = ("gateway", "identity", "permit", "translation", "twin")
UV = Path(sys.executable).parent / "uv"
COMMON = [
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
]


def compile_lock(name: str, arguments: list[str]) -> None:
    """One lock from pyproject.toml, held to the versions of `all`."""
    lock = HERE / f"{name}.lock"
    held = [] if name == "all" else ["--constraints", str(HERE / "all.lock")]
    command = [
        str(UV),
        "pip",
        "compile",
        "pyproject.toml",
        *COMMON,
        *held,
        *arguments,
        "-o",
        str(lock.relative_to(ROOT)),
    ]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command line


def main() -> None:
    """All the locks; `--upgrade` takes the newest versions first."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv else []
    stores = ["--extra", "history", "--extra", "postgres"]
    everything = [
        "--extra",
        "demo",
        "--extra",
        "contracts",
        *stores,
        "--group",
        "test",
        "--group",
        "lint",
        "--group",
        "build",
    ]
    compile_lock("all", [*everything, *upgrade])
    build = ["--group", "build"]
    compile_lock("demo", ["--extra", "demo", *build])
    compile_lock("test", ["--extra", "demo", "--extra", "contracts", *stores, "--group", "test", *build])
    for service in SERVICES:
        compile_lock(service, ["--extra", service, *(stores if service == "twin" else []), *build])
    compile_lock("nats", ["--extra", "nats", *build])


if __name__ == "__main__":
    main()
