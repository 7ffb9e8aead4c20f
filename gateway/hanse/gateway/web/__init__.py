# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway over HTTP: the city's own interfaces and its neighbours', behind the same rules as its gRPC methods."""
