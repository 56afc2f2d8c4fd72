#!/bin/sh
# Measures how far the leader's speculation hides the network: the same load with it and without it.
# With arguments, runs `hotstuff bench pipeline` once, with those.
set -eu
cd "$(dirname "$0")/.."

unset HOTSTUFF_WARNINGS_AS_ERRORS
swift build -c release --product hotstuff >&2
tool="$(swift build -c release --show-bin-path)/hotstuff"

if [ $# -gt 0 ]; then
    exec "$tool" bench pipeline "$@"
fi
"$tool" bench pipeline --propose-ms 20 --execute-ms 20 --round-trip-ms 100
"$tool" bench pipeline --propose-ms 20 --execute-ms 20 --round-trip-ms 100 --no-speculation
