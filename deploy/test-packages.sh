#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
# System packages that the tests need: Chromium, for the report's page in a real browser.
set -euo pipefail
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo 'Installing Chromium for the tests of the report page ...'
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
  echo 'Chromium is missing, so the tests of the report page will skip. To run them: sudo apt-get install chromium' >&2
fi
