#!/bin/sh
# Makes sure that the two system libraries are here: LMDB and libsodium, with their headers.
# Installs them with apt-get where it may; otherwise says exactly what to run, and exits 1.
set -eu

say() { printf '%s\n' "dependencies: $*" >&2; }

# present PKG_CONFIG_NAME HEADER
present() {
    if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$1"; then return 0; fi
    # `include` directories that clang searches without being told; Homebrew's is found by pkg-config only.
    for directory in ${CPATH:+$(printf '%s' "$CPATH" | tr ':' ' ')} /usr/include /usr/local/include; do
        if [ -f "$directory/$2" ]; then return 0; fi
    done
    return 1
}

if ! command -v swift >/dev/null 2>&1; then
    say "no 'swift' on the PATH; install Swift 6.2 or newer from https://www.swift.org/install"
    exit 1
fi

missing=
present lmdb lmdb.h || missing="$missing liblmdb-dev"
present libsodium sodium.h || missing="$missing libsodium-dev"
if [ -z "$missing" ]; then exit 0; fi

if [ "$(uname -s)" = Darwin ]; then
    say "missing system libraries. Run:"
    say "    brew install pkg-config lmdb libsodium"
    exit 1
fi

if ! command -v apt-get >/dev/null 2>&1; then
    say "missing:$missing (Debian's names), and there is no apt-get here."
    say "Install LMDB and libsodium with their headers, by your system's own means, and run make again."
    exit 1
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
    as_root="sudo -n"
else
    say "missing:$missing, and this user may not install packages. Run:"
    say "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
    exit 1
fi

say "missing:$missing; installing with apt-get${as_root:+ through sudo}"
refused() {
    say "$1 failed (its output stands above). When it can work, run:"
    say "    ${as_root:+sudo }apt-get update && ${as_root:+sudo }apt-get install -y --no-install-recommends$missing"
    exit 1
}
# The lists of a fresh machine are empty, so update comes first. apt's own output is not ours: it goes to stderr.
# Package lists that cannot be fetched need not stop us: the packages may be known already.
# shellcheck disable=SC2086
$as_root apt-get update >&2 </dev/null || say "apt-get update failed; trying with the lists that are there"
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $missing >&2 </dev/null \
    || refused "apt-get install"

missing=
present lmdb lmdb.h || missing="$missing liblmdb-dev"
present libsodium sodium.h || missing="$missing libsodium-dev"
if [ -n "$missing" ]; then refused "installing$missing"; fi
say "done"
