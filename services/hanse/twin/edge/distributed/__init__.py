# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Operations with other context sources taking part (CIM 009 clause 4.3.6): asked, told, put together."""
