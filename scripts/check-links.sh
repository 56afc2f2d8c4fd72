#!/bin/sh
# Every relative link in the repository's pages must lead to a file that is there.
set -eu
cd "$(dirname "$0")/.."

{
    ls ./*.md
    find Documentation Examples -type f -name '*.md'
} | LC_ALL=C sort | awk '
    {
        path = $0
        directory = path
        sub(/[^\/]*$/, "", directory)
        number = 0
        fenced = 0
        while ((getline line < path) > 0) {
            number++
            if (line ~ /^```/) fenced = !fenced
            while (!fenced && match(line, /\]\([^)]*\)/)) {
                link = substr(line, RSTART + 2, RLENGTH - 3)
                line = substr(line, RSTART + RLENGTH)
                if (link ~ /^(https?:|mailto:|#)/) continue
                sub(/#.*/, "", link)
                print path ":" number "\t" directory link
            }
        }
        close(path)
    }
' | {
    status=0
    while IFS="$(printf '\t')" read -r place target; do
        if [ ! -e "$target" ]; then
            echo "$place: no such file: $target" >&2
            status=1
        fi
    done
    exit $status
}
