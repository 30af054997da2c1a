#!/usr/bin/env bash
# Brings one commit's images to DEPLOY_HOST (user@host), whose ~/servai holds the .env of that installation.
set -euo pipefail
: "${DEPLOY_HOST:?}" "${DEPLOY_KEY:?}" "${DEPLOY_KNOWN_HOSTS:?}" "${IMAGES:?}" "${TAG:?}"

keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
(umask 077 && printf '%s\n' "$DEPLOY_KEY" > "$keys/id" && printf '%s\n' "$DEPLOY_KNOWN_HOSTS" > "$keys/known_hosts")
options=(-i "$keys/id" -o IdentitiesOnly=yes -o UserKnownHostsFile="$keys/known_hosts" -o StrictHostKeyChecking=yes)

scp "${options[@]}" docker-compose.yml deploy/docker-compose.images.yml "$DEPLOY_HOST:servai/"
# The server migrates at its start; a failed migration leaves it unhealthy, and `--wait` ends with an error.
ssh "${options[@]}" "$DEPLOY_HOST" "cd servai && export IMAGES=$(printf %q "$IMAGES") TAG=$(printf %q "$TAG") \
  && compose='docker compose -f docker-compose.yml -f docker-compose.images.yml' \
  && \$compose pull --quiet && \$compose up --detach --no-build --wait --wait-timeout 180"
