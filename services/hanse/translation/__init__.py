# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Translation: documents between contracts, coordinate systems and languages, with what was lost."""
