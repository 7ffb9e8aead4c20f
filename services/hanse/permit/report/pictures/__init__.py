# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The pictures of a report: plan view, oblique view and heights compared, each one accessible SVG document."""

from __future__ import annotations

from hanse.permit.report.pictures.plan import plan_svg
from hanse.permit.report.pictures.section import section_svg
from hanse.permit.report.pictures.view import view_svg

__all__ = ["plan_svg", "section_svg", "view_svg"]
