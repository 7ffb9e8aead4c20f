# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What `hanse contracts validate` reads: files, folders and lines, each with the place to report it under."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hanse.contracts.parsing import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STDIN = "-"
LINES = (".jsonl", ".ndjson")
_SUFFIXES = (".json", *LINES)
_LEFT_OUT = (".schema.json", ".expect.json")
_MAJOR = re.compile(r"v[1-9][0-9]{0,3}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or stdin when `path` is None; `label` is what it is called in reports."""

    label: str
    path: Path | None
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One JSON text: where it stands (`file`, or `file:line`), its bytes, the contract that its folder names."""

    place: str
    data: bytes
    contract: str | None


def find(paths: Iterable[str]) -> tuple[list[Source], list[str]]:
    """The sources that paths name, folders searched, and the paths that are not there."""
    sources: list[Source] = []
    missing: list[str] = []
    for name in paths:
        path = Path(name)
        if name == STDIN:
            sources.append(Source("stdin", None))
        elif path.is_dir():
            sources += [Source(str(each), each, _contract_of(each)) for each in sorted(_documents(path))]
        elif path.exists():
            sources.append(Source(name, path, _contract_of(path)))
        else:
            missing.append(name)
    return sources, missing


def items(source: Source) -> Iterator[Item]:
    """The JSON texts of a source, one in memory at a time. Raises OSError when it cannot be read."""
    if source.path is None:
        yield from _lines(sys.stdin.buffer, source)
        return
    with source.path.open("rb") as file:
        if source.path.name.endswith(LINES):
            yield from _lines(file, source)
        else:
            # One byte over the limit is enough for the parser to refuse it.
            yield Item(source.label, file.read(DEFAULT_LIMITS.max_bytes + 1), source.contract)


def _lines(file: BinaryIO, source: Source) -> Iterator[Item]:
    number = 0
    while line := file.readline(DEFAULT_LIMITS.max_bytes + 1):
        number += 1
        if line.strip():
            yield Item(f"{source.label}:{number}", line, source.contract)
        while not line.endswith(b"\n") and len(line) > DEFAULT_LIMITS.max_bytes:
            line = file.readline(DEFAULT_LIMITS.max_bytes + 1)  # the rest of a line that is refused


def _documents(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.name.endswith(_SUFFIXES) and not path.name.endswith(_LEFT_OUT) and path.is_file():
            yield path


def _contract_of(path: Path) -> str | None:
    """The contract whose folder `<name>/v<major>` the file lies in, nearest first."""
    parts = path.resolve().parent.parts
    for name, major in zip(reversed(parts[:-1]), reversed(parts[1:]), strict=True):
        if _MAJOR.fullmatch(major) and _NAME.fullmatch(name):
            return f"{name}/{major}"
    return None
