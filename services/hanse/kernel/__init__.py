# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What every service needs and none owns: configuration, server, errors, access, storage, events."""
