#!/bin/sh
# make bench-app: searches and lists over a year of a large department, on PostgreSQL and SQLite. See bench/app.md; options
# go on to app.py. ONRECORD_BIN: a program that is built already.
set -eu
cd "$(dirname "$0")/.."

scripts/need python3 postgres
if [ -z "${ONRECORD_BIN:-}" ]; then
    cargo build --release --quiet -p onrecord-cli
    ONRECORD_BIN="${CARGO_TARGET_DIR:-target}/release/onrecord"
fi
export ONRECORD_BIN
exec python3 bench/app.py "$@"
