# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Files on their way into the twin: read slice by slice, mapped, made rows or refused with a place and a reason."""
