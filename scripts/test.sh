#!/usr/bin/env bash
# test.sh STAGE...   stages: lint unit engines conformance browser
# Runs every stage even when one fails, then says which held. What could not run is named, never counted as passed.
# Exit status 0 when nothing failed. Last line: N passed, M failed (stages).
set -euo pipefail

cd "$(dirname "$0")/.."
NOT_RUN=3 # a stage's exit status for "could not run here"

as_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# The race detector needs a C compiler.
race_flag() {
  if ! command -v "$(go env CC)" >/dev/null && as_root_on_debian; then
    echo "no C compiler for the race detector, installing gcc" >&2
    { apt-get update -q || true; DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc libc6-dev; } >&2
  fi
  if command -v "$(go env CC)" >/dev/null; then
    echo -race
  else
    echo "WITHOUT the race detector: it needs a C compiler (Debian: apt-get install gcc libc6-dev)" >&2
  fi
}

stage_lint() { make --no-print-directory lint; }

stage_unit() {
  local race
  race=$(race_flag)
  # An engine named for other runs must not sneak in: this stage is the embedded engines.
  # shellcheck disable=SC2086 # no flag at all where there is no C compiler
  env -u SWITCHBOARD_TEST_MONGO_URI -u SWITCHBOARD_TEST_KAFKA_BROKERS ${race:+CGO_ENABLED=1} \
    python3 scripts/gotest.py $race -timeout 20m ./...
  # A module of its own: single sign-on through a real provider, whose dependencies stay out of the program's.
  (cd test/oidc && python3 ../../scripts/gotest.py -timeout 10m ./...)
}

# Tests that need an outside engine have its name in theirs: TestMongo..., TestKafka...
stage_engines() {
  local race
  race=$(race_flag)
  scripts/with-mongo.sh bash -euc "
    python3 scripts/gotest.py $race -count=1 -timeout 20m ./store/...
    python3 scripts/gotest.py $race -count=1 -timeout 20m -run 'Mongo|Kafka' ./cmd/... ./stream/..."
}

stage_conformance() { scripts/conformance.sh; }

stage_browser() {
  local chromium
  command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer"; return 1; }
  chromium=$(test/browser/chromium.sh) || return 1
  make --no-print-directory build
  (cd test/oidc && CGO_ENABLED=0 go build -trimpath -o ../../bin/oidc-provider ./provider) # a module of its own, see stage_unit
  (
    cd test/browser
    npm ci --loglevel=error
    CHROMIUM=$chromium SWITCHBOARD_BIN=$PWD/../../bin/switchboard OIDC_PROVIDER_BIN=$PWD/../../bin/oidc-provider npm test
  )
}

passed=() failed=() missing=()
for stage in "$@"; do
  declare -F "stage_$stage" >/dev/null || { echo "test.sh: no stage $stage (lint unit engines conformance browser)" >&2; exit 2; }
  printf '\n=== %s ===\n' "$stage"
  began=$SECONDS
  status=0
  # A shell of its own: inside "if" or "||" bash would switch "set -e" off.
  set +e
  (set -e; "stage_$stage")
  status=$?
  set -e
  case $status in
    0) passed+=("$stage"); word=passed ;;
    "$NOT_RUN") missing+=("$stage"); word="DID NOT RUN" ;;
    *) failed+=("$stage"); word=FAILED ;;
  esac
  printf '=== %s: %s after %d s ===\n' "$stage" "$word" $((SECONDS - began))
done

echo
[ ${#missing[@]} = 0 ] || echo "DID NOT RUN: ${missing[*]} (why: see above)"
[ ${#failed[@]} = 0 ] || echo "FAILED: ${failed[*]}"
echo "${#passed[@]} passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
