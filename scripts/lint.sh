#!/bin/sh
# All checks that need no build. Runs every one of them, then exits 1 if any failed.
set -eu
cd "$(dirname "$0")/.."

failed=
check() {
    name=$1
    shift
    if "$@"; then
        printf 'lint: %-24s ok\n' "$name"
    else
        printf 'lint: %-24s FAILED\n' "$name"
        failed="$failed $name"
    fi
}

format() {
    sh scripts/swift-files.sh | xargs "${SWIFT:-swift}" format lint --strict --parallel
}

# A library leaves the choice of versions to whoever uses it, and build products are nobody's source.
tracked() {
    found=$(git -c safe.directory="$PWD" ls-files -- \
        Package.resolved '*/Package.resolved' .build '.build-*' '*/.build' .swiftpm '*/.swiftpm') || return 1
    if [ -n "$found" ]; then
        printf '%s\n' "$found" | sed 's/$/: must not be in the repository/' >&2
        return 1
    fi
}

# What a merge could not decide and nobody did.
merged() {
    found=$(git -c safe.directory="$PWD" grep -lE '^(<{7}|>{7}) ' -- . || true)
    if [ -n "$found" ]; then
        printf '%s\n' "$found" | sed 's/$/: has the marks of a merge that was not finished/' >&2
        return 1
    fi
}

demo_input() {
    sh scripts/make-demo-input.sh | cmp - Examples/KeyValue/Input/arithmetic.txt && return 0
    echo 'Examples/KeyValue/Input/arithmetic.txt is not what scripts/make-demo-input.sh prints' >&2
    return 1
}

check format format
check 'doc comments' sh scripts/lint-docs.sh
check 'imports and names' sh scripts/lint-imports.sh
check 'printed programs' sh scripts/check-readme.sh
check 'links in the pages' sh scripts/check-links.sh
check 'demo input' demo_input
check 'tracked files' tracked
check 'finished merges' merged

if [ -n "$failed" ]; then
    echo "lint: failed:$failed" >&2
    exit 1
fi
