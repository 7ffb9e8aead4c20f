# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The permit check: an IFC plan against a zoning plan and the twins of the cities around it."""
