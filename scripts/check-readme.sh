#!/bin/sh
# A program that a page prints after a marker `<!-- path -->` must be the file that is compiled and tested, byte for byte.
set -eu
cd "$(dirname "$0")/.."

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
failed=

# check PAGE PROGRAM: what PAGE prints after PROGRAM's marker is PROGRAM.
check() {
    page=$1
    program=$2
    marker="<!-- $program -->"
    if ! grep -qxF "$marker" "$page"; then
        echo "$page: no line '$marker' before the program" >&2
        failed=1
        return
    fi
    awk -v marker="$marker" '
        $0 == marker { found = 1; next }
        found && !inside && /^```/ { inside = 1; next }
        inside && /^```/ { exit }
        inside { print }
    ' "$page" >"$printed"
    if ! diff -u "$program" "$printed" >&2; then
        echo "$page: the program after '$marker' differs from $program (above: - the file, + the page)" >&2
        failed=1
    fi
}

check README.md Examples/Counter/Counter.swift
check Documentation/Simulation.md Tests/HotStuffTests/ExampleTests.swift
check Documentation/StateMachines.md Tests/HotStuffTests/Support/WordCount.swift

lines=$(($(wc -l <Examples/Counter/Counter.swift)))
if [ "$lines" -gt 60 ]; then
    echo "Examples/Counter/Counter.swift: $lines lines; the example is promised to have at most 60" >&2
    failed=1
fi
[ -z "$failed" ]
