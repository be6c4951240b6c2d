#!/usr/bin/env bash
# The secret files of infra/compose.prod.yml, made where they are missing; what exists is kept.
#
#   secrets.sh [DIR]              random secrets, empty files for the vendors' keys
#   secrets.sh [DIR] --self-signed HOST   and a certificate for HOST, to try the stack out
#
# DIR is FOOTNOTE_SECRETS_DIR or infra/secrets. The files are readable to all, because containers read
# them under numeric ids that this host does not know; the directory is closed to everybody else.
set -euo pipefail

DIR=${FOOTNOTE_SECRETS_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/secrets}
if (($#)) && [[ $1 != --* ]]; then
  DIR=$1
  shift
fi

mkdir -p "$DIR"
chmod 700 "$DIR"

put() { # NAME COMMAND...: what the command prints, unless the file exists
  local name=$1
  shift
  [[ -e $DIR/$name ]] && return
  (umask 022 && "$@" >"$DIR/$name")
  echo "made $DIR/$name"
}

put session_secret openssl rand -hex 32
put qdrant_api_key openssl rand -hex 32
put openai_api_key true
put cohere_api_key true

case ${1:-} in
--self-signed)
  host=${2:?name the host, such as localhost}
  if [[ ! -e $DIR/tls_certificate ]]; then
    (
      umask 022
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \
        -subj "/CN=$host" -addext "subjectAltName=DNS:$host" -keyout "$DIR/tls_key" -out "$DIR/tls_certificate"
    )
    chmod 644 "$DIR/tls_key"
    echo "made $DIR/tls_certificate and tls_key, self-signed for $host"
  fi
  ;;
'')
  for name in tls_certificate tls_key; do
    [[ -e $DIR/$name ]] || echo "missing: $DIR/$name (the chain and the key of your certificate, in PEM)"
  done
  ;;
*)
  echo "usage: secrets.sh [DIR] [--self-signed HOST]" >&2
  exit 2
  ;;
esac
