# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The city's one door: routes platforms to its services and exchanges calls with other cities."""
