# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The page in a real browser: no violation that axe-core finds, reflow at 320 pixels, a keyboard's way through it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from test_report_page import EVIL, hostile
from test_report_sample import report, scene, silent_report

from hanse.permit.report.html import report_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a report as a file, as someone who was sent it would; what the console says is kept in `said`."""
    contexts = []

    def opened(made: dict[str, Any], language: str, scheme: str = "light", width: int = 1280, **options: Any) -> Any:
        file = tmp_path / f"{language}-{scheme}-{width}.html"
        file.write_text(report_html(made, options.pop("drawn", scene()), language), "utf-8")
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def violations(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page, options={"runOnly": TAGS, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("made", [report(), silent_report()], ids=["too-high", "silent"])
def test_axe_finds_nothing(show: Any, made: dict[str, Any], language: str, scheme: str) -> None:
    page = show(made, language, scheme)
    assert violations(page) == []
    assert page.said == []


def test_axe_finds_what_is_broken(show: Any) -> None:
    page = show(report(), "en")
    page.evaluate("document.documentElement.removeAttribute('lang'); document.querySelector('caption').remove()")
    assert any(one.startswith("html-has-lang") for one in violations(page))


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("made", [report(), hostile("x" * 3000), hostile(EVIL)], ids=["plain", "endless", "hostile"])
def test_page_reflows_at_320_pixels(show: Any, made: dict[str, Any], language: str) -> None:
    page = show(made, language, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    wide = """[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > 321
      && !one.closest('.scroll') && !one.closest('.command')).map(one => one.outerHTML.slice(0, 120))"""
    assert page.evaluate(wide) == []


FRAMES = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("width", [1100, 800])
def test_tables_fit_wider_windows(show: Any, language: str, width: int) -> None:
    # With ids as long as a twin gives them.
    made, drawn = json.dumps(report()), scene()
    long = {
        one.id: f"urn:hanse:{one.city}:building:01m8430wcz95xhq1rn7j3rcm{at:02}"
        for at, one in enumerate(drawn.neighbours)
    }
    for short, name in long.items():
        made = made.replace(short, name)
    drawn = replace(drawn, neighbours=tuple(replace(one, id=long[one.id]) for one in drawn.neighbours))
    page = show(json.loads(made), language, width=width, drawn=drawn)
    assert page.evaluate(f"{FRAMES}.length") == 0
    if width >= 1100:  # one line a building
        assert (
            max(page.evaluate("[...document.querySelectorAll('#figures ~ tbody tr')].map(one => one.offsetHeight)"))
            < 50
        )


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_scrolls_in_a_narrow_window_is_reached_by_keyboard_and_named(show: Any, language: str) -> None:
    page = show(report(), language, width=320)
    assert page.evaluate(f"{FRAMES}.length") > 3
    nameless = f"""{FRAMES}.filter(one => one.tabIndex !== 0 || one.getAttribute('role') !== 'region'
      || !(one.getAttribute('aria-label') || document.getElementById(one.getAttribute('aria-labelledby'))?.textContent)
    ).length"""
    assert page.evaluate(nameless) == 0


def test_hostile_text_runs_nothing_and_asks_for_nothing(show: Any) -> None:
    page = show(hostile(EVIL), "en", drawn=scene(title=EVIL))
    assert page.said == []
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_keyboard_reaches_everything_and_shows_where_it_is(show: Any, scheme: str) -> None:
    page = show(report(), "en", scheme)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    stops = page.evaluate("document.querySelectorAll('main a, main [tabindex=\"0\"]').length")
    for _ in range(stops):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2


def test_links_are_large_enough_to_hit(show: Any) -> None:
    page = show(report(), "en", width=320)
    small = page.evaluate("[...document.querySelectorAll('nav a')].filter(one => one.offsetHeight < 24).length")
    assert small == 0


def test_print_is_light_and_shows_whole_tables(show: Any) -> None:
    page = show(report(), "en", "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"


def test_pictures_show_without_the_page_too(browser: Any, tmp_path: Path) -> None:
    from hanse.permit.report.pictures import plan_svg

    file = tmp_path / "plan.svg"
    file.write_text(plan_svg(scene(), report(), "en"), "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    fill = "getComputedStyle(document.querySelector('path.plan')).fill"
    assert page.evaluate(fill) == "rgb(47, 156, 149)"
    page.close()
