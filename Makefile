# `make` lists what can be done. `run` and `test` need nothing done by hand before them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

DATA ?= data
LISTEN ?= 127.0.0.1:8080

.PHONY: help run test test-rust test-web test-e2e test-lines test-clients fuzz lint format bench bench-forward bench-load screenshots deny clean ui no-dist

help: ## this list
	@echo "giaoban: electronic briefings, from booking to report"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# --- the program ---------------------------------------------------------------------------------------------------

run: ui ## build UI and release binary, start the sample province with a briefing that can be joined at once
	cargo build --release --locked -p server
	target/release/giaoban demo --data $(DATA) --listen $(LISTEN)

WEB_SOURCES := $(shell find server/web -path server/web/node_modules -prune -o -path server/web/dist -prune -o -type f -print 2>/dev/null)

ui: .tools/web.built

# The time stamp alone is not enough: somebody may have emptied server/web/dist.
.tools/web.built: $(WEB_SOURCES) $(if $(wildcard server/web/dist/assets/*),,no-dist)
	tests/scripts/need.sh rust cc web
	npm run build --prefix server/web --silent
	@mkdir -p .tools && touch $@

no-dist:

# --- what must hold ------------------------------------------------------------------------------------------------

test: test-web test-rust ## everything: units, both databases, the UI, real browsers and a second client

# Installed before anything is built, so that what is missing is said at once.
test-rust: ui
	tests/scripts/need.sh rust cc postgres chromium fonts python playwright lines
	cargo build --locked --workspace --bins
	cargo test --locked --workspace --no-fail-fast

test-web: ui
	npm run check --prefix server/web --silent
	npm test --prefix server/web --silent

test-e2e: ui ## only the end-to-end tests; `make test-e2e T=name` picks some
	tests/scripts/need.sh rust cc postgres chromium fonts python playwright lines
	cargo build --locked --workspace --bins
	cargo test --locked -p tests -- $(T)

# Not part of `test`: it takes ten minutes for each target. What it once found is, see signaling/fuzz.
fuzz: ## every parser that the network reaches against made-up bytes; `make fuzz T=sdp FUZZ_SECONDS=60` one for a minute
	tests/scripts/need.sh rust nightly cc
	signaling/fuzz/fuzz.sh run $(T)

test-lines: ui ## bad lines with two real browsers, about a quarter of an hour; `make test-lines T=name` picks some
	tests/scripts/need.sh rust cc chromium firefox playwright lines
	cargo build --locked --workspace --bins
	cargo test --locked -p tests --test lines -- --nocapture --test-threads=1 $(T)

test-clients: ui ## the protocol's scenarios with Chromium, Firefox and Python in one room, five minutes
	tests/scripts/need.sh rust cc chromium firefox python playwright lines
	cargo build --locked --workspace --bins
	cargo test --locked -p tests --test clients -- --nocapture --test-threads=1 $(T)

lint: ui ## formatting, clippy, eslint, types
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	npm run lint --prefix server/web --silent
	cd server/web && node_modules/.bin/prettier --config .prettierrc --check '../../tests/browser/**/*.{mjs,js,html}'
	npm run check --prefix server/web --silent

format: ## write everything in house style
	cargo fmt --all
	npm run format --prefix server/web --silent
	cd server/web && node_modules/.bin/prettier --config .prettierrc --write '../../tests/browser/**/*.{mjs,js,html}'

bench: ui ## the figures of server/docs/BENCHMARKS.md, on this machine, limit beside each
	tests/scripts/need.sh rust cc postgres chromium playwright
	cargo build --release --locked -p server
	cargo bench --locked -p tests --bench figures -- $(B)

bench-forward: ui ## CPU time for each forwarded packet, beside the floor, the webrtc crate's driver and Janus
	tests/scripts/need.sh rust cc janus
	cargo build --release --locked -p server
	cargo bench --locked -p tests --bench forward -- $(B)

bench-load: ui ## what a server carries: joins, CPU and memory with 150 endpoints, two workers
	tests/scripts/need.sh rust cc
	cargo build --release --locked -p server
	cargo bench --locked -p tests --bench load -- $(B)

screenshots: ui ## every page, both languages, 1366×768, 1920×1080 and two small sizes, into test-results/screenshots
	tests/scripts/need.sh rust cc chromium fonts playwright
	cargo build --locked -p server
	cargo run --locked -p tests --bin screenshots

# Not part of `test`: building cargo-deny takes longer than building the product.
deny: .tools/bin/cargo-deny ## licences, bans and sources of all dependencies
	.tools/bin/cargo-deny check licenses bans sources

.tools/bin/cargo-deny:
	cargo install --locked --root .tools cargo-deny

clean: ## remove what was built and installed here (not the data)
	rm -rf target .tools test-results server/web/dist server/web/node_modules tests/browser/node_modules
