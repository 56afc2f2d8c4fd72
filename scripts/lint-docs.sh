#!/bin/sh
# Public declarations need a doc comment, except those whose meaning their protocol gives: operators, `description`,
# hashing, coding, and an `init()` that takes nothing.
set -eu
cd "$(dirname "$0")/.."

find Sources Examples -name '*.swift' ! -name '*.pb.swift' ! -name '*.grpc.swift' | sort | xargs awk '
    FNR == 1 { documented = 0 }
    /^[ \t]*\/\/\// { documented = 1; next }
    /^[ \t]*@/ && !/(func|var|let|init|struct|enum|class|protocol)[ (]/ { next }
    /^[ \t]*public (static |final |mutating |consuming |borrowing |nonisolated |convenience |private\(set\) |@[a-z]+ )*(func|init|var|let|struct|enum|class|actor|protocol|typealias|subscript)/ {
        exempt = /static func [<=>+*\/-]+ ?[(]/ || /var (description|debugDescription)[:]/ || /func hash\(into/ ||
            /init\(\)/ || /init\(from / || /func encode\(to /
        if (!documented && !exempt) { print FILENAME ":" FNR ": a public declaration without a doc comment"; failed = 1 }
    }
    { documented = 0 }
    END { exit failed }
'
