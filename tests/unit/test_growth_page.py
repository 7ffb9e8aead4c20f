# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The page on growth shows what was measured: picture and table are those of docs/growth.json."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def plot() -> Any:
    spec = importlib.util.spec_from_file_location("growth_plot", ROOT / "benchmarks/common/plot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def measured() -> Any:
    return json.loads((ROOT / "docs/growth.json").read_text(encoding="utf-8"))


def test_the_picture_is_of_the_numbers(plot: Any, measured: Any) -> None:
    assert (ROOT / "docs/growth.svg").read_text(encoding="utf-8") == plot.drawn(measured)


def test_the_picture_can_be_read_and_heard(plot: Any, measured: Any) -> None:
    """Axes have names and units, every value stands beside its point, and all of it in words."""
    picture = ET.fromstring(plot.drawn(measured))  # noqa: S314 - our own
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"milliseconds", "megabytes", "buildings (logarithmic)"} <= set(texts)
    for one in measured["sizes"]:
        assert f"{one['buildings']:,}" in texts
        assert f"{one['box_ms']:.2f} ms" in str(picture.findtext(f"{SVG}desc"))
    circles = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in picture.iter(f"{SVG}circle")]
    assert len(circles) == 2 * len(measured["sizes"])
    assert [x for x, _ in circles] == 2 * sorted({x for x, _ in circles})


def test_a_larger_value_stands_higher(plot: Any, measured: Any) -> None:
    sizes = [{**one, "box_ms": float(n), "box_ms_spread": [n, n]} for n, one in enumerate(measured["sizes"], 1)]
    picture = ET.fromstring(plot.drawn({**measured, "sizes": sizes}))  # noqa: S314
    heights = [float(c.attrib["cy"]) for c in picture.iter(f"{SVG}circle")][: len(sizes)]
    assert heights == sorted(heights, reverse=True)


def test_the_table_is_of_the_numbers(plot: Any, measured: Any) -> None:
    assert plot.table(measured) in (ROOT / "docs/growth.md").read_text(encoding="utf-8")
