#!/bin/sh
# make bench-audit: the audit against DuckDB, Polars and the limit. See bench/README.md; options go on to audit.py.
set -eu
cd "$(dirname "$0")/.."

cargo build --release --quiet -p onrecord-cli -p onrecord-bench
[ -d bench/.venv ] || python3 -m venv bench/.venv
bench/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench/requirements.txt
exec bench/.venv/bin/python bench/audit.py "$@"
