# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityGML 1.0, 2.0 and 3.0 buildings, read as a stream of the features that ``hanse.cityjson`` holds.

Chosen over libraries: those on PyPI read 2.0 only, carry drawing or CAD stacks along, or are under the AGPL.
"""

from __future__ import annotations

from hanse.citygml.errors import CityGmlError
from hanse.citygml.reader import Limits, Reading, load, read
from hanse.citygml.reference import Options

__all__ = ["CityGmlError", "Limits", "Options", "Reading", "load", "read"]
