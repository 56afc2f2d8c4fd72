#!/bin/sh
# Builds and runs all tests, one after the other, or those whose names match the argument.
#
# One after the other, since some start child processes, and a child holds its parent's sockets and locks from the fork
# to the exec, so that a test beside it may find a port or a directory in use for a moment.
#
# A test that hangs is named, not waited for: what the tests print comes line by line, also into a file, and after
# HOTSTUFF_TEST_LIMIT seconds (2,700 unless told) they are stopped. Tests have limits of their own, but those can't end
# what does not heed a cancellation.
set -eu
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
$swift build --build-tests

set -- $swift test --skip-build --no-parallel ${1:+--filter "$1"}
command -v stdbuf >/dev/null 2>&1 && set -- stdbuf -oL "$@"
command -v timeout >/dev/null 2>&1 || exec "$@"

limit=${HOTSTUFF_TEST_LIMIT:-2700}
status=0
# SIGINT, which swift passes on to the tests' process; a SIGTERM would leave that behind.
timeout --signal=INT --kill-after=30 "$limit" "$@" || status=$?
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    echo "test: stopped after $limit s; the test that started last, above, is the one that hangs" >&2
fi
exit "$status"
