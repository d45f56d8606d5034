#!/bin/sh
# make bench-intake: taking recordings in, against Garage, @tus/server and the limit; playing them, against nginx.
# See bench/intake.md; options go on to intake.py. ONRECORD_BIN: a program that is built already.
set -eu
cd "$(dirname "$0")/.."

scripts/need python3 garage nginx tusjs ffmpeg
if [ -z "${ONRECORD_BIN:-}" ]; then
    cargo build --release --quiet -p onrecord-cli
    ONRECORD_BIN="${CARGO_TARGET_DIR:-target}/release/onrecord"
fi
export ONRECORD_BIN
exec python3 bench/intake.py "$@"
