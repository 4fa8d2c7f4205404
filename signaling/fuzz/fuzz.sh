#!/usr/bin/env bash
# Runs the fuzz targets, all or those named, each until it has had FUZZ_SECONDS of processor time. May be stopped at any
# moment: the next call goes on where this one was. `fuzz.sh keep` packs what was found into corpus/, smallest set first.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${FUZZ_SECONDS:-600}
# By the clock on the wall: an input that takes longer counts as a fault. On a machine that does other things as well it
# may be the machine, so there it has to be more.
patience=${FUZZ_PATIENCE:-10}
work=$PWD/.tools/fuzz
here=$PWD/signaling/fuzz
toolchain=${FUZZ_TOOLCHAIN:-nightly}
# Longest input of each target in bytes: what the network itself lets through, or what still is quick.
declare -A longest=([channels]=4096 [dtls]=4096 [join]=20480 [rtcp]=2048 [rtp]=4096 [sdp]=16384 [service]=4096
  [signal]=16384 [stream]=4096 [stun]=600 [turn]=2048)

fail() { printf '%s\n' "$*" >&2; exit 1; }

build() {
  command -v cargo-fuzz >/dev/null || PATH=$PWD/.tools/bin:$PATH
  command -v cargo-fuzz >/dev/null || cargo install --locked --root .tools cargo-fuzz
  rustup toolchain list | grep -q "^$toolchain" || fail "Missing: the $toolchain compiler. rustup toolchain install $toolchain"
  # The same versions as the product.
  cp Cargo.lock "$here/Cargo.lock"
  cargo "+$toolchain" fuzz build --fuzz-dir "$here" --target-dir "$work/target"
}

binary() { echo "$work"/target/*-*-*/release/"$1"; }

# What was kept before, and what the calls before this one found.
unpack() {
  mkdir -p "$work/$1/corpus" "$work/$1/crashes"
  [ -n "$(ls -A "$work/$1/corpus")" ] || [ ! -f "$here/corpus/$1.tar.gz" ] || tar -xzf "$here/corpus/$1.tar.gz" -C "$work/$1/corpus"
}

# Adds to a target's account: processor seconds, executions.
note() {
  local had
  had=$(cat "$work/$1/account" 2>/dev/null || echo "0 0")
  echo "$had $2 $3" | awk '{ printf "%.1f %d\n", $1 + $3, $2 + $4 }' >"$work/$1/account"
}

left() { awk -v all="$seconds" '{ print ($1 < all) ? int(all - $1 + 1) : 0 }' "$work/$1/account" 2>/dev/null || echo "$seconds"; }

# One target. The time limit of the fuzzer is by the clock on the wall: where the processor is shared it runs again.
run() {
  local rest status executed dictionary=()
  unpack "$1"
  [ ! -f "$here/dictionaries/$1" ] || dictionary=(-dict="$here/dictionaries/$1")
  while rest=$(left "$1") && [ "$rest" -gt 0 ]; do
    status=0
    TIMEFORMAT='%U %S'
    { time nice -n 19 "$(binary "$1")" "$work/$1/corpus" -artifact_prefix="$work/$1/crashes/" -max_total_time="$((rest < 10 ? 10 : rest))" \
      -max_len="${longest[$1]}" -timeout="$patience" -rss_limit_mb=2048 -print_final_stats=1 "${dictionary[@]}" \
      >"$work/$1/log" 2>&1; } 2>"$work/$1/time" || status=$?
    executed=$(awk '/number_of_executed_units/ { print $2 }' "$work/$1/log")
    note "$1" "$(awk 'END { print $1 + $2 }' "$work/$1/time")" "${executed:-0}"
    # 72: somebody asked it to stop.
    [ "$status" -ne 72 ] || { table; exit 130; }
    [ "$status" -eq 0 ] || { printf '%s fell over, see %s\n' "$1" "$work/$1"; return; }
  done
}

table() {
  printf '\n%-10s %10s %12s %8s %8s\n' target seconds executions corpus crashes
  local name
  for name in "${names[@]}"; do
    unpack "$name"
    read -r had executed <<<"$(cat "$work/$name/account" 2>/dev/null || echo "0 0")"
    printf '%-10s %10s %12s %8s %8s\n' "$name" "$had" "$executed" \
      "$(find "$work/$name/corpus" -type f | wc -l)" "$(find "$work/$name/crashes" -type f | wc -l)"
  done
}

# The smallest set of inputs that still goes everywhere, and what fell over, as one archive that is the same every time.
keep() {
  local name chosen
  mkdir -p "$here/corpus"
  for name in "${names[@]}"; do
    unpack "$name"
    chosen=$(mktemp -d)
    nice -n 19 "$(binary "$name")" -merge=1 -max_len="${longest[$name]}" -timeout="$patience" -rss_limit_mb=2048 "$chosen" "$work/$name/corpus" \
      >"$work/$name/merge.log" 2>&1
    find "$work/$name/crashes" -type f -exec cp -t "$chosen" {} +
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$chosen" -cf - . | gzip -9n >"$here/corpus/$name.tar.gz"
    printf '%-10s %6s inputs %8s bytes\n' "$name" "$(find "$chosen" -type f | wc -l)" "$(stat -c %s "$here/corpus/$name.tar.gz")"
    rm -r "$chosen"
  done
}

action=run
case ${1:-} in run | keep | table) action=$1; shift ;; esac
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(printf '%s\n' "${!longest[@]}" | sort)
for name in "${names[@]}"; do [ -n "${longest[$name]:-}" ] || fail "There is no target $name."; done
case $action in
  run)
    build
    for name in "${names[@]}"; do run "$name"; done
    table
    ! find "$work"/*/crashes -type f | grep -q .
    ;;
  *) "$action" ;;
esac
