# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Identity: issues and verifies credentials, exchanges them for short-lived tokens, revokes them."""
