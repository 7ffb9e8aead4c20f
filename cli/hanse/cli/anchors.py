# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whom `hanse exchange verify` believes: anchors that were named, that a city has, or that this installation has.

A demo's anchor is installed under its keys' thumbprint, so that demos do not take each other's place, and marked as
such. Its private key is forgotten once it has signed, but the made-up cities' own keys lie beside the demo's proof:
a verdict that rests on it says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.cli.files import read_object
from hanse.cli.output import CliError, Exit
from hanse.jose import JoseError
from hanse.kernel.config import load
from hanse.kernel.trust import ANCHORS
from hanse.trust import Anchor

if TYPE_CHECKING:
    from collections.abc import Sequence

# Anchors that this installation of Hanse believes, whatever city.
INSTALLED = Path(os.environ.get("HANSE_ANCHORS", Path(sys.prefix) / "etc" / "hanse" / "anchors"))
_DEMO = "demo-"
_DEMOS_KEPT = 50
_NO_ANCHOR = "Give an anchor's public file: the anchor.json that `hanse trust anchor` wrote."


@dataclass(frozen=True, slots=True)
class Believed:
    """An anchor, the file it was read from, and whether it is a demo's."""

    anchor: Anchor
    path: Path
    is_demo: bool = False


def install_demo(public: Path) -> Path:
    """Makes a demo's anchor one that this installation believes, as a demo's; returns the file it now stands in."""
    anchor = Anchor.from_json(json.loads(public.read_bytes()))
    INSTALLED.mkdir(parents=True, exist_ok=True)
    target = INSTALLED / f"{_DEMO}{thumbprint(anchor)[:16]}.json"
    target.write_bytes(public.read_bytes())
    for old in sorted(INSTALLED.glob(f"{_DEMO}*.json"), key=lambda path: path.stat().st_mtime)[:-_DEMOS_KEPT]:
        old.unlink()
    return target


def thumbprint(anchor: Anchor) -> str:
    """SHA-256, in hex, over the thumbprints of all its keys (RFC 7638)."""
    return hashlib.sha256("\n".join(sorted(key.thumbprint for key in anchor.keys)).encode()).hexdigest()


def believed(named: Sequence[Path], city: Path, *, is_city_named: bool) -> list[Believed]:
    """The files named, else the anchors of the city named, else those of this installation and of the city here.

    Raises:
        CliError: there is none, or a file is no anchor's.
        ConfigError: the city cannot be read.
    """
    paths = list(named) or _paths(city, is_city_named=is_city_named)
    if not paths:
        raise CliError(
            "no anchor is installed", "Name one with --anchor FILE, or a city that has one with --city CITY.toml."
        )
    return [_read(path) for path in paths]


def _paths(city: Path, *, is_city_named: bool) -> list[Path]:
    own = sorted((load(city).trust / ANCHORS).glob("*.json")) if is_city_named or city.is_file() else []
    return own if is_city_named else [*own, *sorted(INSTALLED.glob("*.json"))]


def _read(path: Path) -> Believed:
    try:
        anchor = Anchor.from_json(read_object(path, "anchor's public file", _NO_ANCHOR))
    except JoseError as error:
        raise CliError(f"{path} is no anchor's public file: {error}", _NO_ANCHOR, Exit.FAILED) from None
    return Believed(anchor, path, path.parent == INSTALLED and path.name.startswith(_DEMO))
