#!/usr/bin/env bash
# Docker engine, compose, buildx and stand-in base images for a Debian machine that has apt,
# PyPI and npm but no container registry. Idempotent; with a registry nobody needs it.
#
#   airgap.sh [up]     engine, then the stand-in images
#   airgap.sh engine   engine, compose and buildx only
#   airgap.sh images   the stand-in images only
#   airgap.sh status   what is there
#   airgap.sh stop     end the dockerd that this script started
#
# Nothing of the host is replaced: the engine's packages are unpacked into their own directory,
# and only small tools (runc, iptables, mmdebstrap) are installed, from the host's own suite.
# No host is named: Debian's suites come from the host's apt sources, PyPI and npm from the
# clients' own settings. Certificates in /usr/local/share/ca-certificates are trusted inside the
# stand-ins, so that the product's Dockerfiles need no line about them.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATE=${AIRGAP_DIR:-/var/lib/footnote-airgap} # engine binaries, apt state, log, pid file
DATA=${AIRGAP_DATA_ROOT:-/var/lib/docker}     # dockerd --data-root
SUITE=${AIRGAP_SUITE:-trixie}                 # Debian suite of the engine and of the images
NODE_MAJOR=${AIRGAP_NODE_MAJOR:-22}
ENGINE_DEBS=(docker.io docker-cli containerd docker-compose docker-buildx tini)
LABEL=io.footnote.standin

declare -A STANDINS=( # target of standins.Dockerfile -> the tag the Dockerfiles ask for
  [os]="debian:$SUITE-slim"
  [python]="python:3.13-slim-$SUITE"
  [node]="node:$NODE_MAJOR-$SUITE-slim"
  [nginx]="nginx:1.30-alpine-slim"
)

