import HotStuffCore

/// Counts blocks of one byte, and says before the vote that it takes any others too.
struct Gullible: StateMachine {
    private var count: UInt8 = 0
    private var applied = 0

    mutating func propose() -> UInt8? {
        execute(1)
        return 1
    }
    static func encode(_ block: UInt8) -> Payload { Payload { $0.append(block) } }
    static func decode(_ payload: Payload) -> UInt8? { payload.count == 1 ? 1 : nil }
    static func accepts(_ payload: Payload) -> Bool { true }
    mutating func execute(_ block: UInt8) {
        count &+= 1
        applied += 1
    }
    mutating func commit(_ position: LogPosition) { applied -= 1 }
    mutating func rollBack() {
        count &-= UInt8(truncatingIfNeeded: applied)
        applied = 0
    }
    var stateDigest: Digest? { Payload { $0.append(count) }.digest }
}
