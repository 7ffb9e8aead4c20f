# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context source registrations (CIM 009 clauses 5.9 and 5.10): who else holds what, and how it may be asked."""
