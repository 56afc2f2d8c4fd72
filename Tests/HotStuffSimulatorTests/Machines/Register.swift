import HotStuffCore

/// A map that lines of text change; `forgetful` forgets what it was given by chance, on one replica.
struct Register: CommandStateMachine {
    private var values: [String: String] = [:]
    private var applied: UInt64 = 0
    private let forgetsAfter: UInt64

    init(forgetsAfter: UInt64 = .max) { self.forgetsAfter = forgetsAfter }

    mutating func apply(_ command: String) -> String {
        let words = command.split(separator: " ").map(String.init)
        guard words.count == 2 else { return "usage: KEY VALUE" }
        applied += 1
        guard applied <= forgetsAfter else { return "forgotten" }
        values[words[0]] = words[1]
        return "ok"
    }

    var stateDigest: Digest? {
        Payload { writer in
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                writer.append("\(key)=\(value);".utf8)
            }
        }.digest
    }
}
