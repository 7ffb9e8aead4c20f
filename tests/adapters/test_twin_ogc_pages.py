# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Pages of OGC API Features in a real browser: no violation that axe-core finds, and reflow at 320 pixels."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from ogc_world import Handlers, building

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATHS = (
    *("/", "/api", "/conformance", "/collections", "/collections/Building", "/collections/Building/queryables"),
    *("/collections/Building/items", "/collections/Building/items/urn:x:building:003"),
)


@pytest.fixture(scope="module")
def handlers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handlers]:
    made = Handlers.of(tmp_path_factory.mktemp("city"))
    made.put(building(number, 4.45, 51.91) for number in range(12))
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


def html(handlers: Handlers, path: str) -> str:
    return handlers.answer(path, {"f": "html"}).body.decode()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(handlers: Handlers, browser: Any, path: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 700}, offline=True)
    page = context.new_page()
    page.set_content(html(handlers, path))
    found = axe.run(page, options={"runOnly": TAGS}).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
