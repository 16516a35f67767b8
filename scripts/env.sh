#!/bin/sh
# Writes .env with random passwords and secrets/channels.yaml for docker-compose.yml. Never overwrites either.
set -eu

cd "$(dirname "$0")/.."
umask 077

# N random bytes as hex: safe inside URLs and YAML.
random() { od -An -vtx1 -N "$1" /dev/urandom | tr -d ' \n'; }
# Kafka wants its cluster id as 16 bytes in URL-safe base64; a first "-" would look like an option, so there is an "s".
cluster_id() { printf 's%s' "$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' | cut -c 2-)"; }

if [ -e .env ]; then
  echo ".env is there already, left as it is"
else
  sed -e "s/^SWITCHBOARD_SECRET_KEY=.*/SWITCHBOARD_SECRET_KEY=$(random 32)/" \
    -e "s/^SWITCHBOARD_API_TOKEN=.*/SWITCHBOARD_API_TOKEN=$(random 24)/" \
    -e "s/^SWITCHBOARD_ADMIN_PASSWORD=.*/SWITCHBOARD_ADMIN_PASSWORD=$(random 12)/" \
    -e "s/^KAFKA_CLUSTER_ID=.*/KAFKA_CLUSTER_ID=$(cluster_id)/" \
    -e "s/^MONGO_ROOT_PASSWORD=.*/MONGO_ROOT_PASSWORD=$(random 24)/" \
    -e "s/^MONGO_PASSWORD=.*/MONGO_PASSWORD=$(random 24)/" \
    -e "s/^MONGO_REPLICA_KEY=.*/MONGO_REPLICA_KEY=$(random 64)/" \
    -e "s/^GRAFANA_PASSWORD=.*/GRAFANA_PASSWORD=$(random 12)/" .env.example >.env.new
  mv .env.new .env
  echo "wrote .env: keep a copy, the databases cannot be opened without it"
fi

mkdir -p secrets # 0700 by the umask; the file in it is readable because the container is another user
if [ -e secrets/channels.yaml ]; then
  echo "secrets/channels.yaml is there already, left as it is"
else
  sed -e "s/RANDOM_WHATSAPP_TOKEN/$(random 16)/" -e "s/RANDOM_INSTAGRAM_TOKEN/$(random 16)/" \
    -e "s/RANDOM_WIDGET_SECRET/$(random 24)/" deploy/channels.example.yaml >secrets/channels.yaml
  chmod 644 secrets/channels.yaml
  echo "wrote secrets/channels.yaml: put in your numbers, accounts and app secrets"
fi

echo "next: docker compose up -d --build"
echo "sign in as $(sed -n 's/^SWITCHBOARD_ADMIN_EMAIL=//p' .env); the password is in .env"
