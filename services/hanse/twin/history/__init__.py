# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How attributes evolved: instances, points of series, periods and what they add up to."""
