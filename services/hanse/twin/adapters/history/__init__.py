# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Time series in SQL and in Parquet files: written, read, altered, summed up by hours, archived."""
