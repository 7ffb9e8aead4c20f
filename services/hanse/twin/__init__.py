# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Twin: a city's entities with their solids; loaded, queried by attribute and place, streamed."""
