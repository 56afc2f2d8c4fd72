#!/bin/sh
# Prints the demo's bundled input: 20,000 commands for the key-value store, made of arithmetic and the calendar.
# The output is the same everywhere and always; Examples/KeyValue/Input/arithmetic.txt is this output.
#
# Six streams, each in its own order, are merged evenly, so that the three verbs mix from the first line to the last:
#
#   sieve      Eratosthenes: every number from 2 to 2500 is set, then each prime's multiples are deleted from its
#              square on (some more than once). What is left are the primes.
#   abundance  -2n, and then every divisor of n, is added to abundance.n, for n to 640. Perfect numbers end at 0.
#   primes     each prime below 10000 is counted under its last digit.
#   calendar   each 13th of a month in the Gregorian calendar's 400 years is counted under its day of the week.
#   collatz    the longest Collatz path so far: its start and its length are set anew, the last record's key deleted.
#   residues   k*k mod p is set for odd primes p in turn and each k below p, so each quadratic residue is set twice.
#
# The final state is described, with the numbers to check it by, in Examples/KeyValue/Input/README.md.
set -eu

LC_ALL=C awk '
    function emit(stream, text) { line[stream, ++size[stream]] = text }

    function sieve(limit,    n, m, composite) {
        for (n = 2; n <= limit; n++) emit("sieve", "set sieve." n " candidate")
        for (n = 2; n * n <= limit; n++) {
            if (n in composite) continue
            for (m = n * n; m <= limit; m += n) {
                composite[m] = 1
                emit("sieve", "delete sieve." m)
            }
        }
    }

    function abundance(limit,    n, d) {
        for (n = 1; n <= limit; n++) {
            emit("abundance", "add abundance." n " " (-2 * n))
            for (d = 1; d <= n; d++) if (n % d == 0) emit("abundance", "add abundance." n " " d)
        }
    }

    function primes(limit,    n, d, prime) {
        for (n = 2; n < limit; n++) {
            prime = 1
            for (d = 2; d * d <= n && prime; d++) if (n % d == 0) prime = 0
            if (prime) emit("primes", "add primes.ending-in." (n % 10) " 1")
        }
    }

    # Days since Monday, 1 January of year 1, by the rules of the Gregorian calendar; only the remainder by 7 counts.
    function calendar(first, last,    year, month, days, name, length_of, leap) {
        split("monday tuesday wednesday thursday friday saturday sunday", name, " ")
        split("31 28 31 30 31 30 31 31 30 31 30 31", length_of, " ")
        for (year = first; year <= last; year++) {
            leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            days = 365 * (year - 1) + int((year - 1) / 4) - int((year - 1) / 100) + int((year - 1) / 400)
            for (month = 1; month <= 12; month++) {
                emit("calendar", "add thirteenth." name[(days + 12) % 7 + 1] " 1")
                days += length_of[month] + (month == 2 && leap)
            }
        }
    }

    function collatz(limit,    start, n, steps, longest, holder) {
        longest = -1
        for (start = 1; start <= limit; start++) {
            steps = 0
            for (n = start; n != 1; n = n % 2 ? 3 * n + 1 : n / 2) steps++
            emit("collatz", "add collatz.steps-in-all " steps)
            if (steps > longest) {
                if (holder) emit("collatz", "delete collatz.record." holder)
                emit("collatz", "set collatz.record." start " " steps)
                emit("collatz", "set collatz.longest-start " start)
                longest = steps
                holder = start
            }
        }
    }

    function residues(lines,    p, d, k, prime) {
        for (p = 3; ; p += 2) {
            prime = 1
            for (d = 3; d * d <= p && prime; d += 2) if (p % d == 0) prime = 0
            if (!prime) continue
            for (k = 1; k < p; k++) {
                if (size["residues"] == lines) return
                emit("residues", "set residue." p "." (k * k % p) " yes")
            }
        }
    }

    BEGIN {
        total = 20000
        sieve(2500)
        abundance(640)
        primes(10000)
        calendar(2001, 2400)
        collatz(1000)
        count = split("sieve abundance primes calendar collatz residues", stream, " ")
        rest = total
        for (i = 1; i < count; i++) rest -= size[stream[i]]
        residues(rest)

        # Always the stream that has had the smallest share of its lines so far; of equals, the first.
        for (i = 1; i <= total; i++) {
            best = 0
            for (s = 1; s <= count; s++) {
                if (done[s] == size[stream[s]]) continue
                if (!best || (done[s] + 1) * size[stream[best]] < (done[best] + 1) * size[stream[s]]) best = s
            }
            print line[stream[best], ++done[best]]
        }
    }
'
