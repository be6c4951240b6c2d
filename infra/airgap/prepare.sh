#!/usr/bin/env bash
# Everything the container tests need, without a registry: engine, base images, the product's
# images and the Qdrant double. Idempotent. With a registry, the last three commands suffice.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"

infra/airgap/airgap.sh up
docker build --quiet --tag footnote/qdrant-double:dev infra/airgap/qdrant-double
docker compose --env-file /dev/null --progress quiet build
docker compose --env-file /dev/null --progress quiet -f docker-compose.yml -f infra/compose.prod.yml build web
