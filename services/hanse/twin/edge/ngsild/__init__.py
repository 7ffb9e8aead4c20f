# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The NGSI-LD API over this city's own store: entities, batches, queries, subscriptions, registrations, contexts."""
