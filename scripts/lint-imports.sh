#!/bin/sh
# Rejects what the compiler lets pass and this project does not: an import over a wall between modules,
# a name that says nothing, a forced try or cast, a note left for later, a sleep, an unexplained unsafe annotation.
#
# One line may be let off where that is right, by a comment on it or on the line before, with the reason:
#     // lint:allow sleep — the synthetic machine stands for computing by sleeping
# Rules that can be let off so: sleep, import, name.
# With arguments, checks these files instead (for trying the script itself).
set -eu
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then printf '%s\n' "$@"; else sh scripts/swift-files.sh; fi | awk '
    function report(message) { printf "%s:%d: %s\n", path, number, message > "/dev/stderr"; bad = 1 }

    function allowed(rule) {
        return index(line, "lint:allow " rule " ") || index(previous, "lint:allow " rule " ")
    }

    # A module not named here is free in what it imports. `!` before a list means: anything but these.
    BEGIN {
        may["HotStuffCore"] = "CSodium Crypto DequeModule Synchronization"
        may["HotStuffSimulator"] = "HotStuffCore DequeModule Synchronization"
        may["LMDB"] = "CLMDB Synchronization Glibc Musl Darwin SystemPackage"
        may["HotStuffStorage"] = "!CLMDB CSodium HotStuff PeerTransport NIO NIOCore NIOPosix NIOSSL"
        may["PeerTransport"] = "!HotStuff HotStuffCore HotStuffStorage LMDB CLMDB CSodium"
        may["HotStuff"] = "!CLMDB CSodium HotStuffTool ArgumentParser"
        may["HotStuffTool"] = "!CLMDB CSodium"
        # These may be imported by one file of the module only: the wrapper around them.
        once["HotStuffCore", "CSodium"] = 1
        once["HotStuffCore", "Crypto"] = 1
    }

    function check_import(module, imported,    list, forbidden) {
        if (!(module in may) || allowed("import")) return
        list = may[module]
        forbidden = sub(/^!/, "", list)
        if ((index(" " list " ", " " imported " ") != 0) == forbidden) {
            report(module " may not import " imported " (Documentation/Architecture.md, Rooms)")
        }
        if ((module, imported) in once) {
            if ((module, imported) in importer && importer[module, imported] != path) {
                report(imported " is imported by " importer[module, imported] " already; in " module " one file wraps it")
            }
            importer[module, imported] = path
        }
    }

    function check(    code, words, count, i) {
        # What is left of the line without a comment that starts it or follows a space; strings are not parsed.
        code = line
        sub(/^[ \t]*\/\/.*/, "", code)
        sub(/[ \t]\/\/.*/, "", code)

        if (code ~ /^[ \t]*(@[A-Za-z_]+(\([a-zA-Z]*\))?[ \t]+)*((public|package|internal|fileprivate|private)[ \t]+)?import[ \t]/) {
            count = split(code, words, /[ \t]+/)
            for (i = 1; i <= count; i++) if (words[i] == "import") break
            i++
            if (words[i] ~ /^(struct|class|enum|protocol|typealias|func|let|var)$/) i++
            sub(/\..*/, "", words[i])
            check_import(module, words[i])
        }
        if (code ~ /(class|struct|enum|actor|protocol|typealias|associatedtype)[ \t]+[A-Za-z0-9_]*(Manager|Helper|Helpers|Util|Utils|Utility|Impl)[^A-Za-z0-9_]/ && !allowed("name")) {
            report("this name says nothing of what the type does (no Manager, Helper, Util, Impl)")
        }
        if (code ~ /(^|[^A-Za-z0-9_`])try!/) report("try! turns an error into a crash")
        if (code ~ /(^|[^A-Za-z0-9_`])as!/) report("as! turns a wrong type into a crash")
        if (code ~ /[Ss]leep\(/ && !allowed("sleep")) {
            report("no sleep where an event would do; if sleeping is the point: // lint:allow sleep — reason")
        }
        if (line ~ /(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/) report("do it, or leave it out; no notes for later")
        if (code ~ /@unchecked[ \t]+Sendable|nonisolated\(unsafe\)/ && line !~ /\/\// && previous !~ /^[ \t]*\/\//) {
            report("say in a comment, here or on the line before, why this is safe")
        }
    }

    {
        path = $0
        module = "none"
        if (path ~ /^Sources\//) { split(path, parts, "/"); module = parts[2] }
        number = 0
        previous = ""
        while ((getline line < path) > 0) {
            number++
            check()
            previous = line
        }
        close(path)
        files++
    }

    END { exit bad }
'
