import Synchronization

@testable import HotStuffCore

/// A place for tests: the block of branch `branch` at `height`.
func place(_ height: UInt64, branch: UInt8 = 0) -> LogPosition {
    LogPosition(height: Height(height), block: Digest(of: [UInt8(truncatingIfNeeded: height), branch]))
}

/// A payload of one byte.
func payload(_ byte: UInt8) -> Payload { Payload(bytes: [byte]) }

/// The block with payload `byte` at `height`.
func block(_ byte: UInt8, at height: UInt64, branch: UInt8 = 0) -> PayloadBlock {
    PayloadBlock(position: place(height, branch: branch), digest: payload(byte).digest, payload: payload(byte))
}

extension MachineInstruction {
    /// As the tests write it: heights, first bytes and generations only.
    var text: String {
        switch self {
        case .propose(let generation, let allowance): "propose \(allowance) in \(generation)"
        case .stopProposing(let generation): "stop in \(generation)"
        case .validate(let block): "validate at \(block.position.height)"
        case .execute(let block):
            "execute \(block.payload.map { "\($0.firstByte)" } ?? "stored") at \(block.position.height)"
        case .commit(let position): "commit \(position.height)"
        case .rollBack(let generation, let count): "rollBack to \(count) in \(generation)"
        }
    }
}

extension Payload {
    fileprivate var firstByte: UInt8 { withBytes { $0.isEmpty ? 0 : $0.unsafeLoad(as: UInt8.self) } }
}

extension LedgerChange {
    /// The instructions' texts.
    var texts: [String] { instructions.map(\.text) }
}

extension SpeculationLedger {
    /// A ledger whose state machine has recovered at height 0.
    static func recovered(bufferDepth: Int = 3, decidedLimit: ByteCount = .mebibytes(1)) -> SpeculationLedger {
        var ledger = SpeculationLedger(bufferDepth: bufferDepth, decidedLimit: decidedLimit)
        _ = ledger.take(.recovered(tip: place(0), readings: .none))
        return ledger
    }

    /// One that leads, has been made proposals of these bytes, and has drained the first `drained` from height 1 on.
    static func leading(_ made: [UInt8], drained: Int = 0, bufferDepth: Int = 3) -> SpeculationLedger {
        var ledger = recovered(bufferDepth: bufferDepth)
        _ = ledger.leaderStable()
        for (place, byte) in made.enumerated() {
            _ = ledger.make(byte)
            if place < drained { _ = ledger.drain(at: Height(UInt64(place) + 1)) }
        }
        return ledger
    }

    /// The machine's thread answers a proposal of one byte.
    mutating func make(_ byte: UInt8) -> LedgerChange {
        take(.proposed(generation: generation, payload: payload(byte), readings: .none))
    }
}

/// A committed log in memory: a payload for each height from 1 on, empty for a nudge.
struct LogInMemory: CommittedBlocks {
    var payloads: [Payload] = []
    var positions: [LogPosition] = [place(0)]
    var firstHeight = Height(1)

    var tip: LogPosition { positions[positions.count - 1] }
    var tipProof: CommitProof? { nil }

    mutating func append(_ payload: Payload, at position: LogPosition) {
        payloads.append(payload)
        positions.append(position)
    }

    func block(at height: Height) -> Block? {
        guard height >= firstHeight, height <= tip.height, let header = header(at: height) else { return nil }
        let index = Int(height.rawValue)
        return Block(header: header, stored: payloads[index - 1], hash: positions[index].block)
    }

    func header(at height: Height) -> BlockHeader? {
        guard height > .genesis, height <= tip.height else { return nil }
        let payload = payloads[Int(height.rawValue) - 1]
        return BlockHeader(
            chainID: .zero, epoch: Epoch(0), view: View(0), height: height, index: 0, parent: .zero,
            justify: .genesis(of: Epoch(0), at: place(0)), entry: nil, closes: nil, payloadDigest: payload.digest,
            payloadLength: UInt64(payload.count), nextValidators: nil)
    }

    func position(at height: Height) -> LogPosition? {
        height <= tip.height ? positions[Int(height.rawValue)] : nil
    }

    func block(with hash: Digest) -> Block? { nil }
}

extension StateMachineContext {
    /// A context for tests, with nobody to wake.
    static func forTests(
        _ signals: MachineSignals = MachineSignals {}, payloadLimit: Int = 1 << 20, commands: CommandQueue? = nil
    ) -> StateMachineContext {
        let queue = commands ?? CommandQueue(clock: { .zero }, signalWork: {})
        return StateMachineContext(
            signals: signals, payloadLimit: .bytes(payloadLimit), appliedBlockLimit: 100, directory: "", commands: queue
        )
    }
}

/// Counts calls from any thread.
final class Counted: Sendable {
    private let calls = Mutex(0)
    var count: Int { calls.withLock { $0 } }
    func add() { calls.withLock { $0 += 1 } }
}
