#!/usr/bin/env bash
# npm-fetch.sh NAME DIR: unpacks the npm package NAME, at the version in scripts/npm.lock, into DIR
# after checking its sha512. Nothing of the package is executed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
name=$1
dir=$2

fail() {
  echo "npm-fetch: $*" >&2
  exit 1
}

command -v npm >/dev/null || fail "npm is missing: install Node.js 20 or newer"
line=$(awk -v n="$name@" 'index($1, n) == 1' "$here/npm.lock")
[ -n "$line" ] || fail "$name is not in scripts/npm.lock: add its line there first"
spec=$(awk '{print $1}' <<<"$line")
want=$(awk '{print $2}' <<<"$line")

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm pack "$spec" --pack-destination "$tmp" --cache "${NPM_FETCH_CACHE:-$tmp/cache}" --loglevel=error >/dev/null ||
  fail "cannot download $spec: is the npm registry reachable?"
archive=$(ls "$tmp"/*.tgz)
have=sha512-$(python3 -c 'import base64, hashlib, sys; print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$archive")
[ "$have" = "$want" ] || fail "$spec has $have, scripts/npm.lock wants $want: do not use it before you know why"
mkdir -p "$dir"
tar -xzf "$archive" -C "$dir" --strip-components=1
