# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin over HTTP: the NGSI-LD API (ETSI GS CIM 009 V1.8.1, clause 6) in a process of its own."""
