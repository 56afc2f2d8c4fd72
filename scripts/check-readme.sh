#!/bin/sh
# The program that README.md prints after the marker must be the example that is compiled and tested, byte for byte.
set -eu
cd "$(dirname "$0")/.."

program=Examples/Counter/Counter.swift
marker="<!-- $program -->"

if [ ! -f "$program" ]; then
    echo "check-readme: $program does not exist yet" >&2
    exit 0
fi
if ! grep -qxF "$marker" README.md; then
    echo "README.md: no line '$marker' before the program" >&2
    exit 1
fi

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
awk -v marker="$marker" '
    $0 == marker { found = 1; next }
    found && !inside && /^```/ { inside = 1; next }
    inside && /^```/ { exit }
    inside { print }
' README.md >"$printed"

if ! diff -u "$program" "$printed" >&2; then
    echo "README.md: the program after '$marker' differs from $program (above: - the file, + the README)" >&2
    exit 1
fi
lines=$(($(wc -l <"$program")))
if [ "$lines" -gt 60 ]; then
    echo "$program: $lines lines; the example is promised to have at most 60" >&2
    exit 1
fi
