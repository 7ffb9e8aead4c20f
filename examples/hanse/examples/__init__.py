# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Examples that ship with Hanse: a made-up place to try everything on, at no one's expense."""
