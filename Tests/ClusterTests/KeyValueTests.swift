import Foundation
import HotStuff
import KeyValue
import Testing

@testable import HotStuffTool

/// The example that the demo runs.
struct KeyValueTests {
    @Test(arguments: [
        (["set k v", "get k"], "v"),
        (["get k"], "none"),
        (["set k v", "delete k"], "ok"),
        (["delete k"], "none"),
        (["add k 5"], "5"),
        (["set k -7", "add k 5"], "-2"),
        (["set k v", "add k 5", "get k"], "v"),
        (["set k v", "add k 5"], "not a number"),
        (["add k five"], "not a number"),
        (["add k 9223372036854775807", "add k 1"], "overflow"),
        (["add k 9223372036854775807", "add k 1", "get k"], "9223372036854775807"),
        (["add k 9223372036854775808"], "not a number"),
        (["set k"], "usage: set KEY VALUE | add KEY INTEGER | delete KEY | get KEY"),
        ([""], "usage: set KEY VALUE | add KEY INTEGER | delete KEY | get KEY"),
    ])
    func aLineHasItsReply(lines: [String], reply: String) {
        var machine = KeyValue()
        var last = ""
        for line in lines { last = machine.apply(line) }
        #expect(last == reply)
    }

    @Test func theDigestIsOfTheEntriesAndNotOfTheWayThere() {
        var (one, other, third) = (KeyValue(), KeyValue(), KeyValue())
        for line in ["set a 1", "set b 2", "set c 3", "delete c"] { _ = one.apply(line) }
        for line in ["add b 2", "set a 7", "add a -6", "get a", "nonsense"] { _ = other.apply(line) }
        for line in ["set a 2", "set b 1"] { _ = third.apply(line) }
        #expect(one.stateDigest == other.stateDigest)
        #expect(one.stateDigest != third.stateDigest)
        #expect(KeyValue().stateDigest != one.stateDigest)
    }

    /// The figures are those of `Examples/KeyValue/Input/README.md`.
    @Test func theBundledInputEndsInTheStateThatItsPageDescribes() throws {
        let input = try DemoInput(
            path: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Examples/KeyValue/Input/arithmetic.txt").standardized.path)
        var machine = KeyValue()
        for line in input.commands { _ = machine.apply(line) }

        #expect(input.commands.count == 20_000)
        #expect(machine.count == 1_873)
        #expect(machine["sieve.2477"] == "candidate")
        #expect(machine["sieve.2499"] == nil)
        #expect(machine["abundance.496"] == "0")
        #expect(machine["abundance.512"] == "-1")
        #expect(machine["thirteenth.friday"] == "688")
        #expect(machine["collatz.steps-in-all"] == "59542")
        #expect(machine["primes.ending-in.3"] == "310")
    }
}
