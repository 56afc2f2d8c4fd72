#!/bin/sh
# Kills replicas of a cluster under load, at random moments, in rounds of twenty kills:
#   scripts/kill-loop.sh COUNT [SEED]
# COUNT kills in all, rounded up to whole rounds; the n-th round's seed is SEED + n - 1. Stops at the first round that
# fails; `scripts/kill-loop.sh 20 SEED` draws the same kills again.
set -eu

count=${1:-20}
seed=${2:-1}
cd "$(dirname "$0")/.."

output=$(mktemp)
trap 'rm -f "$output"' EXIT

${SWIFT:-swift} build --build-tests
done=0
while [ "$done" -lt "$count" ]; do
    if ! HOTSTUFF_KILL_SEED=$seed ${SWIFT:-swift} test --skip-build --filter KillLoopTests >"$output" 2>&1; then
        cat "$output"
        exit 1
    fi
    grep '^kill loop' "$output"
    done=$((done + 20))
    seed=$((seed + 1))
done
