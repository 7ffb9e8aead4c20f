#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
# System packages that the tests need: Chromium, for the report's page in a real browser; PostgreSQL with PostGIS, the
# twin's larger store; Mosquitto, for notifications by MQTT; curl, which the README uses. The tests start a cluster and
# a broker of their own, so that none is made here, and a broker that the package starts is stopped again.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null || missing+=(postgresql-postgis)
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || missing+=(mosquitto)
command -v curl >/dev/null || missing+=(curl)
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing for the tests: ${missing[*]} ..."
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] \
    || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
  case " ${missing[*]} " in *' mosquitto '*) service mosquitto stop >/dev/null 2>&1 || true ;; esac
else
  echo "Missing, so that their tests will skip. To run them: sudo apt-get install ${missing[*]}" >&2
fi
