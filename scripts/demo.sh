#!/bin/sh
# Builds the command-line tool for release, and only that, then runs its demo with the given options.
set -eu
cd "$(dirname "$0")/.."

# Whoever tries the demo is not asked to mend warnings that a newer compiler may bring.
unset HOTSTUFF_WARNINGS_AS_ERRORS

started=$(date +%s)
echo "demo: building the tool for release (a first build takes some minutes, later ones seconds)" >&2
swift build -c release --product hotstuff >&2
echo "demo: built after $(($(date +%s) - started)) s" >&2

exec "$(swift build -c release --show-bin-path)/hotstuff" demo "$@"
