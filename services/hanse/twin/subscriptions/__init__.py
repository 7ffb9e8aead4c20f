# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions (CIM 009 clauses 5.8 and 5.11): what is asked for, what matches, what is sent, and how it goes."""
