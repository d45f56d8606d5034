# How Onrecord is tried, tested and measured. `make help` lists what there is.
#
# Every target installs what it needs and finds missing (scripts/need); as root, or with sudo.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)
# How many random departments `make fuzz-reference` makes, and from which seed on.
CASES ?= 5000
SEED ?= 1

.PHONY: help
help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

.PHONY: demo
demo: ## the whole product on this machine, with an invented city; Ctrl-C stops it (2 GB)
	@scripts/demo

.PHONY: clean-demo
clean-demo: ## remove what `make demo` wrote
	@rm -rf demo

.PHONY: test
test: ## every test; the last line is "N passed, M failed"
	@scripts/test

.PHONY: lint
lint: ## formatting, clippy, licences and sources of dependencies
	@scripts/need linker deny
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets -- -D warnings
	@cargo deny --log-level error check licenses bans sources

.PHONY: truth
truth: ## 30 days of 8,200 officers: each outcome against what really happened, on one thread and on two
	@scripts/truth

.PHONY: fuzz-reference
fuzz-reference: ## CASES random departments from SEED on, against the slow reference in Python
	@scripts/need linker python3
	@cargo build --release -p onrecord-cli
	@python3 tests/reference/compare.py --binary $(TARGET)/release/onrecord --all \
		--cases $(CASES) --seed $(SEED) --jobs "$$(nproc)"

.PHONY: custody
custody: ## the doors of custody with real clients, on every database and evidence store
	@scripts/need linker
	@cargo build -p onrecord-cli
	@tests/custody/run

.PHONY: security
security: ## what each role may and what nobody learns, on a real server with both databases; Schemathesis on the API
	@scripts/need linker
	@cargo build -p onrecord-cli
	@tests/security/run

.PHONY: app
app: ## the pages in a browser, for every role, on both databases
	@scripts/need linker python3 postgres ffmpeg espeak web chromium
	@npm --prefix web run --silent build
	@cargo build -p onrecord-cli
	@python3 tests/app/run.py

.PHONY: fault-custody
fault-custody: ## 200 kills under load, full disk, database and object store away, two nodes, large files
	@scripts/need linker
	@cargo build --release -p onrecord-cli
	@ONRECORD_BIN=$(abspath $(TARGET))/release/onrecord ONRECORD_KILLS=200 ONRECORD_AWAY=60 ONRECORD_LARGE_BYTES=20000000000 \
		tests/custody/run test_restart test_faults test_large

.PHONY: bench-intake
bench-intake: ## taking recordings in and playing them, against the peers and the limit
	@scripts/need linker
	@bench/intake.sh

.PHONY: bench-app
bench-app: ## every list and search over ten million recordings, asked by sixteen people; 100 GB and hours at full size
	@scripts/need linker python3 postgres
	@cargo build --release -p onrecord-cli
	@ONRECORD_BIN=$(abspath $(TARGET))/release/onrecord bench/app.sh

.PHONY: bench-audit
bench-audit: ## the audit against its peers and its limit
	@scripts/need linker python3 venv
	@bench/audit.sh

.PHONY: fuzz
fuzz: ## every parser that meets bytes from outside, under libFuzzer: SECONDS each, ten minutes for all where not given
	@FUZZ_SECONDS=$(SECONDS) scripts/fuzz
