#!/usr/bin/env bash
# Starts or stops a real single-node Apache Kafka (KRaft) on this machine, for the tests that want one:
#
#   scripts/real-kafka.sh start     downloads it with Maven the first time; prints what to export
#   scripts/real-kafka.sh stop      stops it and deletes its data
#
# Needs Java 17 and Maven, no root and no Docker. KAFKA_VERSION (3.9.1; 4.1.1 works too), KAFKA_PORT (19092; the next one
# is taken as well) and KAFKA_DIR (a folder below the user's cache) change the defaults. Both commands may be repeated.
set -euo pipefail

version=${KAFKA_VERSION:-3.9.1}
port=${KAFKA_PORT:-19092}
home=${KAFKA_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/switchboard/kafka}
libs=$home/libs-$version
run=$home/run-$version-$port

fetch() {
  [ -e "$libs/.complete" ] && return
  command -v mvn >/dev/null || { echo "real-kafka: Maven (mvn) is needed once, to download Kafka $version" >&2; exit 1; }
  # Kafka 3 brings its own logging backend's API only; 4 has moved to log4j 2 and needs neither line to be quiet.
  local logging='<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>'
  case $version in 4.*) logging='<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>' ;; esac
  mkdir -p "$libs"
  cat >"$libs/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
 <groupId>switchboard</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging>
 <dependencies>
  <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
  $logging
 </dependencies></project>
P
  mvn -B -q -Dstyle.color=never -f "$libs/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$libs" >&2
  touch "$libs/.complete"
}

alive() { [ -s "$run/pid" ] && kill -0 "$(cat "$run/pid")" 2>/dev/null; }

configure() {
  cat >"$run/server.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$run/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.segment.delete.delay.ms=1000
P
  cat >"$run/log4j.properties" <<P
log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=%d %p %m (%c)%n
P
}

# The class moved between versions.
format() {
  local class
  for class in kafka.tools.StorageTool org.apache.kafka.tools.StorageTool; do
    local id
    id=$(java -cp "$libs/*" "$class" random-uuid 2>/dev/null | tail -1) || continue
    java -cp "$libs/*" "$class" format -t "$id" -c "$run/server.properties" --ignore-formatted >"$run/format.log" 2>&1 && return
  done
  echo "real-kafka: formatting the storage failed:" >&2
  cat "$run/format.log" >&2
  exit 1
}

start() {
  if ! alive; then
    fetch
    rm -rf "$run"
    mkdir -p "$run"
    configure
    format
    nohup java -Xmx512m -Dlog4j.configuration="file:$run/log4j.properties" -cp "$libs/*" kafka.Kafka "$run/server.properties" \
      >"$run/kafka.log" 2>&1 </dev/null &
    echo $! >"$run/pid"
  fi
  for _ in $(seq 120); do
    alive || break
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && grep -q "Kafka Server started" "$run/kafka.log"; then
      echo "export SWITCHBOARD_TEST_KAFKA_BROKERS=127.0.0.1:$port"
      return
    fi
    sleep 0.5
  done
  echo "real-kafka: Kafka $version did not start, see $run/kafka.log" >&2
  tail -5 "$run/kafka.log" >&2
  exit 1
}

stop() {
  if alive; then
    local pid
    pid=$(cat "$run/pid")
    kill "$pid"
    for _ in $(seq 60); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.5
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -rf "$run"
}

case ${1:-} in
start) start ;;
stop) stop ;;
*)
  sed -n '2,9s/^# \{0,1\}//p' "$0"
  exit 2
  ;;
esac
