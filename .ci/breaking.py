# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What this tree would break of the contracts that others rely on: refused where they are stable, told where drafts.

Compared are the wire (proto/, by buf) and the data (JSON Schemas, by `hanse.contracts.compatibility`) with the first
of these that there is:

1. `HANSE_BREAKING_BASE`, a commit, branch or tag;
2. where this branch left the remote's default branch (origin/HEAD or origin/main), when it has commits of its own;
3. the newest release tag (v*);
4. the commit before this one.

What counts is the status that a contract had there. Stable and deprecated contracts are held, and with them every
proto file that their manifests name, the shared types too; a deprecated one until its last day.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.contracts.compatibility import breaking, compare_contracts
from hanse.contracts.registry import open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.contracts import Contract

ROOT = Path(__file__).resolve().parent.parent
BUF = Path(sys.executable).parent / "buf"
CONTRACTS = "contracts/hanse/contracts"
COMPARED = (CONTRACTS, "proto", "buf.yaml")
BUF_FOUND = 100  # buf's exit code when it found breaking changes


def main(root: Path) -> int:
    """Prints what breaks; 1 when something stable does, 2 when there is nothing to compare with and should be."""
    try:
        reference = base(root)
        if reference is None:
            print("nothing earlier to compare with")
            return 0
        with tempfile.TemporaryDirectory() as folder:
            before = Path(folder)
            checkout(root, reference, before)
            blocking, told = compare(root, before)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    lines = [f"breaks stable: {line}" for line in blocking] + [f"breaks draft: {line}" for line in told]
    print(f"compared with {reference}:", *(lines or ["nothing breaks"]), sep="\n")
    return 1 if blocking else 0


def base(root: Path) -> str | None:
    """What to compare with. Raises LookupError when history that should be here is not."""
    if named := os.environ.get("HANSE_BREAKING_BASE"):
        if not git(root, "rev-parse", "--verify", "-q", f"{named}^{{commit}}"):
            raise LookupError(f"HANSE_BREAKING_BASE is {named}, which is no commit here: fetch it, or name another")
        return named
    head = git(root, "rev-parse", "HEAD")
    for upstream in ("origin/HEAD", "origin/main"):
        left = git(root, "merge-base", "HEAD", upstream)
        if left and left != head:
            return left
    for candidate in (git(root, "describe", "--tags", "--abbrev=0", "--match", "v*"), "HEAD~1"):
        if candidate and git(root, "rev-parse", "--verify", "-q", f"{candidate}^{{commit}}"):
            return candidate
    if git(root, "rev-parse", "--is-shallow-repository") == "true":
        raise LookupError("this clone is shallow, so what others rely on is not here: run git fetch --unshallow --tags")
    return None


def checkout(root: Path, reference: str, folder: Path) -> None:
    """Writes what is compared, as it was, into a folder."""
    there = [path for path in COMPARED if git(root, "rev-parse", "--verify", "-q", f"{reference}:{path}")]
    command = ["git", "archive", "--format=zip", reference, "--", *there]
    packed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout  # noqa: S603
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)


def compare(root: Path, before: Path) -> tuple[list[str], list[str]]:
    """What breaks something that is held, and what breaks drafts."""
    earlier, now = contracts(before), contracts(root)
    held = {key for key, contract in earlier.items() if is_held(contract)}
    files = {path for key in held for path in earlier[key].manifest["proto"]}
    blocking: list[str] = []
    told: list[str] = []
    for line in wire(root, before):
        (blocking if any(path in line for path in files) else told).append(line)
    for key, contract in earlier.items():
        (blocking if key in held else told).extend(data(contract, now.get(key)))
        if key in held and key in now:
            blocking += promises(contract, now[key])
    return blocking, told


def contracts(root: Path) -> dict[str, Contract]:
    """The contracts of a tree by name and major version."""
    found = [open_folder(path.parent) for path in sorted((root / CONTRACTS).glob("*/v*/contract.yaml"))]
    return {contract.key: contract for contract in found}


def is_held(contract: Contract) -> bool:
    """Whether others may rely on it today."""
    if contract.status == "deprecated":
        return date.fromisoformat(contract.manifest["deprecation"]["date"]) >= datetime.now(UTC).date()
    return contract.status == "stable"


def wire(root: Path, before: Path) -> list[str]:
    """What buf finds. Raises LookupError when it cannot look."""
    if not (before / "proto").is_dir():
        return []
    if not BUF.exists():
        raise LookupError(f"{BUF} is not there: run make gates, which installs it")
    for tree in (root, before):  # buf has one exit code for files that it cannot read and for what breaks
        if buf(tree, "build").returncode:
            raise LookupError(f"buf cannot read the protos of {tree}: run buf build there")
    result = buf(root, "breaking", "--against", str(before))
    if result.returncode not in (0, BUF_FOUND):
        raise LookupError(f"buf could not compare: {result.stderr}")
    return result.stdout.splitlines()


def buf(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs buf on a tree."""
    return subprocess.run([str(BUF), *words], cwd=tree, capture_output=True, text=True, check=False)  # noqa: S603


def data(old: Contract, new: Contract | None) -> Iterator[str]:
    """What a contract's schemas break."""
    if new is None:
        yield f"{old.key}: the contract is gone"
        return
    for change in breaking(compare_contracts(schemas(old), schemas(new))):
        yield f"{old.key}: {change}"


def promises(old: Contract, new: Contract) -> Iterator[str]:
    """What a held contract promises beyond its schemas."""
    if new.status == "draft":
        yield f"{old.key}: {old.status} until now, cannot become a draft again"
    if new.revision == old.revision and compare_contracts(schemas(old), schemas(new)):
        yield f"{old.key}: its schemas have changed, its revision is still {old.revision}"


def schemas(contract: Contract) -> dict[str, object]:
    """Schemas by name."""
    return {entry.name: contract.schema(entry.name) for entry in contract.schemas}


def git(root: Path, *words: str) -> str:
    """What git answers, or nothing."""
    command = ["git", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
