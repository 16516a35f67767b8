#!/usr/bin/env bash
# Builds bin/switchboard and runs the shared conformance suite against it: one server, every body twice, and a new
# server for each fixture. Exit status 3: the suite is not here. SWITCHBOARD_SHARED names its folder.
set -euo pipefail

cd "$(dirname "$0")/.."
shared=${SWITCHBOARD_SHARED:-../shared}
if [ ! -f "$shared/conformance.py" ]; then
  cat >&2 <<EOF

******************************************************************************
  Conformance DID NOT RUN: there is no $shared/conformance.py.
  Name the folder that holds it:  SWITCHBOARD_SHARED=/path make conformance
******************************************************************************
EOF
  exit 3
fi

make --no-print-directory build
status=0
for way in "" --replay --fresh; do
  echo "conformance ${way:-plain}"
  # shellcheck disable=SC2086 # no flag at all for the plain run
  python3 "$shared/conformance.py" --start './bin/switchboard serve' $way "$shared/fixtures" || status=1
done
exit $status
