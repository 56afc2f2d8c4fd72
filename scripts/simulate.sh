#!/bin/sh
# Runs whole clusters in virtual time, a seed a run, over all scenarios. With arguments: `hotstuff simulate` with those.
set -eu
cd "$(dirname "$0")/.."

unset HOTSTUFF_WARNINGS_AS_ERRORS
swift build -c release --product hotstuff >&2
tool="$(swift build -c release --show-bin-path)/hotstuff"

if [ $# -eq 0 ]; then set -- --seeds 0..1999; fi
exec "$tool" simulate "$@"
