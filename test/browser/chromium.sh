#!/bin/sh
# Prints the path of a Chromium for the browser test; as root on Debian or Ubuntu it installs one when there is none.
# CHROMIUM=/path/to/browser decides by hand.
set -eu

find_one() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [ -n "$name" ] || continue
    path=$(command -v "$name" 2>/dev/null) || continue
    # Ubuntu's chromium-browser may be a stub that only says "install the snap"
    "$path" --version >/dev/null 2>&1 || continue
    echo "$path"
    return 0
  done
  return 1
}

if [ -n "${CHROMIUM:-}" ] && ! command -v "$CHROMIUM" >/dev/null; then
  echo "chromium.sh: CHROMIUM=$CHROMIUM is not a program" >&2
  exit 1
fi
find_one && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "chromium.sh: no Chromium here, installing Debian's (about 500 MB on disk)" >&2
  export DEBIAN_FRONTEND=noninteractive
  # an update that fails (one source of several, an old clock) need not stop the install
  { apt-get update -q || true; apt-get install -y -q --no-install-recommends chromium fonts-liberation; } >&2 ||
    echo "chromium.sh: apt-get failed, see above" >&2
  find_one && exit 0
fi

cat >&2 <<'EOF'
chromium.sh: the browser test needs Chromium and found none. Install it, then run again:
  Debian, Ubuntu:  sudo apt-get install chromium
  Fedora:          sudo dnf install chromium
  macOS:           brew install --cask chromium
or name a browser you have:  CHROMIUM=/path/to/chrome make browser
EOF
exit 1
