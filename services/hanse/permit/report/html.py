# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The report as one page that needs nothing else: no script, no font, no request.

Written to WCAG 2.2 AA. Its content security policy admits nothing but the two style sheets that it carries, named by
their hashes; everything that others wrote goes through autoescaping.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from hanse.permit.report import cards
from hanse.permit.report.pictures import plan_svg, section_svg, view_svg
from hanse.permit.report.pictures.marks import SIGNS
from hanse.permit.report.pictures.theme import STYLE
from hanse.permit.report.wording import wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanse.permit.report.scene import Scene

_FOLDER: Final = resources.files("hanse.permit.report") / "templates"


class _Templates(BaseLoader):
    """Reads templates from beside this file, wherever the package lies."""

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 (the loader's contract)
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        found = _FOLDER / template
        if not found.is_file():
            raise TemplateNotFound(template)
        return found.read_text("utf-8"), None, None


_ENVIRONMENT: Final = Environment(
    loader=_Templates(),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def report_html(
    report: Mapping[str, Any], scene: Scene | None, language: str, labels: Mapping[str, str] | None = None
) -> str:
    """Return the page of a report: a document of permit/v1, valid against its contract.

    Without a scene the pictures are left out; with one that has no plan the page says that there is nothing to draw.
    `language` is "nl" or "en"; `labels` are laid over those of the contract.

    Raises:
        LanguageError: the language is neither.
    """
    words = wording(language, labels)
    css = (_FOLDER / "page.css").read_text("utf-8")
    rules = cards.rule_cards(words, report)
    lost, lost_note = cards.losses(words, report)
    drawn = scene if scene is not None and scene.plan is not None and not scene.plan.footprint.is_empty else None
    return _ENVIRONMENT.get_template("page.html.j2").render(
        words=words,
        label=words.label,
        language=language,
        report=report,
        policy=_policy(css, STYLE),
        css=Markup(css),  # noqa: S704 (a file of this package)
        signs=SIGNS,
        city=words.text(report["city"]["name"], 200),
        file=words.text(report["model"]["filename"], 200),
        software=words.text(f"{report['software']['name']} {report['software']['version']}", 100),
        sentence=cards.sentence(words, report, rules),
        tally=cards.tally(rules),
        steps=cards.steps(words, report, rules),
        rules=rules,
        sources=cards.source_cards(words, report),
        model_facts=cards.model_facts(words, report),
        issues=[words.said(issue) for issue in report["placement"]["issues"]],
        measures=cards.measures(words, report),
        zoning=[(words.said(one["title"], 200), words.text(one["id"])) for one in report["zoning"]],
        losses=lost,
        losses_note=lost_note,
        identifiers=cards.identifiers(words, report),
        nowhere=scene is not None and drawn is None,
        pictures=[] if drawn is None else _pictures(drawn, report, language, labels),
        standings=() if drawn is None else cards.standings(words, report, drawn),
        datum="" if drawn is None else words.text(drawn.vertical_datum, 60),
    )


def _pictures(
    scene: Scene, report: Mapping[str, Any], language: str, labels: Mapping[str, str] | None
) -> list[tuple[str, Markup]]:
    made = (("plan", plan_svg), ("view", view_svg), ("section", section_svg))
    # The writers of pictures escape what others wrote.
    return [(name, Markup(draw(scene, report, language, labels))) for name, draw in made]  # noqa: S704


def _policy(*sheets: str) -> str:
    """Return a content security policy that admits these style sheets and nothing else (CSP3 section 6.7.2)."""
    hashes = (base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() for sheet in sheets)
    styles = " ".join(f"'sha256-{one}'" for one in hashes)
    return f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'"
