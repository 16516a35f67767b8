#!/usr/bin/env bash
# Fills static/vendor, static/css/fonts.css and static/icons.svg from pinned npm packages (scripts/npm.lock).
# The results are committed: building Switchboard needs neither npm nor this script.
set -euo pipefail

cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for package in htmx.org @fontsource-variable/inter lucide-static simple-icons; do
  echo "fetching $package"
  scripts/npm-fetch.sh "$package" "$tmp/$package"
done
python3 scripts/vendor_assets.py "$tmp" .
