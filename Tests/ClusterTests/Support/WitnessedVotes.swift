import Foundation
import Testing

/// The votes that witnesses saw, from all of their files.
struct WitnessedVotes {
    /// Whose vote of which view.
    private struct Place: Hashable {
        let signer: Substring
        let epoch: Substring
        let view: Substring
    }

    private struct Vote: Hashable {
        let height: UInt64
        let block: Substring
    }

    private var parents: [Substring: Substring] = [:]
    private var votes: [Place: Set<Vote>] = [:]

    /// Reads the files.
    init(_ paths: [String]) throws {
        for path in paths {
            for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                switch (words.first, words.count) {
                case ("block", 3): parents[words[1]] = words[2]
                case ("vote", 6):
                    let height = try #require(UInt64(words[4]))
                    votes[Place(signer: words[1], epoch: words[2], view: words[3]), default: []]
                        .insert(Vote(height: height, block: words[5]))
                default: Issue.record("\(path): \(line)")
                }
            }
        }
    }

    /// How many different votes were seen.
    var count: Int { votes.values.reduce(0) { $0 + $1.count } }

    /// Whose votes were seen.
    var voters: Set<Substring> { Set(votes.keys.map(\.signer)) }

    /// The highest vote of a signer, by view, then height; nil if none was seen.
    func highestVote(of signer: Int) -> (view: UInt64, height: UInt64)? {
        votes.filter { $0.key.signer == "\(signer)" }.compactMap { place, votes in
            guard let view = UInt64(place.view), let height = votes.map(\.height).max() else { return nil }
            return (view, height)
        }.max { $0 < $1 }
    }

    /// Pairs of votes of one signer and view of which neither block extends the other, or is not known to.
    var conflicts: [String] {
        votes.flatMap { place, votes in
            let ordered = votes.sorted { ($0.height, $0.block) < ($1.height, $1.block) }
            return zip(ordered, ordered.dropFirst()).filter { !extends($1, $0) }.map { lower, higher in
                "signer \(place.signer), view \(place.view): \(lower.block) at \(lower.height) and \(higher.block) "
                    + "at \(higher.height)"
            }
        }
    }

    /// Whether the block of the later vote is a strict descendant of the earlier one's.
    private func extends(_ later: Vote, _ earlier: Vote) -> Bool {
        guard later.height > earlier.height else { return false }
        var block = later.block
        for _ in 0..<(later.height - earlier.height) {
            guard let parent = parents[block] else { return false }
            block = parent
        }
        return block == earlier.block
    }
}
