#!/bin/sh
# Runs whole clusters in virtual time, a seed a run, over all scenarios. With arguments: `hotstuff simulate` with those.
set -eu
cd "$(dirname "$0")/.."

unset HOTSTUFF_WARNINGS_AS_ERRORS
swift build -c release --product hotstuff >&2
tool="$(swift build -c release --show-bin-path)/hotstuff"

if [ $# -gt 0 ]; then exec "$tool" simulate "$@"; fi

# This build sees the runs that the tests, built for debugging, see.
vectors=Tests/HotStuffSimulatorTests/Vectors/traces.txt
grep -v '^#' "$vectors" | while read -r seed scenario digest; do
    if ! "$tool" simulate --replay "$seed" --scenario "$scenario" --json | grep -q "\"trace_digest\":\"$digest\""; then
        echo "simulate: seed $seed of $scenario has another trace here than in $vectors" >&2
        exit 1
    fi
done

exec "$tool" simulate --seeds 0..1999
