# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The temporal interface of the NGSI-LD API: evolutions retrieved, queried, aggregated and recorded."""
