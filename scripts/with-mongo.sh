#!/usr/bin/env bash
# with-mongo.sh COMMAND...: runs COMMAND with SWITCHBOARD_TEST_MONGO_URI set. Where it is not set already, a
# MongoDB-compatible server is started and stopped again (scripts/mongo-standin.sh). Exit status 3: none could be had.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
standin=$here/mongo-standin.sh

unavailable() {
  cat >&2 <<'EOF'

******************************************************************************
  The MongoDB half of the tests DID NOT RUN: there is no server.
  Start one and name it, for example
    docker run -d --rm -p 127.0.0.1:27017:27017 mongo:8.0
    SWITCHBOARD_TEST_MONGO_URI=mongodb://127.0.0.1:27017/ make test-engines
  or run this as root on Debian, which installs a stand-in by itself.
******************************************************************************
EOF
  exit 3
}

if [ -n "${SWITCHBOARD_TEST_MONGO_URI:-}" ]; then
  exec "$@"
fi
if ! uri=$("$standin" running); then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then unavailable; fi
  echo "starting a MongoDB-compatible server (first time: downloads 123 MB and builds FerretDB, a few minutes)"
  uri=$("$standin" start) || unavailable
  trap '"$standin" stop' EXIT
fi
echo "MongoDB tests use $uri"
SWITCHBOARD_TEST_MONGO_URI=$uri "$@"
