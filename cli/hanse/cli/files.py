# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Files that people name: what is in them is told in a sentence when it is not what it should be.

Files and folders to be written are looked at before anything is done whose result would then be lost.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from hanse.cli.output import CliError, Exit
from hanse.jose import JoseError, parse_object

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 16 * 1024 * 1024


def read_object(
    path: Path, what: str, remedy: str, *, reason: str = "FIELD_INVALID", max_bytes: int = MAX_BYTES
) -> dict[str, object]:
    """A JSON object from a file; `what` it should be and the `remedy` are told when it is something else.

    Raises:
        CliError: it is no JSON object, or larger than `max_bytes`.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise CliError(f"{path} is no {what}: it has {size} bytes, more than {max_bytes}", remedy, Exit.FAILED, reason)
    try:
        return dict(parse_object(path.read_bytes(), place=path.name, max_bytes=max_bytes))
    except JoseError as error:
        raise CliError(f"{path} is no {what}: {error}", remedy, Exit.FAILED, reason) from None


def read_text(path: Path, what: str, remedy: str) -> str:
    """A file's text without what surrounds it. Raises CliError when it is none, OSError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise CliError(f"{path} is no {what}: it is no UTF-8 text", remedy, Exit.FAILED, "FIELD_INVALID") from None


def will_write(path: Path) -> Path:
    """A file that is to be written later; looked at now, before anything is asked of a service.

    Raises:
        OSError: its folder is not there or cannot be written, or a folder stands in its place.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    parent = path.parent
    if not parent.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(parent))
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(parent))
    if not os.access(path if path.exists() else parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return path


def will_fill(folder: Path) -> Path:
    """A folder that is to be filled later: looked at now, made only then.

    Raises:
        OSError: it cannot be made, or something else stands in its place.
    """
    standing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not standing.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(standing))
    if not os.access(standing, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(standing))
    return folder
