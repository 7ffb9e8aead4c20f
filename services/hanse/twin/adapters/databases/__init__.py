# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The databases that keep the twin, SQLite and PostgreSQL: what each says differently, and its tables."""
