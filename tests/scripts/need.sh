#!/usr/bin/env bash
# Brings what the tests need: `need.sh postgres chromium python node`. Does nothing for what is there already; uses
# the package manager where one may be used, and otherwise says plainly what is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { printf '\nMissing: %s\n' "$*" >&2; exit 1; }
say() { printf '→ %s\n' "$*"; }

# `install NAME PACKAGE…`: through apt, as root or with sudo that asks nothing.
install() {
  local name=$1 as_root=""
  shift
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || fail "$name. Install it (Debian, Ubuntu: apt install $*) and run again."
    as_root=sudo
  fi
  command -v apt-get >/dev/null || fail "$name, and no apt-get is at hand to install it. Install it and run again."
  say "installing $*"
  local log
  log=$(mktemp)
  { $as_root apt-get update -q && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends "$@"; } \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "$name: apt-get could not install $*."; }
  rm -f "$log"
}

postgres_is_here() { compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

need_postgres() {
  postgres_is_here || install "PostgreSQL 15 or later (server programs: initdb, postgres)" postgresql
  postgres_is_here || fail "PostgreSQL 15 or later: initdb is not in /usr/lib/postgresql/*/bin nor in PATH."
}

need_chromium() {
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || install "Chromium" chromium
}

# A forwarder to be measured against; only `make bench-forward` asks for it.
need_janus() {
  command -v janus >/dev/null || install "Janus" janus
}

need_firefox() {
  command -v firefox-esr >/dev/null || command -v firefox >/dev/null || install "Firefox" firefox-esr
}

# Lines between clients and the server (tests/src/line): a network namespace, and a TUN interface at either end of it.
need_lines() {
  command -v ip >/dev/null && command -v ss >/dev/null || install "iproute2 (ip, ss)" iproute2
  command -v nsenter >/dev/null && command -v unshare >/dev/null || install "util-linux (nsenter, unshare)" util-linux
  [ "$(id -u)" -eq 0 ] || fail "root: the tests make network namespaces, so that lines between clients and the server can be bad. Run as root, or in a container as root with CAP_NET_ADMIN and CAP_SYS_ADMIN."
  [ -c /dev/net/tun ] || fail "/dev/net/tun: the kernel's TUN interfaces (modprobe tun; in a container --device /dev/net/tun)."
  unshare --net true 2>/dev/null || fail "the right to make network namespaces (in a container: CAP_SYS_ADMIN)."
}

# Liberation covers Vietnamese; without a font the pages still work, but pictures of them show boxes.
need_fonts() {
  ! command -v fc-list >/dev/null || [ -n "$(fc-list :lang=vi family)" ] || install "a font with Vietnamese" fonts-liberation
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null || fail "Node.js 20 or later with npm (https://nodejs.org, or your distribution's package)."
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node.js 20 or later; this is $(node --version)."
}

need_rust() { command -v cargo >/dev/null || fail "Rust (https://rustup.rs); the version is pinned in rust-toolchain.toml."; }

# Fuzzing needs what only the nightly compiler has; everything else is built by the pinned one.
need_nightly() {
  command -v rustup >/dev/null || fail "rustup (https://rustup.rs), through which the nightly compiler comes."
  [[ "$(rustup toolchain list)" == *nightly* ]] || fail "Rust's nightly compiler, for fuzzing: rustup toolchain install nightly"
}

need_cc() { command -v cc >/dev/null || fail "a C compiler (Debian, Ubuntu: apt install build-essential)."; }

# A Python environment of our own in .tools/, with the packages of tests/python/requirements.txt.
need_python() {
  local stamp=.tools/python.sha256 want
  want=$(sha256sum tests/python/requirements.txt)
  [ -x .tools/venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
  command -v python3 >/dev/null || install "Python 3.10 or later" python3 python3-venv
  mkdir -p .tools
  python3 -m venv .tools/venv 2>/dev/null || { install "Python's venv module" python3-venv; python3 -m venv .tools/venv; }
  say "installing the Python client into .tools/venv"
  .tools/venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt ||
    fail "the Python packages of tests/python/requirements.txt: pip could not install them."
  echo "$want" >"$stamp"
}

# `npm_project DIR`: its locked packages, unless the lock file is the one already installed.
npm_project() {
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock" && return
  say "installing the packages of $1"
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error || fail "the packages of $1/package-lock.json: npm could not install them."
  cp "$1/package-lock.json" "$1/node_modules/.installed-lock"
}

need_playwright() { need_node; npm_project tests/browser; }
need_web() { need_node; npm_project server/web; }

for what in "$@"; do "need_$what"; done
