#!/usr/bin/env bash
# Fills dashboard/view/locales.json, how dates and numbers are written in the languages of agents, from the Unicode CLDR
# (pinned npm packages, scripts/npm.lock). The result is committed: building Switchboard needs neither npm nor this script.
set -euo pipefail

cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for package in cldr-dates-full cldr-numbers-full cldr-units-full; do
  echo "fetching $package"
  scripts/npm-fetch.sh "$package" "$tmp/$package"
done
python3 scripts/locales.py "$tmp" dashboard/view/locales.json
cp "$tmp/cldr-dates-full/LICENSE" dashboard/view/locales.LICENSE.txt
