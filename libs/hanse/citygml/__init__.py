# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityGML 1.0, 2.0 and 3.0 buildings, read as a stream of the features that ``hanse.cityjson`` holds.

Of the Python libraries found, none reads 3.0 as well under a licence that fits, so this is written out here.
"""

from __future__ import annotations

from hanse.citygml.errors import CityGmlError
from hanse.citygml.reader import Limits, Reading, load, read
from hanse.citygml.reference import Options

__all__ = ["CityGmlError", "Limits", "Options", "Reading", "load", "read"]
