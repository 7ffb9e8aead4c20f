# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Questions of space: places, areas, solids, sight, shadow and sun."""
