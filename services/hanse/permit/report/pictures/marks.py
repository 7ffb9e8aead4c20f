# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Signs that pictures and page share: a shape of its own for each verdict, numbered badges, scale bar, north arrow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hanse.permit.report.pictures.svg import element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

# In a box of 24 by 24: outline, then the sign inside it.
SIGNS: Final[dict[str, tuple[str, str]]] = {
    "COMPLIANT": ("M12 2.5A9.5 9.5 0 1 1 11.99 2.5Z", "M7.5 12.4L10.7 15.6L16.6 9"),
    "NON_COMPLIANT": (
        "M8 2.5L16 2.5L21.5 8L21.5 16L16 21.5L8 21.5L2.5 16L2.5 8Z",
        "M8.4 8.4L15.6 15.6M15.6 8.4L8.4 15.6",
    ),
    "INSUFFICIENT_DATA": (
        "M12 1.8L22.2 12L12 22.2L1.8 12Z",
        "M9.6 9.9C9.6 6.8 14.4 6.8 14.4 9.8C14.4 11.8 12 11.7 12 13.6M12 16.4L12 16.5",
    ),
    "REVIEW_REQUIRED": ("M12 2.6L22 20.6L2 20.6Z", "M12 9L12 14M12 17.2L12 17.3"),
    "NOT_APPLICABLE": (
        "M5 3L19 3A2 2 0 0 1 21 5L21 19A2 2 0 0 1 19 21L5 21A2 2 0 0 1 3 19L3 5A2 2 0 0 1 5 3Z",
        "M8 12L16 12",
    ),
}
_CHARACTER: Final = 0.53  # mean width of a character, of its size


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a legend: its sample, drawn in a box of 26 by 16, and its words."""

    sample: Markup
    text: str


def sign(verdict: str, x: float, y: float, size: float) -> Markup:
    """Return the sign of a verdict, centred on a point."""
    outline, inner = SIGNS[verdict]
    scale = size / 24
    return element(
        "g",
        element("path", d=outline, class_="badge"),
        element("path", d=inner, class_="sign"),
        transform=f"translate({x - size / 2:.1f} {y - size / 2:.1f}) scale({scale:.3f})",
        class_=verdict,
    )


def badge(number: int, verdict: str | None, x: float, y: float) -> Markup:
    """Return a building's number on a disc, with the sign of its verdict beside it."""
    digits = str(number)
    half = max(9.5, text_width(digits, 12) / 2 + 5)
    parts = [
        element("rect", x=x - half, y=y - 9.5, width=half * 2, height=19, rx=9.5, class_="badge"),
        element("text", digits, x=x, y=y + 4.3, class_="bold mid small"),
    ]
    if verdict in SIGNS:
        parts.append(sign(verdict, x + half + 7, y - 6, 17))
    return element("g", *parts, class_=verdict or "NOT_APPLICABLE")


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is."""
    return len(text) * size * _CHARACTER


def round_length(metres: float) -> float:
    """Return the greatest of 1, 2, 5, 10, ... that is no longer than a length in metres."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= metres * (1 + 1e-9))


def scale_bar(x: float, y: float, metres: float, per_metre: float, text: str) -> Markup:
    """Return a scale bar of a length, its left end at a point."""
    width = metres * per_metre
    steps = 4
    return element(
        "g",
        element("rect", x=x, y=y - 5, width=width, height=5, class_="blank"),
        *[
            element("rect", x=x + width / steps * at, y=y - 5, width=width / steps, height=5, class_="ink")
            for at in range(0, steps, 2)
        ],
        element("rect", x=x, y=y - 5, width=width, height=5, class_="thin"),
        element("text", "0", x=x, y=y - 9, class_="small halo mid"),
        element("text", text, x=x + width, y=y - 9, class_="small halo mid"),
    )


def north_arrow(x: float, y: float, letter: str) -> Markup:
    """Return an arrow that points up, centred on a point."""
    return element(
        "g",
        element("circle", cx=x, cy=y, r=19, class_="blank", opacity="0.85"),
        element("path", d=f"M{x:.1f} {y - 9:.1f}L{x + 7:.1f} {y + 13:.1f}L{x:.1f} {y + 8:.1f}Z", class_="ink"),
        element("path", d=f"M{x:.1f} {y - 9:.1f}L{x - 7:.1f} {y + 13:.1f}L{x:.1f} {y + 8:.1f}Z", class_="thin"),
        element("text", letter, x=x, y=y - 23, class_="bold mid halo"),
    )


def legend(items: Sequence[Item], left: float, top: float, width: float) -> tuple[Markup, float]:
    """Return a legend that flows in rows of 22, and its height."""
    parts: list[Markup] = []
    x, y = left, top
    for item in items:
        wide = 34 + text_width(item.text, 13) + 14
        if x > left and x + wide > left + width:
            x, y = left, y + 22
        parts.append(element("g", item.sample, transform=f"translate({x:.1f} {y:.1f})"))
        parts.append(element("text", item.text, x=x + 34, y=y + 12.5))
        x += wide
    return element("g", *parts), y + 22 - top
