# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Pages and pictures of a report, made in a worker process from what is stored with the check."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from hanse.kernel.errors import NotFoundError
from hanse.permit.report.html import report_html
from hanse.permit.report.pictures import plan_svg, view_svg
from hanse.permit.report.scene import from_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.kernel.workers import WorkerPool

_TIMEOUT_S = 60.0


class Form(StrEnum):
    """What a report can be made into."""

    HTML = "html"
    PLAN = "plan"
    VIEW = "view"


MEDIA_TYPES = {Form.HTML: "text/html; charset=utf-8", Form.PLAN: "image/svg+xml", Form.VIEW: "image/svg+xml"}


class WorkerRenderer:
    """Renders in a pool of processes. Fulfils the handlers' Renderer."""

    def __init__(self, workers: WorkerPool) -> None:
        self._workers = workers

    def render(
        self, report: bytes, scene: bytes, form: Form, language: str, labels: Mapping[str, str]
    ) -> tuple[str, bytes]:
        """Media type and bytes, with `labels` laid over the contract's own.

        Raises NotFoundError for a picture of a plan that has no place.
        """
        body = self._workers.run(_TIMEOUT_S, draw, report, scene, form, language, dict(labels))
        if not body:
            raise NotFoundError(
                "there is no picture: the model does not say where the plan stands",
                remedy="Ask for the page (FORMAT_HTML), which says what is missing.",
            )
        return MEDIA_TYPES[form], body


def draw(report: bytes, scene: bytes, form: Form, language: str, labels: Mapping[str, str]) -> bytes:
    """The page or picture; empty for a picture of a plan without a place. Runs in a worker."""
    document, held = json.loads(report), from_bytes(scene)
    if form is Form.HTML:
        return report_html(document, held, language, labels).encode()
    if held.plan is None or held.plan.footprint.is_empty:
        return b""
    picture = plan_svg if form is Form.PLAN else view_svg
    return picture(held, document, language, labels).encode()
