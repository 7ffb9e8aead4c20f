#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
# Makes a virtual environment; Debian keeps the module for it in a package of its own.
set -euo pipefail
python=$1 venv=$2
command -v "$python" >/dev/null || { echo "No $python here: install Python 3.11 or newer (Debian: apt-get install python3)." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "$python is older than 3.11: name a newer one, e.g. make PYTHON=python3.12 demo" >&2; exit 1; }
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
  else
    echo "Python's venv module is missing. Run: sudo apt-get install python3-venv" >&2
    exit 1
  fi
fi
trap 'rm -rf "$venv"' ERR
"$python" -m venv "$venv"
