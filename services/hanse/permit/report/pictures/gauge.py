# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A small bar that shows how a measured length lies to what is allowed; the numbers stand in words beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse.permit.report.pictures.svg import element

if TYPE_CHECKING:
    from markupsafe import Markup

_WIDTH, _HEIGHT, _THICK = 260.0, 26.0, 10.0
_ROOM: Final = 1.3  # how far the bar goes beyond the greater of both


def gauge(measured: float, allowed: float, verdict: str) -> Markup | None:
    """Return the bar, hidden from readers that cannot see it; None when both are nothing."""
    reach = max(measured, allowed) * _ROOM
    if reach <= 0 or min(measured, allowed) < 0:
        return None
    top = (_HEIGHT - _THICK) / 2
    limit = allowed / reach * _WIDTH
    length = max(measured / reach * _WIDTH, _THICK)
    tick = f"M{limit:.1f} {top - 5:.1f}V{top + _THICK + 5:.1f}"
    return element(
        "svg",
        element("rect", y=top, width=_WIDTH, height=_THICK, rx=_THICK / 2, class_="track"),
        element("rect", y=top, width=length, height=_THICK, rx=_THICK / 2, class_="bar"),
        element("path", d=tick, class_="tick"),
        viewBox=f"-2 0 {_WIDTH + 4:.0f} {_HEIGHT:.0f}",
        class_=f"gauge {verdict}",
        aria_hidden="true",
        focusable="false",
    )
