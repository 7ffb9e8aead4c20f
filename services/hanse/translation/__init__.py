# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Translation: carries documents between contracts, coordinate systems and languages, and says what was lost."""
