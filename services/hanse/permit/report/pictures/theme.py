# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Colours of the pictures, light and dark, as one style sheet that every picture carries.

The style element's text is always the same, so that a page can name it by its hash in its content security policy.
Meaning never rests on colour alone: the neighbour city is hatched, verdicts have icons and words.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from hanse.permit.report.pictures.svg import element

LEVELS: Final = 10  # steps of shading, 0 in shadow, 9 in full light

# Each material: (in shadow, in light) for light pages, then for dark ones.
_MATERIALS: Final[dict[str, tuple[str, str, str, str]]] = {
    "ow": ("#b9ac97", "#f3ece0", "#5b5346", "#a2967f"),  # own city: walls
    "or": ("#93654c", "#cf9f82", "#56392b", "#a1745a"),  # own city: roofs
    "nw": ("#93a3b8", "#e6ecf4", "#3d4a5c", "#8596ad"),  # neighbour city: walls
    "nr": ("#67809f", "#b4c6dc", "#33455d", "#6d86a6"),  # neighbour city: roofs
    "pw": ("#1c7a78", "#8fd9cf", "#0f5a58", "#5cc4b8"),  # plan: walls
    "pr": ("#0b5557", "#3fa39d", "#0b4648", "#2f938e"),  # plan: roofs
    "gw": ("#cfc6b4", "#e4dccb", "#2b2f33", "#3a3f45"),  # ground under buildings
}

_RULES: Final = """
.hx{font-family:Inter,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif;font-size:13px;
--paper:#f7f4ec;--land:#eee8da;--rim:#d9d0bd;--ink:#1d2a33;--soft:#4f5d66;--halo:#fffdf8;--own:#e2d5c0;--own-edge:#8c7b60;
--other:#c9d6e6;--other-edge:#4c678a;--hatch:#5d7aa0;--plan:#0f6f6c;--plan-fill:#2f9c95;--bad:#b3261e;--warn:#8a5300;--good:#1e6b3a;
--eye:#5b3f9e;--mute:#59636b;--zone:#a49878;--shade:#3b3424;
--frontier:#7a2e6b}
.hx text{fill:var(--ink)}
.hx .halo{paint-order:stroke;stroke:var(--halo);stroke-width:4px;stroke-linejoin:round}
.hx .soft{fill:var(--soft)}
.hx .small{font-size:11.5px}
.hx .bold{font-weight:650}
.hx .mid{text-anchor:middle}
.hx .end{text-anchor:end}
.hx .paper{fill:var(--paper)}
.hx .land{fill:var(--land)}
.hx .rim{fill:var(--rim)}
.hx .own{fill:var(--own);stroke:var(--own-edge);stroke-width:.8}
.hx .other{fill:var(--other);stroke:var(--other-edge);stroke-width:.8}
.hx .hatch{stroke:var(--hatch);stroke-width:1.1;fill:none}
.hx .plan{fill:var(--plan-fill);stroke:var(--plan);stroke-width:2}
.hx .through{fill:none;stroke:var(--plan);stroke-width:1.4;stroke-dasharray:3 3}
.hx .unsure{fill-opacity:.35;stroke-dasharray:4 3}
.hx .plane{fill:none;stroke:var(--plan);stroke-width:1.6;stroke-dasharray:7 4}
.hx .zone{fill:none;stroke:var(--zone);stroke-width:1.2;stroke-dasharray:1.5 3.5;stroke-linecap:round}
.hx .border{fill:none;stroke:var(--frontier);stroke-width:2.2;stroke-dasharray:14 5 3 5}
.hx .border-band{fill:none;stroke:var(--frontier);stroke-width:9;opacity:.16;stroke-linejoin:round}
.hx .city-name{fill:var(--frontier);font-weight:600;text-transform:uppercase;text-anchor:middle}
.hx .spaced{font-size:12px;letter-spacing:.14em}
.hx .board{font-size:18px;letter-spacing:.14em;paint-order:stroke;stroke:var(--land);stroke-width:3px}
.hx .shadow{fill:var(--shade);opacity:.13}
.hx .rule{stroke:var(--ink);stroke-width:1.2;fill:none}
.hx .thin{stroke:var(--soft);stroke-width:.8;fill:none}
.hx .ink{fill:var(--ink)}
.hx .blank{fill:var(--halo)}
.hx .grid{stroke:var(--zone);stroke-width:.7;opacity:.55;fill:none}
.hx .limit{stroke:var(--v);stroke-width:1.8;stroke-dasharray:9 4;fill:none}
.hx .plan-height{--v:var(--plan)}
.hx .NON_COMPLIANT{--v:var(--bad)}
.hx .INSUFFICIENT_DATA{--v:var(--warn)}
.hx .COMPLIANT{--v:var(--good)}
.hx .REVIEW_REQUIRED{--v:var(--eye)}
.hx .NOT_APPLICABLE{--v:var(--mute)}
.hx .mark{stroke:var(--v);stroke-width:2.4;fill:none;stroke-linejoin:round}
.hx .measure{stroke:var(--v);stroke-width:1.6;fill:none}
.hx .badge{fill:var(--halo);stroke:var(--v);stroke-width:1.6}
.hx .sign{fill:none;stroke:var(--v);stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}
.hx text.said{fill:var(--v);font-weight:650}
.hx .f{stroke-width:.45;stroke-linejoin:round}
.hx .lit{fill:url(#view-hatch);stroke:none;opacity:.55}
"""

_DARK: Final = """
.hx{--paper:#171c21;--land:#20272d;--rim:#0f1317;--ink:#e8edf0;--soft:#a9b5bd;--halo:#12171b;--own:#5b5244;--own-edge:#b09f82;
--other:#34465c;--other-edge:#8aa6cb;--hatch:#7d9ac2;--plan:#6fd6cb;--plan-fill:#1d7f79;--bad:#ff9b90;--warn:#f3bf62;--good:#7fd69c;
--eye:#c3aefc;--mute:#aab4bb;--zone:#8b8267;--shade:#000;--frontier:#e59ad4}
.hx .shadow{opacity:.35}
"""


def style() -> Markup:
    """Return the style element that every picture begins with."""
    return element("style", Markup(STYLE))  # noqa: S704 (constant text of this module)


def shade_class(material: str, light: float) -> str:
    """Return the class of a material lit between 0 and 1."""
    return f"f {material}{min(LEVELS - 1, max(0, int(light * LEVELS)))}"


def _mixed(low: str, high: str, share: float) -> str:
    pairs = ((int(low[at : at + 2], 16), int(high[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _materials(first: int) -> str:
    rules = []
    for name, colours in _MATERIALS.items():
        low, high = colours[first : first + 2]
        edge = _mixed(low, "#000000" if first == 0 else "#ffffff", 0.28)
        for level in range(LEVELS):
            fill = _mixed(low, high, level / (LEVELS - 1))
            rules.append(f".hx .{name}{level}{{fill:{fill};stroke:{_mixed(fill, edge, 0.55)}}}")
    return "\n".join(rules)


STYLE: Final = (
    _RULES + _materials(0) + "\n@media screen and (prefers-color-scheme:dark){" + _DARK + _materials(2) + "}\n"
)
