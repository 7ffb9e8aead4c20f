# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A started process does not outlive the one that started it, however that one ends (Linux; elsewhere no effect)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SUPERVISOR = "HANSE_SUPERVISOR"  # process id of whoever started this process and wants it to end along
_PR_SET_PDEATHSIG = 1


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Asks the kernel to send this process a signal when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number))


def follow_supervisor() -> None:
    """Ends with the supervisor that the environment names, if it is this process's parent."""
    supervisor = os.environ.get(SUPERVISOR, "")
    if supervisor == str(os.getppid()):
        end_with_parent()
        if os.getppid() != int(supervisor):  # it ended in between
            sys.exit(1)
