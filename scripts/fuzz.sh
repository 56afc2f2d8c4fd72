#!/bin/sh
# Fuzzes with libFuzzer what takes in input from outside: a minute for each target, from the golden vectors on.
# With arguments: one target, with libFuzzer's options after it: scripts/fuzz.sh engine -max_total_time=3600
set -eu
cd "$(dirname "$0")/.."

export HOTSTUFF_FUZZING=1
unset HOTSTUFF_WARNINGS_AS_ERRORS
# The linker that Linux's Swift would take, gold, fails on what the sanitizer adds.
linker=
if [ "$(uname)" = Linux ]; then linker='-Xswiftc -use-ld=lld'; fi
# shellcheck disable=SC2086
build() { swift build -c release --scratch-path .build-fuzz --product Fuzz -Xswiftc -sanitize=fuzzer $linker "$@"; }
build >&2
tool="$(build --show-bin-path)/Fuzz"

# fuzz TARGET [OPTION…]: what is new stays in the corpus for the next time; an input that fails is kept beside it.
fuzz() {
    target=$1
    shift
    corpus=.build-fuzz/corpus/$target
    "$tool" "$target" --seeds "$corpus"
    if [ $# -eq 0 ]; then set -- -max_total_time=60; fi
    echo "== $target"
    "$tool" "$target" "$corpus" -artifact_prefix=".build-fuzz/$target-" -max_len=16384 -print_final_stats=1 "$@"
}

if [ $# -gt 0 ]; then
    fuzz "$@"
else
    for target in messages records verifier configuration engine; do fuzz "$target"; done
fi
