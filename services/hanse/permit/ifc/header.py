# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Is this file an IFC model that can be read? Decided from its first and last bytes, before anything opens it.

STEP physical file (ISO 10303-21): `ISO-10303-21;`, HEADER with FILE_SCHEMA, DATA, `END-ISO-10303-21;`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 4 * 1024
_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*ISO-10303-21\s*;")
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([A-Za-z0-9_ .{}-]{1,64})'", re.IGNORECASE)
_END = re.compile(rb"END-ISO-10303-21\s*;\s*\Z")
# Families that IfcOpenShell reads and this service is tested on; suffixes (ADD2, TC1) are revisions of the same.
_FAMILIES = (("IFC4X3", "IFC4X3"), ("IFC4", "IFC4"), ("IFC2X3", "IFC2X3"))


class ModelError(ValueError):
    """A model that cannot be read: a sentence, and a remedy for the person who made the file."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy

    def __reduce__(self) -> tuple[type[ModelError], tuple[str, str]]:
        """Both parts survive the way back from a worker process."""
        return type(self), (self.message, self.remedy)


@dataclass(frozen=True, slots=True)
class Header:
    """What the header tells: FILE_SCHEMA as written ("IFC4X3_ADD2") and its family ("IFC4X3")."""

    schema: str
    family: str


def check_file(path: Path) -> Header:
    """The header of an IFC file. Raises ModelError: empty, no IFC, cut off, or of a schema not supported."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read(_TAIL_BYTES)
    return check_bytes(head, tail)


def check_bytes(head: bytes, tail: bytes) -> Header:
    """As `check_file`, from the file's first and last bytes."""
    if not head.strip():
        raise ModelError("the file is empty", "Export the model again and upload the file that results.")
    plain = _COMMENT.sub(b"", head)
    if not _START.match(plain):
        raise ModelError(
            f"the file is no IFC model: it does not begin with ISO-10303-21{_guess(head)}",
            "Upload an IFC file in STEP form (.ifc), schema IFC4, IFC4X3 or IFC2X3.",
        )
    match = _SCHEMA.search(plain)
    if match is None:
        raise ModelError(
            "the file's header names no FILE_SCHEMA",
            "Export the model again as IFC4, IFC4X3 or IFC2X3; the header must say which.",
        )
    schema = match[1].decode("ascii").strip().upper()
    family = next((family for start, family in _FAMILIES if _is_of(schema, start)), "")
    if not family:
        raise ModelError(
            f"the model's schema is {schema}, which is not supported",
            "Export the model as IFC4, IFC4X3 or IFC2X3.",
        )
    if not _END.search(tail):
        raise ModelError(
            "the file is cut off: it does not end with END-ISO-10303-21",
            "Upload the file again, whole; if it stays so, export the model again.",
        )
    return Header(schema, family)


def _is_of(schema: str, family: str) -> bool:
    """IFC4 and IFC4_ADD2 are of family IFC4, IFC4X1 is not: it was a draft that nothing reads."""
    return schema == family or schema.startswith(f"{family}_")


def _guess(head: bytes) -> str:
    """A word on what the file seems to be, since the commonest mistake is the wrong file."""
    if head.startswith(b"PK\x03\x04"):
        return " (it looks like a zip archive; unpack an .ifczip first)"
    if head.lstrip().startswith(b"<"):
        return " (it looks like XML; ifcXML is not supported)"
    if head.lstrip().startswith(b"{"):
        return " (it looks like JSON)"
    return ""
