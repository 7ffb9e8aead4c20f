# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Calls between cities: signed envelopes, the log that both sides keep, and proofs that outlive them."""
