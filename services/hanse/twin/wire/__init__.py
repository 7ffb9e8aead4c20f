# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's gRPC services: handlers, what requests ask in the domain's terms, and messages made of it."""
