#!/bin/sh
# A MongoDB-compatible server on 127.0.0.1 for tests: FerretDB 2 on PostgreSQL 18 with DocumentDB, in a chroot.
# Needs root, Debian, Go. Where Docker runs, a real mongo image is better.
#   mongo-standin.sh start     prints its address; what is installed already is used again
#   mongo-standin.sh running   prints its address, or fails
#   mongo-standin.sh stop
# DIR: where it lives (1 GB). MONGO_PORT, PG_PORT: where it listens.
set -eu

DIR=${DIR:-/var/tmp/mongo-standin}
MONGO_PORT=${MONGO_PORT:-47217}
PG_PORT=${PG_PORT:-54318}
root=$DIR/root
bin=/usr/lib/postgresql/18/bin
data=/var/lib/postgresql/standin

say() { echo "mongo-standin: $*" >&2; }
as_postgres() { chroot "$root" su postgres -s /bin/sh -c "$1"; }
listening() { python3 -c "import socket; socket.create_connection(('127.0.0.1', $1), 1)" 2>/dev/null; }

# PostgreSQL wants shared memory, package scripts want /proc.
mounts() {
  mkdir -p "$root/dev/shm"
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  mountpoint -q "$root/dev/shm" || mount -t tmpfs tmpfs "$root/dev/shm"
}

install_postgres() {
  [ ! -x "$root$bin/postgres" ] || return 0
  say "installing PostgreSQL with DocumentDB"
  command -v debootstrap >/dev/null || { apt-get update -q || true; DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends debootstrap; } >&2
  # an older debootstrap does not know this release by name
  [ -e /usr/share/debootstrap/scripts/forky ] || ln -s sid /usr/share/debootstrap/scripts/forky
  debootstrap --variant=minbase --include=ca-certificates forky "$root" >&2
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  mkdir -p "$root/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  mounts
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -q --no-install-recommends postgresql-18-documentdb >&2
}

install_ferretdb() {
  [ -x "$DIR/bin/ferretdb" ] || GOFLAGS='' GOBIN=$DIR/bin go install github.com/FerretDB/FerretDB/v2/cmd/ferretdb@v2.7.0 >&2
}

start_postgres() {
  new=
  if [ ! -d "$root$data" ]; then
    new=1
    as_postgres "$bin/initdb -D $data -U postgres --auth=trust --locale=C.UTF-8 -E UTF8" >/dev/null
    # cron.host must stand before CREATE EXTENSION, or documents never expire
    cat >>"$root$data/postgresql.conf" <<C
listen_addresses = '127.0.0.1'
port = $PG_PORT
unix_socket_directories = '/tmp'
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = '127.0.0.1'
shared_buffers = 512MB
max_connections = 120
C
  fi
  listening "$PG_PORT" || as_postgres "$bin/pg_ctl -D $data -l $data/log -w -t 60 start" >/dev/null
  [ -z "$new" ] || chroot "$root" /usr/bin/psql -h 127.0.0.1 -p "$PG_PORT" -U postgres -qc 'CREATE EXTENSION documentdb CASCADE' >&2
}

start_ferretdb() {
  mkdir -p "$DIR/state"
  DO_NOT_TRACK=true setsid "$DIR/bin/ferretdb" --telemetry=disable --no-auth --debug-addr=- --log-level=warn --state-dir="$DIR/state" \
    --listen-addr="127.0.0.1:$MONGO_PORT" --postgresql-url="postgres://postgres@127.0.0.1:$PG_PORT/postgres?pool_max_conns=50" \
    >"$DIR/ferretdb.log" 2>&1 </dev/null &
  echo $! >"$DIR/ferretdb.pid"
  for _ in $(seq 60); do
    listening "$MONGO_PORT" && return 0
    sleep 0.5
  done
  say "FerretDB did not start:"
  tail -n 5 "$DIR/ferretdb.log" >&2
  return 1
}

case "${1:-start}" in
  running)
    listening "$MONGO_PORT" || exit 1
    ;;
  start)
    mkdir -p "$DIR"
    install_postgres
    mounts
    install_ferretdb
    start_postgres
    listening "$MONGO_PORT" || start_ferretdb
    ;;
  stop)
    [ ! -f "$DIR/ferretdb.pid" ] || kill "$(cat "$DIR/ferretdb.pid")" 2>/dev/null || true
    rm -f "$DIR/ferretdb.pid"
    as_postgres "$bin/pg_ctl -D $data -m fast stop" >/dev/null 2>&1 || true
    umount "$root/dev/shm" "$root/proc" 2>/dev/null || true
    exit 0
    ;;
  *)
    say "usage: mongo-standin.sh start|running|stop"
    exit 2
    ;;
esac
echo "mongodb://127.0.0.1:$MONGO_PORT/"
