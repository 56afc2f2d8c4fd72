import Foundation
import Testing

@testable import HotStuffSimulator

/// The suite notices each rule that is broken on purpose: every replica of a run breaks it, and an invariant fails; with
/// the rule kept, the same run keeps all.
struct KnownBadRuleTests {
    @Test(arguments: KnownBad.all)
    func aBrokenRuleIsNoticed(known: KnownBad) throws {
        let run = try #require(known.run(isBroken: true))
        #expect(run.violation != nil, "\(known)")
    }

    /// Several rules show in one scenario and seed, which without them are one run.
    private static let kept = KnownBad.all.enumerated().filter { place, known in
        !KnownBad.all[..<place].contains { $0.scenario == known.scenario && $0.seed == known.seed }
    }.map(\.element)

    @Test(arguments: kept)
    func theSameRunIsSoundWithTheRuleKept(known: KnownBad) throws {
        let run = try #require(known.run(isBroken: false))
        #expect(run.violation == nil, "\(known)")
    }

    @Test func everyRuleHasARun() {
        #expect(KnownBad.rules.allSatisfy { rule in KnownBad.all.contains { $0.rule == rule } })
    }

    @Test func everyScriptedStartIsUsed() {
        #expect(Scenario.starts.allSatisfy { start in KnownBad.all.contains { $0.scenario == start.name } })
    }

    @Test func anUnknownRuleOrScenarioHasNoRun() {
        #expect(KnownBad(rule: "gravity", scenario: "rotation", seed: 0).run(isBroken: true) == nil)
        #expect(KnownBad(rule: "descent", scenario: "nowhere", seed: 0).run(isBroken: true) == nil)
    }

    @Test func aSearchFindsWhatTheListSays() throws {
        let found = try #require(KnownBad.search("entry", seeds: 0..<1, scenario: "view-without-entry"))
        #expect(found.found.seed == 0)
        #expect(found.run.violation?.hasPrefix("agreement") == true)
        #expect(KnownBad.search("entry", seeds: 0..<1, scenario: "certificate-alone") == nil)
    }

    /// The numbers of events may have moved a little with the engine's timing; nothing else may differ.
    ///
    /// `HOTSTUFF_REWRITE_VECTORS=1` writes the table of `Documentation/Simulation.md` anew.
    @Test func thePageHasTheTable() throws {
        let runs = try KnownBad.all.map { try #require($0.run(isBroken: true)) }
        let table = KnownBad.table(of: runs)
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Documentation/Simulation.md")
        var lines = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n")
        let head = try #require(table.first)
        let first = try #require(lines.firstIndex(of: head), "the page has no table that begins with \(head)")
        let end = lines[first...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
        if ProcessInfo.processInfo.environment["HOTSTUFF_REWRITE_VECTORS"] == "1" {
            lines.replaceSubrange(first..<end, with: table)
            try lines.joined(separator: "\n").write(to: page, atomically: true, encoding: .utf8)
            return
        }
        let written = lines[first..<end].map(Row.init)
        let found = table.map(Row.init)
        #expect(written.map(\.words) == found.map(\.words), "make vectors writes the table anew")
        for (row, now) in zip(written, found) {
            let isNear = row.events <= 2 * now.events && now.events <= 2 * row.events
            #expect(isNear, "\(row.words): \(row.events) events, now \(now.events): make vectors writes the table anew")
        }
    }

    /// A line of the table: its events apart from the rest.
    private struct Row {
        let words: [String]
        let events: Int
        private static let place = 5

        init(_ line: String) {
            let cells = line.components(separatedBy: " | ")
            words = cells.enumerated().filter { $0.offset != Self.place }.map(\.element)
            events = cells.indices.contains(Self.place) ? Int(cells[Self.place]) ?? 0 : 0
        }
    }
}
