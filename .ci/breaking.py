# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Breaking changes of the wire since the default branch: reported for drafts, refused for stable contracts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BUF = Path(sys.executable).parent / "buf"


def stable_contracts() -> set[str]:
    """Names of the contracts whose manifest says `status: stable`."""
    manifests = (ROOT / "contracts/hanse/contracts").glob("*/v*/contract.yaml")
    loaded = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in manifests)
    return {manifest["name"] for manifest in loaded if manifest.get("status") == "stable"}


def base() -> str | None:
    """What to compare with: `HANSE_BREAKING_BASE`, the newest release tag, or the commit before this one."""
    tag = git("describe", "--tags", "--abbrev=0", "--match", "v*")
    for candidate in (os.environ.get("HANSE_BREAKING_BASE"), tag, "HEAD~1"):
        if candidate and git("rev-parse", "--verify", "-q", f"{candidate}:proto"):
            return candidate
    return None


def git(*words: str) -> str:
    """What git answers, or nothing."""
    command = ["git", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def main() -> int:
    """Compares the wire with its base; 1 when a stable contract breaks."""
    reference = base()
    if reference is None:
        print("no earlier proto to compare with")
        return 0
    against = f".git#ref={reference}"
    result = subprocess.run(  # noqa: S603 - our own tool
        [str(BUF), "breaking", "--against", against], cwd=ROOT, capture_output=True, text=True, check=False
    )
    stable = stable_contracts()
    lines = result.stdout.splitlines()
    blocking = [line for line in lines if any(f"/api/{name}/" in line for name in stable)]
    for line in lines:
        print("breaks stable:" if line in blocking else "breaks draft:", line)
    if result.returncode not in (0, 100):
        print(result.stderr, file=sys.stderr)
        return result.returncode
    return 1 if blocking else 0


if __name__ == "__main__":
    sys.exit(main())
