# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How often a process looks for objects that hold each other in a circle."""

from __future__ import annotations

import gc
from typing import Final

SELDOM: Final = 50_000


def seldom() -> None:
    """Has the interpreter look once in 50,000 new containers, and no more at what was imported.

    Documents are trees, freed when the last reference goes. The default of 700 is for programs that make few objects:
    reading a batch of entities passes it hundreds of times, each time for nothing.
    """
    gc.freeze()
    gc.set_threshold(SELDOM)
