# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a person types to run this very `hanse`, so that commands that are printed can be copied as they are."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def command(*words: str) -> str:
    """A command line of this `hanse` for the shell, from the folder that one is in."""
    return shlex.join([_program(), *words])


def _program() -> str:
    """`hanse` where PATH leads to this installation's; else the path to it, from here where it lies below."""
    own, here = Path(sys.executable).with_name("hanse"), Path.cwd()
    found = shutil.which("hanse")
    if not own.exists() or (found is not None and Path(found).samefile(own)):
        return "hanse"
    return str(own.relative_to(here) if own.is_relative_to(here) else own)
