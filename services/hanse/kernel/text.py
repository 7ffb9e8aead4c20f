# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Texts that others wrote, made safe to show: nothing in them steers a terminal, forges a line or turns the writing.

Who writes an error message, a purpose or a file's name may write control characters into it, which begin a new line
of a log, colour or clear a terminal, or reverse the order in which the rest is shown.
"""

from __future__ import annotations

import unicodedata

# Controls, formats (bidirectional ones among them), lone surrogates, line and paragraph separators.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def steers(text: str) -> bool:
    """Whether a text holds a character that does something instead of showing something."""
    # str.isprintable also minds unassigned and private characters and unusual spaces: it only says when to look.
    return not text.isprintable() and any(unicodedata.category(char) in _STEERING for char in text)


def escape(text: str) -> str:
    r"""The text with each such character spelt out, e.g. `\n` or `\u202e`."""
    if not steers(text):
        return text
    return "".join(_spelt(char) if unicodedata.category(char) in _STEERING else char for char in text)


def _spelt(char: str) -> str:
    return ascii(char)[1:-1]