say() { printf '[airgap %3ss] %s\n' "$SECONDS" "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
engine_version() { have docker && timeout 10 docker version -f '{{.Server.Version}}' 2>/dev/null; }
need_root() { [[ $(id -u) == 0 ]] || die "run this as root: $1"; }

retry() { # five attempts with growing pauses
  local attempt
  for attempt in 1 2 3 4 5; do
    "$@" && return
    sleep $((attempt * 2))
  done
  die "gave up after 5 attempts: $*"
}

# --- packages ---------------------------------------------------------------------------------

host_packages() { # install from the host's own suite what is missing
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  need_root "it installs ${missing[*]}"
  say "apt: installing ${missing[*]}"
  retry apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y \
    --no-install-recommends "${missing[@]}" >/dev/null
}

suite_sources() { # print a file with the host's own Debian sources, moved to $SUITE
  local own codename list=$STATE/apt/airgap.list deb822=$STATE/apt/airgap.sources
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mkdir -p "$STATE/apt"
  own=/etc/apt/sources.list.d/debian.sources
  if [[ -e $own ]]; then
    sed "s/\b$codename\b/$SUITE/g" "$own" >"$deb822"
    echo "$deb822"
    return
  fi
  grep -hE "^deb .*\b$codename" /etc/apt/sources.list | sed "s/\b$codename\b/$SUITE/g" >"$list" ||
    die "no Debian source for $codename in $own or /etc/apt/sources.list"
  echo "$list"
}

engine_files() { # unpack the engine's packages of $SUITE, with an apt state of their own
  local apt=$STATE/apt deb done=$STATE/root/.unpacked-$SUITE
  [[ -e $done ]] && return
  need_root "it writes to $STATE"
  say "unpacking ${ENGINE_DEBS[*]} of $SUITE"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs" "$STATE/root"
  cat >"$apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$(suite_sources)";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
CONF
  APT_CONFIG=$apt/apt.conf retry apt-get -qq update
  (cd "$apt/debs" && rm -f ./*.deb && APT_CONFIG=$apt/apt.conf retry apt-get -qq download "${ENGINE_DEBS[@]}")
  for deb in "$apt"/debs/*.deb; do dpkg -x "$deb" "$STATE/root"; done
  touch "$done"
}

# --- engine -----------------------------------------------------------------------------------

client() { # docker, compose and buildx for every user, where the host has none
  local plugin plugins=/usr/local/lib/docker/cli-plugins
  if ! have docker; then
    engine_files
    ln -sf "$STATE/root/usr/bin/docker" /usr/local/bin/docker
  fi
  for plugin in compose buildx; do
    docker "$plugin" version >/dev/null 2>&1 && continue
    engine_files
    mkdir -p "$plugins"
    ln -sf "$STATE/root/usr/libexec/docker/cli-plugins/docker-$plugin" "$plugins/docker-$plugin"
  done
}

cgroups() { # dockerd needs cgroup v2, or v1 with its devices controller
  grep -qE ' /sys/fs/cgroup cgroup2 | cgroup [^ ]*\bdevices\b' /proc/mounts && return
  host_packages cgroupfs-mount
  cgroupfs-mount
}

own_dockerd() { # print the pid of the dockerd this script started, if it lives
  local pid
  pid=$(cat "$STATE/dockerd.pid" 2>/dev/null) && grep -aqs dockerd "/proc/$pid/cmdline" && echo "$pid"
}

start_dockerd() { # containerd and shim of $SUITE; runc stays the host's: it is tied to the libc
  local root=$STATE/root waited
  own_dockerd >/dev/null || rm -f "$STATE/dockerd.pid"
  say "starting dockerd"
  PATH=$root/usr/bin:$PATH setsid nohup "$root/usr/sbin/dockerd" --data-root "$DATA" \
    --init-path "$root/usr/bin/tini-static" --userland-proxy-path "$root/usr/sbin/docker-proxy" \
    --pidfile "$STATE/dockerd.pid" >"$STATE/dockerd.log" 2>&1 </dev/null &
  for ((waited = 0; waited < 120; waited++)); do
    engine_version >/dev/null && return
    sleep 0.5
  done
  tail -20 "$STATE/dockerd.log" >&2
  die "dockerd did not answer within a minute; its log is $STATE/dockerd.log"
}

engine() { # an engine that already answers is used as it is
  if ! engine_version >/dev/null; then
    need_root "it starts dockerd"
    host_packages iptables runc ca-certificates
    cgroups
    engine_files
    client
    start_dockerd
  fi
  client
  say "engine $(engine_version), $(docker compose version)"
}

# --- stand-in images --------------------------------------------------------------------------

rootfs() { # a minimal $SUITE as an image, from the host's own sources
  local tar=$1/rootfs.tar
  docker image inspect "footnote-airgap/rootfs:$SUITE" >/dev/null 2>&1 && return
  host_packages mmdebstrap
  say "bootstrapping $SUITE"
  mmdebstrap --quiet --variant=minbase --include=ca-certificates \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$SUITE" "$tar" "$(suite_sources)" >/dev/null
  docker import -c 'CMD ["bash"]' "$tar" "footnote-airgap/rootfs:$SUITE" >/dev/null
  rm "$tar"
}

needs_building() { # a tag that is absent, or a stand-in made by another recipe; an official image stays
  local label
  label=$(docker image inspect -f "{{index .Config.Labels \"$LABEL\"}}" "$1" 2>/dev/null) || return 0
  [[ -n $label && $label != "$2" ]]
}

images() {
  local key target stale=()
  shopt -s nullglob
  local certificates=(/usr/local/share/ca-certificates/*.crt)
  key=$(cat "$HERE/standins.Dockerfile" "${certificates[@]}" | sha256sum | cut -c1-16)
  for target in "${!STANDINS[@]}"; do
    if needs_building "${STANDINS[$target]}" "$key"; then stale+=("$target"); fi
  done
  if ((${#stale[@]})); then
    local context
    context=$(mktemp -d)
    # shellcheck disable=SC2064 # the directory of now is meant
    trap "rm -rf '$context'" EXIT
    rootfs "$context"
    mkdir "$context/ca"
    ((${#certificates[@]} == 0)) || cp "${certificates[@]}" "$context/ca/"
    for target in "${stale[@]}"; do
      say "building the stand-in for ${STANDINS[$target]}"
      docker build --quiet --file "$HERE/standins.Dockerfile" --target "$target" --label "$LABEL=$key" \
        --build-arg "SUITE=$SUITE" --build-arg "NODE_MAJOR=$NODE_MAJOR" \
        --tag "${STANDINS[$target]}" "$context" >/dev/null
    done
  fi
  say "base images: ${STANDINS[*]}"
}

# --- command ----------------------------------------------------------------------------------

case ${1:-up} in
up)
  engine
  images
  ;;
engine) engine ;;
images) images ;;
status)
  if engine_version >/dev/null; then
    docker version -f 'engine {{.Server.Version}}, client {{.Client.Version}}'
    docker compose version
    docker image ls --filter "label=$LABEL"
  else
    say "no engine answers"
    exit 1
  fi
  ;;
stop) # ends nobody else's engine
  if pid=$(own_dockerd); then
    kill "$pid"
    say "dockerd $pid told to stop"
  else
    say "no dockerd of this script is running"
  fi
  ;;
*) die "usage: airgap.sh [up|engine|images|status|stop]" ;;
esac
