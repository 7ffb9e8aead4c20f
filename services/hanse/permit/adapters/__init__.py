# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a permit check stores, and whom it asks: databases, uploads, other services."""
