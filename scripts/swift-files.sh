#!/bin/sh
# Prints the path of every Swift file that is ours and written by hand, one a line, sorted.
set -eu
cd "$(dirname "$0")/.."
for directory in Sources Tests Examples Benchmarks Fuzzing; do
    if [ -d "$directory" ]; then
        find "$directory" -name '.build*' -prune -o -type f -name '*.swift' ! -name '*.pb.swift' ! -name '*.grpc.swift' -print
    fi
done | LC_ALL=C sort
