#!/usr/bin/env bash
# Index and conversations of the compose stack into a folder, and back.
#
#   backup.sh save FOLDER      Qdrant stops for the seconds that its files take; the API goes on
#   backup.sh restore FOLDER   into a stack that is stopped, or was never started; then `up`
#
# The stack is the one that `docker compose` means here: with the production overlay,
# COMPOSE_FILE=docker-compose.yml:infra/compose.prod.yml in .env or the environment.
set -euo pipefail

usage() {
  echo "usage: backup.sh save|restore FOLDER" >&2
  exit 2
}
(($# == 2)) || usage
FOLDER=$(realpath -m "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

inside() { # SERVICE PROGRAM ARGUMENT...: in a container of the service's own, with its volumes and its user
  local service=$1 program=$2
  shift 2
  docker compose run --rm --no-deps --no-TTY --entrypoint "$program" "$service" "$@"
}

# Where conversations are; Postgres has better tools of its own.
read -r -d '' SQLITE <<'PYTHON' || true
import pathlib, shutil, sqlite3, sys
from footnote_core.settings import load
url = load().database_url.get_secret_value()
if not url.startswith("sqlite:///"):
    sys.exit("The conversations are not in SQLite: use pg_dump and pg_restore for them.")
path = pathlib.Path(url.removeprefix("sqlite:///"))
PYTHON
SAVE="$SQLITE"'
copy = path.with_suffix(".copy")
copy.unlink(missing_ok=True)
sqlite3.connect(path).execute("VACUUM INTO ?", [str(copy)])
with copy.open("rb") as file:
    shutil.copyfileobj(file, sys.stdout.buffer)
copy.unlink()'
RESTORE="$SQLITE"'
for old in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
    old.unlink(missing_ok=True)
with path.open("wb") as file:
    shutil.copyfileobj(sys.stdin.buffer, file)'

save() {
  mkdir -p "$FOLDER"
  chmod 700 "$FOLDER" # what readers wrote is in it
  docker compose exec -T api python -c "$SAVE" >"$FOLDER/threads.db.partial"
  mv "$FOLDER/threads.db.partial" "$FOLDER/threads.db"
  docker compose stop qdrant
  trap 'docker compose start qdrant' EXIT
  inside qdrant tar -C /qdrant/storage -cf - . >"$FOLDER/index.tar.partial"
  mv "$FOLDER/index.tar.partial" "$FOLDER/index.tar"
  echo "saved in $FOLDER: threads.db, index.tar"
}

restore() {
  [[ -e $FOLDER/threads.db && -e $FOLDER/index.tar ]] || {
    echo "$FOLDER has no threads.db and index.tar: it was not made by backup.sh save" >&2
    exit 2
  }
  if [[ -n $(docker compose ps --quiet api qdrant) ]]; then
    echo "The stack is running. Stop it first: docker compose down" >&2
    exit 2
  fi
  inside api python -c "$RESTORE" <"$FOLDER/threads.db"
  inside qdrant bash -c 'shopt -s dotglob nullglob; rm -rf /qdrant/storage/*; tar -C /qdrant/storage -xf -' <"$FOLDER/index.tar"
  echo "restored from $FOLDER; start the stack: docker compose up --wait"
}

case $1 in
save) save ;;
restore) restore ;;
*) usage ;;
esac
